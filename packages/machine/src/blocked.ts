import {
  TASK_INTERRUPTIBLE,
  TASK_IDLE,
  TASK_RUNNING,
  stateLetter,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';

/** A task that does not run. */
export interface BlockedTask {
  readonly task: Task;
  /** As ps shows it. */
  readonly state: string;
  /** In words; empty if it sleeps without saying. */
  readonly waitsFor: string;
  /** Instant in ns at which it left the CPU. */
  readonly sinceNs: number;
}

/**
 * The tasks that sleep, uninterruptible ones first, then by pid.
 * @param why says why what a task waits for has not come; empty if it does not know
 */
export function blockedTasks(s: Scheduler, why: (task: Task) => string = () => ''): BlockedTask[] {
  const blocked: BlockedTask[] = [];
  for (const task of s.tasks.values()) {
    if (task.state === TASK_RUNNING) continue;
    const reason = why(task);
    blocked.push({
      task,
      state: stateLetter(task.state, task.exitState),
      waitsFor: reason === '' ? task.waitsFor : `${task.waitsFor} (${reason})`,
      sinceNs: task.lastSwitchAtNs,
    });
  }
  return blocked.sort((a, b) => rank(a.task) - rank(b.task) || a.task.pid - b.task.pid);
}

function rank(p: Task): number {
  return (p.state & TASK_INTERRUPTIBLE) !== 0 || (p.state & TASK_IDLE) === TASK_IDLE ? 1 : 0;
}
