import { ENQUEUE_REPLENISH } from './constants.ts';
import { reschedCurr, updateRqClock } from './core.ts';
import { addRqBw, addRunningBw, dlEntityPreempt, rqOfDlSe, subRqBw, subRunningBw } from './dl-active.ts';
import { findLockLaterRq, pushDlTask } from './dl-balance.ts';
import { dlNextPeriod, enqueueDlEntity, replenishDlEntity } from './dl-entity.ts';
import { getTaskStruct, putTaskStruct } from './fork.ts';
import { HRTIMER_MODE_HARD, HrTimer, hrtimerCancel, hrtimerForward, hrtimerStart } from './hrtimer.ts';
import { setTaskCpu } from './migrate.ts';
import { isDlTask } from './prio.ts';
import type { SchedDlEntity } from './sched-entity.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/** Less than this much budget used in the background does not put a server's turn off. @linux kernel/sched/deadline.c dl_server_min_res */
const DL_SERVER_MIN_RES = 1_000_000;

/**
 * Arm the replenishment timer of a throttled entity for its next period; of a deferred server for the last moment at
 * which its budget still fits before the deadline.
 * @returns false if that instant is over
 * @linux kernel/sched/deadline.c start_dl_timer()
 */
export function startDlTimer(se: SchedDlEntity): boolean {
  const rq = rqOfDlSe(se);
  const s = rq.sched;
  const { now } = s.sim;
  const at = (se.deferArmed ? se.deadline - se.runtime : dlNextPeriod(se)) + now - rq.clock;
  // Linux compares whole microseconds.
  if (at - now <= -1000) return false;
  se.dlTimer ??= new HrTimer(s, () => dlTimerFired(s, se), HRTIMER_MODE_HARD, 'dl_task_timer');
  if (se.dlTimer.active) return true;
  if (se.task !== null) getTaskStruct(se.task);
  hrtimerStart(se.dlTimer, at, s.cpu >= 0 ? s.cpu : rq.cpu);
  return true;
}

/** Disarm the replenishment timer. */
export function cancelDlTimer(se: SchedDlEntity): void {
  if (se.dlTimer === null || !hrtimerCancel(se.dlTimer)) return;
  if (se.task !== null) putTaskStruct(se.dlTimer.sched, se.task);
}

function dlTimerFired(s: Scheduler, se: SchedDlEntity): void {
  const p = se.task;
  if (p === null) {
    dlServerTimer(se);
    return;
  }
  dlTaskTimer(se, p);
  putTaskStruct(s, p);
}

/** A throttled task gets its new budget. @linux kernel/sched/deadline.c dl_task_timer() */
function dlTaskTimer(se: SchedDlEntity, p: Task): void {
  if (!isDlTask(p) || !se.throttled) return;
  updateRqClock(p.rq);
  if (p.onRq !== 1) {
    replenishDlEntity(se);
    return;
  }
  if (!p.rq.online) {
    dlTaskOfflineMigration(p);
    updateRqClock(p.rq);
  }
  const { rq } = p;
  p.schedClass.enqueueTask(rq, p, ENQUEUE_REPLENISH);
  if (isDlTask(rq.curr)) p.schedClass.wakeupPreempt(rq, p, 0);
  else reschedCurr(rq);
  pushDlTask(rq);
}

/** @linux kernel/sched/deadline.c dl_server_timer() */
function dlServerTimer(se: SchedDlEntity): void {
  if (!se.throttled || se.dlRuntime === 0) return;
  const rq = rqOfDlSe(se);
  const timer = se.dlTimer!;
  updateRqClock(rq);
  if (se.deferArmed) {
    // Fair tasks ran meanwhile: the last moment is later than it was.
    const untilZeroLaxity = se.deadline - se.runtime - rq.clock;
    if (untilZeroLaxity > DL_SERVER_MIN_RES) {
      hrtimerForward(timer, rq.sched.sim.now, untilZeroLaxity);
      hrtimerStart(timer, timer.expiresNs, timer.cpu);
      return;
    }
    se.deferRunning = true;
  }
  enqueueDlEntity(se, ENQUEUE_REPLENISH);
  if (!isDlTask(rq.curr) || dlEntityPreempt(se, rq.curr.dl)) reschedCurr(rq);
  pushDlTask(rq);
}

/** The CPU of a throttled task went away. @emits sched_migrate_task @linux kernel/sched/deadline.c dl_task_offline_migration() */
function dlTaskOfflineMigration(p: Task): void {
  const { rq } = p;
  const s = rq.sched;
  const allowed = s.activeMask.and(p.cpusPtr);
  const later = findLockLaterRq(rq, p) ?? s.rqs[allowed.empty ? s.activeMask.lowest : allowed.lowest]!;
  const active = p.dl.nonContending || p.dl.throttled;
  if (active) subRunningBw(p.dl, rq.dl);
  subRqBw(p.dl, rq.dl);
  addRqBw(p.dl, later.dl);
  if (active) addRunningBw(p.dl, later.dl);
  setTaskCpu(p, later.cpu);
}
