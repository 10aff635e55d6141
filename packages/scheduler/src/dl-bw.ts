import { EBUSY, EINVAL } from './constants.ts';
import type { Scheduler } from './scheduler.ts';

/** Bandwidths are fractions of a CPU in units of 2^-20. @linux kernel/sched/sched.h BW_SHIFT */
export const BW_UNIT: number = 2 ** 20;
/** 95 %: what deadline tasks may reserve of a CPU. */
export const MAX_BW = 996147;
/** 1 / 95 % in units of 2^-8. @linux kernel/sched/deadline.c init_dl_rq_bw_ratio() */
const RATIO_UNIT = 2 ** 8;

/**
 * A bandwidth: runtime per period, rounded down, in units of 2^-20.
 * @param period in ns; 0 gives 0
 * @param runtime in ns
 * @linux kernel/sched/core.c to_ratio()
 */
export function toRatio(period: number, runtime: number): number {
  return period === 0 ? 0 : Math.floor((runtime * BW_UNIT) / period);
}

/** Admission control of a root domain. @linux kernel/sched/sched.h struct dl_bw */
export class DlBw {
  /** Limit for a CPU in 2^-20; -1 lets everything in. */
  bw: number = MAX_BW;
  /** What is reserved, all CPUs together, in 2^-20. */
  totalBw = 0;
  /** sched_rt_period_us and sched_rt_runtime_us. */
  periodUs = 1_000_000;
  runtimeUs = 950_000;
  /** 1 / bw in 2^-8. */
  bwRatio = 269;

  /** Would the limit of so many CPUs be exceeded if newBw replaced oldBw? @linux kernel/sched/deadline.c __dl_overflow() */
  overflows(cpus: number, oldBw: number, newBw: number): boolean {
    return this.bw !== -1 && this.bw * cpus < this.totalBw - oldBw + newBw;
  }
}

/** Number of CPUs whose bandwidth can be reserved. @linux kernel/sched/deadline.c dl_bw_cpus() */
export function dlBwCpus(s: Scheduler): number {
  return s.rd.span.and(s.activeMask).weight;
}

/** Reserve bandwidth. @param bw in 2^-20 @linux kernel/sched/deadline.c __dl_add() */
export function dlAdd(s: Scheduler, bw: number): void {
  s.rd.dlBw.totalBw += bw;
  addExtraBw(s, -bw);
}

/** Give bandwidth back. @param bw in 2^-20 @linux kernel/sched/deadline.c __dl_sub() */
export function dlSub(s: Scheduler, bw: number): void {
  s.rd.dlBw.totalBw -= bw;
  addExtraBw(s, bw);
}

/** @linux kernel/sched/deadline.c __dl_update() */
function addExtraBw(s: Scheduler, bw: number): void {
  const cpus = s.rd.span.and(s.activeMask);
  const share = Math.trunc(bw / cpus.weight);
  for (let cpu = cpus.lowest; cpu >= 0; cpu = cpus.next(cpu + 1)) s.rqs[cpu]!.dl.extraBw += share;
}

/**
 * Set the limit of deadline bandwidth. There are no RT groups, so it limits nothing else.
 * @param runtimeUs -1 switches admission control off
 * @returns 0; -EINVAL for values out of range; -EBUSY if more is reserved already
 * @linux kernel/sched/rt.c sched_rt_handler(), kernel/sched/deadline.c sched_dl_global_validate()
 */
export function schedRtHandler(s: Scheduler, periodUs: number, runtimeUs: number): number {
  const { dlBw } = s.rd;
  if (periodUs < 1 || runtimeUs < -1 || runtimeUs > periodUs) return -EINVAL;
  const off = runtimeUs === -1;
  const bw = off ? BW_UNIT : toRatio(periodUs, runtimeUs);
  if (bw * dlBwCpus(s) < dlBw.totalBw) return -EBUSY;
  dlBw.periodUs = periodUs;
  dlBw.runtimeUs = runtimeUs;
  dlBw.bw = off ? -1 : bw;
  dlBw.bwRatio = off ? RATIO_UNIT : Math.floor(toRatio(runtimeUs, periodUs) / (BW_UNIT / RATIO_UNIT));
  for (const rq of s.rqs) rq.dl.maxBw = rq.dl.extraBw = bw;
  return 0;
}
