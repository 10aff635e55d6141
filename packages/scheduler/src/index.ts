export { schedSetaffinity, setCpusAllowedCommon, setCpusAllowedPtr, migrateEnable } from './affinity.ts';
export { Cell } from './cell.ts';
export { checkScheduler } from './checks.ts';
export { SCHED_CLASSES } from './classes.ts';
export {
  Completion,
  UINT_MAX,
  complete,
  completeAll,
  completeNow,
  completionDone,
  reinitCompletion,
  tryWaitForCompletion,
  waitForCompletion,
  waitForCompletionInterruptible,
  waitForCompletionInterruptibleTimeout,
  waitForCompletionKillable,
  waitForCompletionKillableTimeout,
  waitForCompletionTimeout,
} from './completion.ts';
export { DEFAULT_COSTS, NO_COSTS, type Costs, type IdleMode, type PreemptMode, type SchedConfig } from './config.ts';
export * from './constants.ts';
export { queueBalanceCallback, signalPendingState } from './core.ts';
export { Cpu } from './cpu.ts';
export { Cpumask } from './cpumask.ts';
export { nsToSliceEnd, taskSchedRuntime } from './task-runtime.ts';
export { CpuUsage, cpuIdleNs, cpuIowaitNs, taskCputimeAdjusted, ticksToNs } from './cputime.ts';
export { createScheduler, schedConfig, startCpus } from './create.ts';
export { schedRtHandler } from './dl-bw.ts';
export { setFairServer } from './dl-server.ts';
export { entityEligible } from './eevdf.ts';
export { FALSE, NOTHING, ONE, TRUE, ZERO } from './done.ts';
export { doExit, releaseTask } from './exit.ts';
export { getTaskStruct, kernelClone, putTaskStruct, setTaskComm, truncateComm, type CloneArgs } from './fork.ts';
export { noHooks, type SchedHooks } from './hooks.ts';
export {
  HRTIMER_MODE_ABS,
  HRTIMER_MODE_HARD,
  HRTIMER_MODE_PINNED,
  HRTIMER_MODE_REL,
  HrTimer,
  hrtimerCancel,
  hrtimerForward,
  hrtimerStart,
  hrtimersCpuDying,
} from './hrtimer.ts';
export {
  MAX_JIFFY_OFFSET,
  jiffiesNow,
  jiffiesToMsecs,
  jiffiesToUsecs,
  msecsToJiffies,
  nsecsToJiffies,
  roundJiffies,
  roundJiffiesRelative,
  usecsToJiffies,
} from './jiffies.ts';
export { FIXED_1, LOAD_EXP, LOAD_FREQ, LoadAvg, activeTasks, calcLoad } from './loadavg.ts';
export { LoadWeight, loadOfNice } from './load-weight.ts';
export { anyAndDistribute, isCpuAllowed } from './migrate.ts';
export {
  Mutex,
  cpuRelax,
  mutexIsLocked,
  mutexLock,
  mutexLockInterruptible,
  mutexLockKillable,
  mutexTrylock,
  mutexUnlock,
  schedulePreemptDisabled,
} from './mutex.ts';
export { SchedProbes } from './probes.ts';
export { callRcu, callRcuOn, rcuMigrateCallbacks, rcuNeedsCpu, rcuReportQs } from './rcu.ts';
export { rcuGpKthread } from './rcu-gp-kthread.ts';
export { LOG_BUF_LEN, Reports, type LogLevel, type LogLine } from './reports.ts';
export { CfsRq, Rq } from './rq.ts';
export { RootDomain, setRqOffline, setRqOnline } from './root-domain.ts';
export * from './sched-attr.ts';
export { schedCpuActivate, schedCpuDeactivate, schedCpuDying, schedCpuWaitEmpty } from './sched-cpu.ts';
export { rebuildSchedDomains } from './sched-domains.ts';
export type { SchedClass } from './sched-class.ts';
export { SchedAvg, SchedDlEntity, SchedEntity, SchedRtEntity } from './sched-entity.ts';
export {
  busy,
  ioScheduleTimeout,
  msleep,
  msleepInterruptible,
  scheduleHrtimeout,
  scheduleHrtimeoutRange,
  scheduleTimeout,
  scheduleTimeoutIdle,
  scheduleTimeoutInterruptible,
  scheduleTimeoutKillable,
  scheduleTimeoutUninterruptible,
  udelay,
  usleepRange,
} from './schedule-timeout.ts';
export {
  condResched,
  ioSchedule,
  mightSleep,
  migrateDisable,
  needResched,
  preemptCheckResched,
  preemptDisable,
  preemptEnable,
  schedule,
  setCurrentState,
  smpMb,
  __setCurrentState,
} from './schedule.ts';
export { SchedDomainStats, SchedStatistics, checkSchedstatRequired } from './schedstat.ts';
export { Scheduler } from './scheduler.ts';
export { canNice, setUserNice } from './set-nice.ts';
export * from './softirq.ts';
export { stateLetter } from './state-letter.ts';
export {
  CpuStopper,
  cpuStopShouldRun,
  cpuStopperThread,
  schedSetStopTask,
  stopOneCpu,
  stopMachineFromInactiveCpu,
  stopOneCpuNowait,
} from './stopper.ts';
export * from './syscalls.ts';
export { TIF_NOTIFY_SIGNAL, TIF_SIGPENDING, Task, rtOrDlTask, taskNice, type MmHandle, type TaskBody } from './task.ts';
export { TIMER_DEFERRABLE, TIMER_IRQSAFE, TimerList } from './timer-list.ts';
export {
  addTimer,
  addTimerGlobal,
  addTimerLocal,
  addTimerOn,
  modTimer,
  modTimerPending,
  timerDelete,
  timerDeleteSync,
  timerPending,
  timerReduce,
  timerSetup,
  timerShutdown,
  timerTryToDelSync,
  timersDeadCpu,
  timersPrepareCpu,
} from './timer.ts';
export * from './wait-queue.ts';
export { tickSchedTimerDying } from './tick-sched.ts';
export { tmigrCpuOffline, tmigrCpuOnline } from './timer-migration.ts';
export { waitTaskInactive } from './wait-task-inactive.ts';
export { WakeQ, wakeUpQ } from './wake-q.ts';
export { tryToWakeUp, wakeUpProcess, wakeUpProcessStep, wakeUpState } from './wakeup.ts';
export {
  MULTI_STOP_DISABLE_IRQ,
  MULTI_STOP_EXIT,
  MULTI_STOP_NONE,
  MULTI_STOP_PREPARE,
  MULTI_STOP_RUN,
  MultiStop,
  stopMachine,
} from './stop-machine.ts';
