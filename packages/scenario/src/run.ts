import { UsageError, type MaySleep } from '@kernel-model/sim';
import { isErr } from '@kernel-model/kthread';
import { DelayedWork } from '@kernel-model/workqueue';
import { Cpumask, jiffiesToMsecs, msecsToJiffies, setCpusAllowedPtr, type Task } from '@kernel-model/scheduler';
import {
  boot,
  type BlockedTask,
  type BootConfig,
  type DaemonUse,
  type Machine,
  type RunResult,
} from '@kernel-model/machine';
import { ExploredChoices } from './explored.ts';
import { Interpreter } from './interpreter.ts';
import { leastTimeNs } from './least-time.ts';
import type { Position, Scenario } from './program.ts';
import { ScenarioUsers } from './scenario-users.ts';
import { movesCpus, movesThreads, usesSoftirqs } from './uses.ts';

/** How a scenario ended. */
export type ScenarioOutcome =
  /** `main` returned. */
  | { readonly kind: 'ok' }
  /** Nothing will ever happen again, or the time limit was reached, and `main` has not returned. */
  | { readonly kind: 'hang'; readonly atNs: number; readonly limit: boolean; readonly blocked: readonly BlockedTask[] }
  /** A rule of the kernel was broken. */
  | { readonly kind: 'oops'; readonly atNs: number; readonly error: UsageError };

/** What {@link ScenarioRun} may be told. */
export interface RunOptions {
  /** Changes to the machine that the scenario asks for. */
  readonly config?: BootConfig;
  /** Loaded before `main`: at the boot, or, on an explored machine, by km_main, which unloads them after it: how they begin and end is explored. */
  readonly daemons?: readonly DaemonUse[];
  /**
   * Virtual time in ns, from the start of `main`, after which the run counts as hung; default 300 s, or twice what
   * {@link leastTimeNs} says if that is more.
   */
  readonly limitNs?: number;
  /**
   * On an explored machine: how often time may pass, to the next timer or tick, although something is left to do. Default
   * Infinity: a search of all such runs comes to no end.
   */
  readonly earlyTimers?: number;
  /** Called when the recording of a trace should begin, and when it should end. */
  readonly tracing?: (on: boolean) => void;
}

const DEFAULT_LIMIT_NS = 300e9;
/** How long ago the machine booted, in ms: the load that forks start with has decayed. */
const SETTLE_MS = 1000;
/** How long each CPU was in use before the scenario was loaded, in us. */
const WARM_UP_US = 6000;
/** CPU time in ns that kthreadd is owed when the machine has one CPU. */
const KTHREADD_LAG_NS = 200_000;

/** A scenario on its own freshly booted machine. */
export class ScenarioRun {
  readonly machine: Machine;
  readonly #scenario: Scenario;
  readonly #interpreter: Interpreter;
  readonly #users: ScenarioUsers;
  readonly #options: RunOptions;
  /** What is asked on an explored machine, else null. */
  readonly #explored: ExploredChoices | null;
  #posted = false;
  #started = false;
  #finished = false;
  /** Known when `main` has started. */
  #limitAtNs = Infinity;

  constructor(scenario: Scenario, options: RunOptions = {}) {
    this.#scenario = scenario;
    this.#options = options;
    const { chooser, ...config } = options.config ?? {};
    const daemons = options.daemons ?? [];
    this.#explored = chooser === undefined ? null : new ExploredChoices(chooser, options.earlyTimers ?? Infinity);
    this.machine = boot({
      cpus: scenario.machine.cpus,
      preempt: scenario.machine.preempt,
      host: 'serial',
      daemons: chooser === undefined && daemons.length > 0 ? ['minimal', ...daemons] : 'minimal',
      panicOnOops: true,
      hotplug: movesCpus(scenario),
      ...config,
      ...(this.#explored !== null && {
        chooser: this.#explored,
        // nobody knows what a daemon needs
        workqueues: scenario.workqueues.size > 0 || daemons.length > 0,
        percpuThreads: movesThreads(scenario) || usesSoftirqs(scenario) || daemons.length > 0,
      }),
    });
    this.#users = new ScenarioUsers(scenario.users, this.machine);
    this.#interpreter = new Interpreter(scenario, this.machine, this.#users, this.#explored);
  }

  /**
   * The statement that a task executes, or executed last.
   * @returns null if it has executed none; always null on a timed machine, which does not keep it
   */
  positionOf(task: Task): Position | null {
    return this.#interpreter.positionOf(task);
  }

  /** Run it to its end. */
  run(): ScenarioOutcome {
    return this.advance(() => false)!;
  }

  /**
   * Run on until `done` says so, which is asked between steps. Then it can be advanced again.
   * @returns how it ended; null if it has not
   */
  advance(done: () => boolean): ScenarioOutcome | null {
    const { machine } = this;
    let paused = false;
    const pauses = (): boolean => (paused = done());
    const result = this.#runUntil(pauses);
    if (paused) return null;
    machine.hub.flush();
    const atNs = machine.sim.now;
    if (result.kind === 'oops') return { kind: 'oops', atNs, error: result.error };
    if (this.#finished || (machine.sim.explored && result.kind === 'done' && atNs < this.#limitAtNs)) {
      return { kind: 'ok' };
    }
    return { kind: 'hang', atNs, limit: result.kind !== 'idle', blocked: machine.blocked() };
  }

  #runUntil(pauses: () => boolean): RunResult {
    const { machine } = this;
    if (!this.#posted) machine.post(() => this.#start());
    this.#posted = true;
    if (!this.#started && !this.#finished) {
      const result = machine.runOn(() => this.#started || this.#finished || pauses());
      if (result.kind !== 'done' || !(this.#started || this.#finished)) return result;
      machine.hub.flush();
    }
    if (this.#limitAtNs === Infinity) this.#limitAtNs = machine.sim.now + (this.#options.limitNs ?? this.#patienceNs());
    const limitNs = this.#limitAtNs;
    // asked between steps as well: a CPU that never pauses lets no event in, not even the limit
    return machine.runOn(() => this.#finished || machine.sim.now >= limitNs || pauses(), limitNs);
  }

  #patienceNs(): number {
    return Math.max(DEFAULT_LIMIT_NS, 2 * leastTimeNs(this.#scenario));
  }

  /** What loading the module does: make km_main and let it go. */
  *#start(): MaySleep<void> {
    const k = this.machine.kernel;
    if (this.#explored === null) {
      yield* k.msleep(SETTLE_MS);
      yield* this.#warmUp();
    }
    yield* this.#users.start();
    if (this.machine.hotplug !== null) yield* this.#stayOnCpu0();
    const main = yield* k.kthreadCreate(() => this.#main(), null, 'km_main');
    if (isErr(main)) throw new Error(`km_main could not be made: ${main}`);
    if (this.#scenario.mainCpu >= 0) yield* k.kthreadBind(main, this.#scenario.mainCpu);
    yield* k.wakeUpProcess(main);
  }

  /** Who loads the module is a process on CPU 0: its page tables stay loaded there, where patching the kernel drops them. */
  *#stayOnCpu0(): MaySleep<void> {
    const { machine } = this;
    yield* setCpusAllowedPtr(machine.sched, machine.init, Cpumask.of(0));
    yield* machine.execInit();
  }

  /**
   * Every CPU has been in use lately when a module is loaded: the load that is left over tells a CPU that is idle now
   * from one that has never run anything, which forks would treat differently.
   */
  *#warmUp(): MaySleep<void> {
    const k = this.machine.kernel;
    for (const cpu of this.machine.sched.onlineMask) {
      const p = yield* k.kthreadCreate(() => this.#busy(WARM_UP_US), null, `load/${cpu}`);
      if (isErr(p)) return;
      yield* k.kthreadBind(p, cpu);
      yield* k.wakeUpProcess(p);
    }
    yield* this.#useWorkers();
  }

  /** The workers of every CPU have run since, alone on their CPU, for the statistics that are gathered once a second. */
  *#useWorkers(): MaySleep<void> {
    const k = this.machine.kernel;
    const { systemWq, systemHighpriWq } = this.machine.workqueues;
    for (const cpu of this.machine.sched.onlineMask) {
      for (const [q, ms] of [
        [systemWq, 20],
        [systemHighpriWq, 28],
      ] as const) {
        const vmstat = new DelayedWork(function* () {}, 'vmstat_update');
        yield* k.queueDelayedWorkOn(cpu, q, vmstat, msecsToJiffies(cpu === 0 ? ms + 4 : ms));
      }
    }
  }

  *#busy(us: number): MaySleep<number> {
    yield* this.machine.kernel.busy(us);
    return 0;
  }

  *#main(): MaySleep<number> {
    const k = this.machine.kernel;
    if (this.#explored === null) {
      yield* k.msleep(this.#leadMs());
      this.#leaveKthreadd();
    } else this.#explored.begin(this.machine, k.current);
    this.#started = true;
    this.#options.tracing?.(true);
    if (this.#explored !== null) yield* this.#load(this.#explored);
    yield* this.#users.release();
    yield* this.#interpreter.runFn('main', 'main');
    yield* this.#users.join();
    if (this.#explored !== null) yield* this.#unload();
    this.#options.tracing?.(false);
    this.#finished = true;
    return 0;
  }

  /** Load the daemons. @throws UsageError SCENARIO_DAEMON if one does not load */
  *#load(explored: ExploredChoices): MaySleep<void> {
    const { modules, sched } = this.machine;
    const around = (creation: MaySleep<Task | number>): MaySleep<Task | number> => explored.making(creation);
    modules.maker.around = around;
    for (const { daemon, params } of this.#options.daemons ?? []) {
      const error = yield* modules.insmod(daemon, params);
      if (error === 0) continue;
      const said = sched.reports.lines
        .filter(({ level }) => level === 'bug' || level === 'err')
        .map(({ text }) => text);
      throw new UsageError('SCENARIO_DAEMON', {
        what: [`${daemon.name} could not be loaded: ${error}`, ...said].join('; '),
      });
    }
  }

  /** Unload the daemons that can be, the last one first. */
  *#unload(): MaySleep<void> {
    const { modules } = this.machine;
    for (const { daemon } of modules.list.toReversed()) yield* modules.rmmod(daemon.name);
  }

  /**
   * Where kthreadd and RCU's threads ran last is left over as well: here, on the last CPU, alone. On one CPU, whoever has
   * kthreadd make a thread is runnable meanwhile: kthreadd has had less than its share whenever it goes to sleep. Each
   * thread of a boot has added to that.
   */
  #leaveKthreadd(): void {
    const { nrCpus, rcu } = this.machine.sched;
    const kthreadd = this.machine.kthreads.kthreadd!;
    kthreadd.wakeCpu = nrCpus - 1;
    if (rcu.gpKthread !== null) rcu.gpKthread.wakeCpu = nrCpus - 1;
    const expedited = this.machine.hotplug?.rcu.worker?.task;
    if (expedited) expedited.wakeCpu = nrCpus - 1;
    kthreadd.se.vlag = nrCpus === 1 ? KTHREADD_LAG_NS : 0;
  }

  /** At least 40 ms. The recordings begin when jiffies are a multiple of 8, which decides how long timers are rounded. */
  #leadMs(): number {
    const { jiffies } = this.machine.sched;
    const timeout = msecsToJiffies(40);
    // a timer of the wheel's first level fires one jiffy late
    return jiffiesToMsecs(timeout + ((8 - ((jiffies + timeout + 1) % 8)) % 8));
  }
}
