import { TICK_NSEC, type Scheduler } from '@kernel-model/scheduler';

/** Jiffies with which Linux starts to count, so that a wrap comes after five minutes. @linux include/linux/jiffies.h INITIAL_JIFFIES */
export const INITIAL_JIFFIES: number = 2 ** 32 - 300 * 250;
/** Jiffies as a tick at this instant would find them: an idle machine does not count them. */
export function jiffiesNow(s: Scheduler): number {
  return Math.max(s.jiffies, Math.floor(s.sim.now / TICK_NSEC));
}

/** Tasks that are runnable, all CPUs together. @linux kernel/sched/core.c nr_running() */
export function nrRunning(s: Scheduler): number {
  let sum = 0;
  for (const rq of s.rqs) sum += rq.nrRunning;
  return sum;
}
