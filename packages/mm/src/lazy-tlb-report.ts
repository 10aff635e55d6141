import type { MmSubsystem } from './mm-subsystem.ts';
import type { TlbCounters } from './tlb-state.ts';

/** A quantity with lazy TLB mode and without it. */
export interface LazyTlbRow {
  readonly what: string;
  readonly lazy: number;
  readonly eager: number;
  /** How many fewer with lazy mode. */
  readonly saved: number;
}

/** What lazy TLB mode saved on a machine, next to a machine that ran the same load without it. */
export interface LazyTlbReport {
  /** Counted on both machines. */
  readonly rows: readonly LazyTlbRow[];
  /** Switches of address space, flushes and interrupts that the lazy machine itself counted as avoided. */
  readonly avoided: { readonly switches: number; readonly flushes: number; readonly ipis: number };
  /** As a table. */
  readonly text: string;
}

/**
 * What lazy TLB mode saved. Counts go back to the boot of the machines.
 * @param lazy a machine with lazy mode
 * @param eager one that ran the same load with `lazyTlb: false`
 * @throws RangeError if the two are not that
 */
export function lazyTlbReport(lazy: MmSubsystem, eager: MmSubsystem): LazyTlbReport {
  if (!lazy.lazyTlb || eager.lazyTlb)
    throw new RangeError('lazyTlbReport: the first machine has to be lazy, the second not');
  const row = (what: string, count: (c: TlbCounters) => number): LazyTlbRow => {
    const [a, b] = [count(lazy.counters), count(eager.counters)];
    return { what, lazy: a, eager: b, saved: b - a };
  };
  const rows = [
    row('switches of address space', (c) => c.loads),
    row('flushes of everything', (c) => c.fullFlushes),
    row('flushes of single pages', (c) => c.rangedFlushes),
    row('interrupts to flush', (c) => c.ipisSent),
  ];
  const { switchesAvoided, flushesAvoided, ipisAvoided } = lazy.counters;
  const avoided = { switches: switchesAvoided, flushes: flushesAvoided, ipis: ipisAvoided };
  return { rows, avoided, text: table(rows, avoided) };
}

function table(rows: readonly LazyTlbRow[], avoided: LazyTlbReport['avoided']): string {
  const cell = (value: string | number): string => String(value).padStart(8);
  const lines = [`${''.padEnd(28)}${cell('lazy')}${cell('eager')}${cell('saved')}`];
  for (const r of rows) lines.push(`${r.what.padEnd(28)}${cell(r.lazy)}${cell(r.eager)}${cell(r.saved)}`);
  lines.push(
    `avoided by lazy CPUs: ${avoided.switches} switches of address space, ${avoided.flushes} flushes, ${avoided.ipis} interrupts`,
  );
  return lines.join('\n');
}
