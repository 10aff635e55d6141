import { needActiveBalance, startActiveBalance } from './active-balance.ts';
import { updateRqClock } from './core.ts';
import { Cpumask } from './cpumask.ts';
import { attachTasks, detachTasks } from './detach-tasks.ts';
import { schedBalanceFindSrcGroup, schedBalanceFindSrcRq } from './find-src-rq.ts';
import { CPU_NEWLY_IDLE, LbEnv } from './lb-env.ts';
import type { Rq } from './rq.ts';
import { lbStat } from './schedstat.ts';
import type { SchedDomain } from './sched-domains.ts';

/** Tasks to look at in one go, at most. @linux kernel/sched/core.c sysctl_sched_nr_migrate */
const SCHED_NR_MIGRATE = 32;
/** How far the balance interval grows, in ms, while nothing but pinned tasks is found. */
const MAX_PINNED_INTERVAL = 512;

/**
 * Pull tasks to a CPU if the others have more to do than it has.
 * @param idle CPU_*
 * @returns number of tasks pulled
 * @emits sched_migrate_task
 * @linux kernel/sched/fair.c sched_balance_rq()
 */
export function schedBalanceRq(rq: Rq, sd: SchedDomain, idle: number): number {
  const env = new LbEnv(sd, rq, idle, sd.span.and(rq.sched.activeMask), false);
  lbStat(env, 'lbCount', 1);
  for (;;) {
    const busiest = shouldWeBalance(env) ? findBusiest(env) : null;
    if (busiest === null) return balanced(env);
    lbStat(env, 'lbImbalance', env.imbalance);
    env.srcRq = busiest;
    env.allPinned = true;
    const moved = busiest.nrRunning > 1 ? moveTasks(env) : 0;
    if (busiest.nrRunning > 1 && env.allPinned) {
      // Nothing there may come here: look for the next busiest.
      env.cpus = env.cpus.andNot(Cpumask.of(busiest.cpu));
      env.loop = 0;
      if (!env.cpus.subsetOf(Cpumask.of(rq.cpu))) continue;
      return balanced(env);
    }
    return moved > 0 ? succeeded(env, moved) : failed(env);
  }
}

/** @linux kernel/sched/fair.c should_we_balance() */
function shouldWeBalance(env: LbEnv): boolean {
  const { dstRq } = env;
  if (!env.cpus.has(dstRq.cpu)) return false;
  return env.idle !== CPU_NEWLY_IDLE || (dstRq.nrRunning === 0 && !dstRq.ttwuPending);
}

function findBusiest(env: LbEnv): Rq | null {
  const group = schedBalanceFindSrcGroup(env);
  if (group === null) {
    lbStat(env, 'lbNobusyg', 1);
    return null;
  }
  const busiest = schedBalanceFindSrcRq(env, group);
  if (busiest === null) lbStat(env, 'lbNobusyq', 1);
  return busiest;
}

function moveTasks(env: LbEnv): number {
  env.loopMax = Math.min(SCHED_NR_MIGRATE, env.srcRq.nrRunning);
  updateRqClock(env.srcRq);
  const tasks = detachTasks(env);
  if (tasks.length > 0) attachTasks(env.dstRq, tasks);
  return tasks.length;
}

function succeeded(env: LbEnv, moved: number): number {
  env.sd.nrBalanceFailed = 0;
  env.sd.balanceInterval = env.sd.minInterval;
  return moved;
}

/** Something should have been moved, and nothing could be: try harder next time, or move the running task. */
function failed(env: LbEnv): number {
  const { sd } = env;
  lbStat(env, 'lbFailed', 1);
  // Newly idle CPUs try so often that their failures would count for too much.
  if (env.idle !== CPU_NEWLY_IDLE) sd.nrBalanceFailed++;
  if (needActiveBalance(env)) {
    if (!env.srcRq.curr.cpusPtr.has(env.dstRq.cpu)) return backOff(env);
    startActiveBalance(env);
  }
  sd.balanceInterval = sd.minInterval;
  return 0;
}

function balanced(env: LbEnv): number {
  lbStat(env, 'lbBalanced', 1);
  env.sd.nrBalanceFailed = 0;
  return backOff(env);
}

function backOff(env: LbEnv): number {
  const { sd } = env;
  if (env.idle === CPU_NEWLY_IDLE) return 0;
  if ((env.allPinned && sd.balanceInterval < MAX_PINNED_INTERVAL) || sd.balanceInterval < sd.maxInterval) {
    sd.balanceInterval *= 2;
  }
  return 0;
}
