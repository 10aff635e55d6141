import { collect, formatWqReport, WqActivity } from '@kernel-model/analysis';
import type { CliIo } from './io.ts';
import { jsonText, type ReportOptions } from './report-sched.ts';
import { STATUS_OK } from './status.ts';
import { TraceInput } from './trace-input.ts';

/** `kmodel report wq`. @returns the exit status */
export function reportWq(trace: string, options: ReportOptions, io: CliIo): number {
  const report = collect(new TraceInput(trace, io).events(), new WqActivity());
  io.stdout.write(options.json ? jsonText(report) : formatWqReport(report));
  return STATUS_OK;
}
