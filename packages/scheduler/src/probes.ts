import {
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
  SCHED_WAKE_IDLE_WITHOUT_IPI,
  SCHED_WAKEUP,
  SCHED_WAKEUP_NEW,
  SCHED_WAKING,
  SOFTIRQ_ENTRY,
  SOFTIRQ_EXIT,
  SOFTIRQ_RAISE,
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
  }
}
