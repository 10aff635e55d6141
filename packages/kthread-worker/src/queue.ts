import { POINT, WRITE, type Step } from '@kernel-model/sim';
import { FALSE, NOTHING, TRUE, preemptCheckResched, wakeUpProcess } from '@kernel-model/scheduler';
import type { KthreadWork, KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { warnOnce, workMustExist, workerMustExist } from './misuse.ts';
import { listAddBefore } from './work-list.ts';

/**
 * Queue a work behind all others. One that only runs can be queued, also by itself: it runs once more, then.
 * @returns false if it is pending already, on whichever worker, or being cancelled: nothing changes then
 * @emits sched_kthread_work_queue_work; sched_waking if the worker sleeps
 * @throws UsageError KTHREAD_WORKER_USE_AFTER_FREE, KTHREAD_WORK_USE_AFTER_FREE
 * @linux kernel/kthread.c kthread_queue_work()
 */
export function kthreadQueueWork(kw: KthreadWorkers, worker: KthreadWorker, work: KthreadWork): Step<boolean> {
  if (kw.s.sim.point(worker, 'lock', WRITE)) return queueLater(kw, worker, work);
  return afterUnlock(kw, kthreadQueueWorkNow(kw, worker, work));
}

function* queueLater(kw: KthreadWorkers, worker: KthreadWorker, work: KthreadWork): Step<boolean> {
  yield POINT;
  return yield* afterUnlock(kw, kthreadQueueWorkNow(kw, worker, work));
}

/** {@link kthreadQueueWork} for code that is one atomic step already, such as an interrupt. @linux kernel/kthread.c kthread_queue_work() */
export function kthreadQueueWorkNow(kw: KthreadWorkers, worker: KthreadWorker, work: KthreadWork): boolean {
  return queueWork(kw, worker, work, 'kthread_queue_work');
}

/** @param call who queues, for reports */
export function queueWork(kw: KthreadWorkers, worker: KthreadWorker, work: KthreadWork, call: string): boolean {
  kw.s.sim.touch(worker, 'lock', WRITE);
  if (worker.freed) workerMustExist(kw, worker, call, work.name);
  if (work.freed) workMustExist(kw, work, call);
  if (queuingBlocked(work)) return false;
  kthreadInsertWork(kw, worker, work, worker.workList, call);
  return true;
}

/** The end of a call in task context: with full preemption, a woken worker may run at once. */
export function afterUnlock(kw: KthreadWorkers, result: boolean): Step<boolean> {
  const resched = preemptCheckResched(kw.s);
  return resched === NOTHING ? (result ? TRUE : FALSE) : reschedThen(resched, result);
}

function* reschedThen(resched: Step<void>, result: boolean): Step<boolean> {
  yield* resched;
  return result;
}

/** Is the work pending, or being cancelled? @linux kernel/kthread.c queuing_blocked() */
export function queuingBlocked(work: KthreadWork): boolean {
  return work.next !== work || work.canceling !== 0;
}

/** Complain about a work that is pending, or belongs to another worker. @linux kernel/kthread.c kthread_insert_work_sanity_check() */
export function sanityCheck(kw: KthreadWorkers, worker: KthreadWorker, work: KthreadWork, call: string): void {
  if (work.next !== work) warnOnce(kw, 992, `${call}: ${work.name} is pending already`);
  if (work.worker !== null && work.worker !== worker) {
    warnOnce(
      kw,
      994,
      `${call}: ${work.name} belongs to the worker ${work.worker.name} and is queued on ${worker.name}`,
    );
  }
}

/**
 * Queue a work, directly before `pos`, and wake the worker unless it is busy: then it looks at its list before it sleeps.
 * One atomic step.
 * @param call who queues, for reports
 * @emits sched_kthread_work_queue_work, sched_waking
 * @linux kernel/kthread.c kthread_insert_work()
 */
export function kthreadInsertWork(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  work: KthreadWork,
  pos: KthreadWork,
  call: string,
): void {
  const { s } = kw;
  sanityCheck(kw, worker, work, call);
  const probe = kw.probes.queueWork;
  if (probe.enabled) probe.emit(kw.addrOf(work), s.hub.intern(work.funcName), kw.addrOf(worker));
  s.recorded();
  link(kw, worker, work, pos, call);
  const { task } = worker;
  if (worker.currentWork === null && task !== null) wakeUpProcess(s, task);
}

/** Make a work pending, before `pos` in a list of the worker. */
export function link(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  work: KthreadWork,
  pos: KthreadWork,
  call: string,
): void {
  if (pos.freed) workMustExist(kw, pos, call);
  if (pos.prev.freed) workMustExist(kw, pos.prev, call);
  listAddBefore(pos, work);
  kw.s.sim.touch(work, 'worker', WRITE);
  work.worker = worker;
  worker.nrLinked++;
}
