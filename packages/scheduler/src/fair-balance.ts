import { HZ, SCHED_SOFTIRQ } from './constants.ts';
import type { Cpu } from './cpu.ts';
import { idleCpu, updateBlockedAverages } from './cpu-load.ts';
import { schedIdleRq } from './fair.ts';
import { msecsToJiffies } from './jiffies.ts';
import { CPU_IDLE, CPU_NOT_IDLE } from './lb-env.ts';
import { SCHED_MIGRATION_COST } from './detach-tasks.ts';
import { nohzBalancerKick, nohzIdleBalance } from './nohz-balance.ts';
import type { Rq } from './rq.ts';
import { schedBalanceRq } from './sched-balance-rq.ts';
import { maxLoadBalanceInterval, type SchedDomain } from './sched-domains.ts';
import { raiseSoftirq } from './softirq.ts';

/** Longest time between two looks at the domains in jiffies. */
const MAX_NEXT_BALANCE: number = 60 * HZ;

/**
 * At each tick: balance in the softirq if it is time, and have somebody balance for the idle CPUs.
 * @linux kernel/sched/fair.c sched_balance_trigger()
 */
export function schedBalanceTrigger(rq: Rq): void {
  const s = rq.sched;
  rq.idleBalance = idleCpu(rq) ? CPU_IDLE : CPU_NOT_IDLE;
  if (rq.sd === null || !s.activeMask.has(rq.cpu)) return;
  if (s.jiffies >= rq.nextBalance) raiseSoftirq(s.cpus[rq.cpu]!, SCHED_SOFTIRQ);
  nohzBalancerKick(rq);
}

/** The SCHED softirq: raised by the tick, or by a busy CPU that wants the idle ones to balance. @linux kernel/sched/fair.c sched_balance_softirq() */
export function schedBalanceSoftirq(cpu: Cpu): void {
  const { rq } = cpu;
  const idle = rq.idleBalance;
  if (nohzIdleBalance(rq, idle)) return;
  updateBlockedAverages(rq);
  schedBalanceDomains(rq, idle);
}

/** Balance a CPU with the others if its interval is over. @param idle CPU_IDLE or CPU_NOT_IDLE @linux kernel/sched/fair.c sched_balance_domains() */
export function schedBalanceDomains(rq: Rq, idle: number): void {
  const { sd } = rq;
  if (sd === null) return;
  const { jiffies } = rq.sched;
  if (updateNewidleCost(sd, jiffies, 0, 0)) {
    rq.maxIdleBalanceCost = Math.max(SCHED_MIGRATION_COST, sd.maxNewidleLbCost);
  }
  let busy = idle !== CPU_IDLE && !schedIdleRq(rq);
  if (jiffies >= sd.lastBalance + balanceIntervalJiffies(rq, sd, busy)) {
    if (schedBalanceRq(rq, sd, idle) > 0) busy = !idleCpu(rq) && !schedIdleRq(rq);
    sd.lastBalance = jiffies;
  }
  rq.nextBalance = Math.min(jiffies + MAX_NEXT_BALANCE, sd.lastBalance + balanceIntervalJiffies(rq, sd, busy));
}

/** Time between two balances in jiffies. @linux kernel/sched/fair.c get_sd_balance_interval() */
export function balanceIntervalJiffies(rq: Rq, sd: SchedDomain, busy: boolean): number {
  const interval = busy ? msecsToJiffies(sd.balanceInterval * sd.busyFactor) - 1 : msecsToJiffies(sd.balanceInterval);
  return Math.min(Math.max(interval, 1), maxLoadBalanceInterval(rq.sched));
}

/**
 * Learn from an attempt of a newly idle CPU to pull what it costs and how likely it is to succeed.
 * @param cost in ns; 0 asks for the decay alone
 * @param success 0, or the number of attempts that the successful one stands for
 * @returns whether the remembered cost has decayed
 * @linux kernel/sched/fair.c update_newidle_cost()
 */
export function updateNewidleCost(sd: SchedDomain, jiffies: number, cost: number, success: number): boolean {
  if (cost > 0) updateNewidleStats(sd, success);
  if (cost > sd.maxNewidleLbCost) {
    sd.maxNewidleLbCost = cost;
    sd.lastDecayMaxLbCost = jiffies;
  } else if (jiffies > sd.lastDecayMaxLbCost + HZ) {
    sd.maxNewidleLbCost = Math.floor((sd.maxNewidleLbCost * 253) / 256);
    sd.lastDecayMaxLbCost = jiffies;
    return true;
  }
  return false;
}

/** @linux kernel/sched/fair.c update_newidle_stats() */
export function updateNewidleStats(sd: SchedDomain, success: number): void {
  sd.newidleCall++;
  sd.newidleSuccess += success;
  if (sd.newidleCall < 1024) return;
  sd.newidleRatio = sd.newidleSuccess;
  sd.newidleCall >>= 1;
  sd.newidleSuccess >>= 1;
}
