import {
  CALL_FUNCTION_SINGLE_ENTRY,
  CALL_FUNCTION_SINGLE_EXIT,
  CSD_FUNCTION_ENTRY,
  CSD_FUNCTION_EXIT,
  CSD_QUEUE_CPU,
  HRTIMER_CANCEL,
  HRTIMER_EXPIRE_ENTRY,
  HRTIMER_EXPIRE_EXIT,
  HRTIMER_INIT,
  HRTIMER_START,
  IPI_SEND_CPU,
  LOCAL_TIMER_ENTRY,
  LOCAL_TIMER_EXIT,
  RESCHEDULE_ENTRY,
  RESCHEDULE_EXIT,
  SCHED_KTHREAD_STOP,
  SCHED_KTHREAD_STOP_RET,
  SCHED_MIGRATE_TASK,
  SCHED_PROCESS_EXIT,
  SCHED_PROCESS_FORK,
  SCHED_PROCESS_FREE,
  SCHED_STAT_BLOCKED,
  SCHED_STAT_IOWAIT,
  SCHED_STAT_RUNTIME,
  SCHED_STAT_SLEEP,
  SCHED_STAT_WAIT,
  SCHED_SWITCH,
  SCHED_WAIT_TASK,
  SCHED_WAKEUP,
  SCHED_WAKEUP_NEW,
  SCHED_WAKE_IDLE_WITHOUT_IPI,
  SCHED_WAKING,
  SOFTIRQ_ENTRY,
  SOFTIRQ_EXIT,
  SOFTIRQ_RAISE,
  TASK_NEWTASK,
  TASK_RENAME,
  TIMER_CANCEL,
  TIMER_EXPIRE_ENTRY,
  TIMER_EXPIRE_EXIT,
  TIMER_INIT,
  TIMER_START,
  type Probe,
  type TraceHub,
} from '@kernel-model/trace';

/** The tracepoints of the scheduler, on the hub of one machine. */
export class SchedProbes {
  readonly switch: Probe;
  readonly waking: Probe;
  readonly wakeup: Probe;
  readonly wakeupNew: Probe;
  readonly migrateTask: Probe;
  readonly processFork: Probe;
  readonly processExit: Probe;
  readonly processFree: Probe;
  readonly waitTask: Probe;
  readonly statRuntime: Probe;
  readonly statWait: Probe;
  readonly statSleep: Probe;
  readonly statIowait: Probe;
  readonly statBlocked: Probe;
  readonly wakeIdleWithoutIpi: Probe;
  readonly kthreadStop: Probe;
  readonly kthreadStopRet: Probe;
  readonly softirqRaise: Probe;
  readonly softirqEntry: Probe;
  readonly softirqExit: Probe;
  readonly timerInit: Probe;
  readonly timerStart: Probe;
  readonly timerCancel: Probe;
  readonly timerExpireEntry: Probe;
  readonly timerExpireExit: Probe;
  readonly hrtimerInit: Probe;
  readonly hrtimerStart: Probe;
  readonly hrtimerCancel: Probe;
  readonly hrtimerExpireEntry: Probe;
  readonly hrtimerExpireExit: Probe;
  readonly ipiSendCpu: Probe;
  readonly csdQueueCpu: Probe;
  readonly csdFunctionEntry: Probe;
  readonly csdFunctionExit: Probe;
  readonly localTimerEntry: Probe;
  readonly localTimerExit: Probe;
  readonly rescheduleEntry: Probe;
  readonly rescheduleExit: Probe;
  readonly callFunctionSingleEntry: Probe;
  readonly callFunctionSingleExit: Probe;
  readonly taskNewtask: Probe;
  readonly taskRename: Probe;

  #lastAddress = 0x8880_0000_0000;

  constructor(hub: TraceHub) {
    this.switch = hub.probe(SCHED_SWITCH);
    this.waking = hub.probe(SCHED_WAKING);
    this.wakeup = hub.probe(SCHED_WAKEUP);
    this.wakeupNew = hub.probe(SCHED_WAKEUP_NEW);
    this.migrateTask = hub.probe(SCHED_MIGRATE_TASK);
    this.processFork = hub.probe(SCHED_PROCESS_FORK);
    this.processExit = hub.probe(SCHED_PROCESS_EXIT);
    this.processFree = hub.probe(SCHED_PROCESS_FREE);
    this.waitTask = hub.probe(SCHED_WAIT_TASK);
    this.statRuntime = hub.probe(SCHED_STAT_RUNTIME);
    this.statWait = hub.probe(SCHED_STAT_WAIT);
    this.statSleep = hub.probe(SCHED_STAT_SLEEP);
    this.statIowait = hub.probe(SCHED_STAT_IOWAIT);
    this.statBlocked = hub.probe(SCHED_STAT_BLOCKED);
    this.wakeIdleWithoutIpi = hub.probe(SCHED_WAKE_IDLE_WITHOUT_IPI);
    this.kthreadStop = hub.probe(SCHED_KTHREAD_STOP);
    this.kthreadStopRet = hub.probe(SCHED_KTHREAD_STOP_RET);
    this.softirqRaise = hub.probe(SOFTIRQ_RAISE);
    this.softirqEntry = hub.probe(SOFTIRQ_ENTRY);
    this.softirqExit = hub.probe(SOFTIRQ_EXIT);
    this.timerInit = hub.probe(TIMER_INIT);
    this.timerStart = hub.probe(TIMER_START);
    this.timerCancel = hub.probe(TIMER_CANCEL);
    this.timerExpireEntry = hub.probe(TIMER_EXPIRE_ENTRY);
    this.timerExpireExit = hub.probe(TIMER_EXPIRE_EXIT);
    this.hrtimerInit = hub.probe(HRTIMER_INIT);
    this.hrtimerStart = hub.probe(HRTIMER_START);
    this.hrtimerCancel = hub.probe(HRTIMER_CANCEL);
    this.hrtimerExpireEntry = hub.probe(HRTIMER_EXPIRE_ENTRY);
    this.hrtimerExpireExit = hub.probe(HRTIMER_EXPIRE_EXIT);
    this.ipiSendCpu = hub.probe(IPI_SEND_CPU);
    this.csdQueueCpu = hub.probe(CSD_QUEUE_CPU);
    this.csdFunctionEntry = hub.probe(CSD_FUNCTION_ENTRY);
    this.csdFunctionExit = hub.probe(CSD_FUNCTION_EXIT);
    this.localTimerEntry = hub.probe(LOCAL_TIMER_ENTRY);
    this.localTimerExit = hub.probe(LOCAL_TIMER_EXIT);
    this.rescheduleEntry = hub.probe(RESCHEDULE_ENTRY);
    this.rescheduleExit = hub.probe(RESCHEDULE_EXIT);
    this.callFunctionSingleEntry = hub.probe(CALL_FUNCTION_SINGLE_ENTRY);
    this.callFunctionSingleExit = hub.probe(CALL_FUNCTION_SINGLE_EXIT);
    this.taskNewtask = hub.probe(TASK_NEWTASK);
    this.taskRename = hub.probe(TASK_RENAME);
  }

  /** A number that stands for the address of something that has none yet. */
  newAddress(): number {
    return (this.#lastAddress += 0x100);
  }
}

/** The kernel's name of a function that has it in our spelling: processTimeout is process_timeout. */
export function kernelSymbol(name: string): string {
  return name === '' ? 'anonymous' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
