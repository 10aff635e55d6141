import { TASK_RUNNING, stateLetter, type Task } from '@kernel-model/scheduler';

const STATE_TEXT: ReadonlyMap<string, string> = new Map([
  ['R', 'R (running)'],
  ['S', 'S (sleeping)'],
  ['D', 'D (disk sleep)'],
  ['T', 'T (stopped)'],
  ['t', 't (tracing stop)'],
  ['X', 'X (dead)'],
  ['Z', 'Z (zombie)'],
  ['P', 'P (parked)'],
  ['I', 'I (idle)'],
]);

/** One of "RSDTtXZPI". */
export function taskStateLetter(p: Task): string {
  return stateLetter(p.state, p.exitState);
}

/** The State line of /proc/PID/status. @linux fs/proc/array.c get_task_state() */
export function taskStateText(p: Task): string {
  return STATE_TEXT.get(taskStateLetter(p))!;
}

/** On a CPU, or waiting for one. @linux include/linux/sched.h task_is_running() */
export function taskIsRunning(p: Task): boolean {
  return p.state === TASK_RUNNING;
}

/** The parent's pid, 0 without one; a process whose parent has gone belongs to pid 1. */
export function taskPpid(p: Task): number {
  const { parent } = p;
  if (parent === null) return 0;
  return parent.exitState !== 0 ? 1 : parent.pid;
}
