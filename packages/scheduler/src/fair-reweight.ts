import { SCHED_IDLE, TICK_NSEC } from './constants.ts';
import { avgVruntime, timelineDequeue, timelineEnqueue } from './eevdf.ts';
import { updateCurrFair } from './fair.ts';
import { calcDeltaFair, IDLE_LOAD, loadOfNice, type LoadWeight } from './load-weight.ts';
import { dequeueLoadAvg, reweightLoadAvg } from './pelt.ts';
import type { Rq } from './rq.ts';
import type { SchedEntity } from './sched-entity.ts';
import { taskNice, type Task } from './task.ts';

/** Give a task the weight of its policy and nice value. @linux kernel/sched/core.c set_load_weight() */
export function setLoadWeight(p: Task): void {
  const load = p.policy === SCHED_IDLE ? IDLE_LOAD : loadOfNice(taskNice(p));
  if (p.schedClass.name === 'fair') reweightTask(p.rq, p, load);
  else p.se.load = load;
}

/**
 * Change the weight of a fair task. Its lag, in real time, stays: the virtual lag is scaled, be it the saved one or what
 * follows from vruntime; the distance to the deadline is scaled only while the task is queued.
 * @linux kernel/sched/fair.c reweight_task_fair(), reweight_entity()
 */
export function reweightTask(rq: Rq, p: Task, load: LoadWeight): void {
  const { cfs } = rq;
  const se = p.se;
  const queued = cfs.curr !== se && se.onRq;
  let average = 0;
  if (se.onRq) {
    updateCurrFair(rq);
    average = avgVruntime(cfs);
    if (queued) timelineDequeue(cfs, se);
    cfs.loadWeight += load.weight - se.load.weight;
  }
  dequeueLoadAvg(cfs, se);
  if (se.onRq) reweightEevdf(se, average, load.weight);
  else se.vlag = scale(se.vlag, se.load.weight, load.weight);
  se.load = load;
  reweightLoadAvg(cfs, se);
  if (queued) timelineEnqueue(cfs, se);
}

/** @linux kernel/sched/fair.c reweight_eevdf() */
function reweightEevdf(se: SchedEntity, average: number, weight: number): void {
  const old = se.load.weight;
  if (average !== se.vruntime) {
    const limit = calcDeltaFair(Math.max(2 * se.slice, TICK_NSEC), se.load);
    const lag = Math.max(-limit, Math.min(limit, average - se.vruntime));
    se.vruntime = average - scale(lag, old, weight);
  }
  se.deadline = average + scale(se.deadline - average, old, weight);
}

/** a * from / to, towards zero; never -0. */
function scale(a: number, from: number, to: number): number {
  return Math.trunc((a * from) / to) + 0;
}
