import { TASK_INTERRUPTIBLE, TASK_ON_RQ_MIGRATING, TASK_UNINTERRUPTIBLE, WF_MIGRATED, WF_SYNC } from './constants.ts';
import type { LbEnv } from './lb-env.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * What schedstats know of a task: instants and times in ns of rq clock, an instant of 0 being none.
 * @linux include/linux/sched.h struct sched_statistics
 */
export class SchedStatistics {
  waitStart = 0;
  waitMax = 0;
  waitCount = 0;
  waitSum = 0;
  iowaitCount = 0;
  iowaitSum = 0;
  sleepStart = 0;
  sleepMax = 0;
  /** Of every sleep, uninterruptible ones too. */
  sumSleepRuntime = 0;
  blockStart = 0;
  blockMax = 0;
  sumBlockRuntime = 0;
  execMax = 0;
  sliceMax = 0;
  nrFailedMigrationsAffine = 0;
  nrFailedMigrationsRunning = 0;
  nrFailedMigrationsHot = 0;
  nrForcedMigrations = 0;
  nrWakeups = 0;
  nrWakeupsSync = 0;
  nrWakeupsMigrate = 0;
  nrWakeupsLocal = 0;
  nrWakeupsRemote = 0;
  nrWakeupsAffine = 0;
  nrWakeupsAffineAttempts = 0;
}

/** The statistics of a task, made when they first count something. They count while `schedstats` of the scheduler is set. */
export function schedStatistics(p: Task): SchedStatistics {
  return (p.stats ??= new SchedStatistics());
}

/** A task starts to wait for the CPU; what it waited before a migration counts on. @linux kernel/sched/stats.c __update_stats_wait_start() */
export function updateStatsWaitStart(rq: Rq, p: Task): void {
  const stats = schedStatistics(p);
  stats.waitStart = rq.clock > stats.waitStart ? rq.clock - stats.waitStart : rq.clock;
}

/** Its turn has come, or it leaves the queue. @emits sched_stat_wait @linux kernel/sched/stats.c __update_stats_wait_end() */
export function updateStatsWaitEnd(rq: Rq, p: Task): void {
  const stats = schedStatistics(p);
  const delta = rq.clock - stats.waitStart;
  if (p.onRq === TASK_ON_RQ_MIGRATING) {
    stats.waitStart = delta;
    return;
  }
  const probe = rq.sched.probes.statWait;
  if (probe.enabled) probe.emit(p.commId, p.pid, delta);
  stats.waitMax = Math.max(stats.waitMax, delta);
  stats.waitCount++;
  stats.waitSum += delta;
  stats.waitStart = 0;
}

/**
 * A sleeper is queued again.
 * @emits sched_stat_sleep after an interruptible sleep; sched_stat_iowait and sched_stat_blocked after another
 * @linux kernel/sched/stats.c __update_stats_enqueue_sleeper()
 */
export function updateStatsEnqueueSleeper(rq: Rq, p: Task): void {
  const stats = schedStatistics(p);
  const { probes } = rq.sched;
  if (stats.sleepStart !== 0) {
    const delta = Math.max(0, rq.clock - stats.sleepStart);
    stats.sleepStart = 0;
    stats.sleepMax = Math.max(stats.sleepMax, delta);
    stats.sumSleepRuntime += delta;
    if (probes.statSleep.enabled) probes.statSleep.emit(p.commId, p.pid, delta);
  }
  if (stats.blockStart === 0) return;
  const delta = Math.max(0, rq.clock - stats.blockStart);
  stats.blockStart = 0;
  stats.blockMax = Math.max(stats.blockMax, delta);
  stats.sumSleepRuntime += delta;
  stats.sumBlockRuntime += delta;
  if (p.inIowait) {
    stats.iowaitSum += delta;
    stats.iowaitCount++;
    if (probes.statIowait.enabled) probes.statIowait.emit(p.commId, p.pid, delta);
  }
  if (probes.statBlocked.enabled) probes.statBlocked.emit(p.commId, p.pid, delta);
}

/** A task leaves the queue to sleep. @linux kernel/sched/fair.c update_stats_dequeue_fair() */
export function updateStatsDequeueSleep(rq: Rq, p: Task): void {
  const stats = schedStatistics(p);
  if ((p.state & TASK_INTERRUPTIBLE) !== 0) stats.sleepStart = rq.clock;
  if ((p.state & TASK_UNINTERRUPTIBLE) !== 0) stats.blockStart = rq.clock;
}

/** A wakeup is done. @param cpu where the task will run @linux kernel/sched/core.c ttwu_stat() */
export function ttwuStat(s: Scheduler, p: Task, cpu: number, wakeFlags: number): void {
  const rq = s.rqs[s.cpu]!;
  const stats = schedStatistics(p);
  if (cpu === rq.cpu) {
    rq.ttwuLocal++;
    stats.nrWakeupsLocal++;
  } else {
    stats.nrWakeupsRemote++;
    if (rq.sd !== null && rq.sd.span.has(cpu)) rq.sd.stats.ttwuWakeRemote++;
  }
  if ((wakeFlags & WF_MIGRATED) !== 0) stats.nrWakeupsMigrate++;
  rq.ttwuCount++;
  stats.nrWakeups++;
  if ((wakeFlags & WF_SYNC) !== 0) stats.nrWakeupsSync++;
}

/**
 * Somebody enabled tracepoints. Some tell something with schedstats on only: the log says so, once. Linux looks whenever it
 * queues a task.
 * @linux kernel/sched/stats.h check_schedstat_required()
 */
export function checkSchedstatRequired(s: Scheduler): void {
  if (s.schedstats) return;
  const { statWait, statSleep, statIowait, statBlocked, statRuntime } = s.probes;
  const listens =
    statWait.enabled || statSleep.enabled || statIowait.enabled || statBlocked.enabled || statRuntime.enabled;
  if (!listens) return;
  s.reports.printkOnce(
    'info',
    'Scheduler tracepoints stat_sleep, stat_iowait, stat_blocked and stat_runtime require the kernel parameter ' +
      'schedstats=enable or kernel.sched_schedstats=1',
  );
}

/**
 * What balancing of a domain has come to. The lists are by CPU_*.
 * @linux include/linux/sched/topology.h struct sched_domain
 */
export class SchedDomainStats {
  readonly lbCount: number[] = [0, 0, 0];
  readonly lbBalanced: number[] = [0, 0, 0];
  readonly lbFailed: number[] = [0, 0, 0];
  readonly lbImbalance: number[] = [0, 0, 0];
  readonly lbGained: number[] = [0, 0, 0];
  readonly lbHotGained: number[] = [0, 0, 0];
  readonly lbNobusyq: number[] = [0, 0, 0];
  readonly lbNobusyg: number[] = [0, 0, 0];
  /** Active balances begun, and how they ended. */
  albCount = 0;
  albFailed = 0;
  albPushed = 0;
  ttwuWakeRemote = 0;
  ttwuMoveAffine = 0;
}

type LbCounter = Exclude<
  keyof SchedDomainStats,
  'albCount' | 'albFailed' | 'albPushed' | 'ttwuWakeRemote' | 'ttwuMoveAffine'
>;

/** Something came of a balance. */
export function lbStat(env: LbEnv, counter: LbCounter, by: number): void {
  if (env.dstRq.sched.schedstats) env.sd.stats[counter][env.idle]! += by;
}
