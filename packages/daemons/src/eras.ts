import type { MaySleep } from '@kernel-model/sim';
import {
  Completion,
  TASK_INTERRUPTIBLE,
  complete,
  kernelClone,
  schedule,
  setCpusAllowedPtr,
  setCurrentState,
  setTaskComm,
  taskNice,
  waitForCompletion,
  type Task,
} from '@kernel-model/scheduler';
import { Kthread, isErr, kthreadCreate, kthreadExit, type ThreadFn } from '@kernel-model/kthread';
import { copyMm } from '@kernel-model/mm';
import { forkSignals, ignoreSignals } from '@kernel-model/signals';
import { WorkStruct, scheduleWork } from '@kernel-model/workqueue';
import type { Kernel } from './kernel.ts';

/**
 * How kernel threads are made: by the caller, who forks himself (kernel_thread() and daemonize(), up to 2.6); by the
 * system's workqueue (keventd, 2.6.4 to 2.6.9); by kthreadd (since 2.6.22).
 */
export type Era = 'kernel_thread' | 'keventd' | 'kthreadd';

/** What making one thread cost, and whom. Times in ns. */
export interface MakingCost {
  readonly era: Era;
  readonly thread: string;
  /** CPU time of the caller, and how long the call took. */
  readonly callerNs: number;
  readonly callNs: number;
  /** Who forked, and the CPU time that it took there: with keventd, of the fork alone; the caller himself in the first era. */
  readonly helper: string;
  readonly helperNs: number;
  /** From the call to the first instruction of the thread's function. */
  readonly startNs: number;
  /** What the thread got from whoever forked it, and had to get rid of or keep. */
  readonly parent: string;
  readonly nice: number;
  /** It shared the address space of the caller for a while, and kept it from going away. */
  readonly borrowedMm: boolean;
}

/** Makes the threads of daemons in one of the three ways, and keeps account. */
export class ThreadMaker {
  /** One for each thread, in order. */
  readonly costs: MakingCost[] = [];
  /** Whoever explores a machine may want a creation to be one step: called with each, which it is to run. */
  around: (creation: MaySleep<Task | number>) => MaySleep<Task | number> = (creation) => creation;

  constructor(
    readonly k: Kernel,
    readonly era: Era = 'kthreadd',
  ) {}

  /**
   * Make a thread that sleeps until it is woken; in the first era it does not wait for that.
   * @returns the thread or a negative errno
   */
  create(fn: ThreadFn, name: string): MaySleep<Task | number> {
    return this.around(this.#create(fn, name));
  }

  *#create(fn: ThreadFn, name: string): MaySleep<Task | number> {
    const { k, era } = this;
    const { s } = k;
    const caller = s.current;
    const helper = era === 'kthreadd' ? k.kthreads.kthreadd! : null;
    const began = s.sim.now;
    const callerNs = cpuTimeNs(caller);
    const helperNs = helper === null ? 0 : cpuTimeNs(helper);
    const borrowedMm = era === 'kernel_thread' && caller.mm !== null;
    const timed: ThreadFn = (data) => this.#timed(fn, data, costs);
    const costs = { startedAtNs: 0 };
    let forker = caller;
    let p: Task | number;
    if (era === 'kthreadd') p = yield* kthreadCreate(k.kthreads, timed, null, name);
    else if (era === 'kernel_thread') p = yield* this.#kernelThread(timed, name, null);
    else {
      const made = yield* this.#onKeventd(timed, name);
      p = made.task;
      forker = made.worker;
    }
    if (isErr(p)) return p;
    const task = p;
    const callNs = s.sim.now - began;
    const spentNs = cpuTimeNs(caller) - callerNs;
    const who = helper ?? forker;
    this.costs.push({
      era,
      thread: name,
      callerNs: spentNs,
      callNs,
      helper: who.comm,
      get helperNs() {
        return helper === null ? (forker === caller ? spentNs : s.config.costs.fork) : cpuTimeNs(helper) - helperNs;
      },
      get startNs() {
        return costs.startedAtNs === 0 ? NaN : costs.startedAtNs - began;
      },
      parent: task.parent?.comm ?? '',
      nice: taskNice(task),
      borrowedMm,
    });
    return task;
  }

  *#timed(fn: ThreadFn, data: unknown, costs: { startedAtNs: number }): MaySleep<number> {
    costs.startedAtNs = this.k.s.sim.now;
    return yield* fn(data);
  }

  /**
   * The caller forks. The child is a copy of the caller, and turns itself into a daemon.
   * @param started given: completed when the child runs, which then sleeps until it is woken
   */
  *#kernelThread(fn: ThreadFn, name: string, started: Completion | null): MaySleep<Task | number> {
    const { k } = this;
    const { s } = k;
    const parent = s.current;
    return yield* kernelClone(s, {
      name: parent.comm,
      kthread: true,
      fn: () => this.#daemon(fn, name, started),
      prepare: (p) => {
        const struct = new Kthread(name);
        p.workerPrivate = struct;
        p.vforkDone = struct.exited;
        forkSignals(p, parent);
        if (parent.mm !== null) copyMm(k.mm, p, parent, true);
        return 0;
      },
    });
  }

  /** Unlike Linux, the parent stays the one who forked; the rest is daemonize(). */
  *#daemon(fn: ThreadFn, name: string, started: Completion | null): MaySleep<never> {
    const { k } = this;
    const { s } = k;
    const me = s.current;
    setTaskComm(s, me, name);
    yield* s.hooks.exitMm(me);
    yield* ignoreSignals(k.signals, me);
    if (started !== null) {
      yield* setCpusAllowedPtr(s, me, s.possibleMask);
      yield* setCurrentState(s, TASK_INTERRUPTIBLE);
      yield* complete(s, started);
      yield* schedule(s);
    }
    return yield* kthreadExit(k.kthreads, yield* fn(null));
  }

  /** @linux kernel/kthread.c keventd_create_kthread(), of 2.6.4 */
  *#onKeventd(fn: ThreadFn, name: string): MaySleep<{ task: Task | number; worker: Task }> {
    const { k } = this;
    const { s } = k;
    let made: { task: Task | number; worker: Task } = { task: 0, worker: s.current };
    const done = new Completion(`creation of ${name}`);
    const fork = function* (this: ThreadMaker): MaySleep<void> {
      const started = new Completion(`${name} to start`);
      const task = yield* this.#kernelThread(fn, name, started);
      if (!isErr(task)) yield* waitForCompletion(s, started);
      made = { task, worker: s.current };
      yield* complete(s, done);
    };
    yield* scheduleWork(k.workqueues, new WorkStruct(() => fork.call(this), 'keventd_create_kthread'));
    yield* waitForCompletion(s, done);
    return made;
  }
}

/** The costs as a table. */
export function eraReport(costs: readonly MakingCost[]): string {
  const rows = costs.map((c) =>
    [
      c.era.padEnd(14),
      c.thread.padEnd(16),
      us(c.callNs),
      us(c.callerNs),
      us(c.startNs),
      `${c.helper} (${us(c.helperNs).trim()})`.padEnd(24),
      `${c.parent}, nice ${c.nice}${c.borrowedMm ? ', with its mm' : ''}`,
    ].join(' '),
  );
  const head = `${'era'.padEnd(14)} ${'thread'.padEnd(16)}    call    caller     start ${'forked by'.padEnd(24)} child of`;
  return [head, ...rows].join('\n');
}

function us(ns: number): string {
  return `${(ns / 1000).toFixed(1)} us`.padStart(10);
}

/** CPU time of a task up to now. */
function cpuTimeNs(p: Task): number {
  const { rq } = p;
  return p.se.sumExecRuntime + (rq.curr === p ? Math.max(0, rq.sched.sim.now - p.se.execStart) : 0);
}
