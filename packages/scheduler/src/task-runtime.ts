import { NICE_0_LOAD } from './load-weight.ts';
import { updateRqClock } from './core.ts';
import { fairSchedClass } from './fair.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * CPU time of a task in ns, up to now. To ask for that of the running task accounts it, as a tick does: a slice may end
 * here. The caller then passes a preemption point.
 * @linux kernel/sched/core.c task_sched_runtime()
 */
export function taskSchedRuntime(s: Scheduler, p: Task): number {
  const { rq } = p;
  if (rq.curr === p) {
    updateRqClock(rq);
    p.schedClass.updateCurr(rq);
  }
  return p.se.sumExecRuntime;
}

/** CPU time in ns after which the slice of the current task of a CPU ends; Infinity if its class knows no slices. */
export function nsToSliceEnd(s: Scheduler, p: Task): number {
  if (p.schedClass !== fairSchedClass) return Infinity;
  const { se } = p;
  const ns = Math.ceil(((se.deadline - se.vruntime) * se.load.weight) / NICE_0_LOAD.weight);
  return ns - (s.sim.now - se.execStart);
}
