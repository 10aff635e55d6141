import type { MaySleep } from '@kernel-model/sim';
import {
  Cpumask,
  EBUSY,
  EINVAL,
  ENOENT,
  getTaskStruct,
  msecsToJiffies,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { isErr } from '@kernel-model/kthread';
import { DelayedWork } from '@kernel-model/workqueue';
import { DaemonContext } from './daemon-context.ts';
import type { Daemon, ThreadSpec, WorkSpec } from './define-daemon.ts';
import { ThreadMaker, type Era } from './eras.ts';
import type { Kernel } from './kernel.ts';
import type { GuardedMachine } from './loop-guard.ts';
import { parseOptions, type Params } from './options.ts';
import { SoftlockupDetector } from './softlockup.ts';

/** errno: the module is loaded already. */
export const EEXIST = 17;

/** A daemon as its functions see it, whatever its types. */
type AnyContext = DaemonContext<unknown, unknown>;

/** How far a loaded daemon has come. @linux include/linux/module.h enum module_state */
export type ModuleState = 'coming' | 'live' | 'going';

/** A daemon on a machine. @linux include/linux/module.h struct module */
export class LoadedDaemon {
  state: ModuleState = 'coming';
  readonly works: DelayedWork[] = [];
  readonly context: AnyContext;

  constructor(
    readonly daemon: Daemon,
    readonly k: Kernel,
    options: Record<string, unknown>,
  ) {
    const { spec } = daemon;
    const works = new Map<string, DelayedWork>();
    for (const [name, work] of Object.entries(spec.works ?? {})) {
      const dwork: DelayedWork = new DelayedWork(
        (): MaySleep<void> => this.#runWork(work, dwork),
        `${daemon.name}_${name}`,
      );
      works.set(name, dwork);
      this.works.push(dwork);
    }
    const state = spec.state?.(k, options as never);
    this.context = new DaemonContext<unknown, unknown>(daemon.name, k, options, state, works);
  }

  *#runWork(work: WorkSpec<never>, dwork: DelayedWork): MaySleep<void> {
    yield* work.fn(this.context as never);
    if (this.state === 'live') yield* this.arm(work, dwork);
  }

  /** Start the clock of a periodic work; nothing happens for one that is queued by hand. */
  *arm(work: WorkSpec<never>, dwork: DelayedWork): MaySleep<void> {
    const { periodMs } = work;
    if (periodMs === undefined) return;
    const ms = typeof periodMs === 'number' ? periodMs : periodMs(this.context as never);
    yield* this.k.scheduleDelayedWork(dwork, msecsToJiffies(ms));
  }
}

/** The daemons that are loaded on one machine. @linux kernel/module/main.c modules */
export class Modules implements GuardedMachine {
  /** In order of loading. */
  readonly list: LoadedDaemon[] = [];
  readonly s: Scheduler;

  /** Makes their threads. */
  readonly maker: ThreadMaker;

  constructor(
    readonly k: Kernel,
    era: Era = 'kthreadd',
    readonly softlockup: SoftlockupDetector = new SoftlockupDetector(k.s),
  ) {
    this.s = k.s;
    this.maker = new ThreadMaker(k, era);
  }

  /** The machine goes: nothing of what is loaded runs any more. */
  dispose(): void {
    for (const { daemon } of this.list) daemon.guard?.detach(this);
  }

  /** The daemon of this name, or undefined. @linux kernel/module/main.c find_module() */
  find(name: string): LoadedDaemon | undefined {
    return this.list.find((m) => m.daemon.name === name);
  }

  /**
   * Load a daemon: check its options, run its `init`, start its threads and works.
   * @returns 0; -EEXIST if it is loaded; -EBUSY if it comes or goes just now; -EINVAL for a bad option; the errno of
   *   `init`, or of a thread that could not be made
   * @linux kernel/module/main.c init_module()
   */
  *insmod(daemon: Daemon, params: Params = {}): MaySleep<number> {
    const { reports } = this.k.s;
    const old = this.find(daemon.name);
    if (old !== undefined) return old.state === 'live' ? -EEXIST : -EBUSY;
    const { values, unknown, errors } = parseOptions(daemon.options, params);
    for (const name of unknown) reports.printk('info', `${daemon.name}: unknown parameter '${name}' ignored`);
    for (const error of errors) reports.printk('err', `${daemon.name}: ${error}`);
    if (errors.length > 0) return -EINVAL;
    daemon.guard?.attach(this);
    const m = new LoadedDaemon(daemon, this.k, values);
    this.list.push(m);
    const error = yield* this.#init(m);
    if (error < 0) this.#forget(m);
    return error;
  }

  /**
   * Unload a daemon: cancel its works, stop its threads, run its `exit`. Never returns if one of them does not end.
   * @returns 0; -ENOENT if it is not loaded; -EBUSY if it comes or goes just now, or has something to put away and no
   *   `exit`
   * @linux kernel/module/main.c delete_module()
   */
  *rmmod(name: string): MaySleep<number> {
    const m = this.find(name);
    if (m === undefined) return -ENOENT;
    const { spec } = m.daemon;
    if (m.state !== 'live' || (spec.init !== undefined && spec.exit === undefined)) return -EBUSY;
    m.state = 'going';
    for (const work of m.works) yield* this.k.cancelDelayedWorkSync(work);
    yield* this.#stopThreads(m);
    if (spec.exit !== undefined) yield* spec.exit(m.context as never);
    this.#forget(m);
    return 0;
  }

  *#init(m: LoadedDaemon): MaySleep<number> {
    const { spec } = m.daemon;
    if (spec.init !== undefined) {
      const error = (yield* spec.init(m.context as never)) ?? 0;
      if (error < 0) return error;
    }
    for (const thread of spec.threads ?? []) {
      const failed = yield* this.#startThreads(m, thread);
      if (failed === 0) continue;
      yield* this.#stopThreads(m);
      if (spec.exit !== undefined) yield* spec.exit(m.context as never);
      return failed;
    }
    m.state = 'live';
    const works = Object.values(spec.works ?? {});
    for (let i = 0; i < works.length; i++) yield* m.arm(works[i] as WorkSpec<never>, m.works[i]!);
    return 0;
  }

  *#startThreads(m: LoadedDaemon, thread: ThreadSpec<never>): MaySleep<number> {
    const { k } = this;
    if (thread.perCpu !== true) return yield* this.#startThread(m, thread, thread.cpu ?? -1);
    for (const cpu of k.s.onlineMask) {
      const error = yield* this.#startThread(m, thread, cpu);
      if (error !== 0) return error;
    }
    return 0;
  }

  *#startThread(m: LoadedDaemon, thread: ThreadSpec<never>, cpu: number): MaySleep<number> {
    const { k } = this;
    if (cpu >= k.s.nrCpus) return -EINVAL;
    const name = thread.name.replace('%u', String(cpu));
    const p = yield* this.maker.create(() => threadFn(thread, m.context), name);
    if (isErr(p)) return p;
    // it may end by itself, before anybody stops it
    getTaskStruct(p);
    if (cpu >= 0) yield* this.#bind(p, cpu);
    setPolicy(k, p, thread);
    m.context.threads.push(p);
    yield* k.wakeUpProcess(p);
    return 0;
  }

  /** A thread that runs already, as the oldest way of making one leaves it, can only be moved. */
  *#bind(p: Task, cpu: number): MaySleep<void> {
    if (this.maker.era === 'kthreadd') yield* this.k.kthreadBind(p, cpu);
    else yield* this.k.setCpusAllowedPtr(p, Cpumask.of(cpu));
  }

  *#stopThreads(m: LoadedDaemon): MaySleep<void> {
    const { threads } = m.context;
    for (let p = threads.pop(); p !== undefined; p = threads.pop()) yield* this.k.kthreadStopPut(p);
  }

  #forget(m: LoadedDaemon): void {
    this.list.splice(this.list.indexOf(m), 1);
    m.daemon.guard?.detach(this);
  }
}

function* threadFn(thread: ThreadSpec<never>, context: AnyContext): MaySleep<number> {
  return (yield* thread.fn(context as never)) ?? 0;
}

function setPolicy(k: Kernel, p: Task, thread: ThreadSpec<never>): void {
  if (thread.policy === 'fifo') k.schedSetFifo(p);
  else if (thread.policy === 'fifo_low') k.schedSetFifoLow(p);
  else if (thread.nice !== undefined) k.setUserNice(p, thread.nice);
}
