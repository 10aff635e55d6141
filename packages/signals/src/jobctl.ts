import { PF_EXITING, type Task } from '@kernel-model/scheduler';
import { fatalSignalPending } from './signal-pending.ts';
import {
  SIGNAL_STOP_CONTINUED,
  SIGNAL_STOP_STOPPED,
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_STOPPED,
  signalState,
  type SignalGroup,
} from './signal-state.ts';

/** Job control bits of a task. @linux include/linux/sched/jobctl.h */
export const JOBCTL_STOP_SIGMASK = 0xffff;
/** A stop signal was taken and not called off since. */
export const JOBCTL_STOP_DEQUEUED: number = 1 << 16;
/** Has to take part in a stop. */
export const JOBCTL_STOP_PENDING: number = 1 << 17;
/** Counts in the group's stop count. */
export const JOBCTL_STOP_CONSUME: number = 1 << 18;
/** Is stopped. */
export const JOBCTL_STOPPED: number = 1 << 26;
/** Reasons to look at the signals. Traps of a debugger are not modelled. */
export const JOBCTL_PENDING_MASK: number = JOBCTL_STOP_PENDING;

const SIGNAL_STOP_MASK = SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED | SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED;

/** Ask a task to take part in a stop. @returns false if it is dying @linux kernel/signal.c task_set_jobctl_pending() */
export function taskSetJobctlPending(p: Task, mask: number): boolean {
  if (fatalSignalPending(p) || (p.flags & PF_EXITING) !== 0) return false;
  const state = signalState(p);
  if ((mask & JOBCTL_STOP_SIGMASK) !== 0) state.jobctl &= ~JOBCTL_STOP_SIGMASK;
  state.jobctl |= mask;
  return true;
}

/** Call off a stop. @linux kernel/signal.c task_clear_jobctl_pending() */
export function taskClearJobctlPending(p: Task): void {
  signalState(p).jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED);
}

/** Change the stop flags of a group; they mean nothing once it exits. @linux include/linux/sched/signal.h signal_set_stop_flags() */
export function signalSetStopFlags(group: SignalGroup, flags: number): void {
  group.flags = (group.flags & ~SIGNAL_STOP_MASK) | flags;
}

/**
 * A task does its part in a stop of its group.
 * @returns whether it was the last one: then the parent is to be told
 * @linux kernel/signal.c task_participate_group_stop()
 */
export function taskParticipateGroupStop(p: Task): boolean {
  const state = signalState(p);
  const { group } = state;
  const consume = (state.jobctl & JOBCTL_STOP_CONSUME) !== 0;
  taskClearJobctlPending(p);
  if (!consume) return false;
  if (group.groupStopCount > 0) group.groupStopCount--;
  if (group.groupStopCount !== 0 || (group.flags & SIGNAL_STOP_STOPPED) !== 0) return false;
  signalSetStopFlags(group, SIGNAL_STOP_STOPPED);
  return true;
}
