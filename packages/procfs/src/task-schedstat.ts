import type { Task } from '@kernel-model/scheduler';

/** /proc/PID/schedstat. */
export interface TaskSchedstat {
  /** Ns on a CPU. */
  readonly runtimeNs: number;
  /** Ns of waiting for a CPU. */
  readonly runDelayNs: number;
  /** Times that it got a CPU. */
  readonly timeslices: number;
}

/** What /proc/PID/schedstat says of a task. @linux fs/proc/base.c proc_pid_schedstat() */
export function taskSchedstat(p: Task): TaskSchedstat {
  return { runtimeNs: p.se.sumExecRuntime, runDelayNs: p.runDelayNs, timeslices: p.nrTimeslices };
}

/** The line of /proc/PID/schedstat. */
export function formatTaskSchedstat(t: TaskSchedstat): string {
  return `${t.runtimeNs} ${t.runDelayNs} ${t.timeslices}\n`;
}
