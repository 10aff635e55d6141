import { ENQUEUE_MIGRATED, SCHED_IDLE, TASK_ON_RQ_MIGRATING } from './constants.ts';
import { activateTask, deactivateTask, updateRqClock, wakeupPreempt } from './core.ts';
import { taskHLoad } from './cpu-load.ts';
import { moveToGroupHead } from './fair.ts';
import { CPU_NEWLY_IDLE, CPU_NOT_IDLE, MIGRATE_LOAD, type LbEnv } from './lb-env.ts';
import { setTaskCpu } from './migrate.ts';
import type { Rq } from './rq.ts';
import { lbStat, schedStatistics } from './schedstat.ts';
import type { Task } from './task.ts';

/** A task that ran less than so many ns ago has its data in the cache. @linux kernel/sched/fair.c sysctl_sched_migration_cost */
export const SCHED_MIGRATION_COST = 500_000;

/**
 * Take tasks off the busiest queue, those first that have not run for longest, until the imbalance is made up for.
 * @returns the tasks, already assigned to the pulling CPU but queued nowhere
 * @emits sched_migrate_task
 * @linux kernel/sched/fair.c detach_tasks()
 */
export function detachTasks(env: LbEnv): Task[] {
  const detached: Task[] = [];
  const src = env.srcRq;
  if (src.nrRunning <= 1) {
    env.allPinned = false;
    return detached;
  }
  const { cfs } = src;
  while (cfs.groupTail !== null && env.imbalance > 0) {
    // An idle CPU does not take the last task: the source would go and take it back.
    if (env.idle !== CPU_NOT_IDLE && src.nrRunning <= 1) break;
    if (++env.loop > env.loopMax) break;
    const p = cfs.groupTail.task;
    const amount = env.migrationType === MIGRATE_LOAD ? Math.max(taskHLoad(p), 1) : 1;
    const may = canMigrateTask(p, env);
    if (!may || tooMuch(env, amount)) {
      if (may && env.taskHot && src.sched.schedstats) schedStatistics(p).nrFailedMigrationsHot++;
      moveToGroupHead(cfs, p.se);
      continue;
    }
    env.imbalance -= amount;
    detachTask(p, env);
    detached.push(p);
    // Whoever wakes up here meanwhile has to wait for this.
    if (env.idle === CPU_NEWLY_IDLE) break;
  }
  lbStat(env, 'lbGained', detached.length);
  return detached;
}

/** Take one task off the queue for active balancing, or return null. @emits sched_migrate_task @linux kernel/sched/fair.c detach_one_task() */
export function detachOneTask(env: LbEnv): Task | null {
  for (let se = env.srcRq.cfs.groupTail; se !== null; se = se.groupPrev) {
    if (!canMigrateTask(se.task, env)) continue;
    detachTask(se.task, env);
    lbStat(env, 'lbGained', 1);
    return se.task;
  }
  return null;
}

/** Queue detached tasks on their new CPU, the last detached first. @linux kernel/sched/fair.c attach_tasks() */
export function attachTasks(rq: Rq, tasks: readonly Task[]): void {
  const s = rq.sched;
  updateRqClock(rq);
  for (let i = tasks.length - 1; i >= 0; i--) {
    s.sim.charge(s.config.costs.call);
    activateTask(rq, tasks[i]!, ENQUEUE_MIGRATED);
    wakeupPreempt(rq, tasks[i]!, 0);
  }
}

/** The more often balancing has failed, the more load may move at once. */
function tooMuch(env: LbEnv, amount: number): boolean {
  return env.migrationType === MIGRATE_LOAD && amount >>> Math.min(env.sd.nrBalanceFailed, 31) > env.imbalance;
}

/** @linux kernel/sched/fair.c can_migrate_task() */
function canMigrateTask(p: Task, env: LbEnv): boolean {
  const s = p.rq.sched;
  env.taskHot = false;
  if (s.hooks.kthreadIsPerCpu(p)) return false;
  if (!p.cpusPtr.has(env.dstRq.cpu)) {
    if (s.schedstats) schedStatistics(p).nrFailedMigrationsAffine++;
    return false;
  }
  env.allPinned = false;
  if (p.onCpu) {
    if (s.schedstats) schedStatistics(p).nrFailedMigrationsRunning++;
    return false;
  }
  if (env.activeLb) return true;
  env.taskHot = taskHot(p, env);
  if (!env.taskHot || env.sd.nrBalanceFailed > env.sd.cacheNiceTries) return true;
  if (s.schedstats) schedStatistics(p).nrFailedMigrationsHot++;
  return false;
}

/** Costs vanish on an explored machine, that of a cold cache too: without time, every task would stay hot. @linux kernel/sched/fair.c task_hot() */
function taskHot(p: Task, env: LbEnv): boolean {
  if (p.policy === SCHED_IDLE || p.rq.sched.sim.explored) return false;
  return env.srcRq.clock - p.se.execStart < SCHED_MIGRATION_COST;
}

/** @linux kernel/sched/fair.c detach_task() */
function detachTask(p: Task, env: LbEnv): void {
  if (env.taskHot && p.rq.sched.schedstats) {
    lbStat(env, 'lbHotGained', 1);
    schedStatistics(p).nrForcedMigrations++;
  }
  p.onRq = TASK_ON_RQ_MIGRATING;
  deactivateTask(env.srcRq, p, 0);
  setTaskCpu(p, env.dstRq.cpu);
}
