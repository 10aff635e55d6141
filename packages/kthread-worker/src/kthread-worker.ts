import type { MaySleep } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';
import type { KthreadWorkers } from './kthread-workers.ts';

/** `KthreadWorker.flags`: the worker freezes with the system, between two works. @linux include/linux/kthread.h enum */
export const KTW_FREEZABLE = 1;

/** What a work does, in the worker's thread: it may sleep, and holds up everything behind it meanwhile. */
export type KthreadWorkFunc = (work: KthreadWork) => MaySleep<void>;

/**
 * Something for a worker to do. It is *pending* while it is linked into one of the worker's lists, and *executing* while
 * it is the worker's {@link KthreadWorker.currentWork}: both at once if it was queued again while it ran.
 * @linux include/linux/kthread.h struct kthread_work
 */
export class KthreadWork {
  // links of the one list it is on, to itself if on none; changed under worker->lock
  prev: KthreadWork;
  next: KthreadWork;

  /** What to run; null in list heads. */
  func: KthreadWorkFunc | null;
  /** Symbol of the function, for traces. */
  funcName: string;
  /** What it is called in reports. */
  readonly name: string;
  /** The last worker used; null if it was never queued since its initialisation. Stays when the work is done. */
  worker: KthreadWorker | null = null;
  /** How many calls cancel it, or change its timer, right now: above 0 nobody can queue it. */
  canceling = 0;
  /** The delayed work or flush of which this is a part, or null. @linux container_of() */
  container: object | null = null;
  /** Its memory was freed. */
  freed = false;
  /** Who freed it, and when; empty before. */
  freedBy = '';
  /** Number that stands for the address in traces; 0 until one is needed. */
  addr = 0;

  /**
   * @param funcName symbol of the function; its own name if left out
   * @param name what reports call the work; the symbol if left out
   */
  constructor(
    func: KthreadWorkFunc | null,
    funcName: string = func === null ? '0x0' : func.name,
    name: string = funcName,
  ) {
    this.func = func;
    this.funcName = funcName;
    this.name = name;
    this.prev = this.next = this;
  }
}

/**
 * A thread and the works it has to do, one after the other. Made by kthreadCreateWorker(); or by hand, for a thread that
 * runs kthreadWorkerFn().
 * @linux include/linux/kthread.h struct kthread_worker
 */
export class KthreadWorker {
  // set by the owner, before the thread runs
  /** {@link KTW_FREEZABLE} or 0. */
  flags = 0;

  // changed under worker->lock
  /** What to do, first come first, flush items aside. A list head. */
  readonly workList: KthreadWork;
  /** Works whose timers run, latest first. Bookkeeping: no thread takes anything from here. A list head. */
  readonly delayedWorkList: KthreadWork;
  /** The thread; null before it runs (if made by hand) and after it was stopped. */
  task: Task | null = null;
  /** The work that runs, or ran last if the thread has not looked for the next one: it may be freed, compare only. */
  currentWork: KthreadWork | null = null;

  // counted by hand, recounted by checkKthreadWorkers()
  /** How often a work became pending here. */
  nrLinked = 0;
  /** How often the thread took one to run it. */
  nrStarted = 0;
  /** How often a cancel or mod took one away. */
  nrRemoved = 0;
  /** How often a timer dropped one that was being cancelled. */
  nrDropped = 0;

  /** kfree()d by kthreadDestroyWorker(). */
  freed = false;
  /** Who freed it, and when; empty before. */
  freedBy = '';
  /** Number that stands for the address in traces; 0 until one is needed. */
  addr = 0;

  /** @param name what reports call it: the name of its thread */
  constructor(
    readonly kw: KthreadWorkers,
    readonly name: string,
  ) {
    this.workList = new KthreadWork(null);
    this.delayedWorkList = new KthreadWork(null);
    kw.workers.push(this);
  }
}

/** Is the work on a list: queued, or waiting for its timer? Not any more when it runs. */
export function kthreadWorkPending(work: KthreadWork): boolean {
  return work.next !== work;
}
