import { HZ } from './constants.ts';
import { Cpumask } from './cpumask.ts';
import type { Scheduler } from './scheduler.ts';
import { SchedDomainStats } from './schedstat.ts';

/** Flags of a domain. That of a balance at exec or fork is the bit of WF_EXEC or WF_FORK. @linux include/linux/sched/sd_flags.h */
export const SD_BALANCE_NEWIDLE = 0x01;
export const SD_BALANCE_EXEC = 0x02;
export const SD_BALANCE_FORK = 0x04;
export const SD_WAKE_AFFINE = 0x10;
export const SD_SHARE_LLC = 0x200;
export const SD_PREFER_SIBLING = 0x1000;

/** What the CPUs of a last-level cache share. @linux include/linux/sched/topology.h struct sched_domain_shared */
export class SchedDomainShared {
  /** CPUs that are not idle without a tick. */
  nrBusyCpus: number;
  /** At most so many CPUs are looked at when an idle one is wanted; 0 until the first periodic balance. */
  nrIdleScan = 0;

  constructor(nrCpus: number) {
    this.nrBusyCpus = nrCpus;
  }
}

/**
 * The CPUs among which a CPU balances its load, as this CPU sees them: one object per CPU. A machine is one package with
 * one last-level cache and no SMT, so there is one level and every CPU is a group of its own.
 * @linux include/linux/sched/topology.h struct sched_domain
 */
export class SchedDomain {
  /** The CPUs, groups of one, in the order in which balancing looks at them: its own CPU first, then upwards with wrap. */
  readonly groups: readonly number[];
  readonly span: Cpumask;
  readonly spanWeight: number;
  readonly shared: SchedDomainShared;
  readonly name = 'MC';
  readonly flags: number =
    SD_BALANCE_NEWIDLE | SD_BALANCE_EXEC | SD_BALANCE_FORK | SD_WAKE_AFFINE | SD_SHARE_LLC | SD_PREFER_SIBLING;
  /** Below this ratio in percent an imbalance is left alone. */
  readonly imbalancePct = 117;
  /** So many periodic balances may fail before cache-hot tasks are moved. */
  readonly cacheNiceTries = 1;
  /** How much rarer a busy CPU balances. */
  readonly busyFactor = 16;
  /** In ms. */
  readonly minInterval: number;
  /** In ms. */
  readonly maxInterval: number;

  // changed by balancing
  /** Time between balances of an idle CPU in ms: it grows while nothing is to be done. */
  balanceInterval: number;
  /** Jiffy of the last periodic balance. */
  lastBalance: number;
  nrBalanceFailed = 0;
  /** The CPU is not counted in nrBusyCpus. */
  nohzIdle = false;
  newidleCall = 512;
  newidleSuccess = 256;
  /** Chance in 1/1024 that a CPU which becomes idle tries to pull. */
  newidleRatio = 512;
  /** The longest a CPU which became idle has lately spent on that, in ns. */
  maxNewidleLbCost = 0;
  /** Jiffy in which that cost last grew or decayed. */
  lastDecayMaxLbCost: number;
  /** Counted with schedstats on. */
  readonly stats: SchedDomainStats = new SchedDomainStats();

  constructor(cpu: number, span: Cpumask, shared: SchedDomainShared, jiffies: number) {
    const weight = span.weight;
    const groups: number[] = [];
    for (let c = cpu; groups.length < weight; c = span.nextWrap(c + 1)) groups.push(c);
    this.groups = groups;
    this.span = span;
    this.spanWeight = weight;
    this.shared = shared;
    this.minInterval = this.balanceInterval = weight;
    this.maxInterval = 2 * weight;
    this.lastBalance = this.lastDecayMaxLbCost = jiffies;
  }
}

/** The idle CPUs whose tick is stopped: a busy CPU's tick has one of them balance for all. @linux kernel/sched/fair.c nohz */
export class Nohz {
  idleCpusMask: Cpumask = Cpumask.NONE;
  /** Some idle CPU's averages have not decayed to nothing yet. */
  hasBlocked = false;
  /** A CPU became idle whose next balance is not considered in {@link nextBalance} yet. */
  needsUpdate = false;
  /** Jiffy of the next balance on behalf of idle CPUs. */
  nextBalance = 0;
  /** Jiffy of the next decay of their averages. */
  nextBlocked = 0;
}

/**
 * Build the domains of the active CPUs anew: at boot, and when a CPU has become active or stops being so. What balancing
 * had learned is forgotten. A CPU that is alone has no domain.
 * @linux kernel/sched/topology.c partition_sched_domains(), build_sched_domains()
 */
export function rebuildSchedDomains(s: Scheduler): void {
  const span = s.activeMask;
  const shared = new SchedDomainShared(span.weight);
  // No periodic balance comes on an explored machine: let it start as one that has done its first.
  if (s.sim.explored) shared.nrIdleScan = span.weight;
  for (const rq of s.rqs) {
    rq.sd = span.weight > 1 && span.has(rq.cpu) ? new SchedDomain(rq.cpu, span, shared, s.jiffies) : null;
  }
}

/** Do the CPUs share a cache? @linux kernel/sched/core.c cpus_share_cache() */
export function cpusShareCache(s: Scheduler, a: number, b: number): boolean {
  if (a === b) return true;
  const sd = s.rqs[a]!.sd;
  return sd !== null && sd.span.has(b);
}

/** The longest time between two balances in jiffies. @linux kernel/sched/fair.c update_max_interval() */
export function maxLoadBalanceInterval(s: Scheduler): number {
  return Math.floor((HZ * s.onlineMask.weight) / 10);
}
