import { checkCpuCapacity, cpuLoad, cpuRunnable, cpuUtil, idleCpu, updateCpuCapacity } from './cpu-load.ts';
import { CPU_NEWLY_IDLE, CPU_NOT_IDLE, MIGRATE_LOAD, MIGRATE_TASK, type LbEnv } from './lb-env.ts';
import {
  GROUP_FULLY_BUSY,
  GROUP_HAS_SPARE,
  GROUP_MISFIT_TASK,
  GROUP_OVERLOADED,
  GroupStats,
  groupClassify,
} from './lb-stats.ts';
import { SCHED_CAPACITY_SCALE } from './pelt.ts';
import type { Rq } from './rq.ts';
import { maxLoadBalanceInterval, type SchedDomain } from './sched-domains.ts';
import { msecsToJiffies } from './jiffies.ts';

/** The statistics of a domain. @linux kernel/sched/fair.c struct sd_lb_stats */
interface DomainStats {
  readonly local: GroupStats;
  readonly busiest: GroupStats | null;
  readonly totalLoad: number;
  readonly totalCapacity: number;
}

/**
 * The busiest group of the domain, if work should be pulled from it; how much then stands in the env.
 * @linux kernel/sched/fair.c sched_balance_find_src_group()
 */
export function schedBalanceFindSrcGroup(env: LbEnv): GroupStats | null {
  const sds = updateSdLbStats(env);
  const { local, busiest } = sds;
  if (busiest === null || !imbalanced(env, sds, local, busiest)) return null;
  calculateImbalance(env, sds, local, busiest);
  return env.imbalance > 0 ? busiest : null;
}

/** The queue of a group of one CPU, unless pulling from it would only move the problem. @linux kernel/sched/fair.c sched_balance_find_src_rq() */
export function schedBalanceFindSrcRq(env: LbEnv, group: GroupStats): Rq | null {
  const { rq } = group;
  if (rq.cfs.hNrQueued === 0) return null;
  if (env.migrationType === MIGRATE_TASK) return rq;
  const load = cpuLoad(rq);
  if (rq.cfs.hNrQueued === 1 && load > env.imbalance && !checkCpuCapacity(rq, env.sd)) return null;
  return load > 0 ? rq : null;
}

/** @linux kernel/sched/fair.c update_sd_lb_stats() */
function updateSdLbStats(env: LbEnv): DomainStats {
  const { sd, dstRq } = env;
  const s = dstRq.sched;
  let local!: GroupStats;
  let busiest: GroupStats | null = null;
  let totalLoad = 0;
  let totalCapacity = 0;
  let sumUtil = 0;
  let overloaded = false;
  for (const cpu of sd.groups) {
    const rq = s.rqs[cpu]!;
    const isLocal = rq === dstRq;
    if (isLocal && (env.idle !== CPU_NEWLY_IDLE || s.jiffies >= rq.capacityNextUpdate)) updateGroupCapacity(sd, rq);
    const stats = groupStats(env, rq, isLocal);
    if (isLocal) local = stats;
    else if (pickBusiest(stats, busiest)) busiest = stats;
    if (stats.sumNrRunning > 1) overloaded = true;
    totalLoad += stats.groupLoad;
    totalCapacity += stats.groupCapacity;
    sumUtil += stats.groupUtil;
  }
  s.rd.overloaded = overloaded;
  if (env.idle !== CPU_NEWLY_IDLE) updateIdleCpuScan(sd, sumUtil);
  return { local, busiest, totalLoad, totalCapacity };
}

/** @linux kernel/sched/fair.c update_group_capacity() */
function updateGroupCapacity(sd: SchedDomain, rq: Rq): void {
  const s = rq.sched;
  const interval = Math.min(Math.max(msecsToJiffies(sd.balanceInterval), 1), maxLoadBalanceInterval(s));
  rq.capacityNextUpdate = s.jiffies + interval;
  updateCpuCapacity(rq);
}

/** @linux kernel/sched/fair.c update_sg_lb_stats() */
function groupStats(env: LbEnv, rq: Rq, local: boolean): GroupStats {
  const stats = new GroupStats(rq);
  if (env.cpus.has(rq.cpu)) {
    stats.groupLoad = cpuLoad(rq);
    stats.groupUtil = cpuUtil(rq);
    stats.groupRunnable = cpuRunnable(rq);
    stats.sumHNrRunning = rq.cfs.hNrQueued;
    stats.sumNrRunning = rq.nrRunning;
    if (idleCpu(rq)) stats.idleCpus = 1;
    else if (!local && env.idle !== CPU_NOT_IDLE && rq.cfs.hNrQueued === 1 && checkCpuCapacity(rq, env.sd)) {
      stats.misfitTaskLoad = stats.groupLoad;
    }
  }
  stats.groupType = groupClassify(env.sd.imbalancePct, stats);
  if (stats.groupType === GROUP_OVERLOADED) stats.computeAvgLoad();
  return stats;
}

/** Is this group busier than the busiest so far? @linux kernel/sched/fair.c update_sd_pick_busiest() */
function pickBusiest(stats: GroupStats, busiest: GroupStats | null): boolean {
  if (stats.sumHNrRunning === 0) return false;
  if (busiest === null) return true;
  if (stats.groupType !== busiest.groupType) return stats.groupType > busiest.groupType;
  switch (stats.groupType) {
    case GROUP_OVERLOADED:
      return stats.avgLoad > busiest.avgLoad;
    case GROUP_MISFIT_TASK:
      return stats.misfitTaskLoad > busiest.misfitTaskLoad;
    case GROUP_FULLY_BUSY:
      // Their load is not worked out: of equals, the last one.
      return true;
    default:
      if (stats.idleCpus !== busiest.idleCpus) return stats.idleCpus < busiest.idleCpus;
      return stats.sumNrRunning > busiest.sumNrRunning;
  }
}

/** How many CPUs a search for an idle one looks at: none from 85 % utilisation on. @linux kernel/sched/fair.c update_idle_cpu_scan() */
function updateIdleCpuScan(sd: SchedDomain, sumUtil: number): void {
  const x = Math.floor(sumUtil / sd.spanWeight);
  const drop = Math.floor((x * x * sd.imbalancePct * sd.imbalancePct) / (10000 * SCHED_CAPACITY_SCALE));
  const y = SCHED_CAPACITY_SCALE - Math.min(drop, SCHED_CAPACITY_SCALE);
  sd.shared.nrIdleScan = Math.floor((y * sd.spanWeight) / SCHED_CAPACITY_SCALE);
}

/** The decision matrix of sched_balance_find_src_group(), for groups of one CPU. */
function imbalanced(env: LbEnv, sds: DomainStats, local: GroupStats, busiest: GroupStats): boolean {
  if (busiest.groupType === GROUP_MISFIT_TASK) return true;
  if (local.groupType > busiest.groupType) return false;
  if (local.groupType === GROUP_OVERLOADED) {
    if (local.avgLoad >= busiest.avgLoad || local.avgLoad >= averageLoad(sds)) return false;
    if (100 * busiest.avgLoad <= env.sd.imbalancePct * local.avgLoad) return false;
  }
  if (busiest.groupType === GROUP_OVERLOADED) return true;
  // A busy CPU leaves it to an idle one to pull what waits elsewhere.
  return env.idle !== CPU_NOT_IDLE && busiest.sumHNrRunning !== 1;
}

/** @linux kernel/sched/fair.c calculate_imbalance() */
function calculateImbalance(env: LbEnv, sds: DomainStats, local: GroupStats, busiest: GroupStats): void {
  if (busiest.groupType === GROUP_MISFIT_TASK) {
    env.migrationType = MIGRATE_LOAD;
    env.imbalance = busiest.misfitTaskLoad;
    return;
  }
  if (local.groupType === GROUP_HAS_SPARE) {
    env.migrationType = MIGRATE_TASK;
    const difference = env.idle === CPU_NOT_IDLE ? 0 : Math.max(0, busiest.sumNrRunning - local.sumNrRunning);
    env.imbalance = difference >> 1;
    return;
  }
  if (local.groupType < GROUP_OVERLOADED) {
    local.computeAvgLoad();
    if (local.avgLoad >= busiest.avgLoad || local.avgLoad >= averageLoad(sds)) {
      env.imbalance = 0;
      return;
    }
  }
  env.migrationType = MIGRATE_LOAD;
  const average = averageLoad(sds);
  // Unsigned in Linux: an excess below zero counts as boundless.
  const excess = busiest.avgLoad < average ? Infinity : (busiest.avgLoad - average) * busiest.groupCapacity;
  const deficit = (average - local.avgLoad) * local.groupCapacity;
  env.imbalance = Math.floor(Math.min(excess, deficit) / SCHED_CAPACITY_SCALE);
}

function averageLoad(sds: DomainStats): number {
  return Math.floor((sds.totalLoad * SCHED_CAPACITY_SCALE) / sds.totalCapacity);
}
