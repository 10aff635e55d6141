import type { Task } from '@kernel-model/scheduler';
import { JOBCTL_STOP_CONSUME, JOBCTL_STOP_PENDING, JOBCTL_STOP_SIGMASK, taskSetJobctlPending } from './jobctl.ts';
import { SIGNAL_STOP_STOPPED, SignalState, inheritSignals, signalState } from './signal-state.ts';

/**
 * Signals of a new process: its own copy of the parent's table, nothing pending, the parent's blocked set. To be called
 * from CloneArgs.prepare. Every fork without CLONE_SIGHAND does this, that of a kernel thread too.
 * @linux kernel/fork.c copy_sighand(), copy_signal()
 */
export function forkSignals(p: Task, parent: Task): void {
  inheritSignals(p, parent);
}

/** Signals of a new thread of the parent's process: it shares the table and joins a stop that is going on. @linux kernel/fork.c copy_process() CLONE_THREAD */
export function forkThreadSignals(p: Task, parent: Task): void {
  const from = signalState(parent);
  const { group } = from;
  const state = new SignalState(p, group);
  p.signal = state;
  state.blocked.assign(from.blocked);
  group.threads.push(p);
  let mask = from.jobctl & JOBCTL_STOP_SIGMASK;
  if (group.groupStopCount > 0) {
    group.groupStopCount++;
    mask |= JOBCTL_STOP_CONSUME;
  } else if ((group.flags & SIGNAL_STOP_STOPPED) === 0) {
    return;
  }
  taskSetJobctlPending(p, mask | JOBCTL_STOP_PENDING);
}
