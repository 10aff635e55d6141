import type { Chooser, Choice } from './chooser.ts';
import { UsageError } from './errors.ts';
import { EventQueue, SimEvent } from './event-queue.ts';
import { RandomStream } from './random.ts';
import type { AccessKind, Point, Sleep } from './step.ts';

/** How a {@link Sim} is made. */
export interface SimOptions {
  /** Seed of all random streams; default 1. */
  readonly seed?: number;
  /** Given: the machine is explored, costs vanish and the chooser decides what happens next. */
  readonly chooser?: Chooser;
}

/**
 * Virtual time, the events in it, and the visible points.
 *
 * Code that runs on behalf of a processor moves {@link now} forward by {@link charge} and asks at each visible point,
 * with {@link point}, whether somebody else is due first. On an explored machine every visible point stops.
 */
export class Sim {
  /** The instant in ns, integer, of the code that is running now. */
  now = 0;
  /** Instant of the next event in ns: at a visible point, code that has reached it stops. */
  horizon = Infinity;
  /** The lane that is acting. */
  lane = -1;
  /** True on an explored machine. */
  readonly explored: boolean;
  readonly #chooser: Chooser | null;
  readonly #queue = new EventQueue();
  readonly #streams = new Map<string, RandomStream>();
  readonly #seed: number;
  readonly #laneNames: string[] = [];
  readonly #afterStep: (() => void)[] = [];
  #limitNs = Infinity;
  /** Name of a call that was handed out and not run yet, or null. */
  issuedName: string | null = null;
  #issued: Iterable<Point | Sleep, unknown, void> | null = null;

  constructor(options: SimOptions = {}) {
    this.#seed = options.seed ?? 1;
    this.#chooser = options.chooser ?? null;
    this.explored = this.#chooser !== null;
  }

  /** Register an actor. @returns its lane, 0, 1, 2 ... */
  addLane(name: string): number {
    return this.#laneNames.push(name) - 1;
  }

  /** The name given to {@link addLane}; a lane that does not exist is `?`. */
  laneName(lane: number): string {
    return this.#laneNames[lane] ?? '?';
  }

  /** Let ns of virtual time pass for the running code. On an explored machine, nothing: costs vanish. */
  charge(ns: number): void {
    if (!this.explored) this.now += ns;
  }

  /**
   * A visible point: the next step of the running code touches `field` of `object`.
   * @returns true if the caller has to `yield POINT` before it goes on
   */
  point(object: object, field: string, kind: AccessKind): boolean {
    if (this.explored) {
      this.#chooser!.access({ lane: this.lane, object, field, kind }, true);
      return true;
    }
    return this.now >= this.horizon;
  }

  /** Report that the running step also touches this, without a point of its own. */
  touch(object: object, field: string, kind: AccessKind): void {
    if (this.explored) this.#chooser!.access({ lane: this.lane, object, field, kind }, false);
  }

  /** Queue an event for an instant, or move it there. An instant in the past counts as now. */
  post(ev: SimEvent, atNs: number): void {
    if (ev.queued) this.#queue.remove(ev);
    this.#queue.push(ev, atNs);
    this.horizon = Math.min(this.#queue.headAtNs, this.#limitNs);
  }

  /** Take an event out of the queue; nothing happens if it is not queued. */
  cancel(ev: SimEvent): void {
    if (!ev.queued) return;
    this.#queue.remove(ev);
    this.horizon = Math.min(this.#queue.headAtNs, this.#limitNs);
  }

  /** The random stream of this name, made at first use. */
  random(name: string): RandomStream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(this.#seed, name);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** A choice point: an integer 0 .. n-1 from the seeded stream of this name, or from the chooser. */
  pick(name: string, n: number): number {
    return this.#chooser === null ? this.random(name).below(n) : this.#chooser.pick(name, n);
  }

  /** Call fn between steps: after every event, before the next. */
  afterStep(fn: () => void): void {
    this.#afterStep.push(fn);
  }

  /**
   * Hand out a call that the caller must run with `yield*`. A call that was handed out and never run is reported, by
   * name, at the next call or visible point.
   * @throws UsageError FORGOTTEN_YIELD if the previous call was never run
   */
  issue<Y extends Point | Sleep, T>(name: string, call: Iterable<Y, T, void>): Iterable<Y, T, void> {
    this.checkIssued();
    this.issuedName = name;
    this.#issued = call;
    return this as unknown as Iterable<Y, T, void>;
  }

  /** @throws UsageError FORGOTTEN_YIELD if a call was handed out and never run */
  checkIssued(): void {
    if (this.issuedName === null) return;
    const name = this.issuedName;
    this.issuedName = this.#issued = null;
    throw new UsageError('FORGOTTEN_YIELD', {
      what: `${name}() was called but never run.`,
      advice: `Write "yield* ${name}(...)".`,
    });
  }

  /** Starts the call that {@link issue} handed out; called by `yield*` alone. */
  [Symbol.iterator](): Iterator<Point | Sleep, unknown, void> {
    const call = this.#issued!;
    this.issuedName = this.#issued = null;
    return call[Symbol.iterator]();
  }

  /** Number of queued events. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Instant of the earliest queued event in ns, Infinity if there is none. */
  get nextAtNs(): number {
    return this.#queue.headAtNs;
  }

  /**
   * Let events happen until `stop` says so (asked between steps), the instant `limitNs` is reached, or nothing is left.
   * @returns 'stopped', 'limit' or 'empty'
   */
  run(stop: () => boolean, limitNs = Infinity): 'stopped' | 'limit' | 'empty' {
    this.#limitNs = limitNs;
    for (;;) {
      if (stop()) return 'stopped';
      if (this.#queue.size === 0) return 'empty';
      const ev = this.#chooser === null ? this.#earliest(limitNs) : this.#chosen();
      if (ev === null) return this.#chooser === null ? 'limit' : 'stopped';
      this.horizon = Math.min(this.#queue.headAtNs, limitNs);
      this.lane = ev.lane;
      ev.run();
      for (let i = 0; i < this.#afterStep.length; i++) this.#afterStep[i]!();
    }
  }

  #earliest(limitNs: number): SimEvent | null {
    if (this.#queue.headAtNs > limitNs) {
      this.now = Math.max(this.now, limitNs);
      return null;
    }
    const ev = this.#queue.pop();
    this.now = ev.atNs;
    return ev;
  }

  #chosen(): SimEvent | null {
    const choices = this.#choices();
    const i = this.#chooser!.choose(choices);
    if (i < 0) return null;
    const ev = choices[i]!.event;
    this.#queue.remove(ev);
    this.now = Math.max(this.now, ev.atNs);
    return ev;
  }

  /** The first event of every lane that is due, and the earliest future event. */
  #choices(): Choice[] {
    const first: Choice[] = [];
    const seen = new Set<number>();
    let future: Choice | null = null;
    for (const event of this.#queue.sorted()) {
      if (event.atNs > this.now) {
        future ??= { lane: event.lane, event, future: true };
        break;
      }
      if (seen.has(event.lane)) continue;
      seen.add(event.lane);
      first.push({ lane: event.lane, event, future: false });
    }
    first.sort((a, b) => a.lane - b.lane);
    if (future !== null) first.push(future);
    return first;
  }
}
