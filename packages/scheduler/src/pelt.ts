import type { SchedAvg, SchedEntity } from './sched-entity.ts';
import type { CfsRq, Rq } from './rq.ts';
import type { Task } from './task.ts';

// Per-entity load tracking. Time counts in units of 1024 ns; 1024 units are a period; what happened n periods ago
// weighs y^n, with y^32 = 1/2. A sum is a weighted amount of time, an average is the sum over the largest possible sum.

/** Flags of {@link updateLoadAvg}: task-group averages too; without task groups it changes nothing. */
export const UPDATE_TG = 0x1;
/** See {@link UPDATE_TG}: the entity comes from another CPU, or is new: add its load to the queue. */
export const DO_ATTACH = 0x4;
/** See {@link UPDATE_TG}: the entity goes to another CPU: take its load out of the queue. */
export const DO_DETACH = 0x8;

/** Capacity of a CPU that does nothing else. @linux include/linux/sched.h SCHED_CAPACITY_SCALE */
export const SCHED_CAPACITY_SCALE = 1024;

/** The sum of a signal that was always on. @linux kernel/sched/sched-pelt.h */
const LOAD_AVG_MAX = 47742;
const LOAD_AVG_PERIOD = 32;
const PELT_MIN_DIVIDER: number = LOAD_AVG_MAX - 1024;

/** Unlike Linux, where 0 says so, as the clock starts at 0 here: the load of the entity is part of no queue. */
const NOT_ATTACHED = -1;

/** `avg.utilEst` of a task: set in it while utilAvg has not changed since the last estimate. */
const UTIL_AVG_UNCHANGED = 0x8000_0000;
const UTIL_EST_MARGIN = 10;

/** y^n * 2^32, n < 32: upper 16 bits. @linux kernel/sched/sched-pelt.h runnable_avg_yN_inv */
const YN_INV_HIGH = [
  0xffff, 0xfa83, 0xf525, 0xefe4, 0xeac0, 0xe5b9, 0xe0cc, 0xdbfb, 0xd744, 0xd2a8, 0xce24, 0xc9b9, 0xc567, 0xc12c,
  0xbd08, 0xb8fb, 0xb504, 0xb123, 0xad58, 0xa9a1, 0xa5fe, 0xa270, 0x9ef5, 0x9b8d, 0x9837, 0x94f4, 0x91c3, 0x8ea4,
  0x8b95, 0x8898, 0x85aa, 0x82cd,
];
/** See {@link YN_INV_HIGH}: lower 16 bits. */
const YN_INV_LOW = [
  0xffff, 0xb2da, 0x7d14, 0xb99a, 0xc6e6, 0x06e6, 0xdeeb, 0xb796, 0xfcc9, 0x1d91, 0x8c14, 0xbd85, 0x2a10, 0x4cc9,
  0xa39e, 0xaf46, 0xf333, 0xf581, 0x3ee9, 0x5ab4, 0xd6a9, 0x4302, 0x325f, 0x39b9, 0xf050, 0xefa8, 0xd373, 0x398a,
  0xc1e3, 0x0e80, 0xc367, 0x8698,
];

/**
 * Bring the averages of an entity and of its run queue up to the queue's clock.
 * @param flags {@link UPDATE_TG}, {@link DO_ATTACH}, {@link DO_DETACH}
 * @linux kernel/sched/fair.c update_load_avg()
 */
export function updateLoadAvg(rq: Rq, se: SchedEntity, flags: number): void {
  const cfs = rq.cfs;
  const now = rq.clock;
  const last = se.avg.lastUpdateTime;
  const attached = last !== NOT_ATTACHED;
  if (attached && isDue(now - last)) updateLoadAvgSe(now, cfs, se);
  if (cfs.removedNr > 0 || isDue(now - cfs.avg.lastUpdateTime)) updateCfsRqLoadAvg(now, cfs);
  if (!attached && (flags & DO_ATTACH) !== 0) attachEntityLoadAvg(cfs, se);
  else if ((flags & DO_DETACH) !== 0) detachEntityLoadAvg(cfs, se);
}

/** Bring the averages of a fair queue up to `now`, and take out what has left it since. @linux kernel/sched/fair.c update_cfs_rq_load_avg() */
export function updateCfsRqLoadAvg(now: number, cfs: CfsRq): void {
  const sa = cfs.avg;
  if (cfs.removedNr > 0) {
    const divider = PELT_MIN_DIVIDER + sa.periodContrib;
    subLoad(sa, cfs.removedLoad, cfs.removedLoad * divider);
    subUtil(sa, cfs.removedUtil, cfs.removedUtil * divider);
    subRunnable(sa, cfs.removedRunnable, cfs.removedRunnable * divider);
    cfs.removedLoad = cfs.removedUtil = cfs.removedRunnable = cfs.removedNr = 0;
  }
  if (updateLoadSum(now, sa, cfs.loadWeight, cfs.hNrRunnable, cfs.curr !== null)) updateAverages(sa, 1);
}

/** Averages of a new task: full load, so that it counts until something is known of it. @linux kernel/sched/fair.c init_entity_runnable_average() */
export function initEntityRunnableAverage(se: SchedEntity): void {
  const sa = se.avg;
  sa.lastUpdateTime = NOT_ATTACHED;
  sa.loadSum = sa.runnableSum = sa.utilSum = sa.periodContrib = 0;
  sa.runnableAvg = sa.utilAvg = sa.utilEst = 0;
  sa.loadAvg = se.load.weight;
}

/** The first guess at a new task's utilisation: what is usual on its CPU, at most half of what is left there. @linux kernel/sched/fair.c post_init_entity_util_avg() */
export function postInitEntityUtilAvg(p: Task): void {
  const cfs = p.rq.cfs;
  const sa = p.se.avg;
  if (p.schedClass.name !== 'fair') {
    sa.lastUpdateTime = p.rq.clock;
    return;
  }
  const cap = Math.trunc((SCHED_CAPACITY_SCALE - cfs.avg.utilAvg) / 2);
  if (cap > 0) {
    const usual = Math.floor((cfs.avg.utilAvg * p.se.load.weight) / (cfs.avg.loadAvg + 1));
    sa.utilAvg = cfs.avg.utilAvg === 0 ? cap : Math.min(usual, cap);
  }
  sa.runnableAvg = sa.utilAvg;
}

/** A task became fair: its load joins the queue. @linux kernel/sched/fair.c attach_task_cfs_rq() */
export function attachTaskLoadAvg(rq: Rq, p: Task): void {
  updateLoadAvg(rq, p.se, 0);
  attachEntityLoadAvg(rq.cfs, p.se);
}

/** A task is fair no longer: its load leaves the queue. @linux kernel/sched/fair.c detach_task_cfs_rq() */
export function detachTaskLoadAvg(rq: Rq, p: Task): void {
  if (!loadAvgAttached(p)) return;
  updateLoadAvg(rq, p.se, 0);
  detachEntityLoadAvg(rq.cfs, p.se);
}

/**
 * A task that sleeps, or is dead, leaves its CPU: its load goes at the queue's next update.
 * @linux kernel/sched/fair.c remove_entity_load_avg()
 */
export function removeEntityLoadAvg(p: Task): void {
  syncEntityLoadAvg(p);
  const cfs = p.rq.cfs;
  const sa = p.se.avg;
  cfs.removedNr++;
  cfs.removedUtil += sa.utilAvg;
  cfs.removedLoad += sa.loadAvg;
  cfs.removedRunnable += sa.runnableAvg;
}

/** Let the averages of a sleeping task decay up to the last update of its queue. @linux kernel/sched/fair.c sync_entity_load_avg() */
export function syncEntityLoadAvg(p: Task): void {
  updateLoadAvgBlocked(p.rq.cfs.avg.lastUpdateTime, p.se);
}

/** Let the averages of a task that leaves an idle CPU decay up to now: the queue of an idle CPU is not kept up to date. @linux kernel/sched/fair.c migrate_se_pelt_lag() */
export function migrateSePeltLag(p: Task): void {
  const rq = p.rq;
  const sa = p.se.avg;
  if (rq.curr !== rq.idle || (sa.loadSum === 0 && sa.utilSum === 0 && sa.runnableSum === 0)) return;
  updateLoadAvgBlocked(Math.max(rq.cfs.avg.lastUpdateTime, rq.sched.sim.now), p.se);
}

/** The next enqueue of the task adds its load to the queue there. */
export function markLoadAvgDetached(p: Task): void {
  p.se.avg.lastUpdateTime = NOT_ATTACHED;
}

/** Is the load of the task part of a queue's? */
export function loadAvgAttached(p: Task): boolean {
  return p.se.avg.lastUpdateTime !== NOT_ATTACHED;
}

/** Take the load of an entity out of the queue's before its weight changes. @linux kernel/sched/fair.c dequeue_load_avg() */
export function dequeueLoadAvg(cfs: CfsRq, se: SchedEntity): void {
  subLoad(cfs.avg, se.avg.loadAvg, se.load.weight * se.avg.loadSum);
}

/** Work out the load of an entity whose weight has changed, and add it to the queue's. @linux kernel/sched/fair.c reweight_entity(), enqueue_load_avg() */
export function reweightLoadAvg(cfs: CfsRq, se: SchedEntity): void {
  const sa = se.avg;
  sa.loadAvg = Math.floor((se.load.weight * sa.loadSum) / (PELT_MIN_DIVIDER + sa.periodContrib));
  addLoad(cfs.avg, se);
}

/** Bring the share of time that RT tasks take up to the queue's clock. @param running one ran since the last update @linux kernel/sched/pelt.c update_rt_rq_load_avg() */
export function updateRtRqLoadAvg(rq: Rq, running: boolean): void {
  updateBinary(rq.clock, rq.avgRt, running);
}

/** Bring the share of time that deadline tasks take up to the queue's clock. @param running one ran since the last update @linux kernel/sched/pelt.c update_dl_rq_load_avg() */
export function updateDlRqLoadAvg(rq: Rq, running: boolean): void {
  updateBinary(rq.clock, rq.avgDl, running);
}

/** The estimated utilisation of a task, 0 .. 1024. @linux kernel/sched/fair.c _task_util_est() */
export function taskUtilEst(p: Task): number {
  const est = p.se.avg.utilEst;
  return est >= UTIL_AVG_UNCHANGED ? est - UTIL_AVG_UNCHANGED : est;
}

/** A task joins the queue: so does its estimated utilisation. @linux kernel/sched/fair.c util_est_enqueue() */
export function utilEstEnqueue(cfs: CfsRq, p: Task): void {
  cfs.avg.utilEst += taskUtilEst(p);
}

/** A task leaves the queue: so does its estimated utilisation. @linux kernel/sched/fair.c util_est_dequeue() */
export function utilEstDequeue(cfs: CfsRq, p: Task): void {
  cfs.avg.utilEst = Math.max(0, cfs.avg.utilEst - taskUtilEst(p));
}

/**
 * At the end of an activation, remember how busy the task was: rises count at once, falls by a quarter.
 * @param sleep the task goes to sleep; otherwise nothing is learned
 * @linux kernel/sched/fair.c util_est_update()
 */
export function utilEstUpdate(_cfs: CfsRq, p: Task, sleep: boolean): void {
  const sa = p.se.avg;
  if (!sleep || sa.utilEst >= UTIL_AVG_UNCHANGED) return;
  const util = sa.utilAvg;
  let ewma = sa.utilEst;
  const diff = ewma - util;
  if (diff <= 0) {
    ewma = util;
  } else if (diff >= UTIL_EST_MARGIN) {
    if (util > SCHED_CAPACITY_SCALE) return;
    // A task that had to wait did not show how much it wants.
    if (util + UTIL_EST_MARGIN >= sa.runnableAvg) ewma = Math.floor((4 * ewma - diff) / 4);
  }
  sa.utilEst = ewma + UTIL_AVG_UNCHANGED;
}

/** @linux kernel/sched/pelt.c __update_load_avg_se() */
function updateLoadAvgSe(now: number, cfs: CfsRq, se: SchedEntity): void {
  const onRq = se.onRq ? 1 : 0;
  const sa = se.avg;
  if (!updateLoadSum(now, sa, onRq, se.schedDelayed ? 0 : onRq, cfs.curr === se)) return;
  updateAverages(sa, se.load.weight);
  if (sa.utilEst >= UTIL_AVG_UNCHANGED) sa.utilEst -= UTIL_AVG_UNCHANGED;
}

/** @linux kernel/sched/pelt.c __update_load_avg_blocked_se() */
function updateLoadAvgBlocked(now: number, se: SchedEntity): void {
  if (updateLoadSum(now, se.avg, 0, 0, false)) updateAverages(se.avg, se.load.weight);
}

function updateBinary(now: number, sa: SchedAvg, running: boolean): void {
  const on = running ? 1 : 0;
  if (updateLoadSum(now, sa, on, on, running)) updateAverages(sa, 1);
}

/** Would {@link updateLoadSum} do anything? Asked first, because most updates of a switch come at one instant. */
function isDue(deltaNs: number): boolean {
  return deltaNs >= 1024 || deltaNs < 0;
}

/**
 * Add the time since the last update to the sums.
 * @param load weight that counted in that time; with 0, nothing counted
 * @param runnable number of runnable entities in that time
 * @returns whether a period ended, so that the averages are due
 * @linux kernel/sched/pelt.c ___update_load_sum(), accumulate_sum()
 */
function updateLoadSum(now: number, sa: SchedAvg, load: number, runnable: number, running: boolean): boolean {
  const deltaNs = now - sa.lastUpdateTime;
  if (deltaNs < 1024) {
    if (deltaNs < 0) sa.lastUpdateTime = now;
    return false;
  }
  let contrib = Math.floor(deltaNs / 1024);
  sa.lastUpdateTime += contrib * 1024;
  let partial = sa.periodContrib + contrib;
  const periods = Math.floor(partial / 1024);
  if (periods > 0) {
    sa.loadSum = decayLoad(sa.loadSum, periods);
    sa.runnableSum = decayLoad(sa.runnableSum, periods);
    sa.utilSum = decayLoad(sa.utilSum, periods);
    partial -= periods * 1024;
    if (load !== 0) contrib = segments(periods, 1024 - sa.periodContrib, partial);
  }
  sa.periodContrib = partial;
  if (load !== 0) {
    sa.loadSum += load * contrib;
    sa.runnableSum += runnable * contrib * 1024;
    if (running) sa.utilSum += contrib * 1024;
  }
  return periods > 0;
}

/** What the rest of an old period, the full ones since, and the part of a new one are worth. @linux kernel/sched/pelt.c __accumulate_pelt_segments() */
function segments(periods: number, rest: number, part: number): number {
  const decayedMax = periods < DECAYED_MAX.length ? DECAYED_MAX[periods]! : 0;
  return decayLoad(rest, periods) + (LOAD_AVG_MAX - decayedMax - 1024) + part;
}

/** value * y^periods, rounded as the kernel does. Exact for values below 2^37: a queue of 32 tasks of nice -20. @linux kernel/sched/pelt.c decay_load() */
function decayLoad(value: number, periods: number): number {
  if (value === 0 || periods > LOAD_AVG_PERIOD * 63) return 0;
  const halvings = periods >>> 5;
  const v = halvings === 0 ? value : Math.floor(value / 2 ** halvings);
  const n = periods & 31;
  // v * inv needs up to 69 bits: in two halves, each product stays below 2^53.
  return Math.floor((v * YN_INV_HIGH[n]! + Math.floor((v * YN_INV_LOW[n]!) / 0x10000)) / 0x10000);
}

/** LOAD_AVG_MAX * y^n; 0 from there on. */
const DECAYED_MAX: readonly number[] = Array.from({ length: LOAD_AVG_PERIOD * 63 + 1 }, (_, n) =>
  decayLoad(LOAD_AVG_MAX, n),
);

/** @linux kernel/sched/pelt.c ___update_load_avg() */
function updateAverages(sa: SchedAvg, weight: number): void {
  const divider = PELT_MIN_DIVIDER + sa.periodContrib;
  sa.loadAvg = Math.floor((weight * sa.loadSum) / divider);
  sa.runnableAvg = Math.floor(sa.runnableSum / divider);
  sa.utilAvg = Math.floor(sa.utilSum / divider);
}

/** Both averages must have been brought up to date before. @linux kernel/sched/fair.c attach_entity_load_avg() */
function attachEntityLoadAvg(cfs: CfsRq, se: SchedEntity): void {
  const queue = cfs.avg;
  const sa = se.avg;
  const divider = PELT_MIN_DIVIDER + queue.periodContrib;
  // From here on, the entity's periods are those of the queue; its sums are worked out anew for them.
  sa.lastUpdateTime = queue.lastUpdateTime;
  sa.periodContrib = queue.periodContrib;
  sa.utilSum = sa.utilAvg * divider;
  sa.runnableSum = sa.runnableAvg * divider;
  const loadSum = sa.loadAvg * divider;
  sa.loadSum = se.load.weight < loadSum ? Math.floor(loadSum / se.load.weight) : 1;
  addLoad(queue, se);
  queue.utilAvg += sa.utilAvg;
  queue.utilSum += sa.utilSum;
  queue.runnableAvg += sa.runnableAvg;
  queue.runnableSum += sa.runnableSum;
}

/** @linux kernel/sched/fair.c detach_entity_load_avg() */
function detachEntityLoadAvg(cfs: CfsRq, se: SchedEntity): void {
  dequeueLoadAvg(cfs, se);
  subUtil(cfs.avg, se.avg.utilAvg, se.avg.utilSum);
  subRunnable(cfs.avg, se.avg.runnableAvg, se.avg.runnableSum);
}

function addLoad(queue: SchedAvg, se: SchedEntity): void {
  queue.loadAvg += se.avg.loadAvg;
  queue.loadSum += se.load.weight * se.avg.loadSum;
}

// Rounding may leave a sum too small for its average: the sum is kept at the least that the average allows.

function subLoad(queue: SchedAvg, avg: number, sum: number): void {
  queue.loadAvg = Math.max(0, queue.loadAvg - avg);
  queue.loadSum = Math.max(queue.loadSum - sum, queue.loadAvg * PELT_MIN_DIVIDER);
}

function subUtil(queue: SchedAvg, avg: number, sum: number): void {
  queue.utilAvg = Math.max(0, queue.utilAvg - avg);
  queue.utilSum = Math.max(queue.utilSum - sum, queue.utilAvg * PELT_MIN_DIVIDER);
}

function subRunnable(queue: SchedAvg, avg: number, sum: number): void {
  queue.runnableAvg = Math.max(0, queue.runnableAvg - avg);
  queue.runnableSum = Math.max(queue.runnableSum - sum, queue.runnableAvg * PELT_MIN_DIVIDER);
}
