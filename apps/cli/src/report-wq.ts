import { formatWqReport, WqActivity } from '@kernel-model/analysis';
import type { CliIo } from './io.ts';
import { jsonText, type ReportOptions } from './report-sched.ts';
import { STATUS_OK } from './status.ts';
import { TraceInput } from './trace-input.ts';

/** One of them is needed to know of works. */
const WORKS = ['workqueue_execute_start', 'sched_kthread_work_execute_start', 'workqueue_queue_work'];

/** `kmodel report wq`. @returns the exit status */
export function reportWq(trace: string, options: ReportOptions, io: CliIo): number {
  const report = new TraceInput(trace, io).want(WORKS).collect(new WqActivity());
  io.stdout.write(options.json ? jsonText(report) : formatWqReport(report));
  return STATUS_OK;
}
