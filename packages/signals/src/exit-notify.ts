import { EXIT_ZOMBIE, releaseTask, wakeUpProcess, type Task } from '@kernel-model/scheduler';
import { forgetOriginalParent } from './forget-original-parent.ts';
import { notifyParent } from './notify-parent.ts';
import { signalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * A task has exited. A thread is reaped at once. A process is too if its parent ignores SIGCHLD, as kthreadd does;
 * otherwise the parent gets the signal and has to reap it. Its own children get another parent before.
 * @returns whether the task is reaped at once
 * @emits signal_generate
 * @linux kernel/exit.c exit_notify()
 */
export function exitNotify(sigs: Signals, p: Task): boolean {
  const { group } = signalState(p);
  forgetOriginalParent(sigs, p);
  const { execTask } = group;
  if (execTask !== null) wakeUpProcess(sigs.s, execTask);
  if (p !== group.leader) {
    leaveGroup(p);
    // the leader that waited for its last thread is a whole process now
    if (group.single && group.leader.exitState === EXIT_ZOMBIE && notifyParent(sigs, group.leader))
      releaseTask(sigs.s, group.leader);
    return true;
  }
  return group.single && notifyParent(sigs, p);
}

function leaveGroup(p: Task): void {
  const { group } = signalState(p);
  group.threads.splice(group.threads.indexOf(p), 1);
  if (group.currTarget === p) group.currTarget = group.leader;
}
