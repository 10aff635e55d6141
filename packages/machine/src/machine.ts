import { Sim, UsageError, type MaySleep, type Point, type Sleep } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import {
  Cpumask,
  NOTHING,
  WaitQueueEntry,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  addWaitQueue,
  createScheduler,
  defaultWakeFunction,
  doExit,
  kernelClone,
  schedConfig,
  schedule,
  setCpusAllowedCommon,
  setCpusAllowedPtr,
  setTaskComm,
  startCpus,
  wakeUpProcess,
  type Scheduler,
  type Task,
  type WaitQueueFunc,
} from '@kernel-model/scheduler';
import { SIGCHLD, Signals, forkSignals, signalState } from '@kernel-model/signals';
import { MmSubsystem, execMmap, newUserMm } from '@kernel-model/mm';
import { Kthreads, Smpboot, kernelThread, kthreadd } from '@kernel-model/kthread';
import { KthreadWorkers, whyKthreadWorkerWait } from '@kernel-model/kthread-worker';
import { Workqueues, workqueueInitEarly } from '@kernel-model/workqueue';
import { BootChooser } from './boot-chooser.ts';
import type { BootConfig, BootDaemons, DaemonUse } from './config.ts';
import { bootCpuOnly, kernelInitFreeable } from './kernel-init.ts';
import {
  CpuHotplug,
  IdleInject,
  Kernel,
  KernelDaemons,
  Modules,
  UserProcess,
  UserSpace,
  isDaemon,
  type Daemon,
  type Params,
  type SpawnOptions,
  type UserFn,
} from '@kernel-model/daemons';
import { blockedTasks, type BlockedTask } from './blocked.ts';
import { containOopses } from './oops.ts';
import { startHotplug, startPercpuThreads, startRcuGpKthread } from './percpu-threads.ts';
import { startWorkqueues } from './start-workqueues.ts';

/** How {@link Machine.run} came to its end. */
export type RunResult =
  /** The caller's condition holds. */
  | { readonly kind: 'done' }
  /** The instant was reached. */
  | { readonly kind: 'limit' }
  /** Nothing will ever happen again: no timer, no runnable task. */
  | { readonly kind: 'idle' }
  /** A rule of the kernel was broken; the machine must not run on. */
  | { readonly kind: 'oops'; readonly error: UsageError };

/** 1 GiB. */
const DEFAULT_MEMORY_PAGES = 262_144;
/** errno: an oops. */
const EFAULT = 14;
/** errno: it takes too long. */
const ETIMEDOUT = 110;
/** Virtual time in ns after which {@link Machine.insmod} and {@link Machine.rmmod} give up. */
const PATIENCE_NS = 60e9;

/** A simulated machine. @see boot */
export class Machine {
  readonly sim: Sim;
  readonly hub: TraceHub;
  readonly sched: Scheduler;
  readonly signals: Signals;
  readonly mm: MmSubsystem;
  readonly kthreads: Kthreads;
  readonly smpboot: Smpboot;
  readonly workqueues: Workqueues;
  readonly kthreadWorkers: KthreadWorkers;
  /** CPUs that come and go; null without `hotplug`. */
  readonly hotplug: CpuHotplug | null;
  readonly idleInject: IdleInject;
  /** The kernel's own daemons; null with `daemons: 'minimal'`. */
  readonly daemons: KernelDaemons | null;
  /** What the code of daemons calls. */
  readonly kernel: Kernel;
  /** The daemons that are loaded. */
  readonly modules: Modules;
  /** pid 1. */
  readonly init: Task;
  /** Processes. */
  readonly users: UserSpace;
  readonly #initProcess: UserProcess;
  readonly #requests: (() => MaySleep<void>)[] = [];
  #ready = false;
  #zombies = false;

  constructor(config: BootConfig = {}) {
    const chooser = config.chooser === undefined ? null : new BootChooser(config.chooser);
    this.sim = new Sim({ seed: config.seed ?? 1, ...(chooser !== null && { chooser }) });
    this.hub = new TraceHub(this.sim);
    const s = createScheduler(
      this.sim,
      this.hub,
      schedConfig(this.sim, {
        nrCpus: config.cpus ?? 2,
        preempt: config.preempt ?? 'voluntary',
        host: config.host ?? 'parallel',
        idle: config.idle ?? 'halt',
        threadirqs: config.threadirqs ?? false,
        schedstats: config.schedstats ?? false,
        maxThreads: config.maxThreads ?? 32768,
        ...(config.costs !== undefined && { costs: config.costs }),
      }),
    );
    this.sched = s;
    const linux = kindOf(config) === 'linux';
    if (linux) bootCpuOnly(s);
    this.signals = new Signals(s);
    this.mm = new MmSubsystem(s, config.mm);
    this.kthreads = new Kthreads(s, this.signals);
    this.smpboot = new Smpboot(this.kthreads);
    this.workqueues = new Workqueues(s, this.kthreads);
    workqueueInitEarly(this.workqueues);
    this.kthreadWorkers = new KthreadWorkers(this.kthreads);
    this.idleInject = new IdleInject(s);
    this.hotplug = linux || config.hotplug === true ? new CpuHotplug(this) : null;
    this.daemons = linux
      ? new KernelDaemons(this.kthreads, this.workqueues, this.mm, config.memoryPages ?? DEFAULT_MEMORY_PAGES)
      : null;
    this.kernel = new Kernel(
      s,
      this.signals,
      this.mm,
      this.kthreads,
      this.workqueues,
      this.kthreadWorkers,
      this.hotplug,
    );
    this.modules = new Modules(this.kernel, config.era, this.daemons?.softlockup);
    if (!(config.panicOnOops ?? this.sim.explored)) containOopses(this.mm);
    this.users = new UserSpace(s, this.signals, this.mm);
    this.init = this.#restInit(config);
    this.signals.childReaper = this.init;
    this.#initProcess = new UserProcess(this.users, this.init);
    const result = this.run(() => this.#ready, this.sim.now + 1e9);
    if (result.kind === 'oops') throw result.error;
    if (chooser !== null) chooser.booted = true;
    if (typeof config.daemons !== 'object') return;
    for (const use of config.daemons) if (typeof use === 'object') this.#load(isDaemon(use) ? { daemon: use } : use);
  }

  /**
   * Let pid 1 run a function: from here, kernel code is started from outside.
   * @param fn must not block pid 1 for long; it makes threads and returns
   */
  post(fn: () => MaySleep<void>): void {
    this.#requests.push(fn);
    const s = this.sched;
    const cpu = s.cpus[this.init.cpu]!;
    cpu.interruptNow(() => void wakeUpProcess(s, this.init));
  }

  /**
   * Let time pass until `done` says so (asked between steps), until the instant `limitNs`, or until nothing is left to
   * happen.
   */
  run(done: () => boolean, limitNs: number = Infinity): RunResult {
    try {
      return this.runOn(done, limitNs);
    } finally {
      this.hub.flush();
    }
  }

  /**
   * {@link run} for a caller that will go on: what a CPU has recorded that is ahead of the others is told later, in its
   * place, so a run in slices has the trace of a run in one go. `hub.flush()` tells the rest.
   */
  runOn(done: () => boolean, limitNs: number = Infinity): RunResult {
    try {
      const end = this.sim.run(done, limitNs);
      return { kind: end === 'stopped' ? 'done' : end === 'limit' ? 'limit' : 'idle' };
    } catch (error) {
      if (error instanceof UsageError) return { kind: 'oops', error };
      throw error;
    }
  }

  /** Let `ns` of virtual time pass. */
  runFor(ns: number): RunResult {
    return this.run(() => false, this.sim.now + ns);
  }

  /**
   * Load a daemon, as modprobe does: in a process of its own. Time passes until its `init` has returned.
   * @param params values for its options; text is understood
   * @param limitNs how long to wait for that
   * @returns 0 or what init_module(2) returns: see {@link Modules.insmod}; -EFAULT if modprobe was killed by an oops;
   *   -ETIMEDOUT if it is still at it
   */
  insmod(daemon: Daemon, params: Params = {}, limitNs: number = PATIENCE_NS): number {
    return this.#inProcess('modprobe', () => this.modules.insmod(daemon, params), limitNs);
  }

  /**
   * Unload a daemon, as rmmod does: in a process of its own. Time passes until its `exit` has returned.
   * @param limitNs how long to wait for that
   * @returns 0 or what delete_module(2) returns: see {@link Modules.rmmod}; -EFAULT and -ETIMEDOUT as {@link insmod}
   */
  rmmod(name: string, limitNs: number = PATIENCE_NS): number {
    return this.#inProcess('rmmod', () => this.modules.rmmod(name), limitNs);
  }

  #load({ daemon, params }: DaemonUse): void {
    const { lines } = this.sched.reports;
    const before = lines.length;
    const error = this.insmod(daemon, params);
    if (error === 0) return;
    const said = lines.slice(before).filter(({ level }) => level === 'bug' || level === 'err');
    // after a BUG there is its call trace
    const words = said[0]?.level === 'bug' ? [said[0].text] : said.map(({ text }) => text);
    if (error === -ETIMEDOUT) words.unshift(`its init has not returned after ${PATIENCE_NS / 1e9} s`);
    const why = words.length === 0 ? '' : `; ${words.join('; ')}`;
    throw new RangeError(`daemons: ${daemon.name} could not be loaded: ${error}${why}`);
  }

  /**
   * Start a program in a process of its own, a child of pid 1. Time passes until it exists.
   * @throws RangeError if there is no room for it
   */
  spawnUser(name: string, fn: UserFn, options: SpawnOptions = {}): Task {
    let child: Task | number = 0;
    const start = (): MaySleep<Task | number> => this.startUser(name, fn, options);
    this.post(function* () {
      child = yield* start();
    });
    const outcome = this.run(() => child !== 0, this.sim.now + PATIENCE_NS);
    if (outcome.kind === 'oops') throw outcome.error;
    if (typeof child === 'number') throw new RangeError(`${name} could not be started: ${child}`);
    return child;
  }

  /** As {@link spawnUser}, to be run by pid 1: see {@link post}. @returns the process, or -EAGAIN */
  *startUser(name: string, fn: UserFn, options: SpawnOptions = {}): MaySleep<Task | number> {
    yield* this.execInit();
    return yield* this.users.spawn(name, fn, options);
  }

  /** To be run by pid 1: it becomes a process with an address space of its own, unless it is one already. */
  *execInit(): MaySleep<void> {
    const { init } = this;
    if (init.mm !== null) return;
    yield* execMmap(this.mm, newUserMm(this.mm, init.comm));
    yield* this.#initProcess.signal(SIGCHLD, (u) => u.spin(HANDLER_US));
    init.inUser = false;
  }

  /** Run a call in a child of pid 1 until it returns. */
  #inProcess(name: string, call: () => MaySleep<number>, limitNs: number): number {
    const s = this.sched;
    const { init } = this;
    let result: number | null = null;
    let child: Task | number = 0;
    this.post(function* () {
      child = yield* kernelClone(s, {
        name,
        kthread: false,
        *fn() {
          result = yield* call();
          yield* doExit(s, 0);
        },
        prepare: (p) => (forkSignals(p, init), 0),
      });
    });
    const ended = (): boolean => (typeof child === 'number' ? child < 0 : child.exitState !== 0);
    const outcome = this.run(ended, this.sim.now + limitNs);
    if (outcome.kind === 'oops') throw outcome.error;
    if (typeof child === 'number') return child;
    return ended() ? (result ?? -EFAULT) : -ETIMEDOUT;
  }

  /** Who waits, for what, since when, and why if that is known: for a report of a hang. */
  blocked(): BlockedTask[] {
    return blockedTasks(this.sched, (task) => whyKthreadWorkerWait(this.kthreadWorkers, task));
  }

  /** End the streams. */
  dispose(): void {
    this.hub.dispose();
    this.modules.dispose();
  }

  /** Make pid 1 and pid 2, as the boot CPU's idle task. @linux init/main.c rest_init() */
  #restInit(config: BootConfig): Task {
    const s = this.sched;
    s.cpu = 0;
    const boot = s.current;
    const init = finish(
      kernelClone(s, {
        name: 'init',
        kthread: false,
        fn: () => this.#kernelInit(config),
        prepare: (p) => (forkSignals(p, boot), 0),
      }),
    );
    const kthreaddTask = finish(kernelThread(this.kthreads, () => kthreadd(this.kthreads), 'kthreadd'));
    // pid 1 stays on the boot CPU until the others are up
    if (typeof init !== 'number') setCpusAllowedCommon(init, Cpumask.of(0));
    if (typeof init === 'number' || typeof kthreaddTask === 'number')
      throw new Error('unreachable: no room for pid 1 and 2');
    this.kthreads.kthreadd = kthreaddTask;
    s.cpu = -1;
    if (this.daemons === null) startCpus(s);
    else s.cpus[0]!.start();
    return init;
  }

  *#minimalThreads(config: BootConfig): MaySleep<void> {
    if (config.percpuThreads ?? !this.sim.explored) yield* startPercpuThreads(this.smpboot);
    if (config.workqueues ?? !this.sim.explored) yield* startWorkqueues(this.workqueues);
    if (this.hotplug !== null) yield* startHotplug(this.smpboot, this.hotplug, this.idleInject);
    if (!this.sim.explored && (config.percpuThreads ?? true)) yield* startRcuGpKthread(this.kthreads);
  }

  /** @linux init/main.c kernel_init() */
  *#kernelInit(config: BootConfig): MaySleep<never> {
    const s = this.sched;
    const me = s.current;
    setTaskComm(s, me, 'init');
    if (this.daemons !== null) yield* kernelInitFreeable(this, config.drivers ?? true);
    else yield* this.#minimalThreads(config);
    yield* setCpusAllowedPtr(s, me, s.possibleMask);
    addWaitQueue(signalState(me).group.waitChldexit, new WaitQueueEntry(me, this.#childExited));
    this.#ready = true;
    for (;;) {
      me.state = TASK_INTERRUPTIBLE;
      if (this.#requests.length === 0 && !this.#zombies) yield* schedule(s);
      me.state = TASK_RUNNING;
      for (let fn = this.#requests.shift(); fn !== undefined; fn = this.#requests.shift()) yield* fn();
      if (this.#zombies || me.tif !== 0) yield* this.#reap(me);
    }
  }

  /** A child of pid 1 is a zombie, be it an orphan: pid 1 always waits for that. */
  readonly #childExited: WaitQueueFunc = (s, entry, mode) => {
    this.#zombies = true;
    return defaultWakeFunction(s, entry, mode);
  };

  /** Pid 1 reaps its children. If a signal came too, it takes that in user mode. */
  *#reap(me: Task): MaySleep<void> {
    this.#zombies = false;
    this.sim.charge(this.users.reap(me) * REAP_US * 1000);
    if (me.tif === 0) return;
    yield* this.#initProcess.call(NOTHING);
    me.inUser = false;
  }
}

/** How long pid 1 is busy with a child that exited: in the kernel, and in its handler, in us. */
const REAP_US = 10;
const HANDLER_US = 4;

function kindOf(config: BootConfig): BootDaemons {
  const { daemons } = config;
  if (typeof daemons === 'string') return daemons;
  if (daemons?.includes('minimal') === true || config.chooser !== undefined) return 'minimal';
  return 'linux';
}

/** Run a call to its end before the machine starts: nobody can come in between. */
function finish<T>(call: Iterable<Point | Sleep, T, void>): T {
  const it = call[Symbol.iterator]();
  for (;;) {
    const r = it.next();
    if (r.done === true) return r.value;
  }
}

/**
 * Boot a machine: it has run its initialisation and idles, with kthreadd and the per-CPU kernel threads.
 * @throws RangeError for a number of CPUs out of range
 */
export function boot(config: BootConfig = {}): Machine {
  const cpus = config.cpus ?? 2;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > 64)
    throw new RangeError(`cpus: ${cpus} is not a number from 1 to 64`);
  return new Machine(config);
}
