import { SchedAvg, type SchedDlEntity, type SchedEntity } from './sched-entity.ts';
import type { Scheduler } from './scheduler.ts';
import type { DlRq } from './dl-rq.ts';
import type { RtRq } from './rt-rq.ts';
import type { SchedDomain } from './sched-domains.ts';
import type { Task } from './task.ts';
import { Timeline } from './timeline.ts';

/** The fair tasks of a CPU. @linux kernel/sched/sched.h struct cfs_rq */
export class CfsRq {
  readonly timeline: Timeline = new Timeline();
  /** The running entity; it is not in the timeline. */
  curr: SchedEntity | null = null;
  /** Reference point of the key of an entity, in virtual ns. */
  zeroVruntime = -1_048_576;
  /** Sum of (vruntime - zeroVruntime) * weight over the timeline. */
  avgVruntime = 0;
  /** Sum of weights over the timeline. */
  avgLoad = 0;
  /** Sum of weights of every queued entity, current included. */
  loadWeight = 0;
  /** Queued entities, current and delayed ones included. */
  nrRunning = 0;
  /** Queued tasks, delayed ones included. */
  hNrQueued = 0;
  /** Queued tasks without delayed ones. */
  hNrRunnable = 0;
  /** Queued SCHED_IDLE tasks. */
  hNrIdle = 0;
  readonly avg: SchedAvg = new SchedAvg();
  removedLoad = 0;
  removedUtil = 0;
  removedRunnable = 0;
  removedNr = 0;
  /** loadAvg as it was when it was first asked for in the jiffy {@link hLoadAt}. */
  hLoad = 0;
  hLoadAt = -1;
  /** Ends of the list of queued fair entities, most recently run or queued first. @linux rq.cfs_tasks */
  groupHead: SchedEntity | null = null;
  groupTail: SchedEntity | null = null;
}

/** Run queue of a CPU. @linux kernel/sched/sched.h struct rq */
export class Rq {
  readonly sched: Scheduler;
  readonly cpu: number;
  readonly cfs: CfsRq = new CfsRq();
  readonly rt: RtRq;
  readonly dl: DlRq;
  curr!: Task;
  idle!: Task;
  stop: Task | null = null;
  /** Every queued entity: fair (delayed ones too), RT, deadline, stop, and a queued fair server. */
  nrRunning = 0;
  nrUninterruptible = 0;
  nrIowait = 0;
  nrSwitches = 0;
  // sums for /proc/schedstat and /proc/stat, see sched-info.ts
  /** Time in which tasks ran here, up to the last switch, in ns. */
  cpuTimeNs = 0;
  /** Time that tasks waited here in ns. */
  runDelayNs = 0;
  /** Times that a task got this CPU. */
  nrTimeslices = 0;
  // counted with schedstats on, see schedstat.ts
  /** Calls of sched_yield(). */
  yldCount = 0;
  /** Calls of schedule(). */
  schedCount = 0;
  /** Of those, the ones that left the CPU idle. */
  schedGoidle = 0;
  /** Wakeups that this CPU did, and those of them that stayed here. */
  ttwuCount = 0;
  ttwuLocal = 0;
  nrPinned = 0;
  /** Queue clock in ns; here equal to clock_task: interrupt time is not stolen from tasks. */
  clock = 0;
  /** A request to leave the clock alone at the next update, because a reschedule follows at once. */
  skipClockUpdate = false;
  /** Remote wakeups are on their way here. */
  ttwuPending = false;
  /** Those wakeups: tasks to be activated here, in order. */
  readonly wakeList: Task[] = [];
  online = true;
  active = true;
  // idle bookkeeping, read by load balancing
  idleStamp = 0;
  avgIdle = 1_000_000;
  maxIdleBalanceCost = 500_000;
  wakeAvgIdle = 0;
  /** Jiffy of the next periodic balance. */
  nextBalance = 0;
  /** The CPUs that this one balances with; null if there are none. */
  sd: SchedDomain | null = null;
  /** CPU_IDLE if the CPU was idle when a balance was asked for, else CPU_NOT_IDLE. */
  idleBalance = 0;
  /** In the set of idle CPUs without a tick, on whose behalf others balance. */
  nohzTickStopped = false;
  /** NOHZ_* bits that were asked of this CPU. */
  nohzFlags = 0;
  /** NOHZ_* bits that the coming softirq shall serve. */
  nohzIdleBalance = 0;
  /** The averages of this idle CPU have not decayed to nothing yet. */
  hasBlockedLoad = false;
  /** Jiffy of the last decay of this idle CPU's averages. */
  lastBlockedLoadUpdateTick = 0;
  activeBalance = false;
  pushCpu = 0;
  /** migration/N has been asked to push the current task away. */
  pushBusy = false;
  /** Balance callbacks to run after the switch or the change. */
  balanceCallbacks: ((rq: Rq) => void)[] = [];
  /** Called after each switch while the CPU goes down: it pushes every task away that may leave. Else null. */
  balancePush: ((rq: Rq) => void) | null = null;
  /** Who waits for the CPU to have no other task, or null. */
  hotplugWait: Task | null = null;
  /** The address space whose drop waits until the switch is over. */
  prevMm: object | null = null;
  /** The deadline server that picked the fair task which is about to run. */
  dlServer: SchedDlEntity | null = null;
  calcLoadActive = 0;
  avgRt: SchedAvg = new SchedAvg();
  avgDl: SchedAvg = new SchedAvg();
  avgIrq: SchedAvg = new SchedAvg();
  /** What RT and deadline tasks leave to fair tasks, of 1024. */
  cpuCapacity = 1024;
  /** Jiffy from which a newly idle CPU works it out anew. */
  capacityNextUpdate = 0;

  constructor(sched: Scheduler, cpu: number, rt: RtRq, dl: DlRq) {
    this.sched = sched;
    this.cpu = cpu;
    this.rt = rt;
    this.dl = dl;
  }
}
