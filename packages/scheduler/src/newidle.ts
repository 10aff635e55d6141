import { HZ } from './constants.ts';
import { updateBlockedAverages } from './cpu-load.ts';
import { balanceIntervalJiffies, updateNewidleCost, updateNewidleStats } from './fair-balance.ts';
import { CPU_NEWLY_IDLE } from './lb-env.ts';
import { nohzNewidleBalance } from './nohz-balance.ts';
import type { Rq } from './rq.ts';
import { schedBalanceRq } from './sched-balance-rq.ts';
import type { SchedDomain } from './sched-domains.ts';

/**
 * A CPU that is about to become idle tries to pull tasks from others.
 * @returns number of tasks pulled
 * @emits sched_migrate_task
 * @linux kernel/sched/fair.c sched_balance_newidle()
 */
export function schedBalanceNewidle(rq: Rq): number {
  const s = rq.sched;
  if (rq.ttwuPending) return 0;
  // Idle time starts before the search, so that the search counts as idle time.
  rq.idleStamp = rq.clock;
  if (!s.activeMask.has(rq.cpu)) return 0;
  let nextBalance = s.jiffies + HZ;
  let pulled = 0;
  const { sd } = rq;
  if (sd !== null) {
    nextBalance = Math.min(nextBalance, sd.lastBalance + balanceIntervalJiffies(rq, sd, false));
    if (s.rd.overloaded && rq.avgIdle >= sd.maxNewidleLbCost) pulled = pull(rq, sd);
  }
  rq.nextBalance = Math.min(rq.nextBalance, nextBalance);
  if (pulled !== 0) rq.idleStamp = 0;
  else nohzNewidleBalance(rq);
  return pulled;
}

function pull(rq: Rq, sd: SchedDomain): number {
  const s = rq.sched;
  updateBlockedAverages(rq);
  const weight = 1 + sd.newidleRatio;
  let pulled = 0;
  if (diceSayNo(rq, weight)) {
    updateNewidleStats(sd, 0);
  } else {
    const startNs = s.sim.now;
    s.sim.charge(s.config.costs.balance);
    pulled = schedBalanceRq(rq, sd, CPU_NEWLY_IDLE);
    const costNs = s.sim.now - startNs;
    const attempts = Math.floor((1024 + (weight >> 1)) / weight);
    updateNewidleCost(sd, s.jiffies, costNs, pulled > 0 ? attempts : 0);
    rq.maxIdleBalanceCost = Math.max(rq.maxIdleBalanceCost, costNs);
  }
  return pulled;
}

/**
 * The less such attempts have brought lately, the fewer are made. On an explored machine each is made: the alternatives
 * would multiply the schedules by the number of times that a CPU becomes idle.
 */
function diceSayNo(rq: Rq, weight: number): boolean {
  const { sim } = rq.sched;
  return !sim.explored && sim.random('newidle').below(1024) > weight;
}
