import { PF_IDLE, TASK_INTERRUPTIBLE, wakeUpLocked, type Task } from '@kernel-model/scheduler';
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
import { SA_NOCLDSTOP, SA_NOCLDWAIT, SIG_IGN, signalState } from './signal-state.ts';
import { __sendSignalLocked } from './send-signal.ts';
import type { Signals } from './signals.ts';

/**
 * Tell the parent that a whole process has exited. Nobody is told of the end of one whose parent is gone, on a machine
 * without an init.
 * @returns whether it is reaped at once
 * @emits signal_generate
 * @linux kernel/signal.c do_notify_parent()
 */
export function notifyParent(sigs: Signals, p: Task): boolean {
  const { parent } = p;
  if (parent === null || parent.exitState !== 0 || (parent.flags & PF_IDLE) !== 0) return true;
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
