import type { Task } from '@kernel-model/scheduler';
import { WORKER_DESC_MAX, WORKER_IDLE, WORKER_NOT_RUNNING, WORKER_PREP } from './constants.ts';
import { warnOnce } from './misuse.ts';
import type { PoolWorkqueue } from './pool-workqueue.ts';
import { workList, type WorkFunc, type WorkStruct } from './work.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** `worker.currentColor` between works. */
const NO_COLOR = 0x7fffffff;

/** Who runs works: a thread of a pool, a rescuer, or what stands in for a BH pool's softirq. @linux kernel/workqueue_internal.h struct worker */
export class Worker {
  /** Lowest free number in its pool; part of the name. */
  id = -1;
  /** null for a BH pool's. */
  task: Task | null = null;
  /** Set when it is attached; null for a rescuer that does nothing. */
  pool: WorkerPool | null = null;
  /** The queue, for its rescuer. */
  readonly rescueWq: WorkqueueStruct | null;
  /** Name of the queue served last, or what set_worker_desc() said. */
  desc = '';

  // changed under pool->lock in Linux
  /** WORKER_* bits. */
  flags: number = WORKER_PREP;
  /** The works that it runs next, front to back. */
  readonly scheduled: WorkStruct = workList();
  currentWork: WorkStruct | null = null;
  currentFunc: WorkFunc | null = null;
  currentFuncName = '';
  currentPwq: PoolWorkqueue | null = null;
  currentColor: number = NO_COLOR;
  /** The work that runs was on no list of active works: it is a barrier. */
  currentInactive = false;
  /** Next worker that runs the same work. */
  nextRunner: Worker | null = null;
  lastFunc: WorkFunc | null = null;
  /** Jiffy at which it went idle last. */
  lastActive = 0;
  idlePrev: Worker | null = null;
  idleNext: Worker | null = null;

  // own state: the worker itself
  /** CPU time in ns at the start of the work, or at its last return from sleep. */
  currentAt = 0;
  /** Between "about to sleep" and "runs again", if it counts. */
  sleeping = false;
  /** Behind the works that assign_work() moved last: where a rescuer goes on looking. */
  scanNext: WorkStruct | null = null;
  /** The pwq that a rescuer serves and holds a reference of. */
  rescuing: PoolWorkqueue | null = null;

  constructor(rescueWq: WorkqueueStruct | null) {
    this.rescueWq = rescueWq;
  }
}

/** Set flags; a worker that counted until now does not any more. @linux kernel/workqueue.c worker_set_flags() */
export function workerSetFlags(worker: Worker, flags: number): void {
  if ((flags & WORKER_NOT_RUNNING) !== 0 && (worker.flags & WORKER_NOT_RUNNING) === 0) worker.pool!.nrRunning--;
  worker.flags |= flags;
}

/** Clear flags; a worker that has none left of those that keep it out counts from now. @linux kernel/workqueue.c worker_clr_flags() */
export function workerClrFlags(worker: Worker, flags: number): void {
  const old = worker.flags;
  worker.flags = old & ~flags;
  if ((flags & WORKER_NOT_RUNNING) === 0 || (old & WORKER_NOT_RUNNING) === 0) return;
  if ((worker.flags & WORKER_NOT_RUNNING) === 0) worker.pool!.nrRunning++;
}

/** Put a worker that has nothing to do at the head of the idle list. @linux kernel/workqueue.c worker_enter_idle() */
export function workerEnterIdle(worker: Worker): void {
  const pool = worker.pool!;
  const { s } = pool.w;
  s.sim.charge(s.config.costs.lock);
  worker.flags |= WORKER_IDLE;
  pool.nrIdle++;
  worker.lastActive = pool.w.s.jiffies;
  worker.idlePrev = null;
  worker.idleNext = pool.idleFirst;
  if (pool.idleFirst !== null) pool.idleFirst.idlePrev = worker;
  else pool.idleLast = worker;
  pool.idleFirst = worker;
  if (pool.nrIdle > 2) pool.armIdleTimer();
}

/** @linux kernel/workqueue.c worker_leave_idle() */
export function workerLeaveIdle(worker: Worker): void {
  const pool = worker.pool!;
  if ((worker.flags & WORKER_IDLE) === 0) {
    warnOnce(pool.w, 'worker_leave_idle', `worker_leave_idle: worker ${worker.id} of pool ${pool.id} is not idle`);
    return;
  }
  // it counts as idle no more, but nobody else becomes running by that
  worker.flags &= ~WORKER_IDLE;
  pool.nrIdle--;
  unlinkIdle(worker);
}

/** Take a worker out of its pool's idle list. */
export function unlinkIdle(worker: Worker): void {
  const pool = worker.pool!;
  const { idlePrev, idleNext } = worker;
  if (idlePrev !== null) idlePrev.idleNext = idleNext;
  else pool.idleFirst = idleNext;
  if (idleNext !== null) idleNext.idlePrev = idlePrev;
  else pool.idleLast = idlePrev;
  worker.idlePrev = worker.idleNext = null;
}

/** The worker starts to be the one that runs a work. */
export function linkRunner(worker: Worker, work: WorkStruct): void {
  worker.nextRunner = work.runner;
  work.runner = worker;
}

/** The worker has run its current work. */
export function unlinkRunner(worker: Worker): void {
  const work = worker.currentWork!;
  if (work.runner === worker) {
    work.runner = worker.nextRunner;
  } else {
    let before = work.runner!;
    while (before.nextRunner !== worker) before = before.nextRunner!;
    before.nextRunner = worker.nextRunner;
  }
  worker.nextRunner = null;
}

/** Forget the work that has been run. */
export function clearCurrent(worker: Worker): void {
  worker.lastFunc = worker.currentFunc;
  worker.currentWork = null;
  worker.currentFunc = null;
  worker.currentPwq = null;
  worker.currentColor = NO_COLOR;
}

/** Describe a worker: 31 bytes are kept. */
export function truncateDesc(text: string): string {
  return text.length > WORKER_DESC_MAX ? text.slice(0, WORKER_DESC_MAX) : text;
}
