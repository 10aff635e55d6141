import { SIGCHLD } from './signal-numbers.ts';

/** Who sent a signal and why. @linux include/linux/signal_types.h struct kernel_siginfo */
export class KernelSiginfo {
  /**
   * @param code SI_USER, SI_KERNEL, CLD_EXITED ...
   * @param pid the sender, or the child that changed its state; 0 is the kernel
   * @param status of SIGCHLD: exit status or signal
   */
  constructor(
    readonly signo: number,
    readonly code: number,
    readonly pid: number,
    readonly uid: number,
    readonly status: number = 0,
    readonly errno: number = 0,
  ) {}
}

/** In place of an info: sent by the current task, no more is known. @linux include/linux/sched/signal.h SEND_SIG_NOINFO */
export const SEND_SIG_NOINFO = 0;
/** In place of an info: sent by the kernel; cannot be ignored as a user's. @linux include/linux/sched/signal.h SEND_SIG_PRIV */
export const SEND_SIG_PRIV = 1;

/** What comes with a signal. */
export type SendInfo = KernelSiginfo | typeof SEND_SIG_NOINFO | typeof SEND_SIG_PRIV;

/** `code` of an info. @linux include/uapi/asm-generic/siginfo.h */
export const SI_USER = 0;
/** `si_code`: sent by the kernel. */
export const SI_KERNEL = 0x80;
/** `si_code`: sent by sigqueue(2). */
export const SI_QUEUE = -1;
/** `si_code`: sent by tkill(2). */
export const SI_TKILL = -6;
/** `si_code`: the child has ended. */
export const CLD_EXITED = 1;
/** `si_code`: a signal killed the child. */
export const CLD_KILLED = 2;
/** `si_code`: a signal killed the child, which left a core dump. */
export const CLD_DUMPED = 3;
/** `si_code`: the child has stopped. */
export const CLD_STOPPED = 5;
/** `si_code`: the child goes on. */
export const CLD_CONTINUED = 6;

/** Which set a signal goes to: the thread's own, or that of its thread group. @linux include/linux/pid_types.h enum pid_type */
export const PIDTYPE_PID = 0;
/** A process: the shared queue. */
export const PIDTYPE_TGID = 1;
/** A process group. */
export const PIDTYPE_PGID = 2;
/** Everybody. */
export const PIDTYPE_MAX = 4;

/** PIDTYPE_*. */
export type PidType = typeof PIDTYPE_PID | typeof PIDTYPE_TGID | typeof PIDTYPE_PGID | typeof PIDTYPE_MAX;

/** Was it sent on behalf of a user? Then permissions count. @linux kernel/signal.c si_fromuser() */
export function siFromuser(info: SendInfo): boolean {
  return info === SEND_SIG_NOINFO || (info !== SEND_SIG_PRIV && info.code <= 0);
}

/** Does the info name a sender? Those of faults and timers do not. @linux kernel/signal.c has_si_pid_and_uid() */
export function hasSiPidAndUid(info: KernelSiginfo): boolean {
  const { signo, code } = info;
  if (code > SI_USER && code < SI_KERNEL) return signo === SIGCHLD;
  return code !== SI_TIMER && code !== SI_SIGIO;
}

const SI_TIMER = -2;
const SI_SIGIO = -5;

/** The code that a tracepoint prints. @linux include/trace/events/signal.h TP_STORE_SIGINFO */
export function tracedCode(info: SendInfo): number {
  if (info === SEND_SIG_NOINFO) return SI_USER;
  return info === SEND_SIG_PRIV ? SI_KERNEL : info.code;
}

/** What a handler is told of a signal that came without an info. @linux kernel/signal.c collect_signal() */
export function noInfo(sig: number): KernelSiginfo {
  return new KernelSiginfo(sig, SI_USER, 0, 0);
}
