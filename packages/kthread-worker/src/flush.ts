import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import { preemptCheckResched, waitForCompletion } from '@kernel-model/scheduler';
import { KthreadFlushWork } from './flush-item.ts';
import { kthreadWorkPending, type KthreadWork, type KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { warnOnce, workMustExist, workerMustExist } from './misuse.ts';
import { kthreadInsertWork, queueWork } from './queue.ts';

/**
 * Wait until a work that is queued or runs is done; if it runs and is queued again, until that second run is done. Works
 * behind it are not waited for.
 *
 * A flush of a delayed work whose timer runs never returns: cancel it, or kthreadModDelayedWork() it to 0, first.
 * @emits sched_kthread_work_queue_work and so on of an item of its own
 * @linux kernel/kthread.c kthread_flush_work()
 */
export function kthreadFlushWork(kw: KthreadWorkers, work: KthreadWork): MaySleep<void> {
  return flushWork(kw, work, 'kthread_flush_work');
}

/** @param call that waits, for reports */
export function* flushWork(kw: KthreadWorkers, work: KthreadWork, call: string): MaySleep<void> {
  const { s } = kw;
  if (s.sim.point(work, 'worker', READ)) yield POINT;
  if (work.freed) workMustExist(kw, work, call);
  const { worker } = work;
  if (worker === null) return;
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  workerMustExist(kw, worker, call, work.name);
  if (work.worker !== worker) {
    warnOnce(kw, 1173, `${call}: ${work.name} went from the worker ${worker.name} to another one meanwhile`);
  }
  let pos: KthreadWork;
  if (kthreadWorkPending(work)) pos = work.next;
  else if (worker.currentWork === work) pos = worker.workList.next;
  else return;
  const item = new KthreadFlushWork(worker, work, call);
  kthreadInsertWork(kw, worker, item.work, pos, call);
  yield* preemptCheckResched(s);
  yield* waitFor(kw, item);
}

/**
 * Wait until everything that is queued or runs on a worker now is done: not for timers, and not for what is queued later.
 * On a worker without a thread the call does not return before it has one.
 * @linux kernel/kthread.c kthread_flush_worker()
 */
export function kthreadFlushWorker(kw: KthreadWorkers, worker: KthreadWorker): MaySleep<void> {
  return flushWorker(kw, worker, 'kthread_flush_worker');
}

/** @param call that waits, for reports */
export function* flushWorker(kw: KthreadWorkers, worker: KthreadWorker, call: string): MaySleep<void> {
  const { s } = kw;
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  const item = new KthreadFlushWork(worker, null, call);
  queueWork(kw, worker, item.work, call);
  yield* preemptCheckResched(s);
  yield* waitFor(kw, item);
}

function* waitFor(kw: KthreadWorkers, item: KthreadFlushWork): MaySleep<void> {
  kw.flushes.add(item);
  yield* waitForCompletion(kw.s, item.done);
  kw.flushes.delete(item);
}
