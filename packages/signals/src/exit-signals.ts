import { PF_EXITING, type Task } from '@kernel-model/scheduler';
import { JOBCTL_STOP_PENDING, taskParticipateGroupStop } from './jobctl.ts';
import { doNotifyParentCldstop } from './notify-parent.ts';
import { CLD_STOPPED } from './siginfo.ts';
import { SigSet } from './sig-set.ts';
import { signalWakeUp, taskSigpending } from './signal-pending.ts';
import { SIGNAL_GROUP_EXIT, signalState, type SignalGroup } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * A task begins to exit. The last thread of a group takes the group with it: from here on every signal to it is
 * dropped. Another thread hands on the signals that it was woken for.
 * @linux kernel/exit.c synchronize_group_exit(), kernel/signal.c exit_signals()
 */
export function exitSignals(sigs: Signals, p: Task): void {
  const state = signalState(p);
  const { group } = state;
  const last = !group.threads.some((t) => t !== p && !isExiting(t));
  if (last && (group.flags & SIGNAL_GROUP_EXIT) === 0) {
    group.flags = SIGNAL_GROUP_EXIT;
    group.groupExitCode = p.exitCode;
    group.groupStopCount = 0;
  }
  if (group.single || (group.flags & SIGNAL_GROUP_EXIT) !== 0 || !taskSigpending(p)) return;
  retargetSharedPending(sigs, p, group);
  if ((state.jobctl & JOBCTL_STOP_PENDING) !== 0 && taskParticipateGroupStop(p))
    doNotifyParentCldstop(sigs, p, CLD_STOPPED);
}

/** @linux kernel/signal.c retarget_shared_pending() */
function retargetSharedPending(sigs: Signals, p: Task, group: SignalGroup): void {
  const retarget = new SigSet();
  retarget.assign(group.sharedPending.signal);
  retarget.deleteAll(signalState(p).blocked);
  for (const t of group.threads) {
    if (retarget.empty) return;
    const { blocked } = signalState(t);
    if (t === p || isExiting(t) || !retarget.hasOutside(blocked)) continue;
    retarget.retainAll(blocked);
    if (!taskSigpending(t)) signalWakeUp(sigs, t, false);
  }
}

function isExiting(p: Task): boolean {
  return (p.flags & PF_EXITING) !== 0;
}
