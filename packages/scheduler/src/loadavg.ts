import { HZ } from './constants.ts';
import type { Scheduler } from './scheduler.ts';

/** Jiffies between two samples: a little over 5 s. @linux include/linux/sched/loadavg.h LOAD_FREQ */
export const LOAD_FREQ: number = 5 * HZ + 1;
/** 1.0 in the fixed point of the averages. @linux include/linux/sched/loadavg.h FIXED_1 */
export const FIXED_1 = 2048;

/** What is left of an average after a sample, in 1/2048: over 1, 5 and 15 minutes. @linux include/linux/sched/loadavg.h EXP_1, EXP_5, EXP_15 */
export const LOAD_EXP: readonly number[] = [1884, 2014, 2037];

/** How many tasks wanted to run, on average over 1, 5 and 15 minutes, times 2048. @linux kernel/sched/loadavg.c avenrun */
export class LoadAvg {
  readonly avenrun: number[] = [0, 0, 0];
  /** Jiffy of the next sample. */
  nextSample: number = LOAD_FREQ;
}

/**
 * Take the samples that are due. Unlike Linux, which collects the CPUs' numbers over ten ticks, all CPUs are counted at
 * the instant at which jiffies reaches the sample: nobody idles out of it.
 * @linux kernel/sched/loadavg.c calc_global_load()
 */
export function calcGlobalLoad(s: Scheduler): void {
  const { loadAvg } = s;
  const active = activeTasks(s) * FIXED_1;
  for (; s.jiffies >= loadAvg.nextSample; loadAvg.nextSample += LOAD_FREQ) {
    for (let i = 0; i < LOAD_EXP.length; i++) {
      loadAvg.avenrun[i] = calcLoad(loadAvg.avenrun[i]!, LOAD_EXP[i]!, active);
    }
  }
}

/** Tasks that are runnable or sleep uninterruptibly. @linux kernel/sched/loadavg.c calc_load_fold_active() */
export function activeTasks(s: Scheduler): number {
  let active = 0;
  for (const rq of s.rqs) active += rq.nrRunning + rq.nrUninterruptible;
  return Math.max(active, 0);
}

/** One step of an average towards what is active now; up, it rounds up. @linux include/linux/sched/loadavg.h calc_load() */
export function calcLoad(load: number, exp: number, active: number): number {
  const sum = load * exp + active * (FIXED_1 - exp);
  return Math.floor((active >= load ? sum + FIXED_1 - 1 : sum) / FIXED_1);
}
