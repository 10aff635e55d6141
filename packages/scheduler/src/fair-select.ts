import { HZ, PF_EXITING, TASK_ON_RQ_MIGRATING, WF_CURRENT_CPU, WF_SYNC, WF_TTWU } from './constants.ts';
import { cpuLoad, idleCpu, taskHLoad } from './cpu-load.ts';
import { schedBalanceFindDstCpu } from './find-dst-cpu.ts';
import { markLoadAvgDetached, migrateSePeltLag, removeEntityLoadAvg } from './pelt.ts';
import type { Rq } from './rq.ts';
import { SD_WAKE_AFFINE, cpusShareCache, type SchedDomain } from './sched-domains.ts';
import { schedStatistics } from './schedstat.ts';
import type { Scheduler } from './scheduler.ts';
import { selectIdleSibling } from './select-idle.ts';
import type { Task } from './task.ts';

/** The flags of wakeups that are flags of domains as well. */
const SD_FLAGS = 0xf;

/**
 * Where a fair task that wakes, forks or execs shall run. The answer need not be a CPU that the task is allowed on.
 * @param prevCpu where it ran
 * @param wakeFlags WF_* bits
 * @linux kernel/sched/fair.c select_task_rq_fair()
 */
export function selectTaskRqFair(p: Task, prevCpu: number, wakeFlags: number): number {
  const s = p.rq.sched;
  const thisCpu = s.cpu;
  const { sd } = s.rqs[thisCpu]!;
  if ((wakeFlags & WF_TTWU) === 0) {
    if (sd === null || (sd.flags & wakeFlags & SD_FLAGS) === 0) return prevCpu;
    return schedBalanceFindDstCpu(sd, p, thisCpu, prevCpu, wakeFlags);
  }
  const { current } = s;
  recordWakee(s, current, p);
  const here = p.cpusPtr.has(thisCpu);
  if ((wakeFlags & WF_CURRENT_CPU) !== 0 && here) return thisCpu;
  let target = prevCpu;
  const wantAffine = here && !wakeWide(sd, current, p);
  if (wantAffine && thisCpu !== prevCpu && sd !== null && (sd.flags & SD_WAKE_AFFINE) !== 0 && sd.span.has(prevCpu)) {
    const sync = (wakeFlags & WF_SYNC) !== 0 && (current.flags & PF_EXITING) === 0;
    target = wakeAffine(sd, p, s.rqs[thisCpu]!, s.rqs[prevCpu]!, sync);
  }
  return selectIdleSibling(p, prevCpu, target);
}

/** A fair task is about to change its CPU; p.cpu is still the old one. @linux kernel/sched/fair.c migrate_task_rq_fair() */
export function migrateTaskRqFair(p: Task, _newCpu: number): void {
  if (p.onRq !== TASK_ON_RQ_MIGRATING) {
    removeEntityLoadAvg(p);
    migrateSePeltLag(p);
  }
  markLoadAvgDetached(p);
}

/** Count how often the waker changes whom it wakes; the count halves once a second. @linux kernel/sched/fair.c record_wakee() */
function recordWakee(s: Scheduler, waker: Task, p: Task): void {
  if (s.jiffies > waker.wakeeFlipDecayTs + HZ) {
    waker.wakeeFlips >>>= 1;
    waker.wakeeFlipDecayTs = s.jiffies;
  }
  if (waker.lastWakee !== p) {
    waker.lastWakee = p;
    waker.wakeeFlips++;
  }
}

/** Do so many tasks wake one another that one cache is too small for them? @linux kernel/sched/fair.c wake_wide() */
function wakeWide(sd: SchedDomain | null, waker: Task, p: Task): boolean {
  const factor = sd === null ? 1 : sd.spanWeight;
  const master = Math.max(waker.wakeeFlips, p.wakeeFlips);
  const slave = Math.min(waker.wakeeFlips, p.wakeeFlips);
  return slave >= factor && master >= slave * factor;
}

/** Near the waker, or where the task was? @linux kernel/sched/fair.c wake_affine() */
function wakeAffine(sd: SchedDomain, p: Task, here: Rq, prev: Rq, sync: boolean): number {
  const target = affineTarget(sd, p, here, prev, sync);
  if (here.sched.schedstats) {
    const stats = schedStatistics(p);
    stats.nrWakeupsAffineAttempts++;
    if (target === here.cpu) {
      sd.stats.ttwuMoveAffine++;
      stats.nrWakeupsAffine++;
    }
  }
  return target;
}

/** @linux kernel/sched/fair.c wake_affine_idle() */
function affineTarget(sd: SchedDomain, p: Task, here: Rq, prev: Rq, sync: boolean): number {
  if (idleCpu(here) && cpusShareCache(here.sched, here.cpu, prev.cpu)) return idleCpu(prev) ? prev.cpu : here.cpu;
  // A waker that is about to sleep leaves its CPU to the wakee.
  if (sync && here.nrRunning - (here.cfs.hNrQueued - here.cfs.hNrRunnable) === 1) return here.cpu;
  if (idleCpu(prev)) return prev.cpu;
  return lighterHere(sd, p, here, prev, sync) ? here.cpu : prev.cpu;
}

/** With the task here rather than there, would this be the less loaded CPU? @linux kernel/sched/fair.c wake_affine_weight() */
function lighterHere(sd: SchedDomain, p: Task, here: Rq, prev: Rq, sync: boolean): boolean {
  let hereLoad = cpuLoad(here);
  if (sync) {
    const currentLoad = taskHLoad(here.curr);
    if (currentLoad > hereLoad) return true;
    hereLoad -= currentLoad;
  }
  const taskLoad = taskHLoad(p);
  const bias = 100 + ((sd.imbalancePct - 100) >> 1);
  const hereEff = (hereLoad + taskLoad) * 100 * prev.cpuCapacity;
  const prevEff = (cpuLoad(prev) - taskLoad) * bias * here.cpuCapacity;
  return hereEff < prevEff + (sync ? 1 : 0);
}
