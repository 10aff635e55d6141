import {
  EAGAIN,
  PF_EXITING,
  PF_KTHREAD,
  __TASK_STOPPED,
  wakeUpState,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { JOBCTL_STOPPED, signalSetStopFlags, taskClearJobctlPending } from './jobctl.ts';
import { CONT_SIGNAL, STOP_SIGNALS } from './sig-set.ts';
import {
  KernelSiginfo,
  PIDTYPE_PID,
  SEND_SIG_NOINFO,
  SEND_SIG_PRIV,
  SI_KERNEL,
  SI_USER,
  hasSiPidAndUid,
  tracedCode,
  type PidType,
  type SendInfo,
} from './siginfo.ts';
import {
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  sigKernelCoredump,
  sigKernelIgnore,
  sigKernelOnly,
  sigKernelStop,
} from './signal-numbers.ts';
import { signalWakeUp, taskSigpending } from './signal-pending.ts';
import {
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_STOPPED,
  SIGNAL_GROUP_EXIT,
  SIGNAL_STOP_CONTINUED,
  SIGNAL_STOP_STOPPED,
  SIGNAL_UNKILLABLE,
  SIG_DFL,
  SIG_IGN,
  SIG_KTHREAD_KERNEL,
  signalState,
  type SigPending,
} from './signal-state.ts';
import type { Signals } from './signals.ts';

/** What became of a signal; printed by signal_generate. @linux include/trace/events/signal.h TRACE_SIGNAL_* */
export const TRACE_SIGNAL_DELIVERED = 0;
/** Result: ignored. */
export const TRACE_SIGNAL_IGNORED = 1;
/** Result: pending already. */
export const TRACE_SIGNAL_ALREADY_PENDING = 2;
/** Result: refused, the queue is full. */
export const TRACE_SIGNAL_OVERFLOW_FAIL = 3;
/** Result: delivered without its siginfo. */
export const TRACE_SIGNAL_LOSE_INFO = 4;

/**
 * Send a signal, as one atomic step: for code that holds the lock, or is a step already.
 * @returns 0, also if the signal was dropped; -EAGAIN if a real-time signal found the queue full
 * @emits signal_generate
 * @linux kernel/signal.c send_signal_locked()
 */
export function sendSignalLocked(sigs: Signals, sig: number, info: SendInfo, p: Task, type: PidType): number {
  return __sendSignalLocked(sigs, sig, info, p, type, isForced(sigs.s, info));
}

/** Does the kernel itself stand behind the signal? @linux kernel/signal.c send_signal_locked() */
function isForced(s: Scheduler, info: SendInfo): boolean {
  if (info === SEND_SIG_PRIV) return true;
  // the idle task, and whoever acts from outside the machine, has no pid in anybody's namespace
  const outside = s.cpu < 0 || s.current.pid === 0;
  if (info === SEND_SIG_NOINFO) return outside;
  return hasSiPidAndUid(info) && (info.code === SI_KERNEL || outside);
}

/**
 * {@link sendSignalLocked} by a caller that knows whether the signal is forced.
 * @emits signal_generate
 * @linux kernel/signal.c __send_signal_locked()
 */
export function __sendSignalLocked(
  sigs: Signals,
  sig: number,
  info: SendInfo,
  p: Task,
  type: PidType,
  force: boolean,
): number {
  sigs.s.sim.touch(p, 'pending', 1);
  const result = queueSignal(sigs, sig, info, p, type, force);
  const { generate } = sigs;
  if (generate.enabled) {
    const errno = typeof info === 'number' ? 0 : info.errno;
    generate.emit(sig, errno, tracedCode(info), p.commId, p.pid, type === PIDTYPE_PID ? 0 : 1, result);
  }
  sigs.s.recorded();
  return result === TRACE_SIGNAL_OVERFLOW_FAIL ? -EAGAIN : 0;
}

function queueSignal(sigs: Signals, sig: number, info: SendInfo, p: Task, type: PidType, force: boolean): number {
  if (!prepareSignal(sigs, sig, p, force)) return TRACE_SIGNAL_IGNORED;
  const state = signalState(p);
  const pending = type === PIDTYPE_PID ? state.pending : state.group.sharedPending;
  if (sig < SIGRTMIN && pending.signal.has(sig)) return TRACE_SIGNAL_ALREADY_PENDING;
  const result = queueInfo(sigs.s, sig, info, p, pending);
  if (result === TRACE_SIGNAL_OVERFLOW_FAIL) return result;
  pending.signal.add(sig);
  completeSignal(sigs, sig, p, type);
  return result;
}

/** Keep what is known about the signal. SIGKILL and kernel threads have no use for it. */
function queueInfo(s: Scheduler, sig: number, info: SendInfo, p: Task, pending: SigPending): number {
  if (sig === SIGKILL || (p.flags & PF_KTHREAD) !== 0) return TRACE_SIGNAL_DELIVERED;
  const special = typeof info === 'number';
  const unlimited = sig < SIGRTMIN && (special || info.code >= 0);
  if (!unlimited && pending.list.length >= signalState(p).group.rlimitSigpending) {
    return !special && sig >= SIGRTMIN && info.code !== SI_USER ? TRACE_SIGNAL_OVERFLOW_FAIL : TRACE_SIGNAL_LOSE_INFO;
  }
  pending.list.push(special ? infoOfSender(s, sig, info) : info);
  return TRACE_SIGNAL_DELIVERED;
}

function infoOfSender(s: Scheduler, sig: number, info: number): KernelSiginfo {
  if (info === SEND_SIG_PRIV || s.cpu < 0) return new KernelSiginfo(sig, SI_KERNEL, 0, 0);
  const { group } = signalState(s.current);
  return new KernelSiginfo(sig, SI_USER, group.leader.pid, group.uid);
}

/**
 * What stop and continue signals do at once, whether or not anybody takes them.
 * @returns whether the signal is to be queued
 * @linux kernel/signal.c prepare_signal()
 */
function prepareSignal(sigs: Signals, sig: number, p: Task, force: boolean): boolean {
  const { group } = signalState(p);
  if ((group.flags & SIGNAL_GROUP_EXIT) !== 0) return false;
  if (sigKernelStop(sig)) {
    group.sharedPending.flushMask(CONT_SIGNAL);
    for (const t of group.threads) signalState(t).pending.flushMask(CONT_SIGNAL);
  } else if (sig === SIGCONT) {
    continueGroup(sigs, p);
  }
  return !sigIgnored(p, sig, force);
}

function continueGroup(sigs: Signals, p: Task): void {
  const { group } = signalState(p);
  group.sharedPending.flushMask(STOP_SIGNALS);
  for (const t of group.threads) {
    const state = signalState(t);
    state.pending.flushMask(STOP_SIGNALS);
    taskClearJobctlPending(t);
    state.jobctl &= ~JOBCTL_STOPPED;
    wakeUpState(sigs.s, t, __TASK_STOPPED);
  }
  let why = 0;
  if ((group.flags & SIGNAL_STOP_STOPPED) !== 0) why = SIGNAL_CLD_CONTINUED;
  else if (group.groupStopCount > 0) why = SIGNAL_CLD_STOPPED;
  if (why === 0) return;
  // the first thread that comes back from its stop tells the parent
  signalSetStopFlags(group, why | SIGNAL_STOP_CONTINUED);
  group.groupStopCount = 0;
  group.groupExitCode = 0;
}

/** Would the signal be dropped? A blocked one never is: its handler may change. @linux kernel/signal.c sig_ignored() */
export function sigIgnored(p: Task, sig: number, force: boolean): boolean {
  const { blocked, realBlocked } = signalState(p);
  if (blocked.has(sig) || realBlocked.has(sig)) return false;
  return sigTaskIgnored(p, sig, force);
}

/** @linux kernel/signal.c sig_task_ignored() */
function sigTaskIgnored(p: Task, sig: number, force: boolean): boolean {
  const { group } = signalState(p);
  const { handler } = group.action(sig);
  if (group.leader.pid === 1 && sigKernelOnly(sig)) return true;
  if ((group.flags & SIGNAL_UNKILLABLE) !== 0 && handler === SIG_DFL && !(force && sigKernelOnly(sig))) return true;
  if ((p.flags & PF_KTHREAD) !== 0 && handler === SIG_KTHREAD_KERNEL && !force) return true;
  return handler === SIG_IGN || (handler === SIG_DFL && sigKernelIgnore(sig));
}

/** Is the task one to be woken for the signal? @linux kernel/signal.c wants_signal() */
function wantsSignal(sig: number, p: Task): boolean {
  if (signalState(p).blocked.has(sig) || (p.flags & PF_EXITING) !== 0) return false;
  if (sig === SIGKILL) return true;
  if ((signalState(p).jobctl & JOBCTL_STOPPED) !== 0) return false;
  return p.rq.curr === p || !taskSigpending(p);
}

/** Choose the thread that shall take the signal, and wake it; a fatal one takes all. @linux kernel/signal.c complete_signal() */
function completeSignal(sigs: Signals, sig: number, p: Task, type: PidType): void {
  const { group } = signalState(p);
  const t = chooseThread(sig, p, type);
  if (t === null) return;
  if (
    sigFatal(p, sig) &&
    (group.flags & SIGNAL_GROUP_EXIT) === 0 &&
    !signalState(t).realBlocked.has(sig) &&
    !sigKernelCoredump(sig)
  ) {
    group.flags = SIGNAL_GROUP_EXIT;
    group.groupExitCode = sig;
    group.groupStopCount = 0;
    killThreads(sigs, p, null);
    return;
  }
  signalWakeUp(sigs, t, sig === SIGKILL);
}

function chooseThread(sig: number, p: Task, type: PidType): Task | null {
  if (wantsSignal(sig, p)) return p;
  const { group } = signalState(p);
  if (type === PIDTYPE_PID || group.single) return null;
  const { threads } = group;
  const first = Math.max(threads.indexOf(group.currTarget), 0);
  for (let i = 0; i < threads.length; i++) {
    const t = threads[(first + i) % threads.length]!;
    if (wantsSignal(sig, t)) return (group.currTarget = t);
  }
  return null;
}

/** Does the signal, with its default action, end the process? @linux include/linux/signal.h sig_fatal() */
export function sigFatal(p: Task, sig: number): boolean {
  return !sigKernelIgnore(sig) && !sigKernelStop(sig) && signalState(p).group.action(sig).handler === SIG_DFL;
}

/** Give every thread of the group but one a SIGKILL of its own. @linux kernel/signal.c zap_other_threads() */
export function killThreads(sigs: Signals, p: Task, except: Task | null): void {
  for (const t of signalState(p).group.threads) {
    if (t === except) continue;
    taskClearJobctlPending(t);
    if (t.exitState !== 0) continue;
    signalState(t).pending.signal.add(SIGKILL);
    signalWakeUp(sigs, t, true);
  }
}
