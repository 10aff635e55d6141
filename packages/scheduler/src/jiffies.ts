import { HZ, TICK_NSEC } from './constants.ts';
import { calcGlobalLoad } from './loadavg.ts';
import type { Scheduler } from './scheduler.ts';

/** A number of jiffies that stands for "never". Linux has 2^62 - 2; this is the same idea in exact integers. */
export const MAX_JIFFY_OFFSET: number = 2 ** 52;

const MSEC_PER_JIFFY = 1000 / HZ;
const USEC_PER_JIFFY = 1_000_000 / HZ;

/** Jiffies that last at least ms; an int below 0 means forever. @linux kernel/time/time.c __msecs_to_jiffies() */
export function msecsToJiffies(ms: number): number {
  return ms < 0 ? MAX_JIFFY_OFFSET : Math.ceil(ms / MSEC_PER_JIFFY);
}

/** Jiffies that last at least us. @linux kernel/time/time.c __usecs_to_jiffies() */
export function usecsToJiffies(us: number): number {
  return us < 0 ? MAX_JIFFY_OFFSET : Math.ceil(us / USEC_PER_JIFFY);
}

/** Whole jiffies in ns: unlike the others, this rounds down. @linux kernel/time/time.c nsecs_to_jiffies() */
export function nsecsToJiffies(ns: number): number {
  return Math.floor(ns / TICK_NSEC);
}

/** Length of jiffies in ms. @linux kernel/time/time.c jiffies_to_msecs() */
export function jiffiesToMsecs(jiffies: number): number {
  return jiffies * MSEC_PER_JIFFY;
}

/** Length of jiffies in us. @linux kernel/time/time.c jiffies_to_usecs() */
export function jiffiesToUsecs(jiffies: number): number {
  return jiffies * USEC_PER_JIFFY;
}

/** Let jiffies catch up with the clock. @linux kernel/time/tick-sched.c tick_do_update_jiffies64() */
export function tickDoUpdateJiffies(s: Scheduler): void {
  const jiffies = Math.floor(s.sim.now / TICK_NSEC);
  if (jiffies <= s.jiffies) return;
  s.jiffies = jiffies;
  if (jiffies >= s.loadAvg.nextSample) calcGlobalLoad(s);
}

/**
 * Jiffies within a step that takes time but lets no tick in, as a softirq handler: in Linux the ticks interrupt it.
 * @linux include/linux/jiffies.h jiffies
 */
export function jiffiesNow(s: Scheduler): number {
  return Math.max(s.jiffies, nsecsToJiffies(s.sim.now));
}

/**
 * Round an instant in jiffies to a whole second, a different one for each CPU so that they do not all act at once.
 * @param forceUp never round down
 * @linux kernel/time/timer.c round_jiffies_common()
 */
export function roundJiffies(s: Scheduler, jiffies: number, cpu: number, forceUp = false): number {
  const shifted = jiffies + cpu * 3;
  const rem = shifted % HZ;
  const rounded = (rem < Math.floor(HZ / 4) && !forceUp ? shifted - rem : shifted - rem + HZ) - cpu * 3;
  return rounded > s.jiffies ? rounded : jiffies;
}

/** {@link roundJiffies} for a span from now on. @linux kernel/time/timer.c __round_jiffies_relative() */
export function roundJiffiesRelative(s: Scheduler, delta: number, cpu: number): number {
  return roundJiffies(s, delta + s.jiffies, cpu) - s.jiffies;
}
