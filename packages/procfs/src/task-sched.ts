import { SCHED_BATCH, SCHED_DEADLINE, SCHED_NORMAL, SchedStatistics, type Task } from '@kernel-model/scheduler';
import { signalState } from '@kernel-model/signals';
import { splitNs } from './format.ts';

/** Weights of a 64-bit kernel have 10 more bits than those of the table. @linux kernel/sched/sched.h scale_load() */
export const LOAD_SCALE = 1024;
/** The bit of util_est that says "unchanged". */
const UTIL_AVG_UNCHANGED = 0x80000000;

/** /proc/PID/sched. Times in ns. */
export interface TaskSched {
  readonly comm: string;
  readonly pid: number;
  readonly threads: number;
  readonly execStart: number;
  readonly vruntime: number;
  readonly sumExecRuntime: number;
  readonly nrMigrations: number;
  /** What schedstats know; null while they are off. */
  readonly statistics: Readonly<SchedStatistics> | null;
  readonly nrSwitches: number;
  readonly nrVoluntarySwitches: number;
  readonly nrInvoluntarySwitches: number;
  /** 1048576 for nice 0. */
  readonly loadWeight: number;
  readonly loadSum: number;
  readonly runnableSum: number;
  readonly utilSum: number;
  readonly loadAvg: number;
  readonly runnableAvg: number;
  readonly utilAvg: number;
  readonly lastUpdateTime: number;
  readonly utilEst: number;
  readonly policy: number;
  /** 0 .. 139; -1 for deadline. */
  readonly prio: number;
  /** What is left of the budget, and the absolute deadline; null unless SCHED_DEADLINE. */
  readonly dl: { readonly runtime: number; readonly deadline: number } | null;
  /** Of SCHED_NORMAL and SCHED_BATCH; null for the others. */
  readonly slice: number | null;
  /** Time between two readings of the clock. It passes for the reader of a real file only. */
  readonly clockDelta: number;
}

/** What /proc/PID/sched says of a task. @linux kernel/sched/debug.c proc_sched_show_task() */
export function taskSched(p: Task): TaskSched {
  const { se } = p;
  const { avg } = se;
  return {
    comm: p.comm,
    pid: p.pid,
    threads: signalState(p).group.threads.length,
    execStart: se.execStart,
    vruntime: se.vruntime,
    sumExecRuntime: se.sumExecRuntime,
    nrMigrations: se.nrMigrations,
    statistics: p.rq.sched.schedstats ? { ...(p.stats ?? new SchedStatistics()) } : null,
    nrSwitches: p.nvcsw + p.nivcsw,
    nrVoluntarySwitches: p.nvcsw,
    nrInvoluntarySwitches: p.nivcsw,
    loadWeight: se.load.weight * LOAD_SCALE,
    loadSum: avg.loadSum,
    runnableSum: avg.runnableSum,
    utilSum: avg.utilSum,
    loadAvg: avg.loadAvg,
    runnableAvg: avg.runnableAvg,
    utilAvg: avg.utilAvg,
    lastUpdateTime: avg.lastUpdateTime,
    utilEst: (avg.utilEst & ~UTIL_AVG_UNCHANGED) >>> 0,
    policy: p.policy,
    prio: p.prio,
    dl: p.policy === SCHED_DEADLINE ? { runtime: p.dl.runtime, deadline: p.dl.deadline } : null,
    slice: p.policy === SCHED_NORMAL || p.policy === SCHED_BATCH ? se.slice : null,
    clockDelta: 0,
  };
}

/** The text of /proc/PID/sched. */
export function formatTaskSched(t: TaskSched): string {
  const lines = [
    `${t.comm} (${t.pid}, #threads: ${t.threads})`,
    '-'.repeat(67),
    time('se.exec_start', t.execStart),
    time('se.vruntime', t.vruntime),
    time('se.sum_exec_runtime', t.sumExecRuntime),
    count('se.nr_migrations', t.nrMigrations),
    ...(t.statistics === null ? [] : statistics(t, t.statistics)),
    count('nr_switches', t.nrSwitches),
    count('nr_voluntary_switches', t.nrVoluntarySwitches),
    count('nr_involuntary_switches', t.nrInvoluntarySwitches),
    count('se.load.weight', t.loadWeight),
    count('se.avg.load_sum', t.loadSum),
    count('se.avg.runnable_sum', t.runnableSum),
    count('se.avg.util_sum', t.utilSum),
    count('se.avg.load_avg', t.loadAvg),
    count('se.avg.runnable_avg', t.runnableAvg),
    count('se.avg.util_avg', t.utilAvg),
    count('se.avg.last_update_time', t.lastUpdateTime),
    count('se.avg.util_est', t.utilEst),
    count('policy', t.policy),
    count('prio', t.prio),
  ];
  if (t.dl !== null) lines.push(count('dl.runtime', t.dl.runtime), count('dl.deadline', t.dl.deadline));
  if (t.slice !== null) lines.push(count('se.slice', t.slice));
  lines.push(
    count('clock-delta', t.clockDelta),
    count('numa_pages_migrated', 0),
    count('numa_preferred_nid', -1),
    count('total_numa_faults', 0),
    'current_node=0, numa_group_id=0',
    'numa_faults node=0 task_private=0 task_shared=0 group_private=0 group_shared=0',
    '',
  );
  return lines.join('\n');
}

function statistics(t: TaskSched, stats: Readonly<SchedStatistics>): string[] {
  return [
    time('sum_sleep_runtime', stats.sumSleepRuntime),
    time('sum_block_runtime', stats.sumBlockRuntime),
    time('wait_start', stats.waitStart),
    time('sleep_start', stats.sleepStart),
    time('block_start', stats.blockStart),
    time('sleep_max', stats.sleepMax),
    time('block_max', stats.blockMax),
    time('exec_max', stats.execMax),
    time('slice_max', stats.sliceMax),
    time('wait_max', stats.waitMax),
    time('wait_sum', stats.waitSum),
    count('wait_count', stats.waitCount),
    time('iowait_sum', stats.iowaitSum),
    count('iowait_count', stats.iowaitCount),
    count('nr_migrations_cold', 0),
    count('nr_failed_migrations_affine', stats.nrFailedMigrationsAffine),
    count('nr_failed_migrations_running', stats.nrFailedMigrationsRunning),
    count('nr_failed_migrations_hot', stats.nrFailedMigrationsHot),
    count('nr_forced_migrations', stats.nrForcedMigrations),
    count('nr_wakeups', stats.nrWakeups),
    count('nr_wakeups_sync', stats.nrWakeupsSync),
    count('nr_wakeups_migrate', stats.nrWakeupsMigrate),
    count('nr_wakeups_local', stats.nrWakeupsLocal),
    count('nr_wakeups_remote', stats.nrWakeupsRemote),
    count('nr_wakeups_affine', stats.nrWakeupsAffine),
    count('nr_wakeups_affine_attempts', stats.nrWakeupsAffineAttempts),
    count('nr_wakeups_passive', 0),
    count('nr_wakeups_idle', 0),
    time('avg_atom', each(t.sumExecRuntime, t.nrSwitches)),
    time('avg_per_cpu', each(t.sumExecRuntime, t.nrMigrations)),
  ];
}

/** -1 ns stands for "none". */
function each(total: number, times: number): number {
  return times === 0 ? -1 : Math.floor(total / times);
}

function count(name: string, value: number): string {
  return `${name.padEnd(45)}:${String(value).padStart(21)}`;
}

function time(name: string, ns: number): string {
  return `${name.padEnd(45)}:${splitNs(ns, 14)}`;
}
