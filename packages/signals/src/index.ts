export { SYNCHRONOUS, STOP_SIGNALS, SigSet } from './sig-set.ts';
export * from './signal-numbers.ts';
export {
  CLD_CONTINUED,
  CLD_DUMPED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  KernelSiginfo,
  PIDTYPE_MAX,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_TGID,
  SEND_SIG_NOINFO,
  SEND_SIG_PRIV,
  SI_KERNEL,
  SI_QUEUE,
  SI_TKILL,
  SI_USER,
  type PidType,
  type SendInfo,
} from './siginfo.ts';
export {
  SA_IMMUTABLE,
  SA_NOCLDSTOP,
  SA_NOCLDWAIT,
  SA_NODEFER,
  SA_ONESHOT,
  SIGNAL_GROUP_EXIT,
  SIGNAL_STOP_CONTINUED,
  SIGNAL_STOP_STOPPED,
  SIGNAL_UNKILLABLE,
  SIG_DFL,
  SIG_IGN,
  SIG_KTHREAD,
  SIG_KTHREAD_KERNEL,
  SigAction,
  SigPending,
  SignalGroup,
  SignalState,
  signalState,
  tskIsOomVictim,
} from './signal-state.ts';
export { checkSignals } from './checks.ts';
export { Signals } from './signals.ts';
export { forkSignals, forkThreadSignals } from './fork-signals.ts';
export { setChildSubreaper } from './forget-original-parent.ts';
export { deThread } from './de-thread.ts';
export {
  clearNotifySignal,
  fatalSignalPending,
  kickProcess,
  recalcSigpending,
  setNotifySignal,
  signalPending,
  signalWakeUp,
  taskSigpending,
} from './signal-pending.ts';
export {
  TRACE_SIGNAL_ALREADY_PENDING,
  TRACE_SIGNAL_DELIVERED,
  TRACE_SIGNAL_IGNORED,
  TRACE_SIGNAL_LOSE_INFO,
  TRACE_SIGNAL_OVERFLOW_FAIL,
  sendSignalLocked,
  sigFatal,
  sigIgnored,
} from './send-signal.ts';
export {
  HANDLER_CURRENT,
  HANDLER_EXIT,
  HANDLER_SIG_DFL,
  doSendSigInfo,
  forceExitSig,
  forceFatalSig,
  forceSig,
  forceSigInfoToTask,
  forceSigsegv,
  groupSendSigInfo,
  killPid,
  killPidInfo,
  sendSig,
  sendSigInfo,
} from './send-sig.ts';
export { kill, tgkill, tkill } from './kill.ts';
export { dequeueSignal, flushSignals, kernelDequeueSignal } from './dequeue-signal.ts';
export {
  SIG_BLOCK,
  SIG_SETMASK,
  SIG_UNBLOCK,
  allowKernelSignal,
  allowSignal,
  disallowSignal,
  flushSignalHandlers,
  ignoreSignals,
  kernelSigaction,
  sigaction,
  sigprocmask,
  userSigprocmask,
} from './kernel-sigaction.ts';
export { KSignal, TASK_STOPPED, doGroupExit, getSignal, signalDelivered } from './get-signal.ts';
export { ECHILD, kernelWait } from './kernel-wait.ts';
export { Freezer, type FreezerHooks } from './freezer-state.ts';
export { freezing, frozen } from './freezing.ts';
export { __refrigerator, __thawTask, freezeTask, setFreezable, thawTask, tryToFreeze } from './freezer.ts';
export {
  freezeKernelThreads,
  freezeProcesses,
  suspendFreezeProcesses,
  thawKernelThreads,
  thawProcesses,
} from './freeze-processes.ts';
