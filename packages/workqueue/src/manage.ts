import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  EAGAIN,
  EINTR,
  ENOMEM,
  modTimer,
  mutexLock,
  mutexUnlock,
  scheduleTimeoutInterruptible,
  setCpusAllowedPtr,
  setUserNice,
  timerDeleteSync,
  wakeUpProcess,
  wakeUpState,
  TASK_UNINTERRUPTIBLE,
} from '@kernel-model/scheduler';
import { isErr, kthreadBindMask, kthreadCreate, kthreadSetPerCpu } from '@kernel-model/kthread';
import {
  CREATE_COOLDOWN,
  MAYDAY_INITIAL_TIMEOUT,
  POOL_BH,
  POOL_DISASSOCIATED,
  POOL_MANAGER_ACTIVE,
  WORKER_REBOUND,
  WORKER_UNBOUND,
} from './constants.ts';
import { formatWorkerId } from './names.ts';
import { Worker, workerEnterIdle } from './worker.ts';
import { allocWorkerId, needToCreateWorker, poolAllowedCpus, type WorkerPool } from './worker-pool.ts';
import { workerThread } from './worker-thread.ts';
import type { Workqueues } from './workqueues.ts';

/**
 * The last idle worker makes another one before it works, so that there always is one to take over.
 * @returns false if somebody else is at it already: then the caller may work
 * @linux kernel/workqueue.c manage_workers()
 */
export function* manageWorkers(worker: Worker): MaySleep<boolean> {
  const pool = worker.pool!;
  if ((pool.flags & POOL_MANAGER_ACTIVE) !== 0) return false;
  pool.flags |= POOL_MANAGER_ACTIVE;
  pool.manager = worker;
  yield* maybeCreateWorker(pool);
  pool.manager = null;
  pool.flags &= ~POOL_MANAGER_ACTIVE;
  const { w } = pool;
  if (w.managerWait !== null) wakeUpState(w.s, w.managerWait, TASK_UNINTERRUPTIBLE);
  return true;
}

/** Create until somebody is idle or none is needed; meanwhile, call for rescuers. @linux kernel/workqueue.c maybe_create_worker() */
function* maybeCreateWorker(pool: WorkerPool): MaySleep<void> {
  const { s } = pool.w;
  do {
    modTimer(s, pool.maydayTimer, s.jiffies + MAYDAY_INITIAL_TIMEOUT);
    while ((yield* createWorker(pool)) === null && needToCreateWorker(pool)) {
      yield* scheduleTimeoutInterruptible(s, CREATE_COOLDOWN);
      if (!needToCreateWorker(pool)) break;
    }
    timerDeleteSync(s, pool.maydayTimer);
    if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
  } while (needToCreateWorker(pool));
}

/**
 * Make a worker of a pool and let it run; it finds out by itself whether there is something to do.
 * @returns null if there is no memory, or no room for a thread
 * @linux kernel/workqueue.c create_worker()
 */
export function* createWorker(pool: WorkerPool): MaySleep<Worker | null> {
  const { w } = pool;
  const { s, k } = w;
  if (w.failAlloc('worker_id')) {
    s.reports.printkOnce('err', 'workqueue: Failed to allocate a worker ID: -ENOMEM');
    return null;
  }
  if (w.failAlloc('worker')) {
    s.reports.printkOnce('err', 'workqueue: Failed to allocate a worker');
    return null;
  }
  const worker = new Worker(null);
  worker.id = allocWorkerId(pool);
  if ((pool.flags & POOL_BH) === 0) {
    const name = formatWorkerId(worker, pool);
    const p = yield* kthreadCreate(k, () => workerThread(w, worker), worker, name);
    if (isErr(p)) {
      pool.workerIds[worker.id] = false;
      if (p === -EINTR) s.reports.printk('err', `workqueue: Interrupted when creating a worker thread "${name}"`);
      else s.reports.printkOnce('err', `workqueue: Failed to create a worker thread: ${errorName(p)}`);
      return null;
    }
    worker.task = p;
    p.worker = worker;
    setUserNice(s, p, pool.attrs.nice);
    yield* kthreadBindMask(k, p, poolAllowedCpus(pool));
  }
  yield* workerAttachToPool(worker, pool);
  if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
  pool.nrWorkers++;
  workerEnterIdle(worker);
  if (worker.task !== null) wakeUpProcess(s, worker.task);
  return worker;
}

/** An error as %pe prints it. */
export function errorName(error: number): string {
  if (error === -ENOMEM) return '-ENOMEM';
  if (error === -EAGAIN) return '-EAGAIN';
  return error === -EINTR ? '-EINTR' : String(error);
}

/** @linux kernel/workqueue.c worker_attach_to_pool() */
export function* workerAttachToPool(worker: Worker, pool: WorkerPool): MaySleep<void> {
  const { s, k, attachMutex } = pool.w;
  yield* mutexLock(s, attachMutex);
  if ((pool.flags & POOL_DISASSOCIATED) !== 0) worker.flags |= WORKER_UNBOUND;
  else kthreadSetPerCpu(k, worker.task!, pool.cpu);
  if (worker.rescueWq !== null) yield* setCpusAllowedPtr(s, worker.task!, poolAllowedCpus(pool));
  pool.workers.push(worker);
  worker.pool = pool;
  yield* mutexUnlock(s, attachMutex);
}

/** A rescuer leaves a pool. @linux kernel/workqueue.c worker_detach_from_pool() */
export function* workerDetachFromPool(worker: Worker): MaySleep<void> {
  const pool = worker.pool!;
  const { w } = pool;
  yield* mutexLock(w.s, w.attachMutex);
  yield* unbindWorker(w, worker);
  pool.workers.splice(pool.workers.indexOf(worker), 1);
  worker.pool = null;
  yield* mutexUnlock(w.s, w.attachMutex);
  // whatever set them belongs to the pool
  worker.flags &= ~(WORKER_UNBOUND | WORKER_REBOUND);
}

/** Let a worker run on any CPU that unbound works may use. @linux kernel/workqueue.c unbind_worker() */
export function* unbindWorker(w: Workqueues, worker: Worker): MaySleep<void> {
  const { s, k } = w;
  const p = worker.task!;
  kthreadSetPerCpu(k, p, -1);
  const usable = !w.unboundCpumask.and(s.activeMask).empty;
  yield* setCpusAllowedPtr(s, p, usable ? w.unboundCpumask : s.possibleMask);
}
