import {
  DEQUEUE_MIGRATING,
  DEQUEUE_SAVE,
  DEQUEUE_SLEEP,
  ENQUEUE_MIGRATING,
  ENQUEUE_REPLENISH,
  ENQUEUE_RESTORE,
  ENQUEUE_WAKEUP,
} from './constants.ts';
import { reschedCurr } from './core.ts';
import {
  addRqBw,
  addRunningBw,
  dlEntityIsSpecial,
  rqOfDlSe,
  subRqBw,
  subRunningBw,
  taskContending,
  taskNonContending,
} from './dl-active.ts';
import { BW_UNIT } from './dl-bw.ts';
import { __dequeueDlEntity, __enqueueDlEntity, dequeuePushableDlTask, enqueuePushableDlTask } from './dl-queue.ts';
import { cancelDlTimer, startDlTimer } from './dl-timer.ts';
import type { Rq } from './rq.ts';
import { SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_RECLAIM } from './sched-attr.ts';
import type { SchedDlEntity } from './sched-entity.ts';

/**
 * The constant bandwidth server: an entity has a budget (runtime) until a deadline; when it is used up the entity is off
 * the queue until the next period, and on a wakeup it may go on with what is left only if that does not exceed its
 * bandwidth.
 */

/** Queue an entity: after a wakeup (ENQUEUE_WAKEUP), a replenishment (ENQUEUE_REPLENISH) or a change. @linux kernel/sched/deadline.c enqueue_dl_entity() */
export function enqueueDlEntity(se: SchedDlEntity, flags: number): void {
  const rq = rqOfDlSe(se);
  if (!se.throttled && !dlIsImplicit(se)) checkConstrained(rq, se);
  if ((flags & (ENQUEUE_RESTORE | ENQUEUE_MIGRATING)) !== 0) {
    addRqBw(se, rq.dl);
    addRunningBw(se, rq.dl);
  }
  // The timer of a throttled task will queue it; but it counts as active from now on.
  if (!se.defer && se.throttled && (flags & ENQUEUE_REPLENISH) === 0) {
    if ((flags & ENQUEUE_WAKEUP) !== 0) taskContending(se, flags);
    return;
  }
  if ((flags & ENQUEUE_WAKEUP) !== 0) {
    taskContending(se, flags);
    updateDlEntity(rq, se);
  } else if ((flags & ENQUEUE_REPLENISH) !== 0) {
    replenishDlEntity(se);
  } else if ((flags & ENQUEUE_RESTORE) !== 0 && se.deadline < rq.clock) {
    setupNewDlEntity(rq, se);
  }
  if (se.throttled) {
    if (startDlTimer(se)) return;
    cancelDlTimer(se);
    se.deferArmed = se.throttled = false;
  }
  __enqueueDlEntity(se);
}

/** Take an entity off the queue. @linux kernel/sched/deadline.c dequeue_dl_entity() */
export function dequeueDlEntity(se: SchedDlEntity, flags: number): void {
  __dequeueDlEntity(se);
  if ((flags & (DEQUEUE_SAVE | DEQUEUE_MIGRATING)) !== 0) {
    const { dl } = rqOfDlSe(se);
    subRunningBw(se, dl);
    subRqBw(se, dl);
  }
  if ((flags & DEQUEUE_SLEEP) !== 0) taskNonContending(se);
}

/** Start a new period now, unless the timer is about to. @linux kernel/sched/deadline.c setup_new_dl_entity() */
export function setupNewDlEntity(rq: Rq, se: SchedDlEntity): void {
  if (!se.throttled) replenishDlNewPeriod(rq, se);
}

/** The period is over: a new deadline and budget; what was overrun is paid back. @linux kernel/sched/deadline.c replenish_dl_entity() */
export function replenishDlEntity(se: SchedDlEntity): void {
  const rq = rqOfDlSe(se);
  if (se.dlDeadline === 0 || (se.deferArmed && dlEntityOverflow(se, rq.clock))) {
    se.deadline = rq.clock + se.dlDeadline;
    se.runtime = se.dlRuntime;
  }
  if (se.yielded && se.runtime > 0) se.runtime = 0;
  while (se.runtime <= 0) {
    se.deadline += se.dlPeriod;
    se.runtime += se.dlRuntime;
  }
  if (se.deadline < rq.clock) {
    rq.sched.reports.printkOnce('err', 'sched: DL replenish lagged too much');
    replenishDlNewPeriod(rq, se);
  }
  se.yielded = se.throttled = false;
  if (se.deferArmed) {
    se.deferArmed = false;
    return;
  }
  if (!se.defer || se.deferRunning || rq.clock >= se.deadline - se.runtime) return;
  se.deferArmed = se.throttled = true;
  if (startDlTimer(se)) return;
  cancelDlTimer(se);
  se.deferArmed = se.throttled = false;
}

/**
 * The entity, current or a server's, used CPU time.
 * @param delta ns; 0 or less only looks whether it yielded
 * @linux kernel/sched/deadline.c update_curr_dl_se()
 */
export function updateCurrDlSe(rq: Rq, se: SchedDlEntity, delta: number): void {
  if (delta > 0) {
    if ((se.server && se.throttled && !se.defer) || dlEntityIsSpecial(se)) return;
    se.runtime -= (se.flags & SCHED_FLAG_RECLAIM) !== 0 ? grubReclaim(rq, se, delta) : delta;
    if (se.defer && se.throttled && se.runtime <= 0) {
      deferAgain(rq, se);
      return;
    }
  } else if (!se.yielded) {
    return;
  }
  if (se.runtime > 0 && !se.yielded) return;
  se.throttled = true;
  if (se.runtime <= 0 && (se.flags & SCHED_FLAG_DL_OVERRUN) !== 0) se.overrun = true;
  dequeueDlEntity(se, 0);
  if (se.task !== null) dequeuePushableDlTask(rq, se.task);
  if (!startDlTimer(se)) enqueueReplenished(rq, se);
  if (rq.dl.first !== se) reschedCurr(rq);
}

/** The next period begins now. */
function enqueueReplenished(rq: Rq, se: SchedDlEntity): void {
  enqueueDlEntity(se, ENQUEUE_REPLENISH);
  const p = se.task;
  if (p !== null && rq.curr !== p && !se.throttled && p.nrCpusAllowed > 1) enqueuePushableDlTask(rq, p);
}

/** The server's tasks got its whole budget without its help: it is not needed in this period. */
function deferAgain(rq: Rq, se: SchedDlEntity): void {
  se.deferRunning = false;
  cancelDlTimer(se);
  replenishDlNewPeriod(rq, se);
  if (!startDlTimer(se))
    rq.sched.reports.warnOnce('dl-defer', 'the timer of a deferred deadline server could not be started');
}

/** Would the rest of the budget until the deadline exceed the bandwidth? In units of 1024 ns. @linux kernel/sched/deadline.c dl_entity_overflow() */
export function dlEntityOverflow(se: SchedDlEntity, nowNs: number): boolean {
  const laxity = se.deadline - nowNs;
  if (laxity < 0) return true;
  return coarse(laxity) * coarse(se.dlRuntime) < coarse(se.dlDeadline) * coarse(se.runtime);
}

/** @linux kernel/sched/deadline.c update_dl_entity() */
function updateDlEntity(rq: Rq, se: SchedDlEntity): void {
  if (se.deadline < rq.clock || dlEntityOverflow(se, rq.clock)) {
    if ((!dlIsImplicit(se) || (se.defer && se.deferRunning)) && se.deadline >= rq.clock) {
      // Keep the deadline and shrink the budget to what fits before it.
      se.runtime = Math.floor((se.dlDensity * (se.deadline - rq.clock)) / BW_UNIT);
      return;
    }
    se.deferRunning = false;
    replenishDlNewPeriod(rq, se);
  } else if (se.server && se.defer && !se.deferRunning) {
    se.deferArmed = se.throttled = true;
  }
}

/** @linux kernel/sched/deadline.c replenish_dl_new_period() */
function replenishDlNewPeriod(rq: Rq, se: SchedDlEntity): void {
  se.deadline = rq.clock + se.dlDeadline;
  se.runtime = se.dlRuntime;
  if (se.defer && !se.deferRunning) se.throttled = se.deferArmed = true;
}

/** A wakeup after the deadline, but before the next period: nothing until then. @linux kernel/sched/deadline.c dl_check_constrained_dl() */
function checkConstrained(rq: Rq, se: SchedDlEntity): void {
  if (se.deadline >= rq.clock || rq.clock >= dlNextPeriod(se) || !startDlTimer(se)) return;
  se.throttled = true;
  if (se.runtime > 0) se.runtime = 0;
}

/** Start of the next period in ns of rq clock. @linux kernel/sched/deadline.c dl_next_period() */
export function dlNextPeriod(se: SchedDlEntity): number {
  return se.deadline - se.dlDeadline + se.dlPeriod;
}

/** Deadline at the end of the period? @linux kernel/sched/deadline.c dl_is_implicit() */
function dlIsImplicit(se: SchedDlEntity): boolean {
  return se.dlDeadline === se.dlPeriod;
}

/** Time counts less while others leave their bandwidth unused. @linux kernel/sched/deadline.c grub_reclaim() */
function grubReclaim(rq: Rq, se: SchedDlEntity, delta: number): number {
  const { dl } = rq;
  const unused = dl.thisBw - dl.runningBw + dl.extraBw;
  const active = unused > dl.maxBw - se.dlBw ? se.dlBw : dl.maxBw - unused;
  return Math.floor((delta * Math.floor((active * rq.sched.rd.dlBw.bwRatio) / 256)) / BW_UNIT);
}

function coarse(ns: number): number {
  return Math.floor(ns / 1024);
}
