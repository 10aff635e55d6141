import type { Rq } from './rq.ts';

/** How busy a group is; the higher, the sooner others pull from it. @linux kernel/sched/fair.c enum group_type */
export const GROUP_HAS_SPARE = 0;
/** See {@link GROUP_HAS_SPARE}: no time to spare, but nobody waits for long. */
export const GROUP_FULLY_BUSY = 1;
/** See {@link GROUP_HAS_SPARE}: RT or deadline work leaves its one fair task too little. */
export const GROUP_MISFIT_TASK = 2;
/** See {@link GROUP_HAS_SPARE}: more to do than it can. */
export const GROUP_OVERLOADED = 6;

/** What balancing knows of a group of CPUs: here, of a CPU. @linux kernel/sched/fair.c struct sg_lb_stats */
export class GroupStats {
  readonly rq: Rq;
  groupType: number = GROUP_HAS_SPARE;
  groupLoad = 0;
  groupUtil = 0;
  groupRunnable = 0;
  /** Queued entities of every class. */
  sumNrRunning = 0;
  /** Queued fair tasks. */
  sumHNrRunning = 0;
  /** 0 or 1. */
  idleCpus = 0;
  readonly groupCapacity: number;
  /** Load of a fair task on a CPU of reduced capacity; 0 if there is none. */
  misfitTaskLoad = 0;
  /** Load in proportion to the capacity; worked out only where it is needed. */
  avgLoad = 0;

  constructor(rq: Rq) {
    this.rq = rq;
    this.groupCapacity = rq.cpuCapacity;
  }

  /** Fill in {@link avgLoad}. */
  computeAvgLoad(): void {
    this.avgLoad = Math.floor((this.groupLoad * 1024) / this.groupCapacity);
  }
}

/** The type of a group of one CPU. A domain without a parent marks no group as imbalanced. @linux kernel/sched/fair.c group_classify() */
export function groupClassify(imbalancePct: number, g: GroupStats): number {
  const utilHigh = g.groupCapacity * 100 < g.groupUtil * imbalancePct;
  const tasksWait = g.groupCapacity * imbalancePct < g.groupRunnable * 100;
  if (g.sumNrRunning > 1 && (utilHigh || tasksWait)) return GROUP_OVERLOADED;
  if (g.misfitTaskLoad > 0) return GROUP_MISFIT_TASK;
  if (g.sumNrRunning < 1) return GROUP_HAS_SPARE;
  const utilLow = g.groupCapacity * 100 > g.groupUtil * imbalancePct;
  return !tasksWait && utilLow ? GROUP_HAS_SPARE : GROUP_FULLY_BUSY;
}
