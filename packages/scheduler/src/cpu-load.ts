import { TASK_ON_RQ_QUEUED } from './constants.ts';
import {
  SCHED_CAPACITY_SCALE,
  loadAvgAttached,
  taskUtilEst,
  updateCfsRqLoadAvg,
  updateDlRqLoadAvg,
  updateRtRqLoadAvg,
} from './pelt.ts';
import { updateRqClock } from './core.ts';
import type { Rq } from './rq.ts';
import type { SchedDomain } from './sched-domains.ts';
import type { Task } from './task.ts';

/** Does the CPU idle, with nothing on its way to it? @linux kernel/sched/syscalls.c idle_cpu() */
export function idleCpu(rq: Rq): boolean {
  return rq.curr === rq.idle && rq.nrRunning === 0 && !rq.ttwuPending;
}

/** Load of the fair tasks of a CPU: the average sum of their weights. @linux kernel/sched/fair.c cpu_load() */
export function cpuLoad(rq: Rq): number {
  return rq.cfs.avg.loadAvg;
}

/** Average number of runnable fair tasks of a CPU, times 1024. @linux kernel/sched/fair.c cpu_runnable() */
export function cpuRunnable(rq: Rq): number {
  return rq.cfs.avg.runnableAvg;
}

/** Share of its time that a CPU gives to fair tasks, 0 .. 1024. @linux kernel/sched/fair.c cpu_util_cfs() */
export function cpuUtil(rq: Rq): number {
  const { utilAvg, utilEst } = rq.cfs.avg;
  return Math.min(Math.max(utilAvg, utilEst), SCHED_CAPACITY_SCALE);
}

/** {@link cpuLoad} as it would be without the task. @linux kernel/sched/fair.c cpu_load_without() */
export function cpuLoadWithout(rq: Rq, p: Task): number {
  return contributes(rq, p) ? Math.max(0, cpuLoad(rq) - taskHLoad(p)) : cpuLoad(rq);
}

/** {@link cpuRunnable} as it would be without the task. @linux kernel/sched/fair.c cpu_runnable_without() */
export function cpuRunnableWithout(rq: Rq, p: Task): number {
  return contributes(rq, p) ? Math.max(0, cpuRunnable(rq) - p.se.avg.runnableAvg) : cpuRunnable(rq);
}

/** {@link cpuUtil} as it would be without the task. @linux kernel/sched/fair.c cpu_util_without() */
export function cpuUtilWithout(rq: Rq, p: Task): number {
  if (!contributes(rq, p)) return cpuUtil(rq);
  const util = Math.max(0, rq.cfs.avg.utilAvg - p.se.avg.utilAvg);
  let est = rq.cfs.avg.utilEst;
  if (p.onRq === TASK_ON_RQ_QUEUED || rq.sched.current === p) est = Math.max(0, est - taskUtilEst(p));
  return Math.min(Math.max(util, est), SCHED_CAPACITY_SCALE);
}

/** Is the task queued on the CPU, and its load counted there? @linux kernel/sched/fair.c task_running_on_cpu() */
export function taskRunningOnCpu(rq: Rq, p: Task): boolean {
  return contributes(rq, p) && p.onRq === TASK_ON_RQ_QUEUED;
}

/**
 * What the task adds to the load of its CPU: its share of the load that the CPU had when this was first asked for in
 * this jiffy. The formula is that of a kernel with task groups, for a task of the root group: about one part in a
 * thousand less than its own load.
 * @linux kernel/sched/fair.c task_h_load()
 */
export function taskHLoad(p: Task): number {
  const cfs = p.rq.cfs;
  const { jiffies } = p.rq.sched;
  if (cfs.hLoadAt !== jiffies) {
    cfs.hLoadAt = jiffies;
    cfs.hLoad = cfs.avg.loadAvg;
  }
  return Math.floor((p.se.avg.loadAvg * cfs.hLoad) / (cfs.avg.loadAvg + 1));
}

/** Has RT and deadline work noticeably reduced what the CPU has left for fair tasks? @linux kernel/sched/fair.c check_cpu_capacity() */
export function checkCpuCapacity(rq: Rq, sd: SchedDomain): boolean {
  return rq.cpuCapacity * sd.imbalancePct < SCHED_CAPACITY_SCALE * 100;
}

/** Work out what RT and deadline tasks leave to fair tasks. @linux kernel/sched/fair.c update_cpu_capacity() */
export function updateCpuCapacity(rq: Rq): void {
  rq.cpuCapacity = Math.max(1, SCHED_CAPACITY_SCALE - rq.avgRt.utilAvg - rq.avgDl.utilAvg);
}

/** Let the averages of a CPU decay up to now: nothing does that while it idles. @linux kernel/sched/fair.c sched_balance_update_blocked_averages() */
export function updateBlockedAverages(rq: Rq): void {
  rq.lastBlockedLoadUpdateTick = rq.sched.jiffies;
  updateRqClock(rq);
  const curr = rq.curr.schedClass.name;
  updateRtRqLoadAvg(rq, curr === 'rt');
  updateDlRqLoadAvg(rq, curr === 'dl');
  updateCfsRqLoadAvg(rq.clock, rq.cfs);
  const { avg } = rq.cfs;
  if ((rq.avgRt.utilAvg | rq.avgDl.utilAvg | avg.loadAvg | avg.utilAvg) === 0) rq.hasBlockedLoad = false;
}

function contributes(rq: Rq, p: Task): boolean {
  return p.rq === rq && loadAvgAttached(p);
}
