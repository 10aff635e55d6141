import { POINT, WRITE, type Step } from '@kernel-model/sim';
import { EINVAL, EPERM, ESRCH, ZERO, preemptCheckResched, type Task } from '@kernel-model/scheduler';
import {
  KernelSiginfo,
  PIDTYPE_PID,
  PIDTYPE_TGID,
  SEND_SIG_NOINFO,
  SEND_SIG_PRIV,
  SI_KERNEL,
  siFromuser,
  type PidType,
  type SendInfo,
} from './siginfo.ts';
import { sendSignalLocked } from './send-signal.ts';
import { SIGCONT, SIGSEGV, validSignal } from './signal-numbers.ts';
import { signalWakeUp, taskSigpending } from './signal-pending.ts';
import { SA_IMMUTABLE, SIGNAL_UNKILLABLE, SIG_DFL, SIG_IGN, signalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * Send a signal to one thread, from kernel code.
 * @param priv not 0: the kernel itself sends it, so a thread that listens to the kernel alone takes it
 * @returns 0, also if it was ignored; -EINVAL; -ESRCH if the task is gone
 * @emits signal_generate
 * @linux kernel/signal.c send_sig()
 */
export function sendSig(sigs: Signals, sig: number, p: Task, priv: number): Step<number> {
  return sendSigInfo(sigs, sig, priv !== 0 ? SEND_SIG_PRIV : SEND_SIG_NOINFO, p);
}

/** {@link sendSig} with an info. @emits signal_generate @linux kernel/signal.c send_sig_info() */
export function sendSigInfo(sigs: Signals, sig: number, info: SendInfo, p: Task): Step<number> {
  return doSendSigInfo(sigs, sig, info, p, PIDTYPE_PID);
}

/** Send a signal to a thread or to its process. @emits signal_generate @linux kernel/signal.c do_send_sig_info() */
export function* doSendSigInfo(sigs: Signals, sig: number, info: SendInfo, p: Task, type: PidType): Step<number> {
  const { s } = sigs;
  if (s.sim.point(p, 'pending', WRITE)) yield POINT;
  if (!validSignal(sig) || sig === 0) return -EINVAL;
  if (!isAlive(sigs, p)) return -ESRCH;
  const error = sendSignalLocked(sigs, sig, info, p, type);
  if (s.cpu >= 0) yield* preemptCheckResched(s);
  return error;
}

/**
 * Send a signal with the permissions of the current task; 0 only asks whether it might.
 * @returns 0, -EINVAL, -EPERM, -ESRCH
 * @emits signal_generate
 * @linux kernel/signal.c group_send_sig_info()
 */
export function groupSendSigInfo(sigs: Signals, sig: number, info: SendInfo, p: Task, type: PidType): Step<number> {
  const error = checkKillPermission(sigs, sig, info, p);
  if (error !== 0) return failed(error);
  return sig === 0 ? ZERO : doSendSigInfo(sigs, sig, info, p, type);
}

function* failed(error: number): Step<number> {
  return error;
}

/** May the current task send this? @returns 0, -EINVAL or -EPERM @linux kernel/signal.c check_kill_permission() */
function checkKillPermission(sigs: Signals, sig: number, info: SendInfo, p: Task): number {
  if (!validSignal(sig)) return -EINVAL;
  const { s } = sigs;
  if (!siFromuser(info) || s.cpu < 0) return 0;
  const from = signalState(s.current).group;
  const to = signalState(p).group;
  if (from === to || from.uid === 0 || from.uid === to.uid) return 0;
  return sig === SIGCONT && from.session === to.session ? 0 : -EPERM;
}

/** Send a signal to a process by its pid, from kernel code. @returns 0, -EINVAL, -ESRCH @emits signal_generate @linux kernel/signal.c kill_pid() */
export function killPid(sigs: Signals, pid: number, sig: number, priv: number): Step<number> {
  return killPidInfo(sigs, sig, priv !== 0 ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
}

/** {@link killPid} with an info. @emits signal_generate @linux kernel/signal.c kill_pid_info() */
export function* killPidInfo(sigs: Signals, sig: number, info: SendInfo, pid: number): Step<number> {
  const { s } = sigs;
  if (s.sim.point(s.tasks, 'pids', 0)) yield POINT;
  const p = s.tasks.get(pid);
  return p === undefined ? -ESRCH : yield* groupSendSigInfo(sigs, sig, info, p, PIDTYPE_TGID);
}

/** Can the task be found still? A reaped one has no signals. @linux kernel/signal.c lock_task_sighand() */
function isAlive(sigs: Signals, p: Task): boolean {
  return sigs.s.tasks.get(p.pid) === p;
}

/** How {@link forceSigInfoToTask} treats the action. @linux kernel/signal.c enum sig_handler */
export const HANDLER_CURRENT = 0;
/** The handler becomes the default one. */
export const HANDLER_SIG_DFL = 1;
/** The signal ends the task whatever its handler. */
export const HANDLER_EXIT = 2;

/** Send the current task a signal that it cannot ignore or block. @emits signal_generate @linux kernel/signal.c force_sig() */
export function forceSig(sigs: Signals, sig: number): Step<number> {
  return forceSigInfoToTask(sigs, kernelInfo(sig), sigs.s.current, HANDLER_CURRENT);
}

/** {@link forceSig} that no handler catches. @emits signal_generate @linux kernel/signal.c force_fatal_sig() */
export function forceFatalSig(sigs: Signals, sig: number): Step<number> {
  return forceSigInfoToTask(sigs, kernelInfo(sig), sigs.s.current, HANDLER_SIG_DFL);
}

/** {@link forceFatalSig} that stays so. @emits signal_generate @linux kernel/signal.c force_exit_sig() */
export function forceExitSig(sigs: Signals, sig: number): Step<number> {
  return forceSigInfoToTask(sigs, kernelInfo(sig), sigs.s.current, HANDLER_EXIT);
}

/** The handler of a signal could not be called. @emits signal_generate @linux kernel/signal.c force_sigsegv() */
export function forceSigsegv(sigs: Signals, sig: number): Step<number> {
  return sig === SIGSEGV ? forceFatalSig(sigs, SIGSEGV) : forceSig(sigs, SIGSEGV);
}

function kernelInfo(sig: number): KernelSiginfo {
  return new KernelSiginfo(sig, SI_KERNEL, 0, 0);
}

/**
 * Unblock a signal and take away its handler as far as it must be, then send it to a thread.
 * @param handler HANDLER_*
 * @emits signal_generate
 * @linux kernel/signal.c force_sig_info_to_task()
 */
export function* forceSigInfoToTask(sigs: Signals, info: KernelSiginfo, p: Task, handler: number): Step<number> {
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  const state = signalState(p);
  const action = state.group.action(info.signo);
  const blocked = state.blocked.has(info.signo);
  if (blocked || action.handler === SIG_IGN || handler !== HANDLER_CURRENT) {
    action.handler = SIG_DFL;
    if (handler === HANDLER_EXIT) action.flags |= SA_IMMUTABLE;
    state.blocked.delete(info.signo);
  }
  if (action.handler === SIG_DFL) state.group.flags &= ~SIGNAL_UNKILLABLE;
  const error = sendSignalLocked(sigs, info.signo, info, p, PIDTYPE_PID);
  if (!taskSigpending(p)) signalWakeUp(sigs, p, false);
  return error;
}
