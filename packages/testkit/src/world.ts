import type { Daemon, Params } from '@kernel-model/daemons';
import type { MaySleep } from '@kernel-model/sim';
import { SimEvent } from '@kernel-model/sim';
import {
  TASK_RUNNING,
  doExit,
  getTaskStruct,
  kernelClone,
  wakeUpProcess,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { forkSignals } from '@kernel-model/signals';
import { isErr, kthreadCreate, type Kthreads } from '@kernel-model/kthread';
import { boot, type BootConfig, type Kernel, type Machine, type RunResult } from '@kernel-model/machine';
import { TRACING_MARK_WRITE, type Probe, type TraceEvent } from '@kernel-model/trace';
import { checkMachine } from './invariants.ts';
import { Timeline, type TimelineOptions } from './timeline.ts';
import { lineOf, timedLineOf } from './trace-lines.ts';

/** What a task of a test runs. Its result, 0 if there is none, is what kthread_stop() returns. */
export type Body = (k: Kernel) => MaySleep<number | void>;

/** A machine for a test. An oops stops it, unless `panicOnOops` says otherwise. */
export interface WorldConfig extends BootConfig {
  /** Recount what the model keeps by hand after every step; default true. */
  readonly invariants?: boolean;
}

/** Ms of virtual time after which a test that has not come to its end is given up. */
const PATIENCE_MS = 60_000;

/**
 * A booted machine with verbs to make things happen on it. Everything that it does is recorded in {@link events}, and
 * every invariant is checked after every step.
 */
export class World {
  readonly machine: Machine;
  /** What the code of a daemon calls. */
  readonly k: Kernel;
  readonly s: Scheduler;
  readonly kthreads: Kthreads;
  /** What happened since the world was made or {@link clear} was called. */
  readonly events: TraceEvent[] = [];
  /** Instant in ns at which the world was made: 0 in {@link lines} and {@link timeline}. */
  readonly sinceNs: number;
  readonly #timeline: Timeline;
  readonly #marks: Probe;
  readonly #outside: number;

  constructor(config: WorldConfig = {}) {
    this.machine = boot({ panicOnOops: true, ...config, daemons: daemonsOf(config) });
    this.k = this.machine.kernel;
    this.s = this.machine.sched;
    this.kthreads = this.machine.kthreads;
    // what the boot left to do belongs to no test
    this.machine.run(() => this.machine.sched.rqs.every((rq) => rq.curr === rq.idle), this.machine.sim.now + 1e9);
    this.sinceNs = this.machine.sim.now;
    this.#timeline = new Timeline(this.sinceNs);
    this.#marks = this.machine.hub.probe(TRACING_MARK_WRITE);
    this.#outside = this.machine.sim.addLane('test');
    this.machine.hub.events$.subscribe((event) => {
      this.events.push(event);
      this.#timeline.add(event);
    });
    if (config.invariants !== false) this.machine.sim.afterStep(() => checkMachine(this.machine));
  }

  /** Ms since the world was made. */
  get nowMs(): number {
    return (this.machine.sim.now - this.sinceNs) / 1e6;
  }

  /** What the kernel logged: WARNINGs and the like. */
  get log(): string[] {
    return this.s.reports.lines.map((line) => line.text);
  }

  // starting tasks

  /** Make a kernel thread, through kthreadd, and do not wake it: it sleeps uninterruptibly. */
  create(name: string, body: Body): Task {
    let made: Task | number | null = null;
    const { k, kthreads } = this;
    this.machine.post(function* () {
      made = yield* kthreadCreate(kthreads, () => finishWith(body(k)), null, name);
      if (!isErr(made)) getTaskStruct(made);
    });
    this.#mustReach(() => made !== null, `kthread_create(${name})`);
    const p = made as Task | number | null;
    if (p === null || isErr(p)) throw new Error(`kthread_create(${name}) returned ${p}`);
    return p;
  }

  /** {@link create}, and wake it. The world holds a reference: the task stays readable after its exit. */
  kthread(name: string, body: Body): Task {
    const p = this.create(name, body);
    this.wake(p);
    return p;
  }

  /** Start a user process: a task with signals, without address space. */
  process(name: string, body: Body): Task {
    let made: Task | number | null = null;
    const { k, s } = this;
    this.machine.post(function* () {
      const parent = s.current;
      made = yield* kernelClone(s, {
        name,
        kthread: false,
        *fn() {
          const code = yield* finishWith(body(k));
          yield* doExit(s, code);
        },
        prepare: (p) => (forkSignals(p, parent), 0),
      });
      if (typeof made !== 'number') getTaskStruct(made);
    });
    this.#mustReach(() => made !== null, `fork of ${name}`);
    const p = made as Task | number | null;
    if (p === null || typeof p === 'number') throw new Error(`fork of ${name} returned ${p}`);
    return p;
  }

  /**
   * Run a body in a kernel thread of its own, called `main`, until it ends.
   * @returns its result
   * @throws Error if it does not end: the message says who waits for what
   */
  run<T>(body: (k: Kernel) => MaySleep<T>, name = 'main'): T {
    let result: { readonly value: T } | null = null;
    const { k } = this;
    this.kthread(name, function* () {
      result = { value: yield* body(k) };
    });
    this.#mustReach(() => result !== null, name);
    return (result as unknown as { readonly value: T }).value;
  }

  /** Load a daemon made by defineDaemon(), as modprobe does. @returns 0 or a negative errno */
  load(daemon: Daemon, params: Params = {}): number {
    return this.machine.insmod(daemon, params);
  }

  /** Unload a daemon, as rmmod does. @returns 0 or a negative errno */
  unload(name: string): number {
    return this.machine.rmmod(name);
  }

  // making things happen

  /** Wake a task, in an interrupt on a CPU. */
  wake(p: Task, cpu = 0): void {
    this.interrupt(() => void wakeUpProcess(this.s, p), cpu);
  }

  /** Run fn in an interrupt on a CPU, now: when this returns, it has run, and nothing that it led to. */
  interrupt(fn: () => void, cpu = 0): void {
    let ran = false;
    this.s.cpus[cpu]!.interruptNow(() => {
      fn();
      ran = true;
    });
    this.#mustReach(() => ran, 'the interrupt');
  }

  /** Run fn in an interrupt on a CPU, at an instant in ms since the world was made. */
  at(ms: number, fn: () => void, cpu = 0): void {
    const ev = new SimEvent(this.#outside, () => this.s.cpus[cpu]!.interrupt(fn));
    this.machine.sim.post(ev, this.sinceNs + ms * 1e6);
  }

  /** Write a line into the trace. */
  mark(text: string): void {
    if (this.#marks.enabled) this.#marks.emit(this.machine.hub.internRecent(text));
  }

  // letting time pass

  /** Let ms of virtual time pass. */
  runFor(ms: number): void {
    mustBeSound(this.machine.runFor(ms * 1e6));
  }

  /** Let time pass until an instant, in ms since the world was made. */
  runTo(ms: number): void {
    mustBeSound(this.machine.run(() => false, this.sinceNs + ms * 1e6));
  }

  /** Let time pass until every CPU is idle and no wakeup is on its way. Sleepers with a timer count as idle. */
  runUntilIdle(limitMs: number = PATIENCE_MS): void {
    this.#mustReach(
      () => this.s.rqs.every((rq) => rq.curr === rq.idle && rq.nrRunning === 0 && !rq.ttwuPending),
      'the machine',
      limitMs,
    );
  }

  /** Let time pass until a condition holds. @throws Error if it does not hold in time */
  runUntil(condition: () => boolean, limitMs: number = PATIENCE_MS): void {
    this.#mustReach(condition, 'the condition', limitMs);
  }

  // looking at it

  /** What happened, a line each, without times: `[0] switch main D -> kthreadd`. */
  get trace(): string[] {
    return this.events.map(lineOf).filter((line) => line !== null);
  }

  /** What happened, with times in ms: `0.003 [0] switch main D -> kthreadd`. */
  get lines(): string[] {
    return this.events.map((event) => timedLineOf(event, this.sinceNs)).filter((line) => line !== null);
  }

  /** The part of {@link trace} that names one of these tasks. */
  traceOf(...names: readonly string[]): string[] {
    return this.trace.filter((line) => names.some((name) => ` ${line} `.includes(` ${name} `)));
  }

  /** Forget what happened so far. */
  clear(): void {
    this.machine.hub.flush();
    this.events.length = 0;
  }

  /** Who ran when, drawn. */
  timeline(options: TimelineOptions): string {
    return this.#timeline.render(options, this.machine.sim.now);
  }

  /** Has the task exited? */
  exited(p: Task): boolean {
    return p.exitState !== 0;
  }

  #mustReach(condition: () => boolean, what: string, limitMs: number = PATIENCE_MS): void {
    const result = this.machine.run(condition, this.machine.sim.now + limitMs * 1e6);
    mustBeSound(result);
    if (condition()) return;
    const waiting = this.machine.blocked().map((b) => `${b.task.comm} ${b.state} ${b.waitsFor}`.trimEnd());
    for (const p of this.s.tasks.values())
      if (p.state === TASK_RUNNING) waiting.push(`${p.comm} R${p.onCpu ? '' : ', queued'}`);
    const why = result.kind === 'idle' ? 'nothing is left to happen' : `${limitMs} ms passed`;
    throw new Error(`${what} did not come to its end: ${why}. Waiting: ${waiting.join(', ')}`);
  }
}

/** Boot a machine for a test. */
export function world(config: WorldConfig = {}): World {
  return new World(config);
}

/** The daemons of a Debian machine only if they are asked for: a test is about the few threads that it starts. */
function daemonsOf({ daemons = 'minimal' }: WorldConfig): NonNullable<BootConfig['daemons']> {
  if (typeof daemons === 'string' || daemons.some((d) => typeof d === 'string')) return daemons;
  return ['minimal', ...daemons];
}

function* finishWith(call: MaySleep<number | void>): MaySleep<number> {
  return (yield* call) ?? 0;
}

function mustBeSound(result: RunResult): void {
  if (result.kind === 'oops') throw result.error;
}
