import { dashes, fixed, secondsText } from './c-text.ts';
import type { LatencyReport, LatencyRow } from './latency.ts';

const HEAD =
  '  Task                  |   Runtime ms  |  Count   | Avg delay ms    | Max delay ms    | Max delay start           | Max delay end          |';

/** The table that `perf sched latency` of Linux 6.12 prints. */
export function formatLatency(report: LatencyReport): string {
  const lines = [
    '',
    ` ${dashes(139)}`,
    HEAD,
    ` ${dashes(139)}`,
    ...report.rows.map(rowText),
    ` ${dashes(113)}`,
    `  TOTAL:                |${ms(report.runtimeNs, 11)} ms |${String(report.count).padStart(9)} |`,
    ` ${dashes(51)}`,
    ...badEvents(report),
    '',
  ];
  return lines.join('\n') + '\n';
}

/** The lines about events that do not fit together. */
export function badEvents({
  timestamps,
  unordered,
  switchBugs,
}: Pick<LatencyReport, 'timestamps' | 'unordered' | 'switchBugs'>): string[] {
  const lines: string[] = [];
  const info = (n: number, what: string): void => {
    if (n === 0 || timestamps === 0) return;
    lines.push(`  INFO: ${fixed((n / timestamps) * 100, 3)}% ${what} (${n} out of ${timestamps})`);
  };
  info(unordered, 'unordered timestamps');
  info(switchBugs, 'context switch bugs');
  return lines;
}

function rowText(row: LatencyRow): string {
  const name = row.tasks > 1 ? `${row.comm}:(${row.tasks})` : `${row.comm}:${row.pid}`;
  const head = `  ${name} `.padEnd(24);
  const delays = `avg:${ms(row.avgDelayNs, 8)} ms | max:${ms(row.maxDelayNs, 8)} ms`;
  const max = `max start: ${at(row.maxDelayStartNs)} s | max end: ${at(row.maxDelayEndNs)} s`;
  return `${head}|${ms(row.runtimeNs, 11)} ms |${String(row.count).padStart(9)} | ${delays} | ${max}`;
}

function ms(ns: number, width: number): string {
  return fixed(ns / 1e6, 3).padStart(width);
}

function at(ns: number): string {
  return secondsText(ns).padStart(12);
}
