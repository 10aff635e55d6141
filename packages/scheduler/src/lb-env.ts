import type { Cpumask } from './cpumask.ts';
import type { Rq } from './rq.ts';
import type { SchedDomain } from './sched-domains.ts';

/** In what state of its CPU a balance is done. @linux include/linux/sched/idle.h enum cpu_idle_type */
export const CPU_NOT_IDLE = 0;
export const CPU_IDLE = 1;
/** The CPU is about to become idle. */
export const CPU_NEWLY_IDLE = 2;

/** What `imbalance` counts. @linux kernel/sched/fair.c enum migration_type */
export const MIGRATE_LOAD = 0;
export const MIGRATE_TASK = 2;

/** One attempt to balance. @linux kernel/sched/fair.c struct lb_env */
export class LbEnv {
  readonly sd: SchedDomain;
  /** Pulls. */
  readonly dstRq: Rq;
  /** CPU_* */
  readonly idle: number;
  /** CPUs that take part. */
  cpus: Cpumask;
  /** Is pulled from. */
  srcRq: Rq;
  /** {@link MIGRATE_LOAD} or {@link MIGRATE_TASK}. */
  migrationType: number = MIGRATE_LOAD;
  /** How much is to be moved: load, or a number of tasks. */
  imbalance = 0;
  /** No task was found that may run on the pulling CPU. */
  allPinned = false;
  /** The stopper balances: move the first task that may go. */
  readonly activeLb: boolean;
  /** The task looked at last is hot in its cache. */
  taskHot = false;
  /** Tasks looked at. */
  loop = 0;
  /** Tasks to look at, at most. */
  loopMax = 0;

  constructor(sd: SchedDomain, dstRq: Rq, idle: number, cpus: Cpumask, activeLb: boolean) {
    this.sd = sd;
    this.dstRq = this.srcRq = dstRq;
    this.idle = idle;
    this.cpus = cpus;
    this.activeLb = activeLb;
  }
}
