import type { Access, MaySleep, Point, Sleep } from '@kernel-model/sim';
import { Cpumask } from './cpumask.ts';
import { DEFAULT_PRIO, MAX_RT_PRIO, SCHED_NORMAL, TASK_NEW } from './constants.ts';
import type { Completion } from './completion.ts';
import type { Rq } from './rq.ts';
import type { SchedClass } from './sched-class.ts';
import type { TimeoutCall } from './schedule-timeout.ts';
import type { ReschedCall, ScheduleCall } from './schedule.ts';
import type { TaskList } from './task-list.ts';
import type { SchedStatistics } from './schedstat.ts';
import { SchedDlEntity, SchedEntity, SchedRtEntity } from './sched-entity.ts';

/** An address space as the scheduler sees it: something that tasks share, own or borrow. `mm` makes them. */
export interface MmHandle {
  /** Never reused. */
  readonly ctxId: number;
}

/** One bit of thread information flags. */
export const TIF_SIGPENDING = 1;
/** See {@link TIF_SIGPENDING}; set by kthread_stop, it ends interruptible sleeps without a signal. */
export const TIF_NOTIFY_SIGNAL = 2;

/** A thread of execution. Fields are grouped by who may change them. @linux include/linux/sched.h struct task_struct */
export class Task {
  /** Set at creation; exec in a thread that does not lead its process takes the leader's. */
  pid: number;
  /** Who made it; for a thread of a process, who made the process. An orphan gets another one. @linux task_struct.real_parent */
  parent: Task | null;

  /** At most 15 bytes. Changed by setTaskComm() alone. */
  comm: string;
  /** The comm in the string table of the trace hub. */
  commId: number;

  /** PF_* bits. */
  flags = 0;
  /** TIF_* bits. TIF_NEED_RESCHED is {@link needResched}. */
  tif = 0;
  needResched = false;
  /** Runs in user mode: an interrupt that asks for a reschedule switches whatever the preemption model. */
  inUser = false;

  // own state: the task itself, and whoever wakes it
  /** TASK_* bits; 0 is TASK_RUNNING. */
  state: number = TASK_NEW;
  /** State to give back to a frozen task when it thaws. */
  savedState = 0;
  /** EXIT_ZOMBIE, EXIT_DEAD or 0. */
  exitState = 0;
  exitCode = 0;

  // scheduling
  /** 0, TASK_ON_RQ_QUEUED or TASK_ON_RQ_MIGRATING. */
  onRq = 0;
  /** Runs on a CPU, or its switch out is not over. */
  onCpu = false;
  /** Changed by setTaskCpu() alone, like {@link rq}. */
  cpu: number;
  /** The run queue of {@link cpu}. */
  rq: Rq;
  /** Where the next wakeup starts looking; equals {@link cpu} unless a stopper or a workqueue changed it. */
  wakeCpu: number;
  recentUsedCpu = 0;
  policy: number = SCHED_NORMAL;
  /** 100 .. 139 for nice -20 .. 19. */
  staticPrio: number = DEFAULT_PRIO;
  normalPrio: number = DEFAULT_PRIO;
  /** Effective priority; the lower number wins. */
  prio: number = DEFAULT_PRIO;
  rtPriority = 0;
  resetOnFork = false;
  schedClass!: SchedClass;
  readonly se: SchedEntity = new SchedEntity(this);
  // made when they are first asked for: most tasks are fair ones all their life
  #rt: SchedRtEntity | null = null;
  #dl: SchedDlEntity | null = null;
  /** The entity on whose behalf the task was picked: a fair server, or null. */
  dlServer: SchedDlEntity | null = null;
  cpusPtr: Cpumask;
  cpusMask: Cpumask;
  nrCpusAllowed: number;
  /** What sched_setaffinity asked for, or null. */
  userCpusPtr: Cpumask | null = null;
  migrateDisabled = 0;
  /** MDF_PUSH: push it away as soon as it may migrate. */
  mdfPush = false;
  /** A pending request of set_cpus_allowed_ptr, owned by affinity.ts. */
  migrationPending: object | null = null;
  schedContributesToLoad = false;
  schedRemoteWakeup = false;
  inIowait = false;
  /** Nesting of preempt_disable; 0 means preemptible. */
  preemptCount = 0;
  /** Nesting of local_bh_disable. */
  bhDisableCount = 0;
  nvcsw = 0;
  nivcsw = 0;
  // how long it waited and ran, see sched-info.ts and cputime.ts
  /** Instant from which it waits for the CPU, of rq clock; 0 if it does not. */
  lastQueuedNs = 0;
  /** All the time that it waited for the CPU. */
  runDelayNs = 0;
  /** Instant at which it got the CPU last, of rq clock. */
  lastArrivalNs = 0;
  /** Times that it got the CPU. @linux sched_info.pcount */
  nrTimeslices = 0;
  /** Ticks that hit it in user mode, and in the kernel. */
  utimeTicks = 0;
  stimeTicks = 0;
  /** What schedstats know; null until they count something. */
  stats: SchedStatistics | null = null;
  lastWakee: Task | null = null;
  wakeeFlips = 0;
  wakeeFlipDecayTs = 0;
  // links of the one completion or mutex in which the task waits
  waitList: TaskList | null = null;
  waitNext: Task | null = null;
  waitPrev: Task | null = null;
  /** Queued in a wake_q. */
  wakeQueued = false;

  // execution
  /** What runs; null for idle tasks. */
  body: Iterator<Point | Sleep, unknown, void> | null = null;
  /** What schedule() of this task returns, made at the first call. */
  scheduleCall: ScheduleCall | null = null;
  /** What cond_resched() of this task returns if somebody else is due, made at the first such call. */
  reschedCall: ReschedCall | null = null;
  /** What schedule_timeout() of this task returns, made at the first call. */
  timeoutCall: TimeoutCall | null = null;
  /** On an explored machine: what the task's next step touches. It may take that step on another CPU. */
  announced: Access | null = null;
  /** Ns of interruptible work that the task owes before it goes on: what is left of a delay. */
  owedNs = 0;
  /** The owed work is plain code that never pauses: a host with one thread runs nobody else meanwhile. */
  computes = false;
  /** The owed work is made of pieces of this many ns that end by the clock: an interruption uses up what is left of one. */
  pieceNs = 0;

  // the address space, changed by the context switch, exec, exit and kthread_use_mm
  mm: MmHandle | null = null;
  activeMm: MmHandle | null = null;

  // what higher layers hang on a task; each is null until its package sets it
  /** struct kthread. */
  workerPrivate: object | null = null;
  /** Signal state, owned by `signals`. */
  signal: object | null = null;
  /** struct worker of a workqueue worker. */
  worker: object | null = null;

  // lifetime
  /** Instant of the fork in ns. */
  startAtNs = 0;
  /** References; 0 frees. */
  usage = 1;
  rcuUsers = 2;
  freed = false;
  /** Called by the exit path when the task lets go of its address space. @linux task_struct.vfork_done */
  vforkDone: Completion | null = null;
  /** Instant of the last switch to or from the task in ns. */
  lastSwitchAtNs = 0;
  /** What the task waits for, in words, for reports: e.g. "completion c". Empty when it does not wait. */
  waitsFor = '';

  /** @param rq where it starts */
  constructor(pid: number, comm: string, commId: number, parent: Task | null, cpus: Cpumask, rq: Rq) {
    this.rq = rq;
    this.cpu = this.wakeCpu = rq.cpu;
    this.pid = pid;
    this.comm = comm;
    this.commId = commId;
    this.parent = parent;
    this.cpusPtr = cpus;
    this.cpusMask = cpus;
    this.nrCpusAllowed = cpus.weight;
  }

  /** What the RT class knows of the task. */
  get rt(): SchedRtEntity {
    return (this.#rt ??= new SchedRtEntity());
  }

  /** What the deadline class knows of the task. */
  get dl(): SchedDlEntity {
    return (this.#dl ??= new SchedDlEntity(this));
  }
}

/** The function that a kernel thread runs. */
export type TaskBody = () => MaySleep<unknown>;

/** Is the task in the stop, deadline or RT class (or boosted to it)? @linux include/linux/sched/rt.h rt_or_dl_prio() */
export function rtOrDlTask(p: Task): boolean {
  return p.prio < MAX_RT_PRIO;
}

/** Nice value, -20 .. 19. @linux include/linux/sched.h task_nice() */
export function taskNice(p: Task): number {
  return p.staticPrio - DEFAULT_PRIO;
}
