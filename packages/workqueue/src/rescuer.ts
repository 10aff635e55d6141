import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  ENOMEM,
  TASK_IDLE,
  TASK_RUNNING,
  schedule,
  setCurrentState,
  setUserNice,
  wakeUpProcess,
} from '@kernel-model/scheduler';
import { isErr, kthreadBindMask, kthreadCreate, kthreadShouldStop } from '@kernel-model/kthread';
import { HIGHPRI_NICE_LEVEL, PWQ_STAT_RESCUED, RESCUER_BATCH, WQ_MEM_RECLAIM, WQ_UNBOUND } from './constants.ts';
import { errorName, workerAttachToPool, workerDetachFromPool } from './manage.ts';
import { formatWorkerId } from './names.ts';
import { getPwq, putPwq, type PoolWorkqueue } from './pool-workqueue.ts';
import { assignWork, processScheduledWorks } from './process.ts';
import { listAddBefore, listDel, listEmpty } from './work.ts';
import { Worker } from './worker.ts';
import { kickPool, needToCreateWorker, type WorkerPool } from './worker-pool.ts';
import { setPfWorker } from './worker-thread.ts';
import type { Workqueues } from './workqueues.ts';
import { unboundEffectiveCpumask, type WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Give a WQ_MEM_RECLAIM queue its rescuer.
 * @returns 0 or a negative errno
 * @linux kernel/workqueue.c init_rescuer()
 */
export function* initRescuer(w: Workqueues, wq: WorkqueueStruct): MaySleep<number> {
  if ((wq.flags & WQ_MEM_RECLAIM) === 0) return 0;
  const { s, k } = w;
  if (w.failAlloc('rescuer')) {
    s.reports.printk('err', `workqueue: Failed to allocate a rescuer for wq "${wq.name}"`);
    return -ENOMEM;
  }
  const rescuer = new Worker(wq);
  const p = yield* kthreadCreate(k, () => rescuerThread(w, rescuer, wq), rescuer, formatWorkerId(rescuer, null));
  if (isErr(p)) {
    s.reports.printk('err', `workqueue: Failed to create a rescuer kthread for wq "${wq.name}": ${errorName(p)}`);
    return p;
  }
  rescuer.task = p;
  p.worker = rescuer;
  wq.rescuer = rescuer;
  yield* kthreadBindMask(k, p, (wq.flags & WQ_UNBOUND) !== 0 ? unboundEffectiveCpumask(wq) : s.possibleMask);
  wakeUpProcess(s, p);
  return 0;
}

/**
 * What a rescuer runs: when workers cannot be made, it serves the pools that called, but only the works of its queue.
 * @linux kernel/workqueue.c rescuer_thread()
 */
function* rescuerThread(w: Workqueues, rescuer: Worker, wq: WorkqueueStruct): MaySleep<number> {
  const { s } = w;
  const me = s.current;
  setUserNice(s, me, HIGHPRI_NICE_LEVEL);
  yield* setPfWorker(w, true);
  for (;;) {
    yield* setCurrentState(s, TASK_IDLE);
    // maydays first: the list has to be empty when the thread ends
    const shouldStop = yield* kthreadShouldStop(w.k);
    if (s.sim.point(wq, 'maydays', READ)) yield POINT;
    for (let pwq = wq.maydays.shift(); pwq !== undefined; pwq = wq.maydays.shift()) {
      me.state = TASK_RUNNING;
      pwq.mayday = false;
      yield* rescue(rescuer, wq, pwq);
      if (s.sim.point(wq, 'maydays', WRITE)) yield POINT;
    }
    if (shouldStop) {
      me.state = TASK_RUNNING;
      yield* setPfWorker(w, false);
      return 0;
    }
    yield* schedule(s);
  }
}

/** One turn for a pwq. */
function* rescue(rescuer: Worker, wq: WorkqueueStruct, pwq: PoolWorkqueue): MaySleep<void> {
  const { pool } = pwq;
  const { s } = pool.w;
  rescuer.rescuing = pwq;
  yield* workerAttachToPool(rescuer, pool);
  if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
  for (let count = 1; assignRescuerWork(pwq, rescuer, pool); count++) {
    yield* processScheduledWorks(rescuer, nothingMore);
    if (count <= RESCUER_BATCH || wq.maydays.length === 0) continue;
    if (pwq.nrActive === 0 || !needToCreateWorker(pool)) continue;
    // others wait, too: it is their turn
    if (wq.rescuer !== null && !pwq.mayday) {
      getPwq(pwq);
      pwq.mayday = true;
      wq.maydays.push(pwq);
    }
    break;
  }
  if (!listEmpty(pwq.maydayCursor) && !pwq.mayday) listDel(pwq.maydayCursor);
  // the others have to go on by themselves
  kickPool(pool);
  yield* workerDetachFromPool(rescuer);
  rescuer.rescuing = null;
  putPwq(pwq);
}

/** Find the next work that needs the rescuer, from where the last one was. @linux kernel/workqueue.c assign_rescuer_work() */
function assignRescuerWork(pwq: PoolWorkqueue, rescuer: Worker, pool: WorkerPool): boolean {
  if (pwq.nrActive === 0 || !needToCreateWorker(pool)) return false;
  const { maydayCursor: cursor } = pwq;
  const { worklist } = pool;
  let next = worklist;
  for (let work = listEmpty(cursor) ? worklist.next : cursor.next; work !== worklist; work = next) {
    ({ next } = work);
    if (work.pwq !== pwq) continue;
    const assigned = assignWork(work, rescuer);
    next = rescuer.scanNext!;
    if (!assigned) continue;
    pwq.stats[PWQ_STAT_RESCUED]!++;
    listDel(cursor);
    listAddBefore(next, cursor);
    return true;
  }
  return false;
}

/** A rescuer decides after each work whether it goes on. */
function nothingMore(): boolean {
  return false;
}
