import { dashes, fixed, secondsText } from './c-text.ts';
import type { KworkReport, KworkRow, KworkRun } from './kwork.ts';
import type { KworkTopReport, KworkTopTask } from './kwork-top.ts';

const NAME = 30;
const WIDTH = 128;
const BAR = 30;

/** The table that `perf kwork report` or `latency` of Linux 6.12 prints. */
export function formatKwork(report: KworkReport): string {
  const runs = report.measure === 'report';
  const [first, max] = runs ? ['Total Runtime', 'Max runtime'] : ['Avg delay', 'Max delay'];
  const head =
    `  ${'Kwork Name'.padEnd(NAME)} | Cpu  | ${first.padEnd(13)} | Count     | ${max.padEnd(13)} ` +
    `| ${`${max} start`.padEnd(19)} | ${`${max} end`.padEnd(19)} |`;
  const { raise, entry, exit } = report.skipped;
  const skipped = raise + entry + exit;
  const percent = fixed((skipped / report.events) * 100, 3);
  const info = `  INFO: ${percent}% skipped events (${skipped} including ${raise} raise, ${entry} entry, ${exit} exit)`;
  const rule = ` ${dashes(WIDTH)}`;
  const lines = ['', head, rule, ...report.rows.map((row) => rowText(row, runs)), rule, ...(skipped > 0 ? [info] : [])];
  return [...lines, '', ''].join('\n');
}

/** The lines above those of {@link formatKworkRun}. */
export function kworkRunHead(): string {
  const row = (cells: readonly string[]): string => {
    const [start, end, cpu, name, run, delay] = cells;
    const left = ` ${start!.padEnd(17)}  ${end!.padEnd(17)}  ${cpu!.padEnd(6)}`;
    return `${left}  ${name!.padEnd(NAME)}  ${run!.padEnd(10)}  ${delay!.padEnd(10)}\n`;
  };
  return (
    row(['Runtime start', 'Runtime end', 'Cpu', 'Kwork name', 'Runtime', 'Delaytime']) +
    row(['', '', '', '(TYPE)NAME:NUM', '(msec)', '(msec)']) +
    row([17, 17, 6, NAME, 10, 10].map(dashes))
  );
}

/** A line of `perf kwork timehist` of Linux 6.12, with its newline. */
export function formatKworkRun({ startNs, endNs, cpu, name, runNs, delayNs }: KworkRun): string {
  const times = ` ${secondsText(startNs).padStart(17)}  ${secondsText(endNs).padStart(17)} `;
  const item = ` [${cpuText(cpu)}]  ${name.padEnd(NAME)} `;
  const delay = delayNs === null ? ' '.repeat(10) : ms(delayNs, 10);
  return `${times}${item} ${ms(runNs, 10)}  ${delay} \n`;
}

/** What `perf kwork top` of Linux 6.12 prints. */
export function formatKworkTop({ totalNs, idleNs, irqNs, softirqNs, cpus, tasks }: KworkTopReport): string {
  const part = (ns: number): string => fixed(totalNs === 0 ? 0 : (ns * 100) / totalNs, 2).padStart(6);
  const lines = [
    '',
    `Total  : ${ms(totalNs, 10)} ms, ${cpus.length} cpus`,
    `%Cpu(s): ${part(idleNs)}% id, ${part(irqNs)}% hi, ${part(softirqNs)}% si`,
    ...cpus.map(({ cpu, loadNs, totalNs: all }) => loadText(cpu, Math.floor((loadNs * 10_000) / all))),
    '',
    `  ${'PID'.padStart(7)}  ${'%CPU'.padStart(6)}  ${'RUNTIME'.padStart(16)}  ${'COMMAND'.padEnd(16)}`,
    `  ${dashes(52)}`,
    ...tasks.map(topText),
    '',
    '',
  ];
  return lines.join('\n');
}

function rowText(row: KworkRow, runs: boolean): string {
  const first = runs ? row.totalNs / 1e6 : row.totalNs / row.count / 1e6;
  const max = `${ms(row.maxNs, 10)} ms | ${at(row.maxStartNs)} s | ${at(row.maxEndNs)} s |`;
  const head = `  ${row.name.padEnd(NAME)} | ${cpuText(row.cpu)} |`;
  return `${head} ${fixed(first, 3).padStart(10)} ms | ${String(row.count).padStart(9)} | ${max}`;
}

function loadText(cpu: number, hundredths: number): string {
  const bar = '|'.repeat(Math.floor((BAR * hundredths) / 10_000)).padEnd(BAR);
  return `%Cpu${String(cpu).padEnd(4)}[${bar} ${fixed(hundredths / 100, 2).padStart(6)}%]`;
}

function topText({ pid, comm, usageHundredths, runNs }: KworkTopTask): string {
  const usage = fixed(usageHundredths / 100, 2).padStart(6);
  return `  ${String(pid).padStart(7)}  ${usage}  ${ms(runNs, 13)} ms  ${comm.padEnd(16)}`;
}

function ms(ns: number, width: number): string {
  return fixed(ns / 1e6, 3).padStart(width);
}

function at(ns: number): string {
  return secondsText(ns).padStart(17);
}

function cpuText(cpu: number): string {
  return String(cpu).padStart(4, '0');
}
