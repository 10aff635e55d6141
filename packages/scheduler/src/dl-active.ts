import { ENQUEUE_MIGRATED, TASK_DEAD } from './constants.ts';
import { updateRqClock } from './core.ts';
import { dlSub } from './dl-bw.ts';
import type { DlRq } from './dl-rq.ts';
import { getTaskStruct, putTaskStruct } from './fork.ts';
import { HRTIMER_MODE_HARD, HRTIMER_MODE_REL, HrTimer, hrtimerCancel, hrtimerStart } from './hrtimer.ts';
import { isDlTask } from './prio.ts';
import type { Rq } from './rq.ts';
import { SCHED_FLAG_SUGOV } from './sched-attr.ts';
import type { SchedDlEntity } from './sched-entity.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * The bandwidth that counts as active on a CPU. An entity that blocks stays active until its 0-lag time, the instant at
 * which it would have used its budget up at an even pace: until then it could come back and claim it.
 */

/** The queue of an entity. @linux kernel/sched/deadline.c rq_of_dl_se() */
export function rqOfDlSe(se: SchedDlEntity): Rq {
  return se.server ? se.rq! : se.task!.rq;
}

/** Does it take part without budget or deadline? @linux kernel/sched/sched.h dl_entity_is_special() */
export function dlEntityIsSpecial(se: SchedDlEntity): boolean {
  return (se.flags & SCHED_FLAG_SUGOV) !== 0;
}

/** Does a run before b? @linux kernel/sched/sched.h dl_entity_preempt() */
export function dlEntityPreempt(a: SchedDlEntity, b: SchedDlEntity): boolean {
  return dlEntityIsSpecial(a) || a.deadline < b.deadline;
}

/** The entity belongs to the CPU. @linux kernel/sched/deadline.c add_rq_bw() */
export function addRqBw(se: SchedDlEntity, dl: DlRq): void {
  if (!dlEntityIsSpecial(se)) dl.thisBw += se.dlBw;
}

/** See {@link addRqBw}. @linux kernel/sched/deadline.c sub_rq_bw() */
export function subRqBw(se: SchedDlEntity, dl: DlRq): void {
  if (!dlEntityIsSpecial(se)) dl.thisBw = Math.max(0, dl.thisBw - se.dlBw);
}

/** The entity is active on the CPU. @linux kernel/sched/deadline.c add_running_bw() */
export function addRunningBw(se: SchedDlEntity, dl: DlRq): void {
  if (!dlEntityIsSpecial(se)) dl.runningBw += se.dlBw;
}

/** See {@link addRunningBw}. @linux kernel/sched/deadline.c sub_running_bw() */
export function subRunningBw(se: SchedDlEntity, dl: DlRq): void {
  if (!dlEntityIsSpecial(se)) dl.runningBw = Math.max(0, dl.runningBw - se.dlBw);
}

/** The bandwidth of a blocked entity changes. @param bw the new one in 2^-20 @linux kernel/sched/deadline.c dl_rq_change_utilization() */
export function dlRqChangeUtilization(rq: Rq, se: SchedDlEntity, bw: number): void {
  if (se.nonContending) {
    subRunningBw(se, rq.dl);
    se.nonContending = false;
    cancelInactiveTimer(se);
  }
  rq.dl.thisBw += bw - se.dlBw;
}

/** The entity blocks: it stops being active now, or at its 0-lag time. @linux kernel/sched/deadline.c task_non_contending() */
export function taskNonContending(se: SchedDlEntity): void {
  if (se.dlRuntime === 0 || dlEntityIsSpecial(se)) return;
  const rq = rqOfDlSe(se);
  const untilZeroLag = se.deadline - mulDiv(se.runtime, se.dlPeriod, se.dlRuntime) - rq.clock;
  if (untilZeroLag >= 0 && se.inactiveTimer?.active !== true) {
    se.nonContending = true;
    startInactiveTimer(rq, se, untilZeroLag);
    return;
  }
  const p = se.task;
  if (se.server || p === null) {
    subRunningBw(se, rq.dl);
    return;
  }
  if (isDlTask(p)) subRunningBw(se, rq.dl);
  if (isDlTask(p) && p.state !== TASK_DEAD) return;
  if (p.state === TASK_DEAD) subRqBw(se, rq.dl);
  dlSub(rq.sched, se.dlBw);
  dlClearParams(se);
}

/** The entity is runnable again. @linux kernel/sched/deadline.c task_contending() */
export function taskContending(se: SchedDlEntity, flags: number): void {
  if (se.dlRuntime === 0) return;
  const { dl } = rqOfDlSe(se);
  if ((flags & ENQUEUE_MIGRATED) !== 0) addRqBw(se, dl);
  if (!se.nonContending) {
    addRunningBw(se, dl);
    return;
  }
  se.nonContending = false;
  cancelInactiveTimer(se);
}

/** Stop waiting for the 0-lag time. */
export function cancelInactiveTimer(se: SchedDlEntity): void {
  if (se.inactiveTimer === null || !hrtimerCancel(se.inactiveTimer)) return;
  if (se.task !== null) putTaskStruct(se.inactiveTimer.sched, se.task);
}

/** Forget the parameters of an entity that left the class. @linux kernel/sched/deadline.c __dl_clear_params() */
export function dlClearParams(se: SchedDlEntity): void {
  se.dlRuntime = se.dlDeadline = se.dlPeriod = se.dlBw = se.dlDensity = se.flags = 0;
  se.throttled = se.yielded = se.nonContending = se.overrun = false;
  se.server = se.defer = se.deferRunning = se.deferArmed = false;
}

function startInactiveTimer(rq: Rq, se: SchedDlEntity, delayNs: number): void {
  const s = rq.sched;
  se.inactiveTimer ??= new HrTimer(
    s,
    () => inactiveTaskTimer(s, se),
    HRTIMER_MODE_REL | HRTIMER_MODE_HARD,
    'inactive_task_timer',
  );
  if (se.task !== null) getTaskStruct(se.task);
  hrtimerStart(se.inactiveTimer, s.sim.now + delayNs, s.cpu >= 0 ? s.cpu : rq.cpu);
}

/** @linux kernel/sched/deadline.c inactive_task_timer() */
function inactiveTaskTimer(s: Scheduler, se: SchedDlEntity): void {
  const rq = rqOfDlSe(se);
  const p = se.task;
  updateRqClock(rq);
  if (p !== null && (!isDlTask(p) || p.state === TASK_DEAD)) {
    if (p.state === TASK_DEAD && se.nonContending) {
      subRunningBw(se, rq.dl);
      subRqBw(se, rq.dl);
    }
    dlSub(s, se.dlBw);
    dlClearParams(se);
  } else if (se.nonContending) {
    subRunningBw(se, rq.dl);
    se.nonContending = false;
  }
  if (p !== null) putTaskStruct(s, p);
}

/** a * b / c, towards zero; exact. */
function mulDiv(a: number, b: number, c: number): number {
  const product = a * b;
  return Number.isSafeInteger(product) ? Math.trunc(product / c) : Number((BigInt(a) * BigInt(b)) / BigInt(c));
}
