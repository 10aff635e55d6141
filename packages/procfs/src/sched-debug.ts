import {
  entityEligible,
  type CfsRq,
  type Rq,
  type SchedEntity,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { splitNs } from './format.ts';
import { INITIAL_JIFFIES, jiffiesNow } from './counts.ts';
import { LOAD_SCALE } from './task-sched.ts';
import { taskStateLetter } from './task-state.ts';

/** Frequency that the model's CPUs claim to have, in MHz with three decimals. */
const CPU_MHZ = '1000.000';

/** The scheduler features of Debian's kernel, as debugfs sched/features lists them: those that are off with NO_. */
export const SCHED_FEATURES: readonly string[] = (
  'PLACE_LAG PLACE_DEADLINE_INITIAL PLACE_REL_DEADLINE RUN_TO_PARITY PREEMPT_SHORT NO_NEXT_BUDDY PICK_BUDDY ' +
  'CACHE_HOT_BUDDY DELAY_DEQUEUE DELAY_ZERO WAKEUP_PREEMPTION NO_HRTICK NO_HRTICK_DL NO_DOUBLE_TICK NONTASK_CAPACITY ' +
  'TTWU_QUEUE SIS_UTIL NO_WARN_DOUBLE_CLOCK RT_PUSH_IPI NO_RT_RUNTIME_SHARE NO_LB_MIN ATTACH_AGE_LOAD WA_IDLE WA_WEIGHT ' +
  'WA_BIAS UTIL_EST NO_LATENCY_WARN NI_RANDOM'
).split(' ');

/** One row of the table of tasks in debugfs sched/debug. Times in ns. */
export interface SchedDebugTask {
  readonly current: boolean;
  readonly state: string;
  readonly comm: string;
  readonly pid: number;
  readonly vruntime: number;
  readonly eligible: boolean;
  readonly deadline: number;
  readonly customSlice: boolean;
  readonly slice: number;
  readonly sumExecRuntime: number;
  readonly switches: number;
  readonly prio: number;
  /** What schedstats know; 0 while they are off. */
  readonly waitSum: number;
  readonly sumSleepRuntime: number;
  readonly sumBlockRuntime: number;
}

/** What the table of tasks says of a task. @linux kernel/sched/debug.c print_task() */
export function schedDebugTask(p: Task): SchedDebugTask {
  const { se } = p;
  const stats = p.rq.sched.schedstats ? p.stats : null;
  return {
    current: p.rq.curr === p,
    state: taskStateLetter(p),
    comm: p.comm,
    pid: p.pid,
    vruntime: se.vruntime,
    eligible: entityEligible(p.rq.cfs, se),
    deadline: se.deadline,
    customSlice: se.customSlice,
    slice: se.slice,
    sumExecRuntime: se.sumExecRuntime,
    switches: p.nvcsw + p.nivcsw,
    prio: p.prio,
    waitSum: stats?.waitSum ?? 0,
    sumSleepRuntime: stats?.sumSleepRuntime ?? 0,
    sumBlockRuntime: stats?.sumBlockRuntime ?? 0,
  };
}

/** The row of a task; there is one node and one group. */
export function formatSchedDebugTask(t: SchedDebugTask): string {
  return (
    `${t.current ? '>' : ' '}${t.current ? 'R' : t.state} ${t.comm.padStart(15)} ${String(t.pid).padStart(5)} ` +
    `${splitNs(t.vruntime, 9)}   ${t.eligible ? 'E' : 'N'}   ${splitNs(t.deadline, 9)} ${t.customSlice ? 'S' : ' '} ` +
    `${splitNs(t.slice, 9)} ${splitNs(t.sumExecRuntime, 9)} ${String(t.switches).padStart(9)}   ${String(t.prio).padStart(5)} ` +
    `${splitNs(t.waitSum, 9)} ${splitNs(t.sumSleepRuntime, 9)} ${splitNs(t.sumBlockRuntime, 9)}   0      0        /`
  );
}

/**
 * debugfs sched/debug.
 * @param release of the kernel, e.g. "6.12.95 #1"
 * @linux kernel/sched/debug.c sched_debug_show()
 */
export function schedDebugFile(s: Scheduler, release: string): string {
  const head = (name: string, value: string): string => `${name.padEnd(40)}: ${value}`;
  const lines = [
    `Sched Debug Version: v0.11, ${release}`,
    head('ktime', splitNs(s.sim.now, 0)),
    head('sched_clk', splitNs(s.sim.now, 0)),
    head('cpu_clk', splitNs(s.sim.now, 0)),
    head('jiffies', String(INITIAL_JIFFIES + jiffiesNow(s))),
    head('sched_clock_stable()', '1'),
    '',
    'sysctl_sched',
    `  .${'sysctl_sched_base_slice'.padEnd(40)}: ${splitNs(s.baseSliceNs, 0)}`,
    `  .${'sysctl_sched_features'.padEnd(40)}: ${featureBits()}`,
    `  .${'sysctl_sched_tunable_scaling'.padEnd(40)}: 1 (logarithmic)`,
    '',
  ];
  for (const cpu of s.onlineMask) lines.push(...cpuLines(s, s.rqs[cpu]!));
  return `${lines.join('\n')}\n`;
}

function featureBits(): number {
  return SCHED_FEATURES.reduce((bits, name, i) => (name.startsWith('NO_') ? bits : bits + 2 ** i), 0);
}

/** @linux kernel/sched/debug.c print_cpu() */
function cpuLines(s: Scheduler, rq: Rq): string[] {
  return [
    `cpu#${rq.cpu}, ${CPU_MHZ} MHz`,
    field('nr_running', rq.nrRunning),
    field('nr_switches', rq.nrSwitches),
    field('nr_uninterruptible', rq.nrUninterruptible),
    field('next_balance', splitNs(INITIAL_JIFFIES + rq.nextBalance, 0)),
    field('curr->pid', rq.curr.pid),
    field('clock', splitNs(rq.clock, 0)),
    field('clock_task', splitNs(rq.clock, 0)),
    field('avg_idle', rq.avgIdle),
    field('max_idle_balance_cost', rq.maxIdleBalanceCost),
    ...(s.schedstats ? statLines(rq) : []),
    '',
    ...cfsLines(rq),
    '',
    `rt_rq[${rq.cpu}]:`,
    field('rt_nr_running', rq.rt.rtNrRunning),
    '',
    `dl_rq[${rq.cpu}]:`,
    field('dl_nr_running', rq.dl.dlNrRunning),
    field('dl_bw->bw', s.rd.dlBw.bw),
    field('dl_bw->total_bw', s.rd.dlBw.totalBw),
    '',
    'runnable tasks:',
    ' S            task   PID       vruntime   eligible    deadline             slice          sum-exec      switches  prio         wait-time        sum-sleep       sum-block  node   group-id  group-path',
    '-'.repeat(191),
    ...[...s.tasks.values()].filter((p) => p.cpu === rq.cpu).map((p) => formatSchedDebugTask(schedDebugTask(p))),
    '',
  ];
}

function statLines(rq: Rq): string[] {
  return [
    field('yld_count', rq.yldCount),
    field('sched_count', rq.schedCount),
    field('sched_goidle', rq.schedGoidle),
    field('ttwu_count', rq.ttwuCount),
    field('ttwu_local', rq.ttwuLocal),
  ];
}

/** @linux kernel/sched/debug.c print_cfs_rq() */
function cfsLines(rq: Rq): string[] {
  const { cfs } = rq;
  const first = earliest(cfs);
  const last = latest(cfs);
  const left = first === null ? -1 : cfs.timeline.root!.minVruntime;
  const right = last === null ? -1 : last.vruntime;
  const time = (name: string, ns: number): string => field(name, splitNs(ns, 0));
  return [
    `cfs_rq[${rq.cpu}]:/`,
    time('left_deadline', first === null ? -1 : first.deadline),
    time('left_vruntime', left),
    time('zero_vruntime', cfs.zeroVruntime),
    time('avg_vruntime', average(cfs)),
    time('right_vruntime', right),
    time('spread', right - left),
    field('nr_running', cfs.nrRunning),
    field('h_nr_runnable', cfs.hNrRunnable),
    field('h_nr_queued', cfs.hNrQueued),
    field('h_nr_delayed', cfs.hNrQueued - cfs.hNrRunnable),
    field('idle_nr_running', cfs.hNrIdle),
    field('idle_h_nr_running', cfs.hNrIdle),
    field('load', cfs.loadWeight * LOAD_SCALE),
    field('load_avg', cfs.avg.loadAvg),
    field('runnable_avg', cfs.avg.runnableAvg),
    field('util_avg', cfs.avg.utilAvg),
    field('util_est', cfs.avg.utilEst),
    field('removed.load_avg', cfs.removedLoad),
    field('removed.util_avg', cfs.removedUtil),
    field('removed.runnable_avg', cfs.removedRunnable),
    field('tg_load_avg_contrib', 0),
    field('tg_load_avg', 0),
    field('throttled', 0),
    field('throttle_count', 0),
  ];
}

function field(name: string, value: number | string): string {
  return `  .${name.padEnd(30)}: ${value}`;
}

function earliest(cfs: CfsRq): SchedEntity | null {
  return cfs.timeline.first();
}

/** The entity with the latest deadline: the rightmost of the tree. */
function latest(cfs: CfsRq): SchedEntity | null {
  let se = cfs.timeline.root;
  while (se !== null && se.treeRight !== null) se = se.treeRight;
  return se;
}

/** The average that avgVruntime() gives, without moving the queue's reference point. */
function average(cfs: CfsRq): number {
  let sum = cfs.avgVruntime;
  let load = cfs.avgLoad;
  if (cfs.curr !== null && cfs.curr.onRq) {
    sum += (cfs.curr.vruntime - cfs.zeroVruntime) * cfs.curr.load.weight;
    load += cfs.curr.load.weight;
  }
  return load === 0 ? cfs.zeroVruntime : cfs.zeroVruntime + Math.floor(sum / load);
}
