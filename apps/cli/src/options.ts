import { InvalidArgumentError } from 'commander';
import { EVENTS } from '@kernel-model/trace';

/** Options that say what machine a scenario runs on. */
export interface MachineOptions {
  /** Instead of the scenario's. */
  readonly cpus?: number;
  /** Instead of the scenario's. */
  readonly preempt?: PreemptMode;
  readonly seed?: number;
}

/** Preemption models. */
export const PREEMPT_MODES = ['none', 'voluntary', 'full'] as const;
/** One of {@link PREEMPT_MODES}. */
export type PreemptMode = (typeof PREEMPT_MODES)[number];

/** For an option that can be given again: the values, in order. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

/** For an option that takes a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const n = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(n >= min && n <= max)) throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
    return n;
  };
}

/** For an option that takes a span of virtual time: a number and a unit. @returns ns */
export function timeSpan(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)(ns|us|ms|s)$/.exec(text);
  const ns = match === null ? 0 : Math.round(Number(match[1]) * UNITS[match[2]!]!);
  if (ns < 1) throw new InvalidArgumentError('It takes a time with its unit: 500us, 10ms, 1.5s.');
  return ns;
}

/**
 * What recorded traces of real machines contain: events about tasks and works. Ticks, timers and softirqs are left out,
 * because a trace is read by people.
 */
export const DEFAULT_EVENTS: readonly string[] = [
  'sched_kthread_stop',
  'sched_kthread_stop_ret',
  'sched_kthread_work_execute_end',
  'sched_kthread_work_execute_start',
  'sched_kthread_work_queue_work',
  'sched_migrate_task',
  'sched_process_exit',
  'sched_process_fork',
  'sched_process_free',
  'sched_switch',
  'sched_wakeup',
  'sched_wakeup_new',
  'sched_waking',
  'signal_deliver',
  'signal_generate',
  'tlb_flush',
  'tracing_mark_write',
  'workqueue_activate_work',
  'workqueue_execute_end',
  'workqueue_execute_start',
  'workqueue_queue_work',
];

/** For an option that selects tracepoints: `default`, `all`, or names, `sched_*` and `default` among them. @returns names */
export function eventNames(text: string): readonly string[] {
  const all = EVENTS.map((def) => def.name);
  return text.split(',').flatMap((word) => {
    if (word === 'default') return DEFAULT_EVENTS;
    if (word === 'all') return all;
    const pattern = new RegExp(`^${word.replace(/[^\w*]/g, '').replaceAll('*', '.*')}$`);
    const names = all.filter((name) => pattern.test(name));
    if (names.length > 0) return names;
    throw new InvalidArgumentError(`There is no event "${word}". There are: ${all.join(', ')}.`);
  });
}
