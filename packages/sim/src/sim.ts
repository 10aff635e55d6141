import type { Access, Choice, Chooser } from './chooser.ts';
import { UsageError } from './errors.ts';
import type { Arbiter } from './arbiter.ts';
import { DUE, EventQueue, SimEvent } from './event-queue.ts';
import { RandomStream } from './random.ts';
import { BufferedStore, StoreBuffer } from './store-buffer.ts';
import { READ, WRITE, type AccessKind, type Point, type Sleep } from './step.ts';

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
  horizon: number = Infinity;
  /** The lane that is acting. */
  lane = -1;
  /** True on an explored machine. */
  readonly explored: boolean;
  /** Plain stores wait in store buffers: an explored machine whose chooser asks for `tso`. */
  readonly buffered: boolean;
  /** Set on a timed machine: events that are due wait for their turn, and nobody is held back by another's. */
  arbiter: Arbiter | null = null;
  readonly #due: SimEvent[] = [];
  readonly #chooser: Chooser | null;
  readonly #queue = new EventQueue();
  // made at first use: most explored runs draw nothing
  #streams: Map<string, RandomStream> | null = null;
  readonly #seed: number;
  readonly #laneNames: string[] = [];
  // one place a lane, of an explored machine: the lane's first event, and what is handed to the chooser
  readonly #first: (SimEvent | null)[] = [];
  readonly #offers: Offer[] = [];
  // the first n offers, for each n: a list that is emptied and filled again would get new memory each time
  readonly #lists: (readonly Offer[])[] = [];
  #nrOffers = 0;
  readonly #announced = new Report();
  readonly #touched = new Report();
  #hasAnnounced = false;
  #spinning = -1;
  /** The next step of the acting lane is a plain load or store, which waits for no store buffer. */
  #plain = false;
  /** By lane, the buffer of the processor whose code it runs; empty if there are none. */
  readonly #buffers: StoreBuffer[] = [];
  /** By lane, whether it is the lane of a buffer. */
  readonly #drains: boolean[] = [];
  readonly #afterStep: (() => void)[] = [];
  #limitNs = Infinity;
  /** Name of a call that was handed out and not run yet, or null. */
  issuedName: string | null = null;
  #issued: Iterable<Point | Sleep, unknown, void> | null = null;

  constructor(options: SimOptions = {}) {
    this.#seed = options.seed ?? 1;
    this.#chooser = options.chooser ?? null;
    this.explored = this.#chooser !== null;
    this.buffered = this.#chooser?.memory === 'tso';
  }

  /** Register an actor. @returns its lane, 0, 1, 2 ... */
  addLane(name: string): number {
    this.#first.push(null);
    return this.#laneNames.push(name) - 1;
  }

  /** Give a processor, whose code runs in this lane, a store buffer. @returns null if stores need none */
  addStoreBuffer(lane: number): StoreBuffer | null {
    if (!this.buffered) return null;
    const drains = this.addLane(`store buffer of ${this.laneName(lane)}`);
    this.#drains[drains] = true;
    return (this.#buffers[lane] = new StoreBuffer(this, lane, drains));
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
   * A visible point: the next step of the running code touches `field` of `object`. That step is also a full barrier, as
   * what takes a lock or changes a word atomically is on x86: it follows all stores before it.
   * @returns true if the caller has to `yield POINT` before it goes on
   */
  point(object: object, field: string, kind: AccessKind): boolean {
    if (this.explored) {
      this.#plain = false;
      this.#hasAnnounced = true;
      this.#announced.set(this.lane, object, field, kind);
      this.#chooser!.access(this.#announced, true);
      return true;
    }
    return this.now >= this.horizon;
  }

  /**
   * A visible point before a plain load, which does not wait for the stores before it. See {@link forwarded}.
   * @returns true if the caller has to `yield POINT` before it goes on
   */
  pointLoad(object: object, field: string): boolean {
    const stop = this.point(object, field, READ);
    this.#plain = true;
    return stop;
  }

  /**
   * A visible point before a plain store, which {@link store} makes.
   * @returns true if the caller has to `yield POINT` before it goes on
   */
  pointStore(object: object, field: string): boolean {
    if (!this.buffered) return this.point(object, field, WRITE);
    this.#hasAnnounced = false;
    return (this.#plain = true);
  }

  /**
   * Make a plain store on a machine with store buffers: by `commit`, when the running processor's buffer drains. Without
   * buffers ({@link buffered} is false) the caller stores by itself.
   */
  store<T>(object: object, field: string, value: T, commit: (value: T) => void): void {
    const buffer = this.#buffers[this.lane];
    if (buffer !== undefined) {
      buffer.put(new BufferedStore(object, field, value, commit));
      return;
    }
    this.note(object, field, WRITE);
    commit(value);
  }

  /** What the running processor has stored here and memory has not seen, or null: it reads its own stores. */
  forwarded(object: object, field: string): BufferedStore | null {
    return this.#buffers[this.lane]?.find(object, field) ?? null;
  }

  /** A full barrier within the running step: what this processor has stored reaches memory now. */
  barrier(): void {
    if (this.buffered) this.#buffers[this.lane]?.flush();
  }

  /** A visible point before a full barrier and nothing else. Only on a machine with store buffers is it one. */
  pointBarrier(): boolean {
    if (!this.buffered) return false;
    this.#plain = this.#hasAnnounced = false;
    return true;
  }

  /**
   * Report that the running step also touches this, without a point of its own. Who writes does so under a lock or
   * atomically: it is a barrier.
   */
  touch(object: object, field: string, kind: AccessKind): void {
    if (!this.explored) return;
    if (kind === WRITE) this.barrier();
    this.note(object, field, kind);
  }

  /** {@link touch} that is no barrier. */
  note(object: object, field: string, kind: AccessKind): void {
    if (!this.explored) return;
    this.#touched.set(this.lane, object, field, kind);
    this.#chooser!.access(this.#touched, false);
  }

  /**
   * What the running step announced last and its next step will touch, as an object to keep; null if nothing, or on a
   * timed machine. An owner whose code may go on in another lane keeps it and gives it to {@link touchAgain} there.
   */
  announced(): Access | null {
    const a = this.#announced;
    return this.#hasAnnounced ? { lane: a.lane, object: a.object, field: a.field, kind: a.kind } : null;
  }

  /** Report what {@link announced} returned, as touched by the running step; null reports nothing. */
  touchAgain(access: Access | null): void {
    if (access !== null) this.touch(access.object, access.field, access.kind);
  }

  /**
   * The running code waits in a loop for somebody else's step. An explored machine lets this lane go on only after
   * another one has acted, or when no other can; on a timed machine nothing happens.
   */
  relax(): void {
    if (!this.explored) return;
    this.#spinning = this.lane;
    this.#plain = true;
  }

  /** Whether an event is queued, for code that decides by it: a chooser learns that the answer mattered. */
  isQueued(ev: SimEvent): boolean {
    if (this.explored) this.#tellPosted(ev);
    return ev.queued;
  }

  /** Queue an event for an instant, or move it there. An instant in the past counts as now. */
  post(ev: SimEvent, atNs: number): void {
    if (this.explored) {
      if (this.buffered && ev.lane === this.lane && this.#isHeldBack(ev, atNs)) return;
      this.#tellPosted(ev);
    }
    if (ev.queued) this.#take(ev);
    this.#queue.push(ev, atNs);
    this.horizon = Math.min(this.#queue.headAtNs, this.#limitNs);
  }

  /** {@link post} for now, of an event that is not queued, without telling a chooser. */
  postQuietly(ev: SimEvent): void {
    this.#queue.push(ev, this.now);
  }

  #isHeldBack(ev: SimEvent, atNs: number): boolean {
    return this.#buffers[this.lane]?.holdsBack(ev, atNs, this.#plain) ?? false;
  }

  /** Take an event out of the queue; nothing happens if it is not queued. */
  cancel(ev: SimEvent): void {
    if (this.explored) this.#tellPosted(ev);
    if (!ev.queued) return;
    this.#take(ev);
    this.horizon = Math.min(this.#queue.headAtNs, this.#limitNs);
  }

  /** The random stream of this name, made at first use. A chooser is told: the order of draws matters. */
  random(name: string): RandomStream {
    const streams = (this.#streams ??= new Map<string, RandomStream>());
    let stream = streams.get(name);
    if (stream === undefined) {
      stream = new RandomStream(this.#seed, name);
      streams.set(name, stream);
    }
    this.note(stream, 'next', WRITE);
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
    return this.#queue.size + this.#due.length;
  }

  /** Instant of the earliest queued event in ns, Infinity if there is none. */
  get nextAtNs(): number {
    return this.#due.length > 0 ? this.now : this.#queue.headAtNs;
  }

  /**
   * Let events happen until `stop` says so (asked between steps), the instant `limitNs` is reached, or nothing is left.
   * @returns 'stopped', 'limit' or 'empty'
   */
  run(stop: () => boolean, limitNs: number = Infinity): 'stopped' | 'limit' | 'empty' {
    this.#limitNs = limitNs;
    for (;;) {
      if (stop()) return 'stopped';
      if (this.pending === 0) return 'empty';
      const ev = this.#next(limitNs);
      if (ev === null) return this.#chooser === null ? 'limit' : 'stopped';
      this.horizon = Math.min(this.#queue.headAtNs, limitNs);
      this.lane = ev.lane;
      if (this.buffered) this.#buffers[ev.lane]?.begin();
      ev.run();
      for (let i = 0; i < this.#afterStep.length; i++) this.#afterStep[i]!();
    }
  }

  #next(limitNs: number): SimEvent | null {
    if (this.#chooser !== null) return this.#chosen();
    return this.arbiter === null ? this.#earliest(limitNs) : this.#inTurn(this.arbiter, limitNs);
  }

  /** Time does not go back: what is due happens now, one after the other. */
  #inTurn(arbiter: Arbiter, limitNs: number): SimEvent | null {
    const due = this.#due;
    for (;;) {
      while (this.#queue.headAtNs <= this.now) {
        const ev = this.#queue.pop();
        ev.index = DUE;
        due.push(ev);
      }
      const i = due.length === 0 ? -1 : arbiter.pick(due);
      if (i >= 0) {
        const ev = due[i]!;
        this.#take(ev);
        return ev;
      }
      arbiter.settle();
      if (this.#queue.headAtNs > limitNs) {
        this.now = Math.max(this.now, limitNs);
        return null;
      }
      this.now = this.#queue.headAtNs;
      arbiter.advanced();
    }
  }

  #take(ev: SimEvent): void {
    if (this.explored && ev.lane !== this.lane && this.lane !== -1) this.#chooser!.takenBack?.(ev.lane);
    if (ev.index !== DUE) {
      this.#queue.remove(ev);
      return;
    }
    // by hand: splice() makes a list of what it takes out, and a serial machine does this at every step
    const due = this.#due;
    for (let i = due.indexOf(ev); i < due.length - 1; i++) due[i] = due[i + 1]!;
    due.pop();
    ev.index = -1;
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
    const choices = this.#offer();
    const i = this.#chooser!.choose(choices);
    if (i < 0) return null;
    const ev = choices[i]!.event;
    this.#queue.remove(ev);
    if (ev.atNs > this.now) this.now = ev.atNs;
    this.#spinning = -1;
    this.#hasAnnounced = this.#plain = false;
    return ev;
  }

  /**
   * The first event of every lane that is due, and of every other lane that is at the earliest instant to come. Lanes
   * that share that instant are all offered: time does not say which of them goes first.
   */
  #offer(): readonly Choice[] {
    const first = this.#first;
    const n = first.length;
    for (let lane = 0; lane < n; lane++) first[lane] = null;
    const nextNs = this.#queue.firstDue(this.now, first);
    // a lane that waits in a loop stands back, unless nobody else can act
    let spinner: SimEvent | null = null;
    if (this.#spinning !== -1) {
      spinner = first[this.#spinning]!;
      first[this.#spinning] = null;
    }
    const offers = this.#offers;
    this.#nrOffers = 0;
    for (let lane = 0; lane < n; lane++) {
      const ev = first[lane]!;
      if (ev !== null) this.#addChoice(ev, false);
    }
    if (nextNs !== Infinity) {
      const nrDue = this.#nrOffers;
      this.#queue.firstDue(nextNs, first);
      for (let lane = 0, k = 0; lane < n; lane++) {
        if (k < nrDue && offers[k]!.lane === lane) k++;
        else if (first[lane] !== null && (spinner === null || spinner.lane !== lane))
          this.#addChoice(first[lane]!, true);
      }
    }
    if (this.#nrOffers === 0) this.#addChoice(spinner!, false);
    return (this.#lists[this.#nrOffers] ??= offers.slice(0, this.#nrOffers));
  }

  #addChoice(event: SimEvent, future: boolean): void {
    let offer = this.#offers[this.#nrOffers++];
    if (offer === undefined) {
      offer = new Offer(event);
      this.#offers.push(offer);
    }
    offer.lane = event.lane;
    offer.event = event;
    offer.future = future;
    offer.drains = this.buffered && this.#drains[event.lane] === true;
  }

  #tellPosted(ev: SimEvent): void {
    if (ev.lane !== this.lane && this.lane !== -1) this.#chooser!.posted?.(this.lane, ev.lane);
  }
}

/** A {@link Choice}, used again and again. */
class Offer implements Choice {
  lane = -1;
  future = false;
  drains = false;
  constructor(public event: SimEvent) {}
}

/** An {@link Access}, used again and again. */
class Report implements Access {
  lane = -1;
  object: object = NOTHING;
  field = '';
  kind: AccessKind = READ;

  set(lane: number, object: object, field: string, kind: AccessKind): void {
    this.lane = lane;
    this.object = object;
    this.field = field;
    this.kind = kind;
  }
}

const NOTHING = {};
