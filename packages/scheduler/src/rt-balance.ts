import { TASK_ON_RQ_MIGRATING } from './constants.ts';
import { activateTask, deactivateTask, queueBalanceCallback, reschedCurr, updateRqClock } from './core.ts';
import { Cpumask } from './cpumask.ts';
import { setTaskCpu } from './migrate.ts';
import { nearestOf } from './nearest-cpu.ts';
import { pushCurrAway } from './push-cpu-stop.ts';
import type { RootDomain } from './root-domain.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/** After the switch, push the waiting RT tasks away. @linux kernel/sched/rt.c rt_queue_push_tasks() */
export function rtQueuePushTasks(rq: Rq): void {
  if (rq.rt.pushHead === null) return;
  queueBalanceCallback(rq, pushRtTasks);
}

/** After the change, pull waiting RT tasks from other CPUs. @linux kernel/sched/rt.c rt_queue_pull_task() */
export function rtQueuePullTask(rq: Rq): void {
  queueBalanceCallback(rq, pullRtTask);
}

/**
 * The CPU for an RT task: one that runs the lowest priority, below the task's; among these the task's own, then the
 * nearest.
 * @returns -1 if there is none
 * @linux kernel/sched/rt.c find_lowest_rq()
 */
export function findLowestRq(s: Scheduler, p: Task): number {
  if (p.nrCpusAllowed === 1) return -1;
  const lowest = s.rd.cpupri.find(p, s.activeMask);
  return lowest === null ? -1 : nearestOf(s, p.cpu, lowest);
}

/** The queue to push a task to, or null. @linux kernel/sched/rt.c find_lock_lowest_rq() */
export function findLockLowestRq(rq: Rq, p: Task): Rq | null {
  const cpu = findLowestRq(rq.sched, p);
  if (!leavesFor(rq, cpu)) return null;
  const lowest = rq.sched.rqs[cpu]!;
  return lowest.rt.highestCurr > p.prio ? lowest : null;
}

function leavesFor(rq: Rq, cpu: number): boolean {
  return cpu !== -1 && cpu !== rq.cpu;
}

/** Push RT tasks that wait here to CPUs that run something of a lower priority. @linux kernel/sched/rt.c push_rt_tasks() */
export function pushRtTasks(rq: Rq): void {
  while (pushRtTask(rq, false));
}

/**
 * Push the best RT task that waits here.
 * @param pull another CPU asked for it: then a task that cannot move may have the running one pushed instead
 * @returns whether a task moved
 * @emits sched_migrate_task
 * @linux kernel/sched/rt.c push_rt_task()
 */
export function pushRtTask(rq: Rq, pull: boolean): boolean {
  const next = rq.rt.overloaded ? rq.rt.pushHead : null;
  if (next === null) return false;
  if (next.prio < rq.curr.prio) {
    reschedCurr(rq);
    return false;
  }
  if (next.migrateDisabled > 0) {
    // the waiting task cannot leave, so the running one shall
    if (pull && rq.curr.schedClass === next.schedClass && leavesFor(rq, findLowestRq(rq.sched, rq.curr)))
      pushCurrAway(rq);
    return false;
  }
  const lowest = findLockLowestRq(rq, next);
  if (lowest === null) return false;
  movePushed(rq, lowest, next);
  reschedCurr(lowest);
  return true;
}

/**
 * A CPU is about to run something of a lower priority than before: tell the overloaded CPUs, one after the other, to
 * push what waits there. They answer in an interrupt, so this CPU goes on meanwhile.
 * @linux kernel/sched/rt.c pull_rt_task()
 */
export function pullRtTask(rq: Rq): void {
  const { rtoMask } = rq.sched.rd;
  if (!rtoMask.empty && !rtoMask.equals(Cpumask.of(rq.cpu))) tellCpuToPush(rq.sched);
}

/** Start the round of push requests; if one is under way it will make another. @linux kernel/sched/rt.c tell_cpu_to_push() */
function tellCpuToPush(s: Scheduler): void {
  s.rd.rtoLoopNext++;
  if (s.rd.rtoCpu < 0) sendPushRequest(s, s.cpu);
}

function sendPushRequest(s: Scheduler, thisCpu: number): void {
  const cpu = rtoNextCpu(s.rd, thisCpu);
  if (cpu >= 0) s.cpus[cpu]!.callFunction(() => rtoPush(s.rqs[cpu]!), 'rto_push_irq_work_func');
}

/** Push what can be pushed, and pass the request on. @linux kernel/sched/rt.c rto_push_irq_work_func() */
function rtoPush(rq: Rq): void {
  while (pushRtTask(rq, true));
  sendPushRequest(rq.sched, rq.cpu);
}

/** The next overloaded CPU of the round, or -1 at its end. @linux kernel/sched/rt.c rto_next_cpu() */
function rtoNextCpu(rd: RootDomain, thisCpu: number): number {
  for (;;) {
    const cpu = rd.rtoMask.next(rd.rtoCpu + 1);
    rd.rtoCpu = cpu;
    if (cpu >= 0 && cpu !== thisCpu) return cpu;
    if (cpu >= 0) continue;
    if (rd.rtoLoop === rd.rtoLoopNext) return -1;
    rd.rtoLoop = rd.rtoLoopNext;
  }
}

/** Move a queued task that does not run. @linux kernel/sched/core.c deactivate_task(), activate_task() */
export function movePushed(src: Rq, dst: Rq, p: Task): void {
  p.onRq = TASK_ON_RQ_MIGRATING;
  updateRqClock(src);
  deactivateTask(src, p, 0);
  setTaskCpu(p, dst.cpu);
  updateRqClock(dst);
  activateTask(dst, p, 0);
}
