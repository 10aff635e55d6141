import { updateRqClock } from './core.ts';
import { checkCpuCapacity } from './cpu-load.ts';
import { attachTasks, detachOneTask } from './detach-tasks.ts';
import { CPU_IDLE, CPU_NOT_IDLE, LbEnv, MIGRATE_TASK } from './lb-env.ts';
import type { Rq } from './rq.ts';
import { stopOneCpuNowait } from './stopper.ts';

/** Have ordinary balances failed so that the running task must be moved? @linux kernel/sched/fair.c need_active_balance() */
export function needActiveBalance(env: LbEnv): boolean {
  const { sd, srcRq } = env;
  if (env.migrationType === MIGRATE_TASK && sd.nrBalanceFailed > sd.cacheNiceTries + 2) return true;
  return (
    env.idle !== CPU_NOT_IDLE &&
    srcRq.cfs.hNrQueued === 1 &&
    checkCpuCapacity(srcRq, sd) &&
    srcRq.cpuCapacity * sd.imbalancePct < env.dstRq.cpuCapacity * 100
  );
}

/** Have the stopper of the source CPU push its running task to the env's CPU, unless it is about to do such a thing. */
export function startActiveBalance(env: LbEnv): void {
  const { srcRq } = env;
  if (srcRq.activeBalance) return;
  srcRq.activeBalance = true;
  srcRq.pushCpu = env.dstRq.cpu;
  stopOneCpuNowait(srcRq.sched, srcRq.cpu, () => activeLoadBalanceCpuStop(srcRq));
}

/**
 * Runs on the stopper, which has displaced the running task.
 * @emits sched_migrate_task
 * @linux kernel/sched/fair.c active_load_balance_cpu_stop()
 */
function activeLoadBalanceCpuStop(rq: Rq): void {
  const s = rq.sched;
  const dst = s.rqs[rq.pushCpu]!;
  const { sd } = dst;
  rq.activeBalance = false;
  if (!s.activeMask.has(rq.cpu) || !s.activeMask.has(dst.cpu) || s.cpu !== rq.cpu || rq.nrRunning <= 1) return;
  if (sd === null || !sd.span.has(rq.cpu)) return;
  const env = new LbEnv(sd, dst, CPU_IDLE, sd.span, true);
  env.srcRq = rq;
  updateRqClock(rq);
  const p = detachOneTask(env);
  if (s.schedstats) {
    sd.stats.albCount++;
    if (p === null) sd.stats.albFailed++;
    else sd.stats.albPushed++;
  }
  if (p === null) return;
  sd.nrBalanceFailed = 0;
  attachTasks(dst, [p]);
}
