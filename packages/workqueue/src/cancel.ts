import type { MaySleep, Step } from '@kernel-model/sim';
import { mightSleep } from '@kernel-model/scheduler';
import { WORK_DISABLE_MAX } from './constants.ts';
import { flushWorkCommon } from './flush-work.ts';
import { workGrabPending } from './grab.ts';
import { warnOnce } from './misuse.ts';
import { queueWork } from './queue.ts';
import type { DelayedWork, WorkStruct } from './work.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Take a work off its queue; one that runs, runs on.
 * @returns whether it was queued
 * @linux kernel/workqueue.c cancel_work()
 */
export function cancelWork(w: Workqueues, work: WorkStruct): Step<boolean> {
  return __cancelWork(w, work, false, false, 'cancel_work');
}

/**
 * Take a work off its queue, and wait until it does not run any more. Meanwhile it cannot be queued, not even by itself.
 * @returns whether it was queued, not whether it ran
 * @linux kernel/workqueue.c cancel_work_sync()
 */
export function cancelWorkSync(w: Workqueues, work: WorkStruct): MaySleep<boolean> {
  return __cancelWorkSync(w, work, false, false, 'cancel_work_sync');
}

/** {@link cancelWork}, also while its timer runs. @linux kernel/workqueue.c cancel_delayed_work() */
export function cancelDelayedWork(w: Workqueues, dwork: DelayedWork): Step<boolean> {
  return __cancelWork(w, dwork.work, true, false, 'cancel_delayed_work');
}

/** {@link cancelWorkSync}, also while its timer runs. @linux kernel/workqueue.c cancel_delayed_work_sync() */
export function cancelDelayedWorkSync(w: Workqueues, dwork: DelayedWork): MaySleep<boolean> {
  return __cancelWorkSync(w, dwork.work, true, false, 'cancel_delayed_work_sync');
}

/**
 * {@link cancelWork}, and let it not be queued until {@link enableWork} was called as often.
 * @linux kernel/workqueue.c disable_work()
 */
export function disableWork(w: Workqueues, work: WorkStruct): Step<boolean> {
  return __cancelWork(w, work, false, true, 'disable_work');
}

/** {@link disableWork}, and wait until it does not run any more. @linux kernel/workqueue.c disable_work_sync() */
export function disableWorkSync(w: Workqueues, work: WorkStruct): MaySleep<boolean> {
  return __cancelWorkSync(w, work, false, true, 'disable_work_sync');
}

/** {@link disableWork}, also while its timer runs. @linux kernel/workqueue.c disable_delayed_work() */
export function disableDelayedWork(w: Workqueues, dwork: DelayedWork): Step<boolean> {
  return __cancelWork(w, dwork.work, true, true, 'disable_delayed_work');
}

/** {@link disableWorkSync}, also while its timer runs. @linux kernel/workqueue.c disable_delayed_work_sync() */
export function disableDelayedWorkSync(w: Workqueues, dwork: DelayedWork): MaySleep<boolean> {
  return __cancelWorkSync(w, dwork.work, true, true, 'disable_delayed_work_sync');
}

/**
 * Undo one {@link disableWork}. Does not queue anything; called for a work that is not disabled, it cancels it.
 * @returns whether the work can be queued now
 * @linux kernel/workqueue.c enable_work()
 */
export function enableWork(w: Workqueues, work: WorkStruct): Step<boolean> {
  return __enableWork(w, work, 'enable_work');
}

/** {@link enableWork} of a delayed work. @linux kernel/workqueue.c enable_delayed_work() */
export function enableDelayedWork(w: Workqueues, dwork: DelayedWork): Step<boolean> {
  return __enableWork(w, dwork.work, 'enable_delayed_work');
}

/**
 * Undo one {@link disableWork}, and queue the work if it can be queued then.
 * @returns whether it could
 * @linux include/linux/workqueue.h enable_and_queue_work()
 */
export function* enableAndQueueWork(w: Workqueues, wq: WorkqueueStruct, work: WorkStruct): Step<boolean> {
  if (!(yield* enableWork(w, work))) return false;
  yield* queueWork(w, wq, work);
  return true;
}

function* __enableWork(w: Workqueues, work: WorkStruct, call: string): Step<boolean> {
  yield* workGrabPending(w, work, false, call);
  if (work.disable > 0) work.disable--;
  else warnOnce(w, 'work_offqd_enable', 'workqueue: work disable count underflowed');
  work.flags = 0;
  return work.disable === 0;
}

/** @linux kernel/workqueue.c __cancel_work() */
function* __cancelWork(
  w: Workqueues,
  work: WorkStruct,
  delayed: boolean,
  disable: boolean,
  call: string,
): Step<boolean> {
  const wasPending = yield* workGrabPending(w, work, delayed, call);
  if (disable) {
    if (work.disable < WORK_DISABLE_MAX) work.disable++;
    else warnOnce(w, 'work_offqd_disable', 'workqueue: work disable count overflowed');
  }
  work.flags = 0;
  w.s.sim.charge(w.s.config.costs.lock);
  return wasPending;
}

/** @linux kernel/workqueue.c __cancel_work_sync() */
function* __cancelWorkSync(
  w: Workqueues,
  work: WorkStruct,
  delayed: boolean,
  disable: boolean,
  call: string,
): MaySleep<boolean> {
  const { s } = w;
  const wasPending = yield* __cancelWork(w, work, delayed, true, call);
  if (!work.offqBh) yield* mightSleep(s);
  else if (s.cpus[s.cpu]!.hardirq > 0)
    warnOnce(w, '__cancel_work_sync', `${call}: ${work.funcName} is a BH work, and this is a hard interrupt`);
  if (w.online) yield* flushWorkCommon(w, work, true, call);
  if (!disable) yield* enableWork(w, work);
  return wasPending;
}
