import type { HrTimer } from './hrtimer.ts';
import { NICE_0_LOAD, type LoadWeight } from './load-weight.ts';
import type { Rq } from './rq.ts';
import type { Task } from './task.ts';

/** Load averages of an entity or a fair run queue. Written by pelt.ts alone. @linux include/linux/sched.h struct sched_avg */
export class SchedAvg {
  lastUpdateTime = 0;
  loadSum = 0;
  runnableSum = 0;
  utilSum = 0;
  periodContrib = 0;
  loadAvg = 0;
  runnableAvg = 0;
  utilAvg = 0;
  utilEst = 0;
}

/** What EEVDF knows of a task. @linux include/linux/sched.h struct sched_entity */
export class SchedEntity {
  /** The task; a run queue's dummy entities have none. */
  readonly task: Task;
  load: LoadWeight = NICE_0_LOAD;
  // changed by fair.ts, under the rq lock in Linux
  /** Virtual runtime in ns. */
  vruntime = 0;
  /** Virtual deadline in ns. */
  deadline = 0;
  /** Off the tree: the saved lag in virtual ns. While current: the deadline at pick time, the slice-protection marker. */
  vlag = 0;
  /** Requested slice in ns. */
  slice = 0;
  /** The slice was set by sched_setattr and is not reset to the base slice. */
  customSlice = false;
  /** Queued, or current and runnable. */
  onRq = false;
  /** Dequeue was delayed: sleeps, but stays queued until its lag is used up. */
  schedDelayed = false;
  /** `deadline` is relative to vruntime: the entity is off the queue for a moment. */
  relDeadline = false;
  /** Instant of the last accounting in ns of rq clock_task. */
  execStart = 0;
  /** Runtime in ns since birth. */
  sumExecRuntime = 0;
  /** sumExecRuntime when the task was last picked. */
  prevSumExecRuntime = 0;
  nrMigrations = 0;
  readonly avg: SchedAvg = new SchedAvg();
  // links of timeline.ts
  /** Insertion number: ties of equal deadlines go to the earlier inserted. */
  treeSeq = 0;
  treeRank = 0;
  treeParent: SchedEntity | null = null;
  treeLeft: SchedEntity | null = null;
  treeRight: SchedEntity | null = null;
  /** Least vruntime of the subtree. */
  minVruntime = 0;
  // links of the list of fair tasks of a run queue that load balancing walks
  groupNext: SchedEntity | null = null;
  groupPrev: SchedEntity | null = null;

  constructor(task: Task) {
    this.task = task;
  }
}

/** What the RT class knows of a task. @linux include/linux/sched.h struct sched_rt_entity */
export class SchedRtEntity {
  /** Remaining ticks of a SCHED_RR slice. */
  timeSlice = 25;
  /** Counted as queued. */
  onRq = false;
  /** In its priority list: kept while the task is off the queue for a change that does not move it. */
  onList = false;
  /** Ticks since the last wakeup. */
  timeout = 0;
  /** Links of the priority list. */
  next: Task | null = null;
  prev: Task | null = null;
  // in the queue's list of tasks that could be pushed to another CPU
  pushable = false;
  pushNext: Task | null = null;
  pushPrev: Task | null = null;
}

/** The deadline of an entity whose first period has not begun: long before boot. */
export const NO_DEADLINE: number = -(2 ** 52);

/** What the deadline class knows of a task or of a fair server. @linux include/linux/sched.h struct sched_dl_entity */
export class SchedDlEntity {
  /** The task; a fair server has none. */
  readonly task: Task | null;
  /** Queue of a fair server; null for a task, whose queue is that of its CPU. */
  rq: Rq | null = null;
  // parameters, set by sched_setattr; ns
  dlRuntime = 0;
  dlDeadline = 0;
  dlPeriod = 0;
  /** SCHED_FLAG_RECLAIM, SCHED_FLAG_DL_OVERRUN and SCHED_FLAG_SUGOV. */
  flags = 0;
  /** runtime << 20 / period. */
  dlBw = 0;
  /** runtime << 20 / deadline. */
  dlDensity = 0;
  // state
  /** What is left of the budget in ns; negative after an overrun. */
  runtime = 0;
  /** Absolute deadline in ns of rq clock. */
  deadline: number = NO_DEADLINE;
  /** The budget is used up: off the queue until the replenishment timer. */
  throttled = false;
  yielded = false;
  /** Blocked before its 0-lag time: the bandwidth stays active until the inactive timer. */
  nonContending = false;
  /** The task asked to be told of an overrun, and there was one. */
  overrun = false;
  // of a fair server
  server = false;
  /** Started, and not stopped since. */
  serverActive = false;
  /** Waits until the last moment before it competes with higher classes. */
  defer = false;
  /** The timer is set for that moment. */
  deferArmed = false;
  /** That moment has come: replenished without waiting again. */
  deferRunning = false;
  // links of the run queue, in order of deadline
  onDlRq = false;
  next: SchedDlEntity | null = null;
  prev: SchedDlEntity | null = null;
  // in the queue's list of tasks that could be pushed to another CPU, in order of deadline
  pushable = false;
  pushNext: SchedDlEntity | null = null;
  pushPrev: SchedDlEntity | null = null;
  // timers, made at first use
  /** Replenishment. */
  dlTimer: HrTimer | null = null;
  /** 0-lag time. */
  inactiveTimer: HrTimer | null = null;

  constructor(task: Task | null) {
    this.task = task;
  }
}
