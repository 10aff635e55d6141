import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import { mutexLock, mutexUnlock } from '@kernel-model/scheduler';
import { kthreadStop } from '@kernel-model/kthread';
import { __WQ_DESTROYING } from './constants.ts';
import { drainWorkqueue } from './drain.ts';
import { mustNotBeDestroyed, warn } from './misuse.ts';
import { pwqIsEmpty, putPwq, type PoolWorkqueue } from './pool-workqueue.ts';
import { showOneWorkqueue, showPwq } from './show.ts';
import { workqueueSysfsUnregister } from './sysfs.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Let a queue run out and take it away. Timers of delayed works are the caller's business. If works are left although
 * the queue was drained, it stays, without a rescuer.
 * @linux kernel/workqueue.c destroy_workqueue()
 */
export function* destroyWorkqueue(w: Workqueues, wq: WorkqueueStruct): MaySleep<void> {
  const { s } = w;
  mustNotBeDestroyed(w, wq);
  s.sim.charge(s.config.costs.call);
  workqueueSysfsUnregister(wq);
  yield* mutexLock(s, wq.mutex);
  wq.flags |= __WQ_DESTROYING;
  yield* mutexUnlock(s, wq.mutex);
  yield* drainWorkqueue(w, wq);
  const { rescuer } = wq;
  if (rescuer !== null) {
    if (s.sim.point(wq, 'maydays', WRITE)) yield POINT;
    wq.rescuer = null;
    yield* kthreadStop(w.k, rescuer.task!);
  }
  yield* mutexLock(s, w.poolMutex);
  yield* mutexLock(s, wq.mutex);
  const busy = wq.pwqs.find(pwqBusy) ?? null;
  if (busy !== null) {
    warn(w, `destroy_workqueue: ${wq.name} is still in use`);
    s.reports.printk('err', `destroy_workqueue: ${wq.name} has the following busy pwq`);
    for (const line of showPwq(busy)) s.reports.printk('info', line);
    yield* mutexUnlock(s, wq.mutex);
    yield* mutexUnlock(s, w.poolMutex);
    for (const line of showOneWorkqueue(wq)) s.reports.printk('info', line);
    return;
  }
  yield* mutexUnlock(s, wq.mutex);
  w.workqueues.splice(w.workqueues.indexOf(wq), 1);
  yield* mutexUnlock(s, w.poolMutex);
  for (const cpu of s.possibleMask) {
    const pwq = wq.cpuPwq[cpu] ?? null;
    if (pwq !== null) putPwq(pwq);
    wq.cpuPwq[cpu] = null;
  }
  if (wq.dflPwq !== null) putPwq(wq.dflPwq);
  wq.dflPwq = null;
}

/** @linux kernel/workqueue.c pwq_busy() */
function pwqBusy(pwq: PoolWorkqueue): boolean {
  if (pwq.nrInFlight.some((nr) => nr !== 0)) return true;
  if (pwq !== pwq.wq.dflPwq && pwq.refcnt > 1) return true;
  return !pwqIsEmpty(pwq);
}
