import { InvalidArgumentError } from 'commander';
import {
  formatKwork,
  formatKworkRun,
  formatKworkTop,
  Kwork,
  KWORK_CLASSES,
  kworkRunHead,
  KworkTimehist,
  KworkTop,
  type KworkClass,
} from '@kernel-model/analysis';
import { InputError } from '@kernel-model/runner';
import type { CliIo } from './io.ts';
import { JsonList, Pieces } from './pieces.ts';
import { jsonText, type ReportOptions } from './report-sched.ts';
import { STATUS_OK } from './status.ts';
import { TraceInput } from './trace-input.ts';

/** What `kmodel report kwork` can tell; the first is the default. */
export const KWORK_REPORTS = ['report', 'latency', 'timehist', 'top'] as const;
type KworkReportName = (typeof KWORK_REPORTS)[number];

const SWITCH = ['sched_switch'];
const STARTS = ['irq_handler_entry', 'softirq_entry', 'workqueue_execute_start'];

/** For an option that selects classes: names joined by commas. */
export function kworkClasses(text: string): readonly KworkClass[] {
  return text.split(',').map((word) => {
    const found = KWORK_CLASSES.find((name) => name === word.trim());
    if (found === undefined) throw new InvalidArgumentError(`It takes some of ${KWORK_CLASSES.join(',')}.`);
    return found;
  });
}

/** `kmodel report kwork`. @param args what to tell, and the trace @returns the exit status */
export function reportKwork(
  args: readonly string[],
  options: ReportOptions & { readonly kwork?: readonly KworkClass[] },
  io: CliIo,
): number {
  const [what, trace] = parse(args);
  if (what === 'top' && options.kwork !== undefined)
    throw new InputError('kwork top looks at all classes: leave out -k.');
  const input = new TraceInput(trace, io).want(...(what === 'top' ? [SWITCH] : [STARTS]));
  const classes = options.kwork ?? KWORK_CLASSES;
  if (what === 'timehist') timehist(input, new KworkTimehist(classes), options, io);
  else if (what === 'top') {
    const report = input.collect(new KworkTop());
    io.stdout.write(options.json ? jsonText(report) : formatKworkTop(report));
  } else {
    const report = input.collect(new Kwork(what, classes));
    io.stdout.write(options.json ? jsonText(report) : formatKwork(report));
  }
  return STATUS_OK;
}

function parse(args: readonly string[]): [what: KworkReportName, trace: string] {
  if (args.length === 1) return [KWORK_REPORTS[0], args[0]!];
  const what = KWORK_REPORTS.find((name) => name === args[0]);
  if (what === undefined || args.length > 2) {
    throw new InputError(`kwork takes one of ${KWORK_REPORTS.join(', ')}, and a trace; not "${args.join(' ')}".`);
  }
  return [what, args[1]!];
}

function timehist(input: TraceInput, kwork: KworkTimehist, { json = false }: ReportOptions, io: CliIo): void {
  const out = new Pieces(io.stdout);
  out.write(json ? '{' : kworkRunHead());
  const list = json ? new JsonList(out, 'runs') : null;
  for (const event of input.events((cpu) => kwork.gap(cpu))) {
    const run = kwork.take(event);
    if (run === null) continue;
    if (list !== null) list.add(run);
    else out.write(formatKworkRun(run));
  }
  list?.end();
  if (json) out.write('}\n');
  out.end();
}
