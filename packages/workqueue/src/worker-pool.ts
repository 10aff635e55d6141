import type { Cpumask } from '@kernel-model/scheduler';
import {
  TIMER_DEFERRABLE,
  TimerList,
  anyAndDistribute,
  modTimer,
  timerPending,
  wakeUpProcess,
} from '@kernel-model/scheduler';
import type { WorkqueueAttrs } from './attrs.ts';
import { kickBhPool } from './bh.ts';
import {
  IDLE_WORKER_TIMEOUT,
  MAX_IDLE_WORKERS_RATIO,
  POOL_BH,
  POOL_MANAGER_ACTIVE,
  PWQ_STAT_REPATRIATED,
} from './constants.ts';
import { idleCullFn, idleWorkerTimeout } from './idle.ts';
import { poolMaydayTimeout } from './mayday.ts';
import { WorkStruct, listEmpty, workList } from './work.ts';
import type { Worker } from './worker.ts';
import type { Workqueues } from './workqueues.ts';

/** A list of works to run, and the workers that run them. @linux kernel/workqueue.c struct worker_pool */
export class WorkerPool {
  /** Lowest free number of the machine when it was made. */
  id = -1;
  /** NUMA node, or -1. */
  node = -1;

  // changed under pool->lock in Linux
  /** POOL_* bits. */
  flags: number;
  /** Jiffy of the last sign of progress. */
  watchdogTs: number;
  /** The watchdog found it stalled in its last pass. */
  cpuStall = false;
  /** Workers that count as running. */
  nrRunning = 0;
  /** Active works that nobody has taken yet, first come first. */
  readonly worklist: WorkStruct = workList();
  /** Workers without rescuers. */
  nrWorkers = 0;
  nrIdle = 0;
  /** Head of the idle list: who went idle last. */
  idleFirst: Worker | null = null;
  idleLast: Worker | null = null;
  readonly idleTimer: TimerList;
  readonly idleCullWork: WorkStruct;
  readonly maydayTimer: TimerList;
  manager: Worker | null = null;
  /** Attached workers, rescuers too. */
  readonly workers: Worker[] = [];
  /** Numbers of workers that are taken. */
  readonly workerIds: boolean[] = [];
  /** Number of pwqs that use it; unbound pools only. */
  refcnt = 1;

  constructor(
    readonly w: Workqueues,
    /** -1 for an unbound pool. */
    readonly cpu: number,
    flags: number,
    readonly attrs: WorkqueueAttrs,
  ) {
    this.flags = flags;
    this.watchdogTs = w.s.jiffies;
    this.idleTimer = new PoolTimer(this, idleTimerFn, TIMER_DEFERRABLE);
    this.maydayTimer = new PoolTimer(this, maydayTimerFn, 0);
    this.idleCullWork = new WorkStruct(() => idleCullFn(this), 'idle_cull_fn');
  }

  /**
   * A worker went idle: if there are too many now, look again when it is old enough to go.
   * Unlike Linux, not on an explored machine: five minutes are not to be one more choice after every step.
   */
  armIdleTimer(): void {
    if (this.w.s.sim.explored || !tooManyWorkers(this) || timerPending(this.idleTimer)) return;
    modTimer(this.w.s, this.idleTimer, this.w.s.jiffies + IDLE_WORKER_TIMEOUT);
  }
}

/** A timer of a pool. */
class PoolTimer extends TimerList {
  constructor(
    readonly pool: WorkerPool,
    fn: (timer: TimerList) => void,
    flags: number,
  ) {
    super(fn, flags);
  }
}

function idleTimerFn(timer: TimerList): void {
  idleWorkerTimeout((timer as PoolTimer).pool);
}

function maydayTimerFn(timer: TimerList): void {
  poolMaydayTimeout((timer as PoolTimer).pool);
}

/** Works wait, and nobody who counts is running. @linux kernel/workqueue.c need_more_worker() */
export function needMoreWorker(pool: WorkerPool): boolean {
  return pool.nrRunning === 0 && !listEmpty(pool.worklist);
}

/** Somebody is left to take over. @linux kernel/workqueue.c may_start_working() */
export function mayStartWorking(pool: WorkerPool): boolean {
  return pool.nrIdle !== 0;
}

/** Works wait, and nobody else who counts is running. @linux kernel/workqueue.c keep_working() */
export function keepWorking(pool: WorkerPool): boolean {
  return pool.nrRunning <= 1 && !listEmpty(pool.worklist);
}

/** @linux kernel/workqueue.c need_to_create_worker() */
export function needToCreateWorker(pool: WorkerPool): boolean {
  return needMoreWorker(pool) && !mayStartWorking(pool);
}

/** More than two idle, and more than a quarter of the busy ones beyond those. @linux kernel/workqueue.c too_many_workers() */
export function tooManyWorkers(pool: WorkerPool): boolean {
  const idle = pool.nrIdle + ((pool.flags & POOL_MANAGER_ACTIVE) !== 0 ? 1 : 0);
  const busy = pool.nrWorkers - idle;
  return idle > 2 && (idle - 2) * MAX_IDLE_WORKERS_RATIO >= busy;
}

/** Who runs this work, with this function, in this pool? @linux kernel/workqueue.c find_worker_executing_work() */
export function findWorkerExecutingWork(pool: WorkerPool, work: WorkStruct): Worker | null {
  for (let worker = work.runner; worker !== null; worker = worker.nextRunner) {
    if (worker.pool === pool && worker.currentFunc === work.func) return worker;
  }
  return null;
}

/**
 * Wake the worker that went idle last, if works wait and nobody runs. It stays on the idle list until it runs, so the
 * next call may wake it again.
 * @returns whether there was somebody to wake
 * @linux kernel/workqueue.c kick_pool()
 */
export function kickPool(pool: WorkerPool): boolean {
  const worker = pool.idleFirst;
  if (worker === null || !needMoreWorker(pool)) return false;
  if ((pool.flags & POOL_BH) !== 0) {
    kickBhPool(pool);
    return true;
  }
  const { s } = pool.w;
  const p = worker.task!;
  const { attrs } = pool;
  if (!attrs.affnStrict && !attrs.podCpumask.has(p.wakeCpu)) {
    const cpu = anyAndDistribute(s, attrs.podCpumask, s.onlineMask);
    if (cpu >= 0) {
      p.wakeCpu = cpu;
      pool.worklist.next.pwq!.stats[PWQ_STAT_REPATRIATED]!++;
    }
  }
  wakeUpProcess(s, p);
  return true;
}

/** Where the workers of a pool may run. @linux kernel/workqueue.c pool_allowed_cpus() */
export function poolAllowedCpus(pool: WorkerPool): Cpumask {
  return pool.cpu < 0 && pool.attrs.affnStrict ? pool.attrs.podCpumask : pool.attrs.cpumask;
}

/** The lowest free number of a worker. @linux lib/idr.c ida_alloc() */
export function allocWorkerId(pool: WorkerPool): number {
  const { workerIds } = pool;
  let id = 0;
  while (workerIds[id] === true) id++;
  workerIds[id] = true;
  return id;
}
