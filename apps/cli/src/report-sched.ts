import {
  formatLatency,
  formatMapRow,
  SchedLatency,
  SchedMap,
  SchedTimehist,
  TimehistText,
  type MapRow,
  type NameSource,
} from '@kernel-model/analysis';
import type { CliIo } from './io.ts';
import { JsonList, Pieces } from './pieces.ts';
import { STATUS_OK } from './status.ts';
import { TraceInput } from './trace-input.ts';

/** Options of every report. */
export interface ReportOptions {
  readonly json?: boolean;
}

const SWITCH = ['sched_switch'];
const WAKE = ['sched_waking', 'sched_wakeup'];

/** Whose names a report shows: perf's, if it is from perf's own text. */
export function namesOf({ format }: TraceInput): NameSource {
  return format === 'perf' ? 'perf' : 'kernel';
}

/** JSON for people and programs. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** `kmodel report latency`. @returns the exit status */
export function reportLatency(trace: string, options: ReportOptions & { readonly pid?: boolean }, io: CliIo): number {
  const input = new TraceInput(trace, io).want(SWITCH, WAKE);
  const { pid: perPid = false } = options;
  const report = input.collect(new SchedLatency({ names: namesOf(input), perPid }));
  io.stdout.write(options.json ? jsonText(report) : formatLatency(report));
  return STATUS_OK;
}

/** `kmodel report timehist`. @returns the exit status */
export function reportTimehist(
  trace: string,
  options: ReportOptions & { readonly summary?: boolean },
  io: CliIo,
): number {
  const input = new TraceInput(trace, io).want(SWITCH, WAKE);
  const timehist = new SchedTimehist({ names: namesOf(input) });
  const out = new Pieces(io.stdout);
  const { json = false, summary = false } = options;
  const text = new TimehistText();
  if (json) out.write('{');
  const list = json && !summary ? new JsonList(out, 'rows') : null;
  if (!json && !summary) out.write(text.head());
  for (const event of input.events((cpu) => timehist.gap(cpu))) {
    const row = timehist.take(event);
    if (row === null || summary) continue;
    if (list !== null) list.add(row);
    else out.write(text.row(row));
  }
  list?.end();
  if (json) out.write(`${list === null ? '' : ',\n'}"summary": ${JSON.stringify(timehist.result(), null, 2)}}\n`);
  else if (summary) out.write(text.summary(timehist.result()));
  out.end();
  return STATUS_OK;
}

/** `kmodel report map`. @returns the exit status */
export function reportMap(trace: string, options: ReportOptions & { readonly cpus?: number }, io: CliIo): number {
  const input = new TraceInput(trace, io).want(SWITCH);
  const map = new SchedMap({ names: namesOf(input), ...(options.cpus === undefined ? {} : { cpus: options.cpus }) });
  const out = new Pieces(io.stdout);
  if (options.json) out.write('{');
  const list = options.json ? new JsonList(out, 'rows') : null;
  const show = (row: MapRow): void => (list === null ? out.write(formatMapRow(row)) : list.add(row));
  for (const event of input.events((cpu) => map.gap(cpu))) map.take(event).forEach(show);
  map.end().forEach(show);
  list?.end();
  if (options.json) out.write('}\n');
  out.end();
  return STATUS_OK;
}
