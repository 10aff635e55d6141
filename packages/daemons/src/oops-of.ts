import { UsageError } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';

/** Most lines of a call trace. */
const MAX_FRAMES = 12;

/**
 * What Linux would print when the code of a task hits a bug: the kernel's words for an exception, and where it happened.
 * The call trace has the functions of the daemon and of the kernel, innermost first.
 */
export function oopsLines(p: Task, cpu: number, error: unknown): string[] {
  return [
    bugLine(error),
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

/** Functions and files without folders: a report is the same wherever the project stands. */
function callTrace(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return [];
  const frames: string[] = [];
  for (const line of error.stack.split('\n')) {
    const m = /^\s*at (?:(.+?) \()?(?:.*[/\\])?([^/\\]+?):(\d+):\d+\)?$/.exec(line);
    if (m === null) continue;
    const [, fn = '<anonymous>', file, row] = m;
    // below is the machine that runs the task
    if (file!.startsWith('cpu.') || frames.length === MAX_FRAMES) break;
    frames.push(` ${fn.replace(/^(Object|Generator)\.| \[as .*\]$/g, '')} (${file}:${row})`);
  }
  return frames;
}
