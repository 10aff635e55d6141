import { WF_FORK } from './constants.ts';
import { cpuLoadWithout, cpuRunnableWithout, cpuUtilWithout, taskRunningOnCpu } from './cpu-load.ts';
import { GROUP_FULLY_BUSY, GROUP_HAS_SPARE, GROUP_OVERLOADED, GroupStats, groupClassify } from './lb-stats.ts';
import { syncEntityLoadAvg } from './pelt.ts';
import type { Rq } from './rq.ts';
import type { SchedDomain } from './sched-domains.ts';
import type { Task } from './task.ts';

/** Load difference below which a task that starts stays where it is. */
const ALLOWED_IMBALANCE_LOAD = 1024;

/**
 * The least busy CPU for a task that forks or execs: it has no cache to lose.
 * @param cpu where it is now
 * @returns prevCpu if the task may run on no CPU of the domain
 * @linux kernel/sched/fair.c sched_balance_find_dst_cpu()
 */
export function schedBalanceFindDstCpu(sd: SchedDomain, p: Task, cpu: number, prevCpu: number, flags: number): number {
  if (sd.span.and(p.cpusPtr).empty) return prevCpu;
  if ((flags & WF_FORK) === 0) syncEntityLoadAvg(p);
  const group = schedBalanceFindDstGroup(sd, p, cpu);
  return group === null ? cpu : group.rq.cpu;
}

/** @returns null if the CPU where the task is will do @linux kernel/sched/fair.c sched_balance_find_dst_group() */
function schedBalanceFindDstGroup(sd: SchedDomain, p: Task, thisCpu: number): GroupStats | null {
  const { rqs } = p.rq.sched;
  let local: GroupStats | null = null;
  let idlest: GroupStats | null = null;
  for (const cpu of sd.groups) {
    if (!p.cpusPtr.has(cpu)) continue;
    const stats = wakeupStats(sd, rqs[cpu]!, p);
    if (cpu === thisCpu) local = stats;
    else if (idlest === null || idler(stats, idlest)) idlest = stats;
  }
  if (idlest === null || local === null) return idlest;
  if (local.groupType !== idlest.groupType) return local.groupType < idlest.groupType ? null : idlest;
  if (local.groupType === GROUP_HAS_SPARE) return local.idleCpus >= idlest.idleCpus ? null : idlest;
  const imbalance = Math.floor((ALLOWED_IMBALANCE_LOAD * (sd.imbalancePct - 100)) / 100);
  if (idlest.avgLoad >= local.avgLoad + imbalance) return null;
  return 100 * local.avgLoad <= sd.imbalancePct * idlest.avgLoad ? null : idlest;
}

/** The CPU as it would be without the task. @linux kernel/sched/fair.c update_sg_wakeup_stats() */
function wakeupStats(sd: SchedDomain, rq: Rq, p: Task): GroupStats {
  const stats = new GroupStats(rq);
  const own = taskRunningOnCpu(rq, p) ? 1 : 0;
  stats.groupLoad = cpuLoadWithout(rq, p);
  stats.groupUtil = cpuUtilWithout(rq, p);
  stats.groupRunnable = cpuRunnableWithout(rq, p);
  stats.sumHNrRunning = rq.cfs.hNrQueued - own;
  stats.sumNrRunning = rq.nrRunning - own;
  if (stats.sumNrRunning === 0 && (rq.curr === rq.idle || rq.curr === p) && !rq.ttwuPending) stats.idleCpus = 1;
  stats.groupType = groupClassify(sd.imbalancePct, stats);
  if (stats.groupType === GROUP_FULLY_BUSY || stats.groupType === GROUP_OVERLOADED) stats.computeAvgLoad();
  return stats;
}

/** @linux kernel/sched/fair.c update_pick_idlest() */
function idler(stats: GroupStats, idlest: GroupStats): boolean {
  if (stats.groupType !== idlest.groupType) return stats.groupType < idlest.groupType;
  if (stats.groupType !== GROUP_HAS_SPARE) return stats.avgLoad < idlest.avgLoad;
  if (stats.idleCpus !== idlest.idleCpus) return stats.idleCpus > idlest.idleCpus;
  return stats.groupUtil < idlest.groupUtil;
}
