import type { TraceEvent } from '@kernel-model/trace';

/** How an event reads in a test; `null`: not shown. */
const LINES: Readonly<Record<string, (f: Fields) => string | null>> = {
  sched_switch: (f) => `switch ${name(f.prev_comm)} ${f.prev_state} -> ${name(f.next_comm)}`,
  sched_waking: (f) => `waking ${f.comm}`,
  sched_wakeup: (f) => `wakeup ${f.comm} on ${f.target_cpu}`,
  sched_wakeup_new: (f) => `wakeup_new ${f.comm} on ${f.target_cpu}`,
  sched_migrate_task: (f) => `migrate ${f.comm} ${f.orig_cpu} -> ${f.dest_cpu}`,
  sched_process_fork: (f) => `fork ${f.parent_comm} -> ${f.child_comm}`,
  sched_process_exit: (f) => `exit ${f.comm}`,
  sched_process_free: (f) => `free ${f.comm}`,
  sched_wait_task: (f) => `wait_task ${f.comm}`,
  sched_kthread_stop: (f) => `stop ${f.comm}`,
  sched_kthread_stop_ret: (f) => `stop_ret ${f.ret}`,
  tracing_mark_write: (f) => `${f.buf}`,
  signal_generate: (f) => `signal ${f.sig} -> ${f.comm} res=${f.result}`,
};

type Fields = Readonly<Record<string, string | number>>;

/**
 * An event as one short line without its time: `[0] switch D D -> kthreadd`. The CPU stands in brackets, idle tasks are
 * called `idle`.
 * @returns null for events that tell nothing about threads: timers, softirqs, accounting
 */
export function lineOf(event: TraceEvent): string | null {
  const format = LINES[event.name];
  const text = format === undefined ? null : format(event.fields as Fields);
  return text === null ? null : `[${event.cpu}] ${text}`;
}

/** {@link lineOf} behind the time in ms, to the microsecond: `0.003 [0] exit D`. @param sinceNs what counts as 0 */
export function timedLineOf(event: TraceEvent, sinceNs: number): string | null {
  const line = lineOf(event);
  return line === null ? null : `${((event.at - sinceNs) / 1e6).toFixed(3)} ${line}`;
}

/**
 * Lines of a trace, written in a test as they stand in the source: one event a line, indentation and empty lines do not
 * count.
 */
export function trace(strings: TemplateStringsArray, ...values: readonly unknown[]): string[] {
  return String.raw({ raw: strings }, ...values)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Find `wanted` in `lines`, in that order, with others in between. A line without a CPU fits any CPU. @returns the first that is missing, or -1 */
export function firstMissing(lines: readonly string[], wanted: readonly string[]): number {
  let at = 0;
  for (let i = 0; i < wanted.length; i++) {
    const line = wanted[i]!;
    const any = !line.startsWith('[');
    while (at < lines.length && (any ? withoutCpu(lines[at]!) : lines[at]) !== line) at++;
    if (at === lines.length) return i;
    at++;
  }
  return -1;
}

function withoutCpu(line: string): string {
  return line.slice(line.indexOf(']') + 2);
}

function name(comm: string | number | undefined): string {
  const text = String(comm);
  return text.startsWith('swapper/') ? 'idle' : text;
}
