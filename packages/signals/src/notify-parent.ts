import {
  EXIT_ZOMBIE,
  PF_EXITING,
  PF_IDLE,
  TASK_INTERRUPTIBLE,
  releaseTask,
  wakeUpLocked,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  KernelSiginfo,
  PIDTYPE_TGID,
} from './siginfo.ts';
import { SIGCHLD, SIGCONT } from './signal-numbers.ts';
import { SA_NOCLDSTOP, SA_NOCLDWAIT, SIG_IGN, signalState, type SignalGroup } from './signal-state.ts';
import { __sendSignalLocked } from './send-signal.ts';
import type { Signals } from './signals.ts';

/**
 * A task has exited. A thread is reaped at once. A process is too if its parent ignores SIGCHLD, as kthreadd does;
 * otherwise the parent gets the signal and has to reap it.
 * Unlike Linux, the children of a parent that is gone are not handed to init: they are reaped at once.
 * @returns whether the task is reaped at once
 * @emits signal_generate
 * @linux kernel/exit.c exit_notify(), kernel/signal.c do_notify_parent()
 */
export function doNotifyParent(sigs: Signals, p: Task): boolean {
  const { group } = signalState(p);
  if (!group.single) handChildrenOn(sigs, p, group);
  if (p !== group.leader) {
    leaveGroup(p);
    // the leader that waited for its last thread is a whole process now
    if (group.single && group.leader.exitState === EXIT_ZOMBIE && notify(sigs, group.leader))
      releaseTask(sigs.s, group.leader);
    return true;
  }
  return group.single && notify(sigs, p);
}

/** The children of a thread go to another one of the process. @linux kernel/exit.c forget_original_parent() */
function handChildrenOn(sigs: Signals, p: Task, group: SignalGroup): void {
  const heir = group.threads.find((t) => t !== p && (t.flags & PF_EXITING) === 0);
  if (heir !== undefined) for (const child of sigs.s.tasks.values()) if (child.parent === p) child.parent = heir;
  const { execTask } = group;
  if (execTask !== null) wakeUpProcess(sigs.s, execTask);
}

function leaveGroup(p: Task): void {
  const { group } = signalState(p);
  group.threads.splice(group.threads.indexOf(p), 1);
  if (group.currTarget === p) group.currTarget = group.leader;
}

/** @linux kernel/signal.c do_notify_parent() */
function notify(sigs: Signals, p: Task): boolean {
  const { parent } = p;
  if (parent === null || (parent.flags & (PF_EXITING | PF_IDLE)) !== 0) return true;
  const action = signalState(parent).group.action(SIGCHLD);
  const ignored = action.handler === SIG_IGN;
  if (!ignored) __sendSignalLocked(sigs, SIGCHLD, exitInfo(p), parent, PIDTYPE_TGID, false);
  wakeUpParent(sigs, parent);
  return ignored || (action.flags & SA_NOCLDWAIT) !== 0;
}

function exitInfo(p: Task): KernelSiginfo {
  const { uid } = signalState(p).group;
  const signal = p.exitCode & 0x7f;
  if ((p.exitCode & 0x80) !== 0) return new KernelSiginfo(SIGCHLD, CLD_DUMPED, p.pid, uid, signal);
  if (signal !== 0) return new KernelSiginfo(SIGCHLD, CLD_KILLED, p.pid, uid, signal);
  return new KernelSiginfo(SIGCHLD, CLD_EXITED, p.pid, uid, p.exitCode >> 8);
}

/**
 * Tell the parent of a process that it stopped or continued.
 * @param why CLD_STOPPED or CLD_CONTINUED
 * @emits signal_generate
 * @linux kernel/signal.c do_notify_parent_cldstop()
 */
export function doNotifyParentCldstop(sigs: Signals, p: Task, why: typeof CLD_STOPPED | typeof CLD_CONTINUED): void {
  const { group } = signalState(p);
  const { parent } = group.leader;
  if (parent === null) return;
  const action = signalState(parent).group.action(SIGCHLD);
  const status = why === CLD_CONTINUED ? SIGCONT : group.groupExitCode & 0x7f;
  const info = new KernelSiginfo(SIGCHLD, why, group.leader.pid, group.uid, status);
  if (action.handler !== SIG_IGN && (action.flags & SA_NOCLDSTOP) === 0) {
    __sendSignalLocked(sigs, SIGCHLD, info, parent, PIDTYPE_TGID, false);
  }
  wakeUpParent(sigs, parent);
}

/** @linux kernel/exit.c __wake_up_parent() */
function wakeUpParent(sigs: Signals, parent: Task): void {
  wakeUpLocked(sigs.s, signalState(parent).group.waitChldexit, TASK_INTERRUPTIBLE, 1);
}
