import type { Cpumask } from '@kernel-model/scheduler';

/** Ticks of /proc a second. @linux USER_HZ */
export const USER_HZ = 100;

const NS_PER_CLOCK_TICK = 1e9 / USER_HZ;

/** Ns in whole ticks of 1/100 s. @linux kernel/time/time.c nsec_to_clock_t() */
export function nsecToClockT(ns: number): number {
  return Math.floor(ns / NS_PER_CLOCK_TICK);
}

/**
 * Ns as ms with six decimals, the whole part right-aligned. The sign belongs to the whole part, and is lost with a whole
 * part of 0, as in Linux.
 * @linux kernel/sched/debug.c SPLIT_NS()
 */
export function splitNs(ns: number, width: number): string {
  const abs = Math.abs(ns);
  const whole = Math.floor(abs / 1e6);
  const sign = ns < 0 && whole !== 0 ? '-' : '';
  return `${`${sign}${whole}`.padStart(width)}.${String(abs % 1e6).padStart(6, '0')}`;
}

/** A set of CPUs in hexadecimal, groups of 32 bits, as wide as the machine has CPUs. @linux lib/vsprintf.c bitmap_string() */
export function hexCpus(mask: Cpumask, nrCpus: number): string {
  const digits = (bits: number): number => Math.ceil(bits / 4);
  const lo = mask.lo.toString(16);
  if (nrCpus <= 32) return lo.padStart(digits(nrCpus), '0');
  return `${mask.hi.toString(16).padStart(digits(nrCpus - 32), '0')},${lo.padStart(8, '0')}`;
}

/** A set of CPUs as a list of ranges: "0-2,5". @linux lib/vsprintf.c bitmap_list_string() */
export function listCpus(mask: Cpumask): string {
  const ranges: string[] = [];
  let first = -1;
  let last = -1;
  for (const cpu of mask) {
    if (first >= 0 && cpu === last + 1) {
      last = cpu;
      continue;
    }
    if (first >= 0) ranges.push(range(first, last));
    first = last = cpu;
  }
  if (first >= 0) ranges.push(range(first, last));
  return ranges.join(',');
}

function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** An unsigned 64-bit number of which Linux prints the two's complement. */
export function unsigned64(n: number): string {
  return BigInt.asUintN(64, BigInt(n)).toString();
}
