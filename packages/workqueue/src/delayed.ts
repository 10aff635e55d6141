import { POINT, WRITE, type Step } from '@kernel-model/sim';
import {
  EAGAIN,
  FALSE,
  TRUE,
  addTimerGlobal,
  addTimerOn,
  preemptCheckResched,
  timerPending,
  type TimerList,
} from '@kernel-model/scheduler';
import { WORK_CPU_UNBOUND, WORK_STRUCT_PENDING } from './constants.ts';
import { mustBeComing, tryToGrabPending, workGrabPending } from './grab.ts';
import { warnOnce, workIsFreed } from './misuse.ts';
import { __queueWork } from './queue.ts';
import type { DelayedWork, DelayedWorkTimer } from './work.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** {@link queueDelayedWorkOn} any CPU. @linux include/linux/workqueue.h queue_delayed_work() */
export function queueDelayedWork(w: Workqueues, wq: WorkqueueStruct, dwork: DelayedWork, delay: number): Step<boolean> {
  return queueDelayedWorkOn(w, WORK_CPU_UNBOUND, wq, dwork, delay);
}

/**
 * Queue a work after a time.
 * @param delay jiffies; 0: now. The timer fires in the tick after, or later if the delay is long
 * @returns false if the timer runs, the work is queued, or it is disabled: nothing changes then
 * @linux kernel/workqueue.c queue_delayed_work_on()
 */
export function queueDelayedWorkOn(
  w: Workqueues,
  cpu: number,
  wq: WorkqueueStruct,
  dwork: DelayedWork,
  delay: number,
): Step<boolean> {
  if (w.s.sim.point(dwork.work, 'data', WRITE)) return queueLater(w, cpu, wq, dwork, delay);
  return queueDelayedWorkNow(w, cpu, wq, dwork, delay) ? (delay === 0 ? queuedThenResched(w) : TRUE) : FALSE;
}

function* queueLater(
  w: Workqueues,
  cpu: number,
  wq: WorkqueueStruct,
  dwork: DelayedWork,
  delay: number,
): Step<boolean> {
  yield POINT;
  const queued = queueDelayedWorkNow(w, cpu, wq, dwork, delay);
  yield* preemptCheckResched(w.s);
  return queued;
}

function* queuedThenResched(w: Workqueues): Step<boolean> {
  yield* preemptCheckResched(w.s);
  return true;
}

/** {@link queueDelayedWorkOn} for code that is one atomic step already. @linux kernel/workqueue.c queue_delayed_work_on() */
export function queueDelayedWorkNow(
  w: Workqueues,
  cpu: number,
  wq: WorkqueueStruct,
  dwork: DelayedWork,
  delay: number,
): boolean {
  const { work } = dwork;
  w.s.sim.touch(work, 'data', WRITE);
  if (work.freedBy !== '') throw workIsFreed(w, work, 'queue_delayed_work');
  if ((work.flags & WORK_STRUCT_PENDING) !== 0 || work.disable !== 0) return false;
  work.flags |= WORK_STRUCT_PENDING;
  __queueDelayedWork(w, cpu, wq, dwork, delay, 'queue_delayed_work');
  return true;
}

/**
 * Change when a delayed work is queued, whatever it does now: one that is queued already goes back to its timer.
 * @returns whether it was pending; false also if it is disabled, and then nothing changes
 * @linux kernel/workqueue.c mod_delayed_work_on()
 */
export function* modDelayedWorkOn(
  w: Workqueues,
  cpu: number,
  wq: WorkqueueStruct,
  dwork: DelayedWork,
  delay: number,
): Step<boolean> {
  const wasPending = yield* workGrabPending(w, dwork.work, true, 'mod_delayed_work');
  const queued = rearm(w, cpu, wq, dwork, delay);
  yield* preemptCheckResched(w.s);
  return wasPending && queued;
}

/** {@link modDelayedWorkOn} any CPU. @linux include/linux/workqueue.h mod_delayed_work() */
export function modDelayedWork(w: Workqueues, wq: WorkqueueStruct, dwork: DelayedWork, delay: number): Step<boolean> {
  return modDelayedWorkOn(w, WORK_CPU_UNBOUND, wq, dwork, delay);
}

/** {@link modDelayedWorkOn} for code that is one atomic step already. @linux kernel/workqueue.c mod_delayed_work_on() */
export function modDelayedWorkNow(
  w: Workqueues,
  cpu: number,
  wq: WorkqueueStruct,
  dwork: DelayedWork,
  delay: number,
): boolean {
  const grabbed = tryToGrabPending(w, dwork.work, true);
  if (grabbed === -EAGAIN) {
    mustBeComing(w, dwork.work, 'mod_delayed_work');
    return false;
  }
  return rearm(w, cpu, wq, dwork, delay) && grabbed === 1;
}

/** The caller owns PENDING. @returns false if the work is disabled */
function rearm(w: Workqueues, cpu: number, wq: WorkqueueStruct, dwork: DelayedWork, delay: number): boolean {
  if (dwork.work.disable !== 0) {
    dwork.work.flags = 0;
    return false;
  }
  __queueDelayedWork(w, cpu, wq, dwork, delay, 'mod_delayed_work');
  return true;
}

/** @linux kernel/workqueue.c __queue_delayed_work() */
function __queueDelayedWork(
  w: Workqueues,
  cpu: number,
  wq: WorkqueueStruct,
  dwork: DelayedWork,
  delay: number,
  call: string,
): void {
  const { s } = w;
  const { timer, work } = dwork;
  if (timerPending(timer)) {
    warnOnce(w, '__queue_delayed_work timer', `${call}: the timer of ${work.funcName} is armed already`);
  }
  if (work.next !== work) {
    warnOnce(w, '__queue_delayed_work list', `${call}: ${work.funcName} is still on a list`);
  }
  if (delay === 0) {
    __queueWork(w, cpu, wq, work, call);
    return;
  }
  s.sim.charge(s.config.costs.lock);
  dwork.wq = wq;
  dwork.cpu = cpu;
  timer.w = w;
  timer.fn = delayedWorkTimerFn;
  timer.expires = s.jiffies + delay;
  if (cpu === WORK_CPU_UNBOUND) addTimerGlobal(s, timer);
  else addTimerOn(s, timer, cpu);
}

/** The time is over. @linux kernel/workqueue.c delayed_work_timer_fn() */
function delayedWorkTimerFn(timer: TimerList): void {
  const { dwork, w } = timer as DelayedWorkTimer;
  w!.s.sim.touch(dwork.work, 'data', WRITE);
  if (dwork.work.freedBy !== '') throw workIsFreed(w!, dwork.work, 'delayed_work_timer_fn');
  __queueWork(w!, dwork.cpu, dwork.wq!, dwork.work, 'delayed_work_timer_fn');
}
