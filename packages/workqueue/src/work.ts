import type { MaySleep } from '@kernel-model/sim';
import { TimerList, type Task } from '@kernel-model/scheduler';
import {
  WORK_OFFQ_POOL_NONE,
  WORK_STRUCT_INACTIVE,
  WORK_STRUCT_LINKED,
  WORK_STRUCT_PENDING,
  WORK_STRUCT_PWQ,
} from './constants.ts';
import type { PoolWorkqueue } from './pool-workqueue.ts';
import type { Worker } from './worker.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';
import type { Workqueues } from './workqueues.ts';

/** What a work does, in a worker's context. On a BH queue it must not sleep. What it returns is ignored. */
export type WorkFunc = (work: WorkStruct) => MaySleep<unknown>;

/**
 * Something to do later, once. The word `data` of Linux is {@link flags} with {@link pwq} and {@link color} while the
 * work is on a queue, and {@link poolId}, {@link offqBh} and {@link disable} while it is not.
 * @linux include/linux/workqueue_types.h struct work_struct
 */
export class WorkStruct {
  // changed by whoever owns PENDING; by the pool's code while on a queue
  /** WORK_STRUCT_* bits. */
  flags = 0;
  /** Where it is queued; null off queue. */
  pwq: PoolWorkqueue | null = null;
  /** Flush colour while on a queue. */
  color = 0;
  /** Pool that ran it last, or where it was taken off; {@link WORK_OFFQ_POOL_NONE}. */
  poolId: number = WORK_OFFQ_POOL_NONE;
  /** That pool was a BH pool. */
  offqBh = false;
  /** How often it is disabled, 0 .. 65535. */
  disable = 0;

  // links of the one list it is on; to itself if on none
  prev: WorkStruct;
  next: WorkStruct;

  /** What to run; null in list heads. */
  func: WorkFunc | null;
  /** Name of the function, for traces and dumps. */
  funcName: string;
  /** The workers that run it now, chained by `worker.nextRunner`. Stands in for the hash of busy workers. */
  runner: Worker | null = null;
  /** The delayed work, RCU work or barrier of which this is a part, or null. @linux container_of() */
  container: DelayedWork | RcuWork | WqBarrier | null = null;
  /** Number that stands for the address in traces; 0 until one is needed. */
  addr = 0;
  /** Who freed its memory, and when; empty while it exists. */
  freedBy = '';

  /** @param funcName symbol of the function; its own name if left out */
  constructor(func: WorkFunc | null, funcName: string = symbolOf(func)) {
    this.func = func;
    this.funcName = funcName;
    this.prev = this.next = this;
  }
}

/** What traces and dumps call a function. */
function symbolOf(func: WorkFunc | null): string {
  if (func === null) return '0x0';
  return func.name === '' ? 'anonymous' : func.name;
}

/**
 * Make a work fresh, as if it had never been used. Doing that to a work that is queued or running takes every
 * guarantee away, as in Linux. If its memory was freed, this is a new work at the same address.
 * @linux include/linux/workqueue.h INIT_WORK()
 */
export function initWork(work: WorkStruct, func: WorkFunc, funcName: string = symbolOf(func)): void {
  work.flags = 0;
  work.pwq = null;
  work.poolId = WORK_OFFQ_POOL_NONE;
  work.offqBh = false;
  work.disable = 0;
  work.prev = work.next = work;
  work.func = func;
  work.funcName = funcName;
  work.freedBy = '';
}

/** A work with a timer in front of it. @linux include/linux/workqueue.h struct delayed_work */
export class DelayedWork {
  readonly work: WorkStruct;
  readonly timer: DelayedWorkTimer;
  // where to queue when the timer fires, kept when it is armed
  wq: WorkqueueStruct | null = null;
  cpu = 0;

  /** @param flags of the timer: TIMER_DEFERRABLE for INIT_DEFERRABLE_WORK */
  constructor(func: WorkFunc, funcName: string = symbolOf(func), flags = 0) {
    this.work = new WorkStruct(func, funcName);
    this.work.container = this;
    this.timer = new DelayedWorkTimer(this, flags);
  }
}

/** The timer of a {@link DelayedWork}. */
export class DelayedWorkTimer extends TimerList {
  /** Set when it is armed. */
  w: Workqueues | null = null;
  constructor(
    readonly dwork: DelayedWork,
    flags: number,
  ) {
    super(neverArmed, flags);
  }
}

function neverArmed(): void {}

/** A work that is queued after an RCU grace period. @linux include/linux/workqueue.h struct rcu_work */
export class RcuWork {
  readonly work: WorkStruct;
  wq: WorkqueueStruct | null = null;
  /** Waits for the grace period. */
  waiting = false;

  constructor(func: WorkFunc, funcName: string = symbolOf(func)) {
    this.work = new WorkStruct(func, funcName);
    this.work.container = this;
  }
}

/** A work that tells a flusher that the one before it is done. @linux kernel/workqueue.c struct wq_barrier */
export class WqBarrier {
  readonly work: WorkStruct;
  constructor(
    readonly w: Workqueues,
    /** Who waits. */
    readonly task: Task,
    func: WorkFunc,
  ) {
    this.work = new WorkStruct(func, 'wq_barrier_func');
    this.work.container = this;
  }
}

/** Is the work queued, or waiting for its timer or for RCU? Not any more when it runs. @linux include/linux/workqueue.h work_pending() */
export function workPending(work: WorkStruct): boolean {
  return (work.flags & WORK_STRUCT_PENDING) !== 0;
}

/** {@link workPending} of a delayed work. @linux include/linux/workqueue.h delayed_work_pending() */
export function delayedWorkPending(dwork: DelayedWork): boolean {
  return workPending(dwork.work);
}

/** The delayed work of which this is the work. @linux include/linux/workqueue.h to_delayed_work() */
export function toDelayedWork(work: WorkStruct): DelayedWork {
  return work.container as DelayedWork;
}

/** The word as a kernel debugger shows it on a 64-bit machine; on a queue, with the number of the pool for the pwq. */
export function workData(work: WorkStruct): bigint {
  const pending = BigInt(work.flags & WORK_STRUCT_PENDING);
  if (work.pwq !== null) {
    const bits = work.flags & (WORK_STRUCT_INACTIVE | WORK_STRUCT_PWQ | WORK_STRUCT_LINKED);
    return pending | BigInt(bits) | (BigInt(work.color) << 4n) | (BigInt(work.pwq.pool.id) << 8n);
  }
  const id = work.poolId === WORK_OFFQ_POOL_NONE ? 0x7fffffffn : BigInt(work.poolId);
  return pending | (work.offqBh ? 0x10n : 0n) | (BigInt(work.disable) << 5n) | (id << 21n);
}

/** A list of works: a head whose neighbours are the first and the last. */
export function workList(): WorkStruct {
  return new WorkStruct(null, '');
}

/** Is nothing on the list (or, for a work: is it on no list)? @linux include/linux/list.h list_empty() */
export function listEmpty(head: WorkStruct): boolean {
  return head.next === head;
}

/** Put a work that is on no list before `at`; before the head is the tail. @linux include/linux/list.h list_add_tail() */
export function listAddBefore(at: WorkStruct, work: WorkStruct): void {
  const { prev } = at;
  work.prev = prev;
  work.next = at;
  prev.next = work;
  at.prev = work;
}

/** Take a work off its list. @linux include/linux/list.h list_del_init() */
export function listDel(work: WorkStruct): void {
  const { prev, next } = work;
  prev.next = next;
  next.prev = prev;
  work.prev = work.next = work;
}

/**
 * Move a work and what is linked behind it to the tail of another list.
 * @returns what stood behind them, maybe the head
 * @linux kernel/workqueue.c move_linked_works()
 */
export function moveLinkedWorks(work: WorkStruct, head: WorkStruct): WorkStruct {
  for (let cur = work; ;) {
    const { next } = cur;
    listDel(cur);
    listAddBefore(head, cur);
    if ((cur.flags & WORK_STRUCT_LINKED) === 0) return next;
    cur = next;
  }
}
