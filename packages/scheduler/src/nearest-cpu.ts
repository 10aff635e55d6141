import type { Cpumask } from './cpumask.ts';
import { anyAndDistribute } from './migrate.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Of the CPUs that suit a task best, the one to push or wake it to: its own, then the one whose code runs now, then one
 * of its scheduling domain, by a turning cursor, so that pushed tasks spread.
 * @param cpu the task's CPU
 * @param mask not empty
 * @linux kernel/sched/rt.c find_lowest_rq(), kernel/sched/deadline.c find_later_rq()
 */
export function nearestOf(s: Scheduler, cpu: number, mask: Cpumask): number {
  if (mask.has(cpu)) return cpu;
  if (s.cpu >= 0 && mask.has(s.cpu)) return s.cpu;
  return anyAndDistribute(s, mask, mask);
}
