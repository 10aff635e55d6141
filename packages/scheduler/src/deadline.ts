import { updateCurrCommon } from './accounting.ts';
import { DEQUEUE_MIGRATING, ENQUEUE_MIGRATING, TASK_ON_RQ_MIGRATING, TASK_WAKING, WF_TTWU } from './constants.ts';
import { reschedCurr, updateRqClock } from './core.ts';
import {
  addRqBw,
  cancelInactiveTimer,
  dlEntityPreempt,
  subRqBw,
  subRunningBw,
  taskNonContending,
} from './dl-active.ts';
import {
  deadlineQueuePullTask,
  deadlineQueuePushTasks,
  dlTaskIsEarliestDeadline,
  findLaterRq,
  pullDlTask,
  pushDlTasks,
} from './dl-balance.ts';
import { dequeueDlEntity, enqueueDlEntity, updateCurrDlSe } from './dl-entity.ts';
import { dequeuePushableDlTask, dlClearOverload, dlSetOverload, enqueuePushableDlTask } from './dl-queue.ts';
import { dlServerStop } from './dl-server.ts';
import { pickTaskFair } from './fair.ts';
import { updateDlRqLoadAvg } from './pelt.ts';
import { isDlTask } from './prio.ts';
import type { Rq } from './rq.ts';
import type { SchedClass } from './sched-class.ts';
import { updateStatsWaitEnd, updateStatsWaitStart } from './schedstat.ts';
import type { Task } from './task.ts';

/**
 * SCHED_DEADLINE: earliest deadline first, each task within its budget. The fair server is queued here too. The budget is
 * enforced by the tick (HRTICK_DL is off).
 * @linux kernel/sched/deadline.c dl_sched_class
 */
export const dlSchedClass: SchedClass = {
  name: 'dl',
  rank: 3,
  enqueueTask: enqueueTaskDl,
  dequeueTask: dequeueTaskDl,
  yieldTask: yieldTaskDl,
  wakeupPreempt: wakeupPreemptDl,
  balance: balanceDl,
  pickTask: pickTaskDl,
  putPrevTask: putPrevTaskDl,
  setNextTask: setNextTaskDl,
  selectTaskRq: selectTaskRqDl,
  taskTick: taskTickDl,
  taskWoken: taskWokenDl,
  migrateTaskRq: migrateTaskRqDl,
  taskDead() {},
  switchingTo() {},
  switchedFrom: switchedFromDl,
  switchedTo: switchedToDl,
  prioChanged: prioChangedDl,
  updateCurr: updateCurrDl,
  rqOnline: rqOnlineDl,
  rqOffline: rqOfflineDl,
  getRrInterval: () => 0,
};

/** Account the runtime of the current task if it is a queued deadline task. @linux kernel/sched/deadline.c update_curr_dl() */
function updateCurrDl(rq: Rq): void {
  const curr = rq.curr;
  if (isDlTask(curr) && curr.dl.onDlRq) updateCurrDlSe(rq, curr.dl, updateCurrCommon(rq));
}

/** @linux kernel/sched/deadline.c enqueue_task_dl() */
function enqueueTaskDl(rq: Rq, p: Task, flags: number): void {
  if (rq.sched.schedstats) updateStatsWaitStart(rq, p);
  enqueueDlEntity(p.dl, p.onRq === TASK_ON_RQ_MIGRATING ? flags | ENQUEUE_MIGRATING : flags);
  if (rq.curr !== p && !p.dl.throttled && p.nrCpusAllowed > 1) enqueuePushableDlTask(rq, p);
}

/** @linux kernel/sched/deadline.c dequeue_task_dl() */
function dequeueTaskDl(rq: Rq, p: Task, flags: number): boolean {
  updateCurrDl(rq);
  dequeueDlEntity(p.dl, p.onRq === TASK_ON_RQ_MIGRATING ? flags | DEQUEUE_MIGRATING : flags);
  if (!p.dl.throttled) dequeuePushableDlTask(rq, p);
  return true;
}

/** Off the CPU until the next period, with a full budget then. @linux kernel/sched/deadline.c yield_task_dl() */
function yieldTaskDl(rq: Rq): void {
  rq.curr.dl.yielded = true;
  updateRqClock(rq);
  updateCurrDl(rq);
  rq.skipClockUpdate = true;
}

/** @linux kernel/sched/deadline.c wakeup_preempt_dl() */
function wakeupPreemptDl(rq: Rq, p: Task): void {
  const curr = rq.curr;
  if (dlEntityPreempt(p.dl, curr.dl)) reschedCurr(rq);
  else if (p.dl.deadline === curr.dl.deadline && !curr.needResched) checkPreemptEqualDl(rq, p);
}

/** Of two tasks with one deadline, the one that can run elsewhere makes way. @linux kernel/sched/deadline.c check_preempt_equal_dl() */
function checkPreemptEqualDl(rq: Rq, p: Task): void {
  const { cpudl } = rq.sched.rd;
  if (rq.curr.nrCpusAllowed === 1 || !cpudl.laterCpu(rq.curr)) return;
  if (p.nrCpusAllowed !== 1 && cpudl.laterCpu(p)) return;
  reschedCurr(rq);
}

/** @linux kernel/sched/deadline.c balance_dl() */
function balanceDl(rq: Rq, prev: Task): boolean {
  if (!prev.dl.onDlRq && rq.online && isDlTask(prev)) pullDlTask(rq);
  return (rq.stop !== null && rq.stop.onRq !== 0) || rq.dl.dlNrRunning > 0;
}

/** The earliest deadline; a fair server stands for the best fair task, and stops when there is none. @linux kernel/sched/deadline.c __pick_task_dl() */
function pickTaskDl(rq: Rq): Task | null {
  for (let se = rq.dl.first; se !== null; se = rq.dl.first) {
    if (se.task !== null) return se.task;
    const p = pickTaskFair(rq);
    if (p !== null) {
      rq.dlServer = se;
      return p;
    }
    dlServerStop(rq);
  }
  return null;
}

/** @linux kernel/sched/deadline.c put_prev_task_dl() */
function putPrevTaskDl(rq: Rq, p: Task): void {
  if (rq.sched.schedstats && p.dl.onDlRq) updateStatsWaitStart(rq, p);
  updateCurrDl(rq);
  updateDlRqLoadAvg(rq, true);
  if (p.dl.onDlRq && p.nrCpusAllowed > 1) enqueuePushableDlTask(rq, p);
}

/** @linux kernel/sched/deadline.c set_next_task_dl() */
function setNextTaskDl(rq: Rq, p: Task, first: boolean): void {
  p.se.execStart = rq.clock;
  if (rq.sched.schedstats && p.dl.onDlRq) updateStatsWaitEnd(rq, p);
  dequeuePushableDlTask(rq, p);
  if (!first) return;
  if (rq.curr.schedClass !== dlSchedClass) updateDlRqLoadAvg(rq, false);
  deadlineQueuePushTasks(rq);
}

/** Only a wakeup on a CPU that runs something with an earlier deadline looks for another CPU. @linux kernel/sched/deadline.c select_task_rq_dl() */
function selectTaskRqDl(p: Task, cpu: number, flags: number): number {
  if ((flags & WF_TTWU) === 0 || p.nrCpusAllowed < 2) return cpu;
  const s = p.rq.sched;
  const { curr } = s.rqs[cpu]!;
  if (!isDlTask(curr) || (curr.nrCpusAllowed > 1 && dlEntityPreempt(p.dl, curr.dl))) return cpu;
  const target = findLaterRq(s, p);
  return target !== -1 && dlTaskIsEarliestDeadline(p, s.rqs[target]!) ? target : cpu;
}

/** @linux kernel/sched/deadline.c task_tick_dl() */
function taskTickDl(rq: Rq): void {
  updateCurrDl(rq);
  updateDlRqLoadAvg(rq, true);
}

/** A woken task that will not run soon goes where it can. @linux kernel/sched/deadline.c task_woken_dl() */
function taskWokenDl(rq: Rq, p: Task): void {
  const curr = rq.curr;
  if (p.onCpu || curr.needResched || p.nrCpusAllowed < 2 || !isDlTask(curr)) return;
  if (curr.nrCpusAllowed < 2 || !dlEntityPreempt(p.dl, curr.dl)) pushDlTasks(rq);
}

/** A task that wakes up elsewhere takes its bandwidth along. @linux kernel/sched/deadline.c migrate_task_rq_dl() */
function migrateTaskRqDl(p: Task): void {
  if (p.state !== TASK_WAKING) return;
  const { rq } = p;
  if (p.dl.nonContending) {
    updateRqClock(rq);
    subRunningBw(p.dl, rq.dl);
    p.dl.nonContending = false;
    cancelInactiveTimer(p.dl);
  }
  subRqBw(p.dl, rq.dl);
}

/**
 * The task leaves the class. Its bandwidth stays reserved until the 0-lag time; if it comes back before, it goes on with
 * its budget. (Linux forgets the reservation of a task that leaves asleep, after that time: it stays in the total.)
 * @linux kernel/sched/deadline.c switched_from_dl()
 */
function switchedFromDl(rq: Rq, p: Task): void {
  const queued = p.onRq === 1;
  if (queued && p.dl.dlRuntime !== 0) taskNonContending(p.dl);
  if (!queued) {
    if (p.dl.nonContending) subRunningBw(p.dl, rq.dl);
    subRqBw(p.dl, rq.dl);
  }
  p.dl.nonContending = false;
  if (queued && rq.dl.dlNrRunning === 0) deadlineQueuePullTask(rq);
}

/** @linux kernel/sched/deadline.c switched_to_dl() */
function switchedToDl(rq: Rq, p: Task): void {
  cancelInactiveTimer(p.dl);
  if (p.onRq !== 1) {
    addRqBw(p.dl, rq.dl);
    return;
  }
  if (rq.curr === p) {
    updateDlRqLoadAvg(rq, false);
    return;
  }
  if (p.nrCpusAllowed > 1 && rq.dl.overloaded) deadlineQueuePushTasks(rq);
  if (isDlTask(rq.curr)) wakeupPreemptDl(rq, p);
  else reschedCurr(rq);
}

/** @linux kernel/sched/deadline.c prio_changed_dl() */
function prioChangedDl(rq: Rq, p: Task): void {
  if (p.onRq !== 1) return;
  if (!rq.dl.overloaded) deadlineQueuePullTask(rq);
  const curr = rq.curr;
  const resched = curr === p ? rq.dl.earliestCurr < p.dl.deadline : !isDlTask(curr) || p.dl.deadline < curr.dl.deadline;
  if (resched) reschedCurr(rq);
}

/** @linux kernel/sched/deadline.c rq_online_dl() */
function rqOnlineDl(rq: Rq): void {
  const { cpudl } = rq.sched.rd;
  if (rq.dl.overloaded) dlSetOverload(rq);
  if (rq.dl.dlNrRunning > 0) cpudl.set(rq.cpu, rq.dl.earliestCurr);
  else cpudl.clear(rq.cpu, true);
}

/** @linux kernel/sched/deadline.c rq_offline_dl() */
function rqOfflineDl(rq: Rq): void {
  if (rq.dl.overloaded) dlClearOverload(rq);
  rq.sched.rd.cpudl.clear(rq.cpu, false);
}
