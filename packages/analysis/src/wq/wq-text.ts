import type { WqFunctionRow } from './wq-function.ts';
import type { WqReport } from './wq-activity.ts';

/** Heading, and what stands below it. Spans in ms. */
const COLUMNS: readonly (readonly [head: string, cell: (row: WqFunctionRow) => string | number])[] = [
  ['queued', (row) => row.queued],
  ['started', (row) => row.started],
  ['infl', (row) => row.inFlight],
  ['wait avg', (row) => average(row.waitTotalNs, row.waits)],
  ['wait max', (row) => (row.waits === 0 ? '-' : ms(row.waitMaxNs))],
  ['run avg', (row) => average(row.runTotalNs, row.runs)],
  ['run max', (row) => (row.runs === 0 ? '-' : ms(row.runMaxNs))],
  ['run total', (row) => ms(row.runTotalNs)],
  ['on CPU', (row) => ms(row.onCpuNs)],
  ['at once', (row) => row.maxConcurrent],
  ['CPUs', (row) => cpuList(row.cpus)],
];

/** A table with a line for each queue and function, times in ms. */
export function formatWqReport({ rows }: WqReport): string {
  if (rows.length === 0) return 'no works\n';
  const head = ['workqueue', 'function', ...COLUMNS.map(([name]) => name)];
  const lines = rows.map((row) => [row.workqueue, row.function, ...COLUMNS.map(([, cell]) => String(cell(row)))]);
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]!.length)));
  const last = head.length - 1;
  const text = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 || i === last ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [head, ...lines].map((line) => `${text(line)}\n`).join('');
}

function average(totalNs: number, n: number): string {
  return n === 0 ? '-' : ms(totalNs / n);
}

function ms(ns: number): string {
  return (ns / 1e6).toFixed(3);
}

/** CPUs as the kernel lists them: `0-2,5`. */
function cpuList(cpus: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < cpus.length; i++) {
    const first = i;
    while (cpus[i + 1] === cpus[i]! + 1) i++;
    ranges.push(first === i ? `${cpus[i]}` : `${cpus[first]}-${cpus[i]}`);
  }
  return ranges.join(',');
}
