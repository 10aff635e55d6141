import { POINT, UsageError, WRITE, type Step } from '@kernel-model/sim';
import { TIMER_IRQSAFE, TimerList, addTimer, preemptCheckResched, timerDeleteSync } from '@kernel-model/scheduler';
import { KthreadWork, kthreadWorkPending, type KthreadWorkFunc, type KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { warnOnce, workMustExist, workerMustExist } from './misuse.ts';
import { afterUnlock, kthreadInsertWork, link, queuingBlocked, sanityCheck } from './queue.ts';
import { listDel } from './work-list.ts';

/** A work with a timer in front of it. @linux include/linux/kthread.h struct kthread_delayed_work */
export class KthreadDelayedWork {
  readonly work: KthreadWork;
  readonly timer: KthreadDelayedWorkTimer;

  /**
   * @param funcName symbol of the function; its own name if left out
   * @param name what reports call the work; the symbol if left out
   */
  constructor(func: KthreadWorkFunc, funcName: string = func.name, name: string = funcName) {
    this.work = new KthreadWork(func, funcName, name);
    this.work.container = this;
    this.timer = new KthreadDelayedWorkTimer(this);
  }
}

/** The timer of a {@link KthreadDelayedWork}. */
export class KthreadDelayedWorkTimer extends TimerList {
  /** Set when it is armed. */
  kw: KthreadWorkers | null = null;
  constructor(readonly dwork: KthreadDelayedWork) {
    super(kthreadDelayedWorkTimerFn, TIMER_IRQSAFE);
  }
}

/** The delayed work of which this is the work; null if it is none. */
export function toKthreadDelayedWork(work: KthreadWork): KthreadDelayedWork | null {
  return work.container instanceof KthreadDelayedWork ? work.container : null;
}

/**
 * The time is over: queue the work, or drop it if it is being cancelled.
 *
 * Unlike in Linux, the function takes the lock in the same step in which the timer fires. Nobody looks at the timer in
 * between without waiting for the end of the function, so there is nothing to tell the two apart by.
 * @emits sched_kthread_work_queue_work
 * @linux kernel/kthread.c kthread_delayed_work_timer_fn()
 */
export function kthreadDelayedWorkTimerFn(timer: TimerList): void {
  const { dwork } = timer as KthreadDelayedWorkTimer;
  const kw = (timer as KthreadDelayedWorkTimer).kw!;
  const { work } = dwork;
  const { worker } = work;
  if (work.freed) workMustExist(kw, work, 'kthread_delayed_work_timer_fn');
  if (worker === null) {
    warnOnce(kw, 1059, `kthread_delayed_work_timer_fn: ${work.name} was initialised while its timer ran`);
    return;
  }
  kw.s.sim.touch(worker, 'lock', WRITE);
  if (worker.freed) workerMustExist(kw, worker, 'kthread_delayed_work_timer_fn', work.name);
  if (kthreadWorkPending(work)) {
    listDel(work);
    // it stays pending, and the insertion counts it again
    if (work.canceling === 0) worker.nrLinked--;
    else worker.nrDropped++;
  } else {
    warnOnce(
      kw,
      1067,
      `kthread_delayed_work_timer_fn: ${work.name} is not pending: was kthread_cancel_work_sync() called on it?`,
    );
  }
  if (work.canceling === 0) kthreadInsertWork(kw, worker, work, worker.workList, 'kthread_delayed_work_timer_fn');
}

/**
 * Queue a work after a time.
 * @param delay jiffies; 0: now. The timer fires in the tick after, or later if the delay is long
 * @returns false if the timer runs, or the work is queued or being cancelled: nothing changes then
 * @emits sched_kthread_work_queue_work when the timer fires
 * @linux kernel/kthread.c kthread_queue_delayed_work()
 */
export function kthreadQueueDelayedWork(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
): Step<boolean> {
  if (kw.s.sim.point(worker, 'lock', WRITE)) return queueLater(kw, worker, dwork, delay);
  return afterUnlock(kw, kthreadQueueDelayedWorkNow(kw, worker, dwork, delay));
}

function* queueLater(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
): Step<boolean> {
  yield POINT;
  return yield* afterUnlock(kw, kthreadQueueDelayedWorkNow(kw, worker, dwork, delay));
}

/** {@link kthreadQueueDelayedWork} for code that is one atomic step already. @linux kernel/kthread.c kthread_queue_delayed_work() */
export function kthreadQueueDelayedWorkNow(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
): boolean {
  enter(kw, worker, dwork, 'kthread_queue_delayed_work');
  if (queuingBlocked(dwork.work)) return false;
  __kthreadQueueDelayedWork(kw, worker, dwork, delay, 'kthread_queue_delayed_work');
  return true;
}

/**
 * The part of queueing that is under the worker's lock: arm the timer, or queue at once. One atomic step.
 * @param call who queues, for reports
 * @linux kernel/kthread.c __kthread_queue_delayed_work()
 */
export function __kthreadQueueDelayedWork(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
  call: string,
): void {
  const { s } = kw;
  const { timer, work } = dwork;
  if (timer.fn !== kthreadDelayedWorkTimerFn) {
    warnOnce(kw, 1083, `${call}: the timer of ${work.name} has a function of somebody else`);
  }
  if (delay === 0) {
    kthreadInsertWork(kw, worker, work, worker.workList, call);
    return;
  }
  sanityCheck(kw, worker, work, call);
  link(kw, worker, work, worker.delayedWorkList.next, call);
  timer.kw = kw;
  timer.expires = s.jiffies + delay;
  addTimer(s, timer);
}

/**
 * Change when a delayed work is queued, whatever it does now: one that is queued goes back to its timer, one that only
 * runs is not waited for.
 * @param delay jiffies; 0: now
 * @returns whether it was pending; true also if somebody else cancels it or changes its timer right now: nothing is
 *   queued then, the other one decides. false, too, if the timer fired while this call waited for it
 * @throws UsageError KTHREAD_WORK_OTHER_WORKER
 * @linux kernel/kthread.c kthread_mod_delayed_work()
 */
export function* kthreadModDelayedWork(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
): Step<boolean> {
  const { s } = kw;
  const { work } = dwork;
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  enter(kw, worker, dwork, 'kthread_mod_delayed_work');
  if (work.worker !== null) {
    mustBeMine(kw, worker, work);
    yield* kthreadCancelDelayedWorkTimer(kw, dwork);
  }
  const wasPending = modQueue(kw, worker, dwork, delay);
  yield* preemptCheckResched(s);
  return wasPending;
}

/** {@link kthreadModDelayedWork} for code that is one atomic step already. @linux kernel/kthread.c kthread_mod_delayed_work() */
export function kthreadModDelayedWorkNow(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
): boolean {
  enter(kw, worker, dwork, 'kthread_mod_delayed_work');
  if (dwork.work.worker !== null) {
    mustBeMine(kw, worker, dwork.work);
    timerDeleteSync(kw.s, dwork.timer);
  }
  return modQueue(kw, worker, dwork, delay);
}

/** The timer is off and the lock taken again. */
function modQueue(kw: KthreadWorkers, worker: KthreadWorker, dwork: KthreadDelayedWork, delay: number): boolean {
  if (dwork.work.canceling !== 0) return true;
  const wasPending = __kthreadCancelWork(dwork.work);
  __kthreadQueueDelayedWork(kw, worker, dwork, delay, 'kthread_mod_delayed_work');
  return wasPending;
}

/**
 * Make sure that the timer neither runs nor fires, with the lock let go meanwhile: `canceling` keeps everybody from
 * queueing. The caller has just taken the lock, and has it when the call returns.
 * @linux kernel/kthread.c kthread_cancel_delayed_work_timer()
 */
export function* kthreadCancelDelayedWorkTimer(kw: KthreadWorkers, dwork: KthreadDelayedWork): Step<void> {
  const { s } = kw;
  const { work, timer } = dwork;
  const worker = work.worker!;
  work.canceling++;
  yield* preemptCheckResched(s);
  // the timer can fire here: it finds the work being cancelled and drops it
  if (s.sim.point(timer, 'timer', WRITE)) yield POINT;
  timerDeleteSync(s, timer);
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  work.canceling--;
}

/**
 * Take a pending work off its list; the timer, if it has one, is off. It may be running. Under the worker's lock.
 * @returns whether it was pending
 * @linux kernel/kthread.c __kthread_cancel_work()
 */
export function __kthreadCancelWork(work: KthreadWork): boolean {
  if (!kthreadWorkPending(work)) return false;
  listDel(work);
  work.worker!.nrRemoved++;
  return true;
}

/** The lock is taken. */
function enter(kw: KthreadWorkers, worker: KthreadWorker, dwork: KthreadDelayedWork, call: string): void {
  kw.s.sim.touch(worker, 'lock', WRITE);
  if (worker.freed) workerMustExist(kw, worker, call, dwork.work.name);
  if (dwork.work.freed) workMustExist(kw, dwork.work, call);
}

/** @throws UsageError KTHREAD_WORK_OTHER_WORKER */
function mustBeMine(kw: KthreadWorkers, worker: KthreadWorker, work: KthreadWork): void {
  if (work.worker === worker) return;
  const text = `kthread_mod_delayed_work: ${work.name} belongs to the worker ${work.worker!.name}, not to ${worker.name}`;
  warnOnce(kw, 1284, text);
  throw new UsageError('KTHREAD_WORK_OTHER_WORKER', {
    what: `${text} (called by ${kw.here()}).`,
    why: `The call holds the lock of ${worker.name}, and lets go of the one of ${work.worker!.name}.`,
    advice: 'Call kthread_init_delayed_work() before a work serves another worker.',
    linux: 'WARNING, then an unlock of a lock that is not held.',
  });
}
