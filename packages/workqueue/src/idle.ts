import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import { getTaskStruct, modTimer, mutexLock, mutexUnlock } from '@kernel-model/scheduler';
import { kthreadStopPut } from '@kernel-model/kthread';
import { IDLE_WORKER_TIMEOUT, WORKER_DIE, WORKER_IDLE, WORK_CPU_UNBOUND } from './constants.ts';
import { unbindWorker } from './manage.ts';
import { warn } from './misuse.ts';
import { nothingScheduled } from './process.ts';
import { queueWorkNow } from './queue.ts';
import { workPending } from './work.ts';
import { unlinkIdle, type Worker } from './worker.ts';
import { tooManyWorkers, type WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';

/** The timer of a pool with too many idle workers: is the oldest old enough? @linux kernel/workqueue.c idle_worker_timeout() */
export function idleWorkerTimeout(pool: WorkerPool): void {
  const { w } = pool;
  if (workPending(pool.idleCullWork)) return;
  w.s.sim.touch(pool, 'lock', WRITE);
  if (!tooManyWorkers(pool)) return;
  const expires = pool.idleLast!.lastActive + IDLE_WORKER_TIMEOUT;
  if (w.s.jiffies < expires) modTimer(w.s, pool.idleTimer, expires);
  else queueWorkNow(w, WORK_CPU_UNBOUND, w.systemUnboundWq, pool.idleCullWork);
}

/** Let the workers go that have been idle for too long, oldest first. @linux kernel/workqueue.c idle_cull_fn() */
export function* idleCullFn(pool: WorkerPool): MaySleep<void> {
  const { w } = pool;
  const { s } = w;
  const cull: Worker[] = [];
  yield* mutexLock(s, w.attachMutex);
  if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
  while (tooManyWorkers(pool)) {
    const worker = pool.idleLast!;
    const expires = worker.lastActive + IDLE_WORKER_TIMEOUT;
    if (s.jiffies < expires) {
      modTimer(s, pool.idleTimer, expires);
      break;
    }
    setWorkerDying(worker, cull);
  }
  yield* detachDyingWorkers(w, pool, cull);
  yield* mutexUnlock(s, w.attachMutex);
  yield* reapDyingWorkers(w, cull);
}

/** Mark an idle worker: it will end when it runs next. @linux kernel/workqueue.c set_worker_dying() */
export function setWorkerDying(worker: Worker, cull: Worker[]): void {
  const pool = worker.pool!;
  if (worker.currentWork !== null || !nothingScheduled(worker) || (worker.flags & WORKER_IDLE) === 0) {
    warn(pool.w, `set_worker_dying: worker ${worker.id} of pool ${pool.id} is not idle`);
    return;
  }
  pool.nrWorkers--;
  pool.nrIdle--;
  worker.flags |= WORKER_DIE;
  unlinkIdle(worker);
  cull.unshift(worker);
  getTaskStruct(worker.task!);
}

/** @linux kernel/workqueue.c detach_dying_workers() */
export function* detachDyingWorkers(w: Workqueues, pool: WorkerPool, cull: readonly Worker[]): MaySleep<void> {
  for (const worker of cull) {
    pool.workers.splice(pool.workers.indexOf(worker), 1);
    yield* unbindWorker(w, worker);
  }
}

/** Wait until they have ended. @linux kernel/workqueue.c reap_dying_workers() */
export function* reapDyingWorkers(w: Workqueues, cull: readonly Worker[]): MaySleep<void> {
  for (const worker of cull) yield* kthreadStopPut(w.k, worker.task!);
}
