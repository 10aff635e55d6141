import { HZ, SCHED_SOFTIRQ } from './constants.ts';
import { updateRqClock } from './core.ts';
import type { Cpu } from './cpu.ts';
import { checkCpuCapacity, idleCpu, updateBlockedAverages } from './cpu-load.ts';
import { Cpumask } from './cpumask.ts';
import { SCHED_MIGRATION_COST } from './detach-tasks.ts';
import { schedBalanceDomains } from './fair-balance.ts';
import { CPU_IDLE, CPU_NOT_IDLE } from './lb-env.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';
import { raiseSoftirq } from './softirq.ts';

/** What is asked of an idle CPU. @linux kernel/sched/sched.h */
const NOHZ_BALANCE_KICK = 1;
/** Let the averages of idle CPUs decay. */
const NOHZ_STATS_KICK = 2;
/** {@link NOHZ_STATS_KICK} by a CPU that becomes idle itself. */
const NOHZ_NEWILB_KICK = 4;
/** Work out anew when the next balance is due. */
const NOHZ_NEXT_KICK = 8;
const NOHZ_KICK_MASK: number = NOHZ_BALANCE_KICK | NOHZ_STATS_KICK | NOHZ_NEXT_KICK;

/** Time between two decays of idle CPUs' averages in jiffies: 32 ms. */
const BLOCKED_INTERVAL = 8;

/** The tick of this CPU is stopped: from now on others balance for it. @linux kernel/sched/fair.c nohz_balance_enter_idle() */
export function nohzBalanceEnterIdle(cpu: Cpu): void {
  const { rq } = cpu;
  const { nohz, activeMask } = rq.sched;
  if (!activeMask.has(rq.cpu)) return;
  rq.hasBlockedLoad = true;
  if (!rq.nohzTickStopped) {
    if (rq.sd === null) return;
    rq.nohzTickStopped = true;
    nohz.idleCpusMask = nohz.idleCpusMask.or(Cpumask.of(rq.cpu));
    setCpuSdStateIdle(rq);
    nohz.needsUpdate = true;
  }
  nohz.hasBlocked = true;
}

/** At the first tick of a CPU that was idle, and before it goes offline. @linux kernel/sched/fair.c nohz_balance_exit_idle() */
export function nohzBalanceExitIdle(rq: Rq): void {
  if (!rq.nohzTickStopped) return;
  const { nohz } = rq.sched;
  rq.nohzTickStopped = false;
  nohz.idleCpusMask = nohz.idleCpusMask.andNot(Cpumask.of(rq.cpu));
  setCpuSdStateBusy(rq);
}

/** A CPU enters its idle loop: if asked to, it lets the averages of the idle CPUs decay. @linux kernel/sched/fair.c nohz_run_idle_balance() */
export function nohzRunIdleBalance(cpu: Cpu): void {
  const { rq } = cpu;
  const flags = rq.nohzFlags;
  if ((flags & NOHZ_NEWILB_KICK) === 0) return;
  rq.nohzFlags = flags & ~NOHZ_NEWILB_KICK;
  if (flags === NOHZ_NEWILB_KICK && !rq.curr.needResched) balanceIdleCpus(rq, NOHZ_STATS_KICK);
}

/** A CPU becomes idle: shall it do {@link nohzRunIdleBalance}? @linux kernel/sched/fair.c nohz_newidle_balance() */
export function nohzNewidleBalance(rq: Rq): void {
  const { nohz, jiffies } = rq.sched;
  if (rq.avgIdle < SCHED_MIGRATION_COST || !nohz.hasBlocked || jiffies < nohz.nextBlocked) return;
  rq.nohzFlags |= NOHZ_NEWILB_KICK;
}

/** The tick of a busy CPU: if something should be balanced, have an idle CPU do it. @linux kernel/sched/fair.c nohz_balancer_kick() */
export function nohzBalancerKick(rq: Rq): void {
  if (rq.idleBalance !== CPU_NOT_IDLE) return;
  nohzBalanceExitIdle(rq);
  const s = rq.sched;
  const { nohz } = s;
  if (nohz.idleCpusMask.empty) return;
  let flags = 0;
  if (s.jiffies >= nohz.nextBalance && worthBalancing(rq)) flags = NOHZ_STATS_KICK | NOHZ_BALANCE_KICK;
  else if (nohz.hasBlocked && s.jiffies > nohz.nextBlocked) flags = NOHZ_STATS_KICK;
  if (nohz.needsUpdate) flags |= NOHZ_NEXT_KICK;
  if (flags !== 0) kickIlb(s, flags);
}

/** Might an idle CPU do better with what this one has? */
function worthBalancing(rq: Rq): boolean {
  if (rq.nrRunning >= 2) return true;
  const { sd } = rq;
  if (sd === null) return false;
  return (rq.cfs.hNrQueued >= 1 && checkCpuCapacity(rq, sd)) || sd.shared.nrBusyCpus > 1;
}

/** Send an interrupt to an idle CPU; the softirq on its way out balances. @linux kernel/sched/fair.c kick_ilb() */
function kickIlb(s: Scheduler, flags: number): void {
  if ((flags & NOHZ_BALANCE_KICK) !== 0) s.nohz.nextBalance = s.jiffies + 1;
  const ilb = findNewIlb(s);
  if (ilb === null) return;
  const before = ilb.nohzFlags;
  ilb.nohzFlags |= flags;
  // Whoever set the first of these flags has sent the interrupt.
  if ((before & NOHZ_KICK_MASK) === 0) s.cpus[ilb.cpu]!.callFunction(() => nohzCsdFunc(ilb), 'nohz_csd_func');
}

/** The lowest idle CPU. @linux kernel/sched/fair.c find_new_ilb() */
function findNewIlb(s: Scheduler): Rq | null {
  for (let cpu = 0; cpu < s.nrCpus; cpu++) {
    if (cpu === s.cpu || !s.nohz.idleCpusMask.has(cpu)) continue;
    const rq = s.rqs[cpu]!;
    if (idleCpu(rq)) return rq;
  }
  return null;
}

/** The interrupt. @linux kernel/sched/core.c nohz_csd_func() */
function nohzCsdFunc(rq: Rq): void {
  const flags = rq.nohzFlags;
  rq.nohzFlags = 0;
  rq.idleBalance = idleCpu(rq) ? CPU_IDLE : CPU_NOT_IDLE;
  if (rq.idleBalance === CPU_NOT_IDLE) return;
  rq.nohzIdleBalance = flags;
  raiseSoftirq(rq.sched.cpus[rq.cpu]!, SCHED_SOFTIRQ);
}

/** Balance for the idle CPUs if this CPU was asked to. @returns whether it did @linux kernel/sched/fair.c nohz_idle_balance() */
export function nohzIdleBalance(rq: Rq, idle: number): boolean {
  const flags = rq.nohzIdleBalance;
  if (flags === 0) return false;
  rq.nohzIdleBalance = 0;
  if (idle !== CPU_IDLE) return false;
  balanceIdleCpus(rq, flags);
  return true;
}

/**
 * Serve every idle CPU, this one last: the others get their chance to pull before it gets busy.
 * @linux kernel/sched/fair.c _nohz_idle_balance()
 */
function balanceIdleCpus(thisRq: Rq, flags: number): void {
  const s = thisRq.sched;
  const { nohz, jiffies } = s;
  const stats = (flags & NOHZ_STATS_KICK) !== 0;
  let nextBalance = jiffies + 60 * HZ;
  let hasBlockedLoad = false;
  if (stats) nohz.hasBlocked = false;
  if ((flags & NOHZ_NEXT_KICK) !== 0) nohz.needsUpdate = false;
  for (let i = 1; i <= s.nrCpus; i++) {
    const cpu = (thisRq.cpu + i) % s.nrCpus;
    const rq = s.rqs[cpu]!;
    if (!nohz.idleCpusMask.has(cpu) || !idleCpu(rq)) continue;
    if (!idleCpu(thisRq) && thisRq.curr.needResched) {
      // This CPU got work: whoever is asked next goes on.
      if (stats) nohz.hasBlocked = true;
      if ((flags & NOHZ_NEXT_KICK) !== 0) nohz.needsUpdate = true;
      return;
    }
    if (stats && updateNohzStats(rq)) hasBlockedLoad = true;
    if (jiffies >= rq.nextBalance) {
      updateRqClock(rq);
      if ((flags & NOHZ_BALANCE_KICK) !== 0) schedBalanceDomains(rq, CPU_IDLE);
    }
    nextBalance = Math.min(nextBalance, rq.nextBalance);
  }
  if (nextBalance < jiffies + 60 * HZ) nohz.nextBalance = nextBalance;
  if (stats) nohz.nextBlocked = jiffies + BLOCKED_INTERVAL;
  if (hasBlockedLoad) nohz.hasBlocked = true;
}

/** Let an idle CPU's averages decay, once a jiffy. @returns whether there is something left to decay @linux kernel/sched/fair.c update_nohz_stats() */
function updateNohzStats(rq: Rq): boolean {
  if (!rq.hasBlockedLoad) return false;
  if (rq.sched.jiffies > rq.lastBlockedLoadUpdateTick) updateBlockedAverages(rq);
  return rq.hasBlockedLoad;
}

/** @linux kernel/sched/fair.c set_cpu_sd_state_busy() */
function setCpuSdStateBusy(rq: Rq): void {
  const { sd } = rq;
  if (sd === null || !sd.nohzIdle) return;
  sd.nohzIdle = false;
  sd.shared.nrBusyCpus++;
}

/** @linux kernel/sched/fair.c set_cpu_sd_state_idle() */
function setCpuSdStateIdle(rq: Rq): void {
  const { sd } = rq;
  if (sd === null || sd.nohzIdle) return;
  sd.nohzIdle = true;
  sd.shared.nrBusyCpus--;
}
