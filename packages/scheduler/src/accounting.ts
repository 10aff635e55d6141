import type { Rq } from './rq.ts';
import { schedStatistics } from './schedstat.ts';
import type { SchedEntity } from './sched-entity.ts';

/**
 * Account the runtime of the current task since the last time.
 * @returns that time in ns, 0 or less if none passed
 * @emits sched_stat_runtime
 * @linux kernel/sched/fair.c update_curr_se()
 */
export function updateCurrSe(rq: Rq, se: SchedEntity): number {
  const delta = rq.clock - se.execStart;
  if (delta <= 0) return delta;
  se.execStart = rq.clock;
  se.sumExecRuntime += delta;
  if (rq.sched.schedstats) {
    const stats = schedStatistics(se.task);
    stats.execMax = Math.max(stats.execMax, delta);
  }
  const { statRuntime } = rq.sched.probes;
  if (statRuntime.enabled) statRuntime.emit(se.task.commId, se.task.pid, delta);
  return delta;
}

/** Account the current task of a class other than fair. @returns ns, 0 or less if no time passed @linux kernel/sched/fair.c update_curr_common() */
export function updateCurrCommon(rq: Rq): number {
  return updateCurrSe(rq, rq.curr.se);
}
