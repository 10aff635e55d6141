import { POINT, WRITE, type Step } from '@kernel-model/sim';
import { EINVAL, type Task } from '@kernel-model/scheduler';
import { flushSignals } from './dequeue-signal.ts';
import { SigSet } from './sig-set.ts';
import { NSIG, SIGKILL, SIGSTOP, sigKernelIgnore, sigKernelOnly } from './signal-numbers.ts';
import { recalcSigpending } from './signal-pending.ts';
import {
  SA_IMMUTABLE,
  SIG_DFL,
  SIG_IGN,
  SIG_KTHREAD,
  SIG_KTHREAD_KERNEL,
  signalState,
  type SigAction,
  type SignalGroup,
} from './signal-state.ts';
import type { Signals } from './signals.ts';

/** Ignore all 64 signals and forget those that are pending: how kthreadd begins. Blocked ones stay as they are. @linux kernel/signal.c ignore_signals() */
export function* ignoreSignals(sigs: Signals, p: Task): Step<void> {
  const { group } = signalState(p);
  for (let sig = 1; sig <= NSIG; sig++) group.action(sig).handler = SIG_IGN;
  yield* flushSignals(sigs, p);
}

/** Take a signal from anybody from now on; a kernel thread finds it with kernelDequeueSignal(). @linux include/linux/signal.h allow_signal() */
export function allowSignal(sigs: Signals, sig: number): Step<void> {
  return kernelSigaction(sigs, sig, SIG_KTHREAD);
}

/** Take a signal from the kernel alone. @linux include/linux/signal.h allow_kernel_signal() */
export function allowKernelSignal(sigs: Signals, sig: number): Step<void> {
  return kernelSigaction(sigs, sig, SIG_KTHREAD_KERNEL);
}

/** Ignore a signal again. @linux include/linux/signal.h disallow_signal() */
export function disallowSignal(sigs: Signals, sig: number): Step<void> {
  return kernelSigaction(sigs, sig, SIG_IGN);
}

/** Set what the current kernel thread does with a signal; SIG_IGN also forgets it. @linux kernel/signal.c kernel_sigaction() */
export function* kernelSigaction(sigs: Signals, sig: number, handler: number): Step<void> {
  const p = sigs.s.current;
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  const { group } = signalState(p);
  group.action(sig).handler = handler;
  if (handler !== SIG_IGN) return;
  forget(group, sig);
  recalcSigpending(sigs, p);
}

function forget(group: SignalGroup, sig: number): void {
  const mask = SigSet.of(sig);
  group.sharedPending.flushMask(mask);
  for (const t of group.threads) signalState(t).pending.flushMask(mask);
}

/**
 * The system call sigaction(2) of the current user task: an ignored signal is forgotten too.
 * @returns 0, or -EINVAL for SIGKILL, SIGSTOP and what is no signal
 * @linux kernel/signal.c do_sigaction()
 */
export function* sigaction(sigs: Signals, sig: number, action: SigAction): Step<number> {
  const p = sigs.s.current;
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  if (sig < 1 || sig > NSIG || sigKernelOnly(sig)) return -EINVAL;
  const { group } = signalState(p);
  const current = group.action(sig);
  if ((current.flags & SA_IMMUTABLE) !== 0) return -EINVAL;
  current.assign(action);
  const ignored = action.handler === SIG_IGN || (action.handler === SIG_DFL && sigKernelIgnore(sig));
  if (ignored) forget(group, sig);
  return 0;
}

/** How {@link sigprocmask} changes the blocked signals. @linux include/uapi/asm-generic/signal-defs.h */
export const SIG_BLOCK = 0;
/** Take signals out of the mask. */
export const SIG_UNBLOCK = 1;
/** Replace the mask. */
export const SIG_SETMASK = 2;

/**
 * Change the signals that the current task blocks. Blocked ones stay pending until they are unblocked. Unlike the
 * system call, it can block SIGKILL and SIGSTOP.
 * @returns 0 or -EINVAL
 * @linux kernel/signal.c sigprocmask()
 */
export function* sigprocmask(sigs: Signals, how: number, set: SigSet): Step<number> {
  const p = sigs.s.current;
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  const { blocked } = signalState(p);
  if (how === SIG_BLOCK) blocked.addAll(set);
  else if (how === SIG_UNBLOCK) blocked.deleteAll(set);
  else if (how === SIG_SETMASK) blocked.assign(set);
  else return -EINVAL;
  recalcSigpending(sigs, p);
  return 0;
}

/** The system call sigprocmask(2): {@link sigprocmask} that leaves SIGKILL and SIGSTOP unblocked. @linux kernel/signal.c sys_rt_sigprocmask() */
export function userSigprocmask(sigs: Signals, how: number, set: SigSet): Step<number> {
  const allowed = new SigSet();
  allowed.assign(set);
  allowed.delete(SIGKILL);
  allowed.delete(SIGSTOP);
  return sigprocmask(sigs, how, allowed);
}

/**
 * Put every action of a task back to the default.
 * @param force also those that ignore a signal; otherwise only handlers in user memory, as exec does
 * @linux kernel/signal.c flush_signal_handlers()
 */
export function flushSignalHandlers(p: Task, force: boolean): void {
  const { group } = signalState(p);
  for (let sig = 1; sig <= NSIG; sig++) {
    const action = group.action(sig);
    if (force || action.handler !== SIG_IGN) action.handler = SIG_DFL;
    action.flags = 0;
    action.mask.clear();
  }
}
