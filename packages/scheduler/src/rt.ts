import { updateCurrCommon } from './accounting.ts';
import {
  DEQUEUE_MOVE,
  DEQUEUE_SAVE,
  DEQUEUE_SLEEP,
  ENQUEUE_HEAD,
  ENQUEUE_WAKEUP,
  MAX_RT_PRIO,
  SCHED_RR,
  TICK_NSEC,
  WF_FORK,
  WF_TTWU,
} from './constants.ts';
import { addNrRunning, reschedCurr, subNrRunning } from './core.ts';
import { CPUPRI_INVALID } from './cpupri.ts';
import { Cpumask } from './cpumask.ts';
import { updateRtRqLoadAvg } from './pelt.ts';
import { isDlTask, isRtTask } from './prio.ts';
import type { Rq } from './rq.ts';
import { findLowestRq, pullRtTask, pushRtTasks, rtQueuePullTask, rtQueuePushTasks } from './rt-balance.ts';
import type { SchedClass } from './sched-class.ts';
import {
  updateStatsDequeueSleep,
  updateStatsEnqueueSleeper,
  updateStatsWaitEnd,
  updateStatsWaitStart,
} from './schedstat.ts';
import type { Task } from './task.ts';

/** Length of a SCHED_RR turn in ticks: 100 ms. @linux include/linux/sched/rt.h RR_TIMESLICE */
export const RR_TIMESLICE = 25;

/**
 * SCHED_FIFO and SCHED_RR. There are no groups of RT tasks (RT_GROUP_SCHED is off) and hence no throttling: what saves
 * fair tasks from an RT hog is the fair server.
 * @linux kernel/sched/rt.c rt_sched_class
 */
export const rtSchedClass: SchedClass = {
  name: 'rt',
  rank: 2,
  enqueueTask: enqueueTaskRt,
  dequeueTask: dequeueTaskRt,
  yieldTask: (rq) => rq.rt.requeue(rq.curr, false),
  wakeupPreempt: wakeupPreemptRt,
  balance: balanceRt,
  pickTask: (rq) => (rq.rt.queued ? rq.rt.first() : null),
  putPrevTask: putPrevTaskRt,
  setNextTask: setNextTaskRt,
  selectTaskRq: selectTaskRqRt,
  taskTick: taskTickRt,
  taskWoken: taskWokenRt,
  migrateTaskRq() {},
  taskDead() {},
  switchingTo() {},
  switchedFrom: switchedFromRt,
  switchedTo: switchedToRt,
  prioChanged: prioChangedRt,
  updateCurr: updateCurrRt,
  rqOnline: rqOnlineRt,
  rqOffline: rqOfflineRt,
  getRrInterval: (_rq, p) => (p.policy === SCHED_RR ? RR_TIMESLICE * TICK_NSEC : 0),
};

/** Account the runtime of the current task if it is of this class. @linux kernel/sched/rt.c update_curr_rt() */
function updateCurrRt(rq: Rq): void {
  if (rq.curr.schedClass === rtSchedClass) updateCurrCommon(rq);
}

/** @linux kernel/sched/rt.c enqueue_task_rt() */
function enqueueTaskRt(rq: Rq, p: Task, flags: number): void {
  const rt = rq.rt;
  if (rq.sched.schedstats) {
    updateStatsWaitStart(rq, p);
    if ((flags & ENQUEUE_WAKEUP) !== 0) updateStatsEnqueueSleeper(rq, p);
  }
  dequeueTop(rq);
  if (movesEntity(flags)) rt.add(p, (flags & ENQUEUE_HEAD) !== 0);
  p.rt.onRq = true;
  rt.rtNrRunning++;
  if (p.policy === SCHED_RR) rt.rrNrRunning++;
  if (p.prio < rt.highestCurr) {
    rt.highestCurr = p.prio;
    if (rq.online) rq.sched.rd.cpupri.set(rq.cpu, p.prio);
  }
  enqueueTop(rq);
  if (rq.curr !== p && p.nrCpusAllowed > 1) enqueuePushableTask(rq, p);
}

/** @linux kernel/sched/rt.c dequeue_task_rt() */
function dequeueTaskRt(rq: Rq, p: Task, flags: number): boolean {
  const rt = rq.rt;
  updateCurrRt(rq);
  if (rq.sched.schedstats && (flags & DEQUEUE_SLEEP) !== 0) updateStatsDequeueSleep(rq, p);
  dequeueTop(rq);
  if (movesEntity(flags)) rt.remove(p);
  p.rt.onRq = false;
  rt.rtNrRunning--;
  if (p.policy === SCHED_RR) rt.rrNrRunning--;
  const before = rt.highestCurr;
  if (rt.rtNrRunning === 0) rt.highestCurr = MAX_RT_PRIO - 1;
  else if (p.prio === before) rt.highestCurr = rt.firstPrio();
  if (rq.online && rt.highestCurr !== before) rq.sched.rd.cpupri.set(rq.cpu, rt.highestCurr);
  enqueueTop(rq);
  dequeuePushableTask(rq, p);
  return true;
}

/** A change that saves the task's place leaves it in its list. @linux kernel/sched/rt.c move_entity() */
function movesEntity(flags: number): boolean {
  return (flags & (DEQUEUE_SAVE | DEQUEUE_MOVE)) !== DEQUEUE_SAVE;
}

/** @linux kernel/sched/rt.c dequeue_top_rt_rq() */
function dequeueTop(rq: Rq): void {
  if (!rq.rt.queued) return;
  subNrRunning(rq, rq.rt.rtNrRunning);
  rq.rt.queued = false;
}

/**
 * All RT tasks leave the count and come back with every change: that is what tells the root domain again that this CPU
 * has more than one task.
 * @linux kernel/sched/rt.c enqueue_top_rt_rq()
 */
function enqueueTop(rq: Rq): void {
  if (rq.rt.rtNrRunning === 0) return;
  addNrRunning(rq, rq.rt.rtNrRunning);
  rq.rt.queued = true;
}

/** @linux kernel/sched/rt.c enqueue_pushable_task() */
function enqueuePushableTask(rq: Rq, p: Task): void {
  rq.rt.pushableAdd(p);
  if (rq.rt.overloaded) return;
  rtSetOverload(rq);
  rq.rt.overloaded = true;
}

/** @linux kernel/sched/rt.c dequeue_pushable_task() */
function dequeuePushableTask(rq: Rq, p: Task): void {
  rq.rt.pushableRemove(p);
  if (rq.rt.pushHead !== null || !rq.rt.overloaded) return;
  rtClearOverload(rq);
  rq.rt.overloaded = false;
}

/** @linux kernel/sched/rt.c rt_set_overload() */
function rtSetOverload(rq: Rq): void {
  const { rd } = rq.sched;
  if (rq.online) rd.rtoMask = rd.rtoMask.or(Cpumask.of(rq.cpu));
}

/** @linux kernel/sched/rt.c rt_clear_overload() */
function rtClearOverload(rq: Rq): void {
  const { rd } = rq.sched;
  if (rq.online) rd.rtoMask = rd.rtoMask.andNot(Cpumask.of(rq.cpu));
}

/** @linux kernel/sched/rt.c wakeup_preempt_rt() */
function wakeupPreemptRt(rq: Rq, p: Task): void {
  const curr = rq.curr;
  if (p.prio < curr.prio) reschedCurr(rq);
  else if (p.prio === curr.prio && !curr.needResched) checkPreemptEqualPrio(rq, p);
}

/**
 * Of two tasks of one priority, the one that can run elsewhere makes way for the one that cannot.
 * @linux kernel/sched/rt.c check_preempt_equal_prio()
 */
function checkPreemptEqualPrio(rq: Rq, p: Task): void {
  const { cpupri } = rq.sched.rd;
  if (rq.curr.nrCpusAllowed === 1 || !cpupri.canMove(rq.curr)) return;
  if (p.nrCpusAllowed !== 1 && cpupri.canMove(p)) return;
  rq.rt.requeue(p, true);
  reschedCurr(rq);
}

/** @linux kernel/sched/rt.c balance_rt() */
function balanceRt(rq: Rq, prev: Task): boolean {
  if (!prev.rt.onRq && rq.online && rq.rt.highestCurr > prev.prio) pullRtTask(rq);
  return (rq.stop !== null && rq.stop.onRq !== 0) || rq.dl.dlNrRunning > 0 || rq.rt.queued;
}

/** @linux kernel/sched/rt.c put_prev_task_rt() */
function putPrevTaskRt(rq: Rq, p: Task): void {
  if (rq.sched.schedstats && p.rt.onRq) updateStatsWaitStart(rq, p);
  updateCurrRt(rq);
  updateRtRqLoadAvg(rq, true);
  if (p.rt.onRq && p.nrCpusAllowed > 1) enqueuePushableTask(rq, p);
}

/** @linux kernel/sched/rt.c set_next_task_rt() */
function setNextTaskRt(rq: Rq, p: Task, first: boolean): void {
  p.se.execStart = rq.clock;
  if (rq.sched.schedstats && p.rt.onRq) updateStatsWaitEnd(rq, p);
  dequeuePushableTask(rq, p);
  if (!first) return;
  if (rq.curr.schedClass !== rtSchedClass) updateRtRqLoadAvg(rq, false);
  rtQueuePushTasks(rq);
}

/**
 * Only a wakeup on a CPU that runs something as good looks for another CPU: an RT task preempts a fair one where it is,
 * even if other CPUs are idle.
 * @linux kernel/sched/rt.c select_task_rq_rt()
 */
function selectTaskRqRt(p: Task, cpu: number, flags: number): number {
  if ((flags & (WF_TTWU | WF_FORK)) === 0) return cpu;
  const s = p.rq.sched;
  const { curr } = s.rqs[cpu]!;
  if (!isRtTask(curr) || (curr.nrCpusAllowed > 1 && curr.prio > p.prio)) return cpu;
  const target = findLowestRq(s, p);
  return target !== -1 && p.prio < s.rqs[target]!.rt.highestCurr ? target : cpu;
}

/** @linux kernel/sched/rt.c task_tick_rt() */
function taskTickRt(rq: Rq, p: Task): void {
  updateCurrRt(rq);
  updateRtRqLoadAvg(rq, true);
  if (p.policy !== SCHED_RR) return;
  if (--p.rt.timeSlice > 0) return;
  p.rt.timeSlice = RR_TIMESLICE;
  if (rq.rt.isAlone(p)) return;
  rq.rt.requeue(p, false);
  reschedCurr(rq);
}

/** A woken task that will not run soon goes where it can. @linux kernel/sched/rt.c task_woken_rt() */
function taskWokenRt(rq: Rq, p: Task): void {
  const curr = rq.curr;
  if (p.onCpu || curr.needResched || p.nrCpusAllowed < 2) return;
  if (!isDlTask(curr) && !isRtTask(curr)) return;
  if (curr.nrCpusAllowed < 2 || curr.prio <= p.prio) pushRtTasks(rq);
}

/** The last RT task of the CPU left the class: others may come. @linux kernel/sched/rt.c switched_from_rt() */
function switchedFromRt(rq: Rq, p: Task): void {
  if (p.onRq === 1 && rq.rt.rtNrRunning === 0) rtQueuePullTask(rq);
}

/** @linux kernel/sched/rt.c switched_to_rt() */
function switchedToRt(rq: Rq, p: Task): void {
  if (rq.curr === p) {
    updateRtRqLoadAvg(rq, false);
    return;
  }
  if (p.onRq !== 1) return;
  if (p.nrCpusAllowed > 1 && rq.rt.overloaded) rtQueuePushTasks(rq);
  if (p.prio < rq.curr.prio && rq.sched.onlineMask.has(rq.cpu)) reschedCurr(rq);
}

/** @linux kernel/sched/rt.c prio_changed_rt() */
function prioChangedRt(rq: Rq, p: Task, oldPrio: number): void {
  if (p.onRq !== 1) return;
  if (rq.curr !== p) {
    if (p.prio < rq.curr.prio) reschedCurr(rq);
    return;
  }
  if (oldPrio < p.prio) rtQueuePullTask(rq);
  if (p.prio > rq.rt.highestCurr) reschedCurr(rq);
}

/** @linux kernel/sched/rt.c rq_online_rt() */
function rqOnlineRt(rq: Rq): void {
  if (rq.rt.overloaded) rtSetOverload(rq);
  rq.sched.rd.cpupri.set(rq.cpu, rq.rt.highestCurr);
}

/** @linux kernel/sched/rt.c rq_offline_rt() */
function rqOfflineRt(rq: Rq): void {
  if (rq.rt.overloaded) rtClearOverload(rq);
  rq.sched.rd.cpupri.set(rq.cpu, CPUPRI_INVALID);
}
