import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import { PF_WQ_WORKER, TASK_IDLE, mutexLock, mutexUnlock, schedule } from '@kernel-model/scheduler';
import { WORKER_DIE, WORKER_PREP, WORKER_REBOUND } from './constants.ts';
import { manageWorkers } from './manage.ts';
import { assignWork, processScheduledWorks } from './process.ts';
import { workerClrFlags, workerEnterIdle, workerLeaveIdle, workerSetFlags, type Worker } from './worker.ts';
import { keepWorking, mayStartWorking, needMoreWorker } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';

/**
 * What the thread of a worker runs: works of its pool, whatever queue they belong to. It ends when the pool has too
 * many idle workers.
 * @linux kernel/workqueue.c worker_thread()
 */
export function* workerThread(w: Workqueues, worker: Worker): MaySleep<number> {
  const { s } = w;
  const me = s.current;
  const pool = worker.pool!;
  yield* setPfWorker(w, true);
  for (;;) {
    if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
    if ((worker.flags & WORKER_DIE) !== 0) {
      yield* setPfWorker(w, false);
      // the pool may be gone once the attach mutex was free
      worker.pool = null;
      pool.workerIds[worker.id] = false;
      return 0;
    }
    workerLeaveIdle(worker);
    while (needMoreWorker(pool)) {
      if (!mayStartWorking(pool) && (yield* manageWorkers(worker))) continue;
      // no longer on the way: from here it counts, if its pool does count
      workerClrFlags(worker, WORKER_PREP | WORKER_REBOUND);
      if (assignNext(worker)) yield* processScheduledWorks(worker, assignNext);
      workerSetFlags(worker, WORKER_PREP);
      break;
    }
    workerEnterIdle(worker);
    me.state = TASK_IDLE;
    yield* schedule(s);
  }
}

/** Take the next work of the pool, until somebody else does or none is left. @returns whether the worker got one */
function assignNext(worker: Worker): boolean {
  const pool = worker.pool!;
  while (keepWorking(pool)) if (assignWork(pool.worklist.next, worker)) return true;
  return false;
}

/** Become a worker to the scheduler, or stop being one. @linux kernel/workqueue.c set_pf_worker() */
export function* setPfWorker(w: Workqueues, on: boolean): MaySleep<void> {
  yield* mutexLock(w.s, w.attachMutex);
  if (on) w.s.current.flags |= PF_WQ_WORKER;
  else w.s.current.flags &= ~PF_WQ_WORKER;
  yield* mutexUnlock(w.s, w.attachMutex);
}
