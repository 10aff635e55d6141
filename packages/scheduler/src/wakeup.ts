import { POINT, WRITE, type Step } from '@kernel-model/sim';
import {
  ENQUEUE_DELAYED,
  ENQUEUE_INITIAL,
  ENQUEUE_MIGRATED,
  ENQUEUE_NOCLOCK,
  ENQUEUE_WAKEUP,
  TASK_NORMAL,
  TASK_ON_RQ_QUEUED,
  TASK_RUNNING,
  TASK_WAKING,
  WF_FORK,
  WF_MIGRATED,
  WF_TTWU,
} from './constants.ts';
import { activateTask, enqueueTask, updateRqClock, wakeupPreempt } from './core.ts';
import { fairSchedClass } from './fair.ts';
import { __setTaskCpu, selectTaskRq, setTaskCpu } from './migrate.ts';
import { postInitEntityUtilAvg } from './pelt.ts';
import { ttwuStat } from './schedstat.ts';
import { preemptCheckResched } from './schedule.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * Wake a task if its state, or the state a frozen task will get back, is one of the mask's.
 * @param mask TASK_* bits
 * @param wakeFlags WF_* bits
 * @returns whether the state matched; for a frozen task nothing runs yet
 * @emits sched_waking, sched_migrate_task, sched_wakeup
 * @linux kernel/sched/core.c try_to_wake_up()
 */
export function tryToWakeUp(s: Scheduler, p: Task, mask: number, wakeFlags: number): boolean {
  s.sim.touch(p, 'state', WRITE);
  if ((p.state & mask) === 0) {
    if ((p.savedState & mask) === 0) return false;
    p.savedState = TASK_RUNNING;
    if (s.schedstats) ttwuStat(s, p, p.cpu, wakeFlags);
    return true;
  }
  const { waking } = s.probes;
  if (waking.enabled) waking.emit(p.commId, p.pid, p.prio, p.cpu);
  s.recorded();
  let flags = wakeFlags | WF_TTWU;
  if (p === s.current) ttwuDoWakeup(s, p);
  else if (p.onRq === TASK_ON_RQ_QUEUED) ttwuRunnable(p.rq, p, flags);
  else flags = ttwuPlace(s, p, flags);
  if (s.schedstats) ttwuStat(s, p, p.cpu, flags);
  return true;
}

/** The rest of {@link tryToWakeUp} for a task that is on no queue. @returns the flags, WF_MIGRATED among them if it changes its CPU */
function ttwuPlace(s: Scheduler, p: Task, flags: number): number {
  p.state = TASK_WAKING;
  if (p.schedClass === fairSchedClass) s.sim.charge(s.config.costs.selectTaskRq);
  const cpu = selectTaskRq(s, p, p.wakeCpu, flags);
  if (cpu === p.cpu) {
    ttwuQueue(s, p, cpu, flags);
    return flags;
  }
  if (p.inIowait) p.rq.nrIowait--;
  setTaskCpu(p, cpu);
  ttwuQueue(s, p, cpu, flags | WF_MIGRATED);
  return flags | WF_MIGRATED;
}

/** Wake a task that sleeps interruptibly or uninterruptibly. @returns whether it slept @linux kernel/sched/core.c wake_up_process() */
export function wakeUpProcess(s: Scheduler, p: Task): boolean {
  return tryToWakeUp(s, p, TASK_NORMAL, 0);
}

/** Wake a task that sleeps in one of the states. @returns whether it did @linux kernel/sched/core.c wake_up_state() */
export function wakeUpState(s: Scheduler, p: Task, mask: number): boolean {
  return tryToWakeUp(s, p, mask, 0);
}

/**
 * The first wakeup of a task: place and queue it.
 * @emits sched_wakeup_new
 * @linux kernel/sched/core.c wake_up_new_task()
 */
export function wakeUpNewTask(s: Scheduler, p: Task): void {
  p.state = TASK_RUNNING;
  p.recentUsedCpu = p.cpu;
  __setTaskCpu(p, selectTaskRq(s, p, p.cpu, WF_FORK));
  const rq = p.rq;
  updateRqClock(rq);
  postInitEntityUtilAvg(p);
  activateTask(rq, p, ENQUEUE_NOCLOCK | ENQUEUE_INITIAL);
  const { wakeupNew } = s.probes;
  if (wakeupNew.enabled) wakeupNew.emit(p.commId, p.pid, p.prio, p.cpu);
  s.recorded();
  wakeupPreempt(rq, p, WF_FORK);
  p.schedClass.taskWoken(rq, p);
}

/** A task that still is on its queue need not be placed, only kept from sleeping. @linux kernel/sched/core.c ttwu_runnable() */
function ttwuRunnable(rq: Rq, p: Task, flags: number): void {
  updateRqClock(rq);
  if (p.se.schedDelayed) {
    rq.sched.sim.charge(rq.sched.config.costs.enqueue);
    enqueueTask(rq, p, ENQUEUE_NOCLOCK | ENQUEUE_DELAYED);
  }
  if (!p.onCpu) wakeupPreempt(rq, p, flags);
  ttwuDoWakeup(rq.sched, p);
}

/** @linux kernel/sched/core.c ttwu_queue() */
function ttwuQueue(s: Scheduler, p: Task, cpu: number, flags: number): void {
  const rq = s.rqs[cpu]!;
  if (queueOnWakelist(s, p, rq)) {
    p.schedRemoteWakeup = (flags & WF_MIGRATED) !== 0;
    rq.ttwuPending = true;
    rq.wakeList.push(p);
    s.cpus[cpu]!.sendCallFunction();
    return;
  }
  updateRqClock(rq);
  ttwuDoActivate(rq, p, flags);
}

/** Should an idle CPU do the wakeup itself, so that its run queue need not come over here? @linux kernel/sched/core.c ttwu_queue_cond() */
function queueOnWakelist(s: Scheduler, p: Task, rq: Rq): boolean {
  if (rq.cpu === s.cpu || rq.nrRunning !== 0) return false;
  return p.schedClass.rank !== 4 && s.activeMask.has(rq.cpu) && p.cpusPtr.has(rq.cpu);
}

/** Take in the wakeups that other CPUs left here. @emits sched_wakeup @linux kernel/sched/core.c sched_ttwu_pending() */
export function schedTtwuPending(rq: Rq): void {
  if (rq.wakeList.length === 0) return;
  updateRqClock(rq);
  for (let i = 0; i < rq.wakeList.length; i++) {
    const p = rq.wakeList[i]!;
    ttwuDoActivate(rq, p, p.schedRemoteWakeup ? WF_MIGRATED : 0);
  }
  // one by one: a list whose length is set to 0 loses its memory, and gets new one at the next wakeup
  while (rq.wakeList.length > 0) rq.wakeList.pop();
  rq.ttwuPending = false;
}

/** @linux kernel/sched/core.c ttwu_do_activate() */
function ttwuDoActivate(rq: Rq, p: Task, flags: number): void {
  const { sim, config } = rq.sched;
  sim.charge(config.costs.enqueue);
  let enqueue = ENQUEUE_WAKEUP | ENQUEUE_NOCLOCK;
  if (p.schedContributesToLoad) rq.nrUninterruptible--;
  if ((flags & WF_MIGRATED) !== 0) enqueue |= ENQUEUE_MIGRATED;
  else if (p.inIowait) rq.nrIowait--;
  activateTask(rq, p, enqueue);
  if (p.schedClass === fairSchedClass && rq.curr.schedClass === fairSchedClass) sim.charge(config.costs.checkPreempt);
  wakeupPreempt(rq, p, flags);
  ttwuDoWakeup(rq.sched, p);
  p.schedClass.taskWoken(rq, p);
  if (rq.idleStamp !== 0) {
    rq.avgIdle += Math.trunc((rq.clock - rq.idleStamp - rq.avgIdle) / 8);
    rq.avgIdle = Math.min(rq.avgIdle, 2 * rq.maxIdleBalanceCost);
    rq.idleStamp = 0;
  }
}

function ttwuDoWakeup(s: Scheduler, p: Task): void {
  p.state = TASK_RUNNING;
  const { wakeup } = s.probes;
  if (wakeup.enabled) wakeup.emit(p.commId, p.pid, p.prio, p.cpu);
  s.recorded();
}

/** {@link wakeUpProcess} as task context calls it: a visible point, and a place to be preempted after it. */
export function* wakeUpProcessStep(s: Scheduler, p: Task): Step<boolean> {
  if (s.sim.point(p, 'state', WRITE)) yield POINT;
  const woken = wakeUpProcess(s, p);
  yield* preemptCheckResched(s);
  return woken;
}
