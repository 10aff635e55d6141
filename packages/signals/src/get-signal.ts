import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import { TASK_WAKEKILL, __TASK_STOPPED, doExit, schedule } from '@kernel-model/scheduler';
import { dequeueSignal, dequeueSynchronousSignal } from './dequeue-signal.ts';
import { tryToFreeze } from './freezer.ts';
import {
  JOBCTL_STOPPED,
  JOBCTL_STOP_CONSUME,
  JOBCTL_STOP_DEQUEUED,
  JOBCTL_STOP_PENDING,
  taskParticipateGroupStop,
  taskSetJobctlPending,
} from './jobctl.ts';
import { doNotifyParentCldstop } from './notify-parent.ts';
import { killThreads } from './send-signal.ts';
import { forceSigsegv } from './send-sig.ts';
import { CLD_CONTINUED, CLD_STOPPED, SI_USER, tracedCode, type KernelSiginfo } from './siginfo.ts';
import { SIGKILL, sigKernelIgnore, sigKernelOnly, sigKernelStop } from './signal-numbers.ts';
import { clearNotifySignal, recalcSigpending, signalWakeUp, taskSigpending } from './signal-pending.ts';
import {
  SA_NODEFER,
  SA_ONESHOT,
  SIGNAL_CLD_CONTINUED,
  SIGNAL_CLD_STOPPED,
  SIGNAL_GROUP_EXIT,
  SIGNAL_STOP_STOPPED,
  SIGNAL_UNKILLABLE,
  SIG_DFL,
  SIG_IGN,
  SigAction,
  signalState,
} from './signal-state.ts';
import type { Signals } from './signals.ts';

/** State of a stopped task. @linux include/linux/sched.h TASK_STOPPED */
export const TASK_STOPPED: number = TASK_WAKEKILL | __TASK_STOPPED;

/** A signal for which the current user task is to call a handler. @linux include/linux/signal_types.h struct ksignal */
export class KSignal {
  /** The action as it was when the signal was taken. */
  readonly action: SigAction = new SigAction();

  constructor(
    readonly sig: number,
    readonly info: KernelSiginfo,
    action: SigAction,
  ) {
    this.action.assign(action);
  }
}

/**
 * What a user task does on its way back to user mode when signal_pending() says so: freeze, stop, die, or find the
 * signal for which it has a handler. Kernel threads never call it, so no signal can end them.
 * @returns the signal to handle (call {@link signalDelivered} then), or null to go on in user mode; a fatal signal does not return
 * @emits signal_deliver
 * @linux kernel/signal.c get_signal()
 */
export function* getSignal(sigs: Signals): MaySleep<KSignal | null> {
  const { s } = sigs;
  const p = s.current;
  const state = signalState(p);
  const { group } = state;
  clearNotifySignal(p);
  if (!taskSigpending(p)) return null;
  yield* tryToFreeze(sigs);
  for (;;) {
    if (s.sim.point(p, 'pending', WRITE)) yield POINT;
    if ((group.flags & (SIGNAL_CLD_CONTINUED | SIGNAL_CLD_STOPPED)) !== 0) {
      tellParentOfContinue(sigs);
      continue;
    }
    if ((group.flags & SIGNAL_GROUP_EXIT) !== 0 || group.execTask !== null) {
      state.pending.signal.delete(SIGKILL);
      traceDeliver(sigs, SIGKILL, SI_USER, group.action(SIGKILL));
      recalcSigpending(sigs, p);
      return yield* doGroupExit(sigs, SIGKILL);
    }
    if ((state.jobctl & JOBCTL_STOP_PENDING) !== 0 && (yield* doSignalStop(sigs, 0))) continue;
    const info = dequeueSynchronousSignal(sigs) ?? dequeueSignal(sigs, state.blocked);
    if (info === null) return null;
    const sig = info.signo;
    const action = group.action(sig);
    traceDeliver(sigs, sig, tracedCode(info), action, info.errno);
    if (action.handler === SIG_IGN) continue;
    if (action.handler !== SIG_DFL) {
      const found = new KSignal(sig, info, action);
      if ((action.flags & SA_ONESHOT) !== 0) action.handler = SIG_DFL;
      return found;
    }
    if (sigKernelIgnore(sig)) continue;
    if ((group.flags & SIGNAL_UNKILLABLE) !== 0 && !sigKernelOnly(sig)) continue;
    if (sigKernelStop(sig)) yield* doSignalStop(sigs, sig);
    else return yield* doGroupExit(sigs, sig);
  }
}

function traceDeliver(sigs: Signals, sig: number, code: number, action: SigAction, errno = 0): void {
  const { deliver } = sigs;
  if (deliver.enabled) deliver.emit(sig, errno, code, action.handler, action.flags);
  sigs.s.recorded();
}

/** The first thread that comes back from a stop tells the parent that the process goes on. */
function tellParentOfContinue(sigs: Signals): void {
  const p = sigs.s.current;
  const { group } = signalState(p);
  const why = (group.flags & SIGNAL_CLD_CONTINUED) !== 0 ? CLD_CONTINUED : CLD_STOPPED;
  group.flags &= ~(SIGNAL_CLD_CONTINUED | SIGNAL_CLD_STOPPED);
  doNotifyParentCldstop(sigs, p, why);
}

/**
 * Stop with the whole group until SIGCONT or SIGKILL.
 * @param sig the signal that starts the stop; 0 to take part in one that somebody else started
 * @returns false if it was called off meanwhile
 * @linux kernel/signal.c do_signal_stop()
 */
function* doSignalStop(sigs: Signals, sig: number): MaySleep<boolean> {
  const { s } = sigs;
  const p = s.current;
  const state = signalState(p);
  if ((state.jobctl & JOBCTL_STOP_PENDING) === 0 && !startGroupStop(sigs, sig)) return false;
  const last = taskParticipateGroupStop(p);
  state.jobctl |= JOBCTL_STOPPED;
  p.state = TASK_STOPPED;
  if (last) doNotifyParentCldstop(sigs, p, CLD_STOPPED);
  p.waitsFor = 'SIGCONT';
  yield* schedule(s);
  p.waitsFor = '';
  return true;
}

function startGroupStop(sigs: Signals, sig: number): boolean {
  const p = sigs.s.current;
  const state = signalState(p);
  const { group } = state;
  if ((state.jobctl & JOBCTL_STOP_DEQUEUED) === 0 || (group.flags & SIGNAL_GROUP_EXIT) !== 0) return false;
  if ((group.flags & SIGNAL_STOP_STOPPED) === 0) group.groupExitCode = sig;
  const mask = sig | JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
  group.groupStopCount = taskSetJobctlPending(p, mask) ? 1 : 0;
  for (const t of group.threads) {
    if (t === p || (signalState(t).jobctl & JOBCTL_STOPPED) !== 0 || !taskSetJobctlPending(t, mask)) continue;
    group.groupStopCount++;
    signalWakeUp(sigs, t, false);
  }
  return true;
}

/**
 * End the whole process of the current task. If it is ending already, with the status that it has; if another thread
 * starts another program, only this thread ends.
 * @linux kernel/exit.c do_group_exit()
 */
export function* doGroupExit(sigs: Signals, code: number): MaySleep<never> {
  const { s } = sigs;
  const p = s.current;
  if (s.sim.point(p, 'pending', WRITE)) yield POINT;
  const { group } = signalState(p);
  const ending = (group.flags & SIGNAL_GROUP_EXIT) !== 0;
  if (!ending && group.execTask !== null) return yield* doExit(s, 0);
  if (!ending) {
    group.groupExitCode = code;
    group.flags = SIGNAL_GROUP_EXIT;
    group.groupStopCount = 0;
    killThreads(sigs, p, p);
  }
  return yield* doExit(s, group.groupExitCode);
}

/**
 * The handler of a signal is about to run: it runs with the signals of its mask blocked.
 * @param failed its stack frame could not be written: the task gets SIGSEGV instead
 * @linux kernel/signal.c signal_setup_done()
 */
export function* signalDelivered(sigs: Signals, ksig: KSignal, failed = false): MaySleep<void> {
  const p = sigs.s.current;
  if (sigs.s.sim.point(p, 'pending', WRITE)) yield POINT;
  if (failed) {
    yield* forceSigsegv(sigs, ksig.sig);
    return;
  }
  const { blocked } = signalState(p);
  blocked.addAll(ksig.action.mask);
  if ((ksig.action.flags & SA_NODEFER) === 0) blocked.add(ksig.sig);
  recalcSigpending(sigs, p);
}
