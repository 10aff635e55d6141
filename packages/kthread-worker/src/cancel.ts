import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import { preemptCheckResched } from '@kernel-model/scheduler';
import { __kthreadCancelWork, kthreadCancelDelayedWorkTimer, type KthreadDelayedWork } from './delayed.ts';
import { flushWork } from './flush.ts';
import type { KthreadWork } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { warnOnce, workMustExist, workerMustExist } from './misuse.ts';

/**
 * Take a work off its queue, and wait until it does not run any more. Meanwhile nobody can queue it, not even itself;
 * afterwards everybody can. Not for a delayed work: its timer would run on, and queue it all the same.
 * @returns whether it was pending, not whether it ran
 * @linux kernel/kthread.c kthread_cancel_work_sync()
 */
export function kthreadCancelWorkSync(kw: KthreadWorkers, work: KthreadWork): MaySleep<boolean> {
  return cancelWorkSync(kw, work, null, 'kthread_cancel_work_sync');
}

/**
 * {@link kthreadCancelWorkSync} of a delayed work and its timer.
 * @returns whether it was pending; false also if the timer fired while this call waited for it: then the work does not
 *   run, either
 * @linux kernel/kthread.c kthread_cancel_delayed_work_sync()
 */
export function kthreadCancelDelayedWorkSync(kw: KthreadWorkers, dwork: KthreadDelayedWork): MaySleep<boolean> {
  return cancelWorkSync(kw, dwork.work, dwork, 'kthread_cancel_delayed_work_sync');
}

/** @linux kernel/kthread.c __kthread_cancel_work_sync() */
function* cancelWorkSync(
  kw: KthreadWorkers,
  work: KthreadWork,
  dwork: KthreadDelayedWork | null,
  call: string,
): MaySleep<boolean> {
  const { s } = kw;
  if (s.sim.point(work, 'worker', READ)) yield POINT;
  if (work.freed) workMustExist(kw, work, call);
  const { worker } = work;
  if (worker === null) return false;
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  workerMustExist(kw, worker, call, work.name);
  if (work.worker !== worker) {
    warnOnce(kw, 1325, `${call}: ${work.name} went from the worker ${worker.name} to another one meanwhile`);
  }
  if (dwork !== null) yield* kthreadCancelDelayedWorkTimer(kw, dwork);
  const wasPending = __kthreadCancelWork(work);
  if (worker.currentWork !== work) return wasPending;
  work.canceling++;
  yield* preemptCheckResched(s);
  yield* flushWork(kw, work, call);
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  work.canceling--;
  return wasPending;
}
