import { POINT, WRITE, type Step } from '@kernel-model/sim';
import { TIF_SIGPENDING, type Task } from '@kernel-model/scheduler';
import { JOBCTL_STOP_DEQUEUED } from './jobctl.ts';
import { SYNCHRONOUS, type SigSet } from './sig-set.ts';
import { SI_USER, noInfo, type KernelSiginfo } from './siginfo.ts';
import { sigKernelStop } from './signal-numbers.ts';
import { recalcSigpending } from './signal-pending.ts';
import { signalState, type SigPending } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * Take the next signal of the current task that is not in the mask: its own before those of the process, faults first,
 * then the lowest number. One atomic step.
 * @returns its info, or null
 * @linux kernel/signal.c dequeue_signal()
 */
export function dequeueSignal(sigs: Signals, mask: SigSet): KernelSiginfo | null {
  const p = sigs.s.current;
  const state = signalState(p);
  const info = dequeueFrom(state.pending, mask) ?? dequeueFrom(state.group.sharedPending, mask);
  recalcSigpending(sigs, p);
  if (info !== null && sigKernelStop(info.signo)) state.jobctl |= JOBCTL_STOP_DEQUEUED;
  return info;
}

/** @linux kernel/signal.c __dequeue_signal() */
function dequeueFrom(pending: SigPending, mask: SigSet): KernelSiginfo | null {
  const sig = pending.signal.nextSignal(mask);
  return sig === 0 ? null : collectSignal(sig, pending);
}

/** Take the oldest entry of the signal; the bit stays while there is another. @linux kernel/signal.c collect_signal() */
function collectSignal(sig: number, pending: SigPending): KernelSiginfo {
  const { list } = pending;
  const i = list.findIndex((info) => info.signo === sig);
  const info = i < 0 ? noInfo(sig) : list.splice(i, 1)[0]!;
  if (!list.some((other) => other.signo === sig)) pending.signal.delete(sig);
  return info;
}

/** Take the fault that came first, if one came with an info. @linux kernel/signal.c dequeue_synchronous_signal() */
export function dequeueSynchronousSignal(sigs: Signals): KernelSiginfo | null {
  const p = sigs.s.current;
  const { pending, blocked } = signalState(p);
  const { signal } = pending;
  if ((signal.lo & ~blocked.lo & SYNCHRONOUS.lo) === 0) return null;
  const first = pending.list.find((info) => info.code > SI_USER && SYNCHRONOUS.has(info.signo));
  if (first === undefined) return null;
  pending.list.splice(pending.list.indexOf(first), 1);
  if (!pending.list.some((other) => other.signo === first.signo)) {
    signal.delete(first.signo);
    recalcSigpending(sigs, p);
  }
  return first;
}

/** Take the next unblocked signal of the current kernel thread. @returns its number, or 0 @linux include/linux/sched/signal.h kernel_dequeue_signal() */
export function* kernelDequeueSignal(sigs: Signals): Step<number> {
  const p = sigs.s.current;
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  return dequeueSignal(sigs, signalState(p).blocked)?.signo ?? 0;
}

/** Forget every pending signal of a kernel thread. What kthread_stop() set stays. @linux kernel/signal.c flush_signals() */
export function* flushSignals(sigs: Signals, p: Task): Step<void> {
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  const state = signalState(p);
  p.tif &= ~TIF_SIGPENDING;
  state.pending.flush();
  state.group.sharedPending.flush();
}
