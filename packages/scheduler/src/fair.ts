import {
  DEQUEUE_DELAYED,
  DEQUEUE_SAVE,
  DEQUEUE_SLEEP,
  DEQUEUE_SPECIAL,
  ENQUEUE_DELAYED,
  ENQUEUE_INITIAL,
  ENQUEUE_MIGRATED,
  ENQUEUE_RESTORE,
  ENQUEUE_WAKEUP,
  SCHED_IDLE,
  SCHED_NORMAL,
  TASK_ON_RQ_MIGRATING,
  TICK_NSEC,
} from './constants.ts';
import { addNrRunning, blockTaskNow, reschedCurr, subNrRunning, updateRqClock, wakeupPreempt } from './core.ts';
import { dlServerStart, dlServerUpdate, dlServerUpdateIdleTime } from './dl-server.ts';
import {
  cancelProtectSlice,
  entityEligible,
  pickEevdf,
  placeEntity,
  protectSlice,
  setProtectSlice,
  timelineDequeue,
  timelineEnqueue,
  updateDeadline,
  updateEntityLag,
} from './eevdf.ts';
import { schedBalanceNewidle } from './newidle.ts';
import { migrateTaskRqFair, selectTaskRqFair } from './fair-select.ts';
import { calcDeltaFair } from './load-weight.ts';
import {
  DO_ATTACH,
  DO_DETACH,
  UPDATE_TG,
  attachTaskLoadAvg,
  detachTaskLoadAvg,
  removeEntityLoadAvg,
  updateLoadAvg,
  utilEstDequeue,
  utilEstEnqueue,
  utilEstUpdate,
} from './pelt.ts';
import type { CfsRq, Rq } from './rq.ts';
import type { SchedClass } from './sched-class.ts';
import {
  schedStatistics,
  updateStatsDequeueSleep,
  updateStatsEnqueueSleeper,
  updateStatsWaitEnd,
  updateStatsWaitStart,
} from './schedstat.ts';
import type { SchedEntity } from './sched-entity.ts';
import { updateCurrSe } from './accounting.ts';
import type { Task } from './task.ts';

/** Tasks of SCHED_NORMAL, SCHED_BATCH and SCHED_IDLE: EEVDF. @linux kernel/sched/fair.c fair_sched_class */
export const fairSchedClass: SchedClass = {
  name: 'fair',
  rank: 1,
  enqueueTask: enqueueTaskFair,
  dequeueTask: dequeueTaskFair,
  yieldTask: yieldTaskFair,
  wakeupPreempt: checkPreemptWakeupFair,
  balance: (rq) => rq.cfs.nrRunning > 0 || schedBalanceNewidle(rq) > 0,
  pickTask: pickTaskFair,
  putPrevTask: (rq, p) => putPrevEntity(rq, p.se),
  setNextTask: setNextTaskFair,
  selectTaskRq: selectTaskRqFair,
  taskTick: taskTickFair,
  taskWoken() {},
  migrateTaskRq: migrateTaskRqFair,
  // its dequeue was not delayed: TASK_DEAD is a special state
  taskDead: removeEntityLoadAvg,
  switchingTo() {},
  switchedFrom: (rq, p) => detachTaskLoadAvg(rq, p),
  switchedTo: switchedToFair,
  prioChanged: prioChangedFair,
  updateCurr: updateCurrFair,
  rqOnline() {},
  rqOffline() {},
  getRrInterval: (rq, p) => (rq.cfs.loadWeight === 0 ? 0 : Math.floor(p.se.slice / TICK_NSEC) * TICK_NSEC),
};

/** Account the runtime of the current fair task since the last time. @linux kernel/sched/fair.c update_curr() */
export function updateCurrFair(rq: Rq): void {
  const cfs = rq.cfs;
  const curr = cfs.curr;
  if (curr === null || curr.execStart >= rq.clock) return;
  const delta = updateCurrSe(rq, curr);
  curr.vruntime += calcDeltaFair(delta, curr.load);
  const renewed = updateDeadline(cfs, curr, rq.sched.baseSliceNs);
  if (rq.dl.fairServer.serverActive) dlServerUpdate(rq, delta);
  if (cfs.nrRunning === 1) return;
  if (renewed || (!protectSlice(curr) && !entityEligible(cfs, curr))) reschedCurr(rq);
}

/** @linux kernel/sched/fair.c enqueue_task_fair() */
function enqueueTaskFair(rq: Rq, p: Task, flags: number): void {
  const cfs = rq.cfs;
  const se = p.se;
  const wasEmpty = cfs.hNrQueued === 0;
  if (!(se.schedDelayed && (p.onRq === TASK_ON_RQ_MIGRATING || (flags & ENQUEUE_RESTORE) !== 0)))
    utilEstEnqueue(cfs, p);
  if ((flags & ENQUEUE_DELAYED) !== 0) {
    requeueDelayedEntity(rq, se);
    return;
  }
  // A task that is delayed and moves keeps being delayed on the new queue.
  const delayed = (flags & ENQUEUE_WAKEUP) === 0 && se.schedDelayed;
  enqueueEntity(rq, se, flags);
  if (!delayed) cfs.hNrRunnable++;
  cfs.hNrQueued++;
  if (p.policy === SCHED_IDLE) cfs.hNrIdle++;
  if (wasEmpty) {
    if (rq.nrRunning === 0) dlServerUpdateIdleTime(rq, rq.curr);
    dlServerStart(rq);
  }
  addNrRunning(rq, 1);
}

/** The current entity is never enqueued: without groups, whoever changes it puts it back first. @linux kernel/sched/fair.c enqueue_entity() */
function enqueueEntity(rq: Rq, se: SchedEntity, flags: number): void {
  const cfs = rq.cfs;
  updateCurrFair(rq);
  updateLoadAvg(rq, se, UPDATE_TG | DO_ATTACH);
  placeEntity(cfs, se, rq.sched.baseSliceNs, (flags & ENQUEUE_INITIAL) !== 0);
  accountEntityEnqueue(cfs, se);
  if ((flags & ENQUEUE_MIGRATED) !== 0) se.execStart = 0;
  if (rq.sched.schedstats) updateStatsEnqueueFair(rq, se.task, flags);
  timelineEnqueue(cfs, se);
  se.onRq = true;
}

/** @linux kernel/sched/fair.c update_stats_enqueue_fair() */
function updateStatsEnqueueFair(rq: Rq, p: Task, flags: number): void {
  updateStatsWaitStart(rq, p);
  if ((flags & ENQUEUE_WAKEUP) !== 0) updateStatsEnqueueSleeper(rq, p);
}

/** @linux kernel/sched/fair.c update_stats_dequeue_fair() */
function updateStatsDequeueFair(rq: Rq, se: SchedEntity, flags: number): void {
  if (se !== rq.cfs.curr) updateStatsWaitEndFair(rq, se);
  if ((flags & DEQUEUE_SLEEP) !== 0) updateStatsDequeueSleep(rq, se.task);
}

/** What was queued before schedstats were switched on has no start. @linux kernel/sched/fair.c update_stats_wait_end_fair() */
function updateStatsWaitEndFair(rq: Rq, se: SchedEntity): void {
  if (schedStatistics(se.task).waitStart !== 0) updateStatsWaitEnd(rq, se.task);
}

/** A wakeup finds a sleeper whose dequeue was delayed: it is simply runnable again. @linux kernel/sched/fair.c requeue_delayed_entity() */
function requeueDelayedEntity(rq: Rq, se: SchedEntity): void {
  const cfs = rq.cfs;
  updateEntityLag(cfs, se);
  if (se.vlag > 0) {
    cfs.nrRunning--;
    timelineDequeue(cfs, se);
    se.vlag = 0;
    placeEntity(cfs, se, rq.sched.baseSliceNs, false);
    timelineEnqueue(cfs, se);
    cfs.nrRunning++;
  }
  updateLoadAvg(rq, se, 0);
  se.schedDelayed = false;
  cfs.hNrRunnable++;
}

/** @linux kernel/sched/fair.c dequeue_task_fair() */
function dequeueTaskFair(rq: Rq, p: Task, flags: number): boolean {
  const migrating = p.onRq === TASK_ON_RQ_MIGRATING || (flags & DEQUEUE_SAVE) !== 0;
  if (!(p.se.schedDelayed && migrating)) utilEstDequeue(rq.cfs, p);
  utilEstUpdate(rq.cfs, p, (flags & DEQUEUE_SLEEP) !== 0);
  return dequeueEntities(rq, p, flags);
}

/** @returns false if the dequeue was delayed @linux kernel/sched/fair.c dequeue_entities() */
function dequeueEntities(rq: Rq, p: Task, flags: number): boolean {
  const cfs = rq.cfs;
  const wasIdlePolicy = schedIdleRq(rq);
  const finishing = (flags & DEQUEUE_DELAYED) !== 0;
  const delayed = (flags & (DEQUEUE_SLEEP | DEQUEUE_DELAYED)) === 0 && p.se.schedDelayed;
  if (!dequeueEntity(rq, p.se, flags)) return false;
  if (!delayed) cfs.hNrRunnable--;
  cfs.hNrQueued--;
  if (p.policy === SCHED_IDLE) cfs.hNrIdle--;
  subNrRunning(rq, 1);
  if (!wasIdlePolicy && schedIdleRq(rq)) rq.nextBalance = rq.sched.jiffies;
  if (finishing) blockTaskNow(rq, p);
  return true;
}

/** @returns false if the dequeue was delayed @linux kernel/sched/fair.c dequeue_entity() */
function dequeueEntity(rq: Rq, se: SchedEntity, flags: number): boolean {
  const cfs = rq.cfs;
  const sleep = (flags & DEQUEUE_SLEEP) !== 0;
  updateCurrFair(rq);
  if ((flags & DEQUEUE_DELAYED) === 0 && sleep && (flags & DEQUEUE_SPECIAL) === 0 && !entityEligible(cfs, se)) {
    updateLoadAvg(rq, se, 0);
    se.schedDelayed = true;
    cfs.hNrRunnable--;
    return false;
  }
  updateLoadAvg(rq, se, se.task.onRq === TASK_ON_RQ_MIGRATING ? UPDATE_TG | DO_DETACH : UPDATE_TG);
  if (rq.sched.schedstats) updateStatsDequeueFair(rq, se, flags);
  updateEntityLag(cfs, se);
  if (!sleep) {
    se.deadline -= se.vruntime;
    se.relDeadline = true;
  }
  if (se !== cfs.curr) timelineDequeue(cfs, se);
  se.onRq = false;
  accountEntityDequeue(cfs, se);
  if ((flags & DEQUEUE_DELAYED) !== 0) {
    se.schedDelayed = false;
    cfs.hNrRunnable++;
    if (se.vlag > 0) se.vlag = 0;
  }
  return true;
}

/** @linux kernel/sched/fair.c pick_task_fair() */
export function pickTaskFair(rq: Rq): Task | null {
  const cfs = rq.cfs;
  while (cfs.nrRunning > 0) {
    if (cfs.curr !== null && cfs.curr.onRq) updateCurrFair(rq);
    const se = pickEevdf(cfs);
    if (!se.schedDelayed) return se.task;
    rq.sched.sim.charge(rq.sched.config.costs.dequeueDelayed);
    // Its lag is used up: now it really leaves.
    dequeueEntities(rq, se.task, DEQUEUE_SLEEP | DEQUEUE_DELAYED);
  }
  return null;
}

function setNextTaskFair(rq: Rq, p: Task): void {
  const cfs = rq.cfs;
  const se = p.se;
  if (se.onRq) {
    moveToGroupHead(cfs, se);
    if (rq.sched.schedstats) updateStatsWaitEndFair(rq, se);
    timelineDequeue(cfs, se);
    updateLoadAvg(rq, se, UPDATE_TG);
    setProtectSlice(se);
  }
  se.execStart = rq.clock;
  cfs.curr = se;
  if (rq.sched.schedstats && cfs.loadWeight >= 2 * se.load.weight) {
    const stats = schedStatistics(p);
    stats.sliceMax = Math.max(stats.sliceMax, se.sumExecRuntime - se.prevSumExecRuntime);
  }
  se.prevSumExecRuntime = se.sumExecRuntime;
}

/** @linux kernel/sched/fair.c put_prev_entity() */
function putPrevEntity(rq: Rq, se: SchedEntity): void {
  if (se.onRq) {
    updateCurrFair(rq);
    if (rq.sched.schedstats) updateStatsWaitStart(rq, se.task);
    timelineEnqueue(rq.cfs, se);
    updateLoadAvg(rq, se, 0);
  }
  rq.cfs.curr = null;
}

/** @linux kernel/sched/fair.c task_tick_fair() */
function taskTickFair(rq: Rq, p: Task): void {
  updateCurrFair(rq);
  updateLoadAvg(rq, p.se, UPDATE_TG);
}

/** @linux kernel/sched/fair.c check_preempt_wakeup_fair() */
function checkPreemptWakeupFair(rq: Rq, p: Task): void {
  const curr = rq.curr;
  if (curr === p || curr.needResched) return;
  const cfs = rq.cfs;
  const se = curr.se;
  const pse = p.se;
  const currIdle = curr.policy === SCHED_IDLE;
  const wokenIdle = p.policy === SCHED_IDLE;
  if (currIdle && !wokenIdle) {
    cancelProtectSlice(se);
    reschedCurr(rq);
    return;
  }
  if (currIdle !== wokenIdle || p.policy !== SCHED_NORMAL) return;
  updateCurrFair(rq);
  if (shorterSlicePreempts(cfs, pse, se)) cancelProtectSlice(se);
  if (pickEevdf(cfs) === pse) reschedCurr(rq);
}

/** @linux kernel/sched/fair.c do_preempt_short() */
function shorterSlicePreempts(cfs: CfsRq, pse: SchedEntity, se: SchedEntity): boolean {
  if (pse.slice >= se.slice || !entityEligible(cfs, pse)) return false;
  return pse.deadline < se.deadline || !entityEligible(cfs, se);
}

/** @linux kernel/sched/fair.c yield_task_fair() */
function yieldTaskFair(rq: Rq): void {
  if (rq.nrRunning === 1) return;
  const se = rq.curr.se;
  updateRqClock(rq);
  updateCurrFair(rq);
  rq.skipClockUpdate = true;
  if (entityEligible(rq.cfs, se)) {
    se.vruntime = se.deadline;
    updateDeadline(rq.cfs, se, rq.sched.baseSliceNs);
  }
}

/** @linux kernel/sched/fair.c switched_to_fair() */
function switchedToFair(rq: Rq, p: Task): void {
  attachTaskLoadAvg(rq, p);
  if (p.onRq === 0) return;
  if (rq.curr === p) reschedCurr(rq);
  else wakeupPreempt(rq, p, 0);
}

/** @linux kernel/sched/fair.c prio_changed_fair() */
function prioChangedFair(rq: Rq, p: Task, oldPrio: number): void {
  if (p.onRq === 0 || rq.cfs.nrRunning === 1) return;
  if (rq.curr !== p) wakeupPreempt(rq, p, 0);
  else if (p.prio > oldPrio) reschedCurr(rq);
}

/** Does the CPU have SCHED_IDLE tasks and nothing else? @linux kernel/sched/fair.c sched_idle_rq() */
export function schedIdleRq(rq: Rq): boolean {
  return rq.nrRunning > 0 && rq.nrRunning === rq.cfs.hNrIdle;
}

function accountEntityEnqueue(cfs: CfsRq, se: SchedEntity): void {
  cfs.loadWeight += se.load.weight;
  se.groupPrev = null;
  se.groupNext = cfs.groupHead;
  if (cfs.groupHead === null) cfs.groupTail = se;
  else cfs.groupHead.groupPrev = se;
  cfs.groupHead = se;
  cfs.nrRunning++;
}

function accountEntityDequeue(cfs: CfsRq, se: SchedEntity): void {
  cfs.loadWeight -= se.load.weight;
  unlinkGroup(cfs, se);
  cfs.nrRunning--;
}

/** Make an entity the most recent one in the list that load balancing walks from the other end. */
export function moveToGroupHead(cfs: CfsRq, se: SchedEntity): void {
  if (cfs.groupHead === se) return;
  unlinkGroup(cfs, se);
  se.groupNext = cfs.groupHead;
  cfs.groupHead!.groupPrev = se;
  cfs.groupHead = se;
}

function unlinkGroup(cfs: CfsRq, se: SchedEntity): void {
  if (se.groupPrev === null) cfs.groupHead = se.groupNext;
  else se.groupPrev.groupNext = se.groupNext;
  if (se.groupNext === null) cfs.groupTail = se.groupPrev;
  else se.groupNext.groupPrev = se.groupPrev;
  se.groupNext = se.groupPrev = null;
}
