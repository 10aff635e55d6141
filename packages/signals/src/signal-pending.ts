import {
  TASK_INTERRUPTIBLE,
  TASK_WAKEKILL,
  TIF_NOTIFY_SIGNAL,
  TIF_SIGPENDING,
  __TASK_TRACED,
  wakeUpState,
  type Task,
} from '@kernel-model/scheduler';
import { READ, WRITE, type AccessKind } from '@kernel-model/sim';
import { freezing } from './freezing.ts';
import { JOBCTL_PENDING_MASK, JOBCTL_STOPPED } from './jobctl.ts';
import { SIGKILL } from './signal-numbers.ts';
import { signalState, type SignalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/** Is a signal pending that is not blocked? May also be true without one. @linux include/linux/sched/signal.h task_sigpending() */
export function taskSigpending(p: Task): boolean {
  touchTif(p, READ);
  return (p.tif & TIF_SIGPENDING) !== 0;
}

/** Would an interruptible sleep of the task end? By a signal, or because kthread_stop() said so. @linux include/linux/sched/signal.h signal_pending() */
export function signalPending(p: Task): boolean {
  touchTif(p, READ);
  return (p.tif & (TIF_SIGPENDING | TIF_NOTIFY_SIGNAL)) !== 0;
}

/** Is SIGKILL in the task's private set? One that was sent to the process does not count. @linux include/linux/sched/signal.h __fatal_signal_pending() */
export function fatalBitPending(p: Task): boolean {
  return p.signal !== null && (p.signal as SignalState).pending.signal.has(SIGKILL);
}

/** Is the task being killed? @linux include/linux/sched/signal.h fatal_signal_pending() */
export function fatalSignalPending(p: Task): boolean {
  return taskSigpending(p) && fatalBitPending(p);
}

/** Set TIF_SIGPENDING if there is a reason; never clears it. @returns whether there was @linux kernel/signal.c recalc_sigpending_tsk() */
export function recalcSigpendingTsk(p: Task): boolean {
  const state = signalState(p);
  const { blocked } = state;
  if (
    (state.jobctl & JOBCTL_PENDING_MASK) === 0 &&
    !state.pending.signal.hasOutside(blocked) &&
    !state.group.sharedPending.signal.hasOutside(blocked)
  ) {
    return false;
  }
  p.tif |= TIF_SIGPENDING;
  return true;
}

/** Bring TIF_SIGPENDING of a task in line with its sets: for the task itself only. @linux kernel/signal.c recalc_sigpending() */
export function recalcSigpending(sigs: Signals, p: Task): void {
  if (!recalcSigpendingTsk(p) && !freezing(sigs, p)) p.tif &= ~TIF_SIGPENDING;
}

/**
 * Make a task look at its signals: end its interruptible sleep, or interrupt it if it runs elsewhere.
 * @param fatal end killable and stopped sleeps too
 * @linux include/linux/sched/signal.h signal_wake_up()
 */
export function signalWakeUp(sigs: Signals, p: Task, fatal: boolean): void {
  if (fatal) signalState(p).jobctl &= ~JOBCTL_STOPPED;
  signalWakeUpState(sigs, p, fatal ? TASK_WAKEKILL | __TASK_TRACED : 0);
}

/** @linux kernel/signal.c signal_wake_up_state() */
export function signalWakeUpState(sigs: Signals, p: Task, state: number): void {
  touchTif(p, WRITE);
  p.tif |= TIF_SIGPENDING;
  if (!wakeUpState(sigs.s, p, state | TASK_INTERRUPTIBLE)) kickProcess(sigs, p);
}

/**
 * End the task's interruptible sleeps, without a signal, until {@link clearNotifySignal}.
 * @linux include/linux/sched/signal.h set_notify_signal()
 */
export function setNotifySignal(sigs: Signals, p: Task): void {
  touchTif(p, WRITE);
  if ((p.tif & TIF_NOTIFY_SIGNAL) !== 0) return;
  p.tif |= TIF_NOTIFY_SIGNAL;
  if (!wakeUpState(sigs.s, p, TASK_INTERRUPTIBLE)) kickProcess(sigs, p);
}

/** @linux include/linux/sched/signal.h clear_notify_signal() */
export function clearNotifySignal(p: Task): void {
  p.tif &= ~TIF_NOTIFY_SIGNAL;
}

/** Make a task that runs in user mode on another CPU enter the kernel. @linux kernel/sched/core.c kick_process() */
export function kickProcess(sigs: Signals, p: Task): void {
  const { s } = sigs;
  if (p.cpu !== s.cpu && p.rq.curr === p) s.cpus[p.cpu]!.sendReschedule();
}

/** Others write these flags, so an explored machine has to know who looks at them. */
function touchTif(p: Task, kind: AccessKind): void {
  p.rq.sched.sim.touch(p, 'tif', kind);
}
