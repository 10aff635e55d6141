import { UsageError } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';

/** Files of those who report, and are no part of what they report. */
const WATCHERS: readonly string[] = ['loop-guard.', 'softlockup.'];
/** Most lines of a call trace. */
const MAX_FRAMES = 12;

/**
 * What Linux would print when the code of a task hits a bug: the kernel's words for an exception, and where it happened.
 * The call trace has the functions of the daemon and of the kernel, innermost first.
 */
export function oopsLines(p: Task, cpu: number, error: unknown): string[] {
  return [bugLine(error), ...whereLines(p, cpu, error)];
}

/** The task and the call trace of a report. @linux lib/dump_stack.c dump_stack() */
export function whereLines(p: Task, cpu: number, error: unknown): string[] {
  return [
    `CPU: ${cpu} UID: 0 PID: ${p.pid} Comm: ${p.comm} Not tainted 6.12.95`,
    'Call Trace:',
    ' <TASK>',
    ...callTrace(error),
    ' </TASK>',
  ];
}

function bugLine(error: unknown): string {
  if (error instanceof UsageError) return `BUG: ${error.message}`;
  if (!(error instanceof Error)) return `BUG: ${String(error)}`;
  const nullDereference = error instanceof TypeError && /\b(null|undefined)\b/.test(error.message);
  if (nullDereference) return `BUG: kernel NULL pointer dereference, address: 0000000000000000 (${error.message})`;
  return `BUG: ${error.name}: ${error.message}`;
}

/**
 * Where an error comes from, as ` function (file:line)`, innermost first: functions of the daemon and of the kernel. Files
 * have no folders: a report is the same wherever the project stands.
 */
export function callTrace(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const frames: string[] = [];
  for (const line of error.stack.split('\n')) {
    const m = /^\s*at (?:(.+?) \()?(?:.*[/\\])?([^/\\?]+?)(?:\?[^/\\]*?)?:(\d+):\d+\)?$/.exec(line);
    if (m === null) continue;
    const [, fn = '<anonymous>', file, row] = m;
    if (WATCHERS.some((watcher) => file!.startsWith(watcher))) continue;
    // below is the machine that runs the task
    if (file!.startsWith('cpu.') || frames.length === MAX_FRAMES) break;
    frames.push(` ${fn.replace(/^(Object|Generator)\.| \[as .*\]$/g, '')} (${file}:${row})`);
  }
  return frames;
}
