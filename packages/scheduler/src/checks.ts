import { violated } from '@kernel-model/sim';
import { checkRtDl } from './check-rt-dl.ts';
import {
  MAX_RT_PRIO,
  SCHED_IDLE,
  TASK_ON_RQ_MIGRATING,
  TASK_ON_RQ_QUEUED,
  TASK_RUNNING,
  TASK_WAKING,
} from './constants.ts';
import { entityEligible } from './eevdf.ts';
import type { Rq } from './rq.ts';
import type { SchedEntity } from './sched-entity.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * Recount what the scheduler keeps by hand, on every CPU and for every task. Holds between the steps of a machine,
 * not inside them. Slow: for tests.
 * @throws InvariantViolation the name says what is wrong: RQ_CURR, RQ_NR_RUNNING, CFS_RQ, CFS_TIMELINE, TASK_STATE, NR_UNINTERRUPTIBLE ...
 */
export function checkScheduler(s: Scheduler): void {
  for (const rq of s.rqs) {
    checkCurr(rq);
    checkNrRunning(rq);
    checkCfsRq(rq);
    checkTimeline(rq);
  }
  checkSums(s);
  for (const p of s.tasks.values()) {
    checkState(s, p);
    checkPlace(s, p);
  }
  checkRtDl(s);
}

/** Every CPU runs one task, which is on that CPU's queue, and no task runs twice. */
function checkCurr(rq: Rq): void {
  const { curr, sched: s } = rq;
  const wrong = (what: string): Error =>
    violated('RQ_CURR', `cpu${rq.cpu} runs ${who(curr)}, which ${what}, at ${s.sim.now} ns`);
  if (curr.rq !== rq || curr.cpu !== rq.cpu) throw wrong(`is on cpu${curr.cpu}`);
  if (!curr.onCpu) throw wrong('is not marked as running');
  if (curr.onRq !== TASK_ON_RQ_QUEUED) throw wrong(`has onRq ${curr.onRq}`);
  if (curr === rq.idle && rq.nrRunning > 0 && !curr.needResched)
    throw wrong(`idles beside ${rq.nrRunning} queued tasks`);
  for (const p of s.tasks.values()) {
    if (p.onCpu && p.rq === rq && p !== curr) throw wrong(`leaves ${who(p)} marked as running, too`);
  }
}

function checkNrRunning(rq: Rq): void {
  const stop = rq.stop !== null && rq.stop.onRq !== 0 ? 1 : 0;
  const counted = rq.cfs.hNrQueued + rq.rt.rtNrRunning + rq.dl.dlNrRunning + stop;
  if (!rq.rt.queued && rq.rt.rtNrRunning > 0) return;
  if (rq.nrRunning !== counted) {
    throw violated(
      'RQ_NR_RUNNING',
      `cpu${rq.cpu} nrRunning is ${rq.nrRunning}, counted ${counted} at ${rq.sched.sim.now} ns`,
    );
  }
}

/** The counters of the fair class, from the entities that are in the timeline and the one that runs. */
function checkCfsRq(rq: Rq): void {
  const { cfs, sched: s } = rq;
  const check = (what: string, kept: unknown, counted: unknown): void => {
    if (kept !== counted)
      throw violated('CFS_RQ', `cpu${rq.cpu} ${what}: kept ${kept}, counted ${counted} at ${s.sim.now} ns`);
  };
  const entities: SchedEntity[] = [...cfs.timeline];
  check('curr', cfs.curr, rq.curr.schedClass.name === 'fair' ? rq.curr.se : null);
  if (cfs.curr !== null) {
    check('curr in the timeline', entities.includes(cfs.curr), false);
    if (cfs.curr.onRq) entities.push(cfs.curr);
  }
  let weight = 0;
  let delayed = 0;
  let idle = 0;
  for (const se of entities) {
    const { task } = se;
    check(`${who(task)} on the queue`, se.onRq, true);
    check(`${who(task)} onRq`, task.onRq, TASK_ON_RQ_QUEUED);
    check(`${who(task)} on this rq`, task.rq, rq);
    check(`${who(task)} of the class`, task.schedClass.name, 'fair');
    weight += se.load.weight;
    if (se.schedDelayed) delayed++;
    if (task.policy === SCHED_IDLE) idle++;
  }
  check('nrRunning', cfs.nrRunning, entities.length);
  check('hNrQueued', cfs.hNrQueued, entities.length);
  check('hNrRunnable', cfs.hNrRunnable, entities.length - delayed);
  check('hNrIdle', cfs.hNrIdle, idle);
  check('loadWeight', cfs.loadWeight, weight);
  const listed = new Set<SchedEntity>();
  for (let se = cfs.groupHead; se !== null; se = se.groupNext) listed.add(se);
  check('entities of the balance list', listed.size, entities.length);
  for (const se of entities) check(`${who(se.task)} in the balance list`, listed.has(se), true);
}

/** Order, sums and least vruntimes of the timeline; somebody is eligible. */
function checkTimeline(rq: Rq): void {
  const { cfs, sched: s } = rq;
  const wrong = (what: string): Error => violated('CFS_TIMELINE', `cpu${rq.cpu} ${what} at ${s.sim.now} ns`);
  let load = 0;
  let sum = 0n;
  let before: SchedEntity | null = null;
  for (const se of cfs.timeline) {
    load += se.load.weight;
    sum += BigInt(se.vruntime - cfs.zeroVruntime) * BigInt(se.load.weight);
    if (
      before !== null &&
      (before.deadline > se.deadline || (before.deadline === se.deadline && before.treeSeq > se.treeSeq))
    ) {
      throw wrong(`${who(se.task)} stands behind ${who(before.task)}, which is due later`);
    }
    const least = Math.min(se.vruntime, se.treeLeft?.minVruntime ?? Infinity, se.treeRight?.minVruntime ?? Infinity);
    if (se.minVruntime !== least) throw wrong(`${who(se.task)}: minVruntime is ${se.minVruntime}, counted ${least}`);
    before = se;
  }
  if (cfs.avgLoad !== load) throw wrong(`avgLoad is ${cfs.avgLoad}, counted ${load}`);
  if (Number.isSafeInteger(cfs.avgVruntime) && BigInt(cfs.avgVruntime) !== sum) {
    throw wrong(`avgVruntime is ${cfs.avgVruntime}, counted ${sum}`);
  }
  if (cfs.nrRunning === 0 || !Number.isSafeInteger(cfs.avgVruntime)) return;
  const { curr } = cfs;
  if (curr !== null && curr.onRq && entityEligible(cfs, curr)) return;
  for (const se of cfs.timeline) if (entityEligible(cfs, se)) return;
  throw wrong('no entity is eligible');
}

/** Counts that are right only as a sum over the CPUs: a task may be woken on another CPU than it fell asleep on. */
function checkSums(s: Scheduler): void {
  let uninterruptible = 0;
  let iowait = 0;
  for (const rq of s.rqs) {
    uninterruptible += rq.nrUninterruptible;
    iowait += rq.nrIowait;
  }
  let sleeping = 0;
  for (const p of s.tasks.values()) if (p.onRq === 0 && p.schedContributesToLoad) sleeping++;
  if (uninterruptible !== sleeping) {
    throw violated(
      'NR_UNINTERRUPTIBLE',
      `nrUninterruptible is ${uninterruptible} in all, counted ${sleeping} at ${s.sim.now} ns`,
    );
  }
  if (iowait < 0) throw violated('NR_IOWAIT', `nrIowait is ${iowait} in all at ${s.sim.now} ns`);
}

/** What the state of a task says about its being queued, and its priority about its class. */
function checkState(s: Scheduler, p: Task): void {
  const wrong = (what: string): Error => violated('TASK_STATE', `${who(p)} ${what} at ${s.sim.now} ns`);
  if (p.onRq === TASK_ON_RQ_MIGRATING) throw wrong('is between two queues');
  if (p.onRq === 0 && p.state === TASK_RUNNING) throw wrong('is runnable and on no queue');
  if (p.onRq === 0 && p.onCpu) throw wrong('runs and is on no queue');
  if (p.onRq === 0 && p.se.schedDelayed) throw wrong('is delayed and on no queue');
  if (p.se.schedDelayed && p.state === TASK_RUNNING) throw wrong('is delayed and runnable');
  const incoming = s.rqs.filter((rq) => rq.wakeList.includes(p)).length;
  if (incoming !== (p.state === TASK_WAKING ? 1 : 0))
    throw wrong(`is on its way to ${incoming} CPUs in state ${p.state}`);
  if (p.state === TASK_WAKING && p.onRq !== 0) throw wrong('is on its way and on a queue');
  const { rank, name } = p.schedClass;
  if (rank === 4) return;
  const byPrio = p.prio < 0 ? 'dl' : p.prio < MAX_RT_PRIO ? 'rt' : 'fair';
  if (name !== byPrio) throw wrong(`of priority ${p.prio} is of class ${name}`);
}

/** A queued task is where it may be, or somebody is about to move it. */
function checkPlace(s: Scheduler, p: Task): void {
  if (p.onRq === 0 || p.se.schedDelayed || p.cpusPtr.has(p.cpu) || !s.onlineMask.has(p.cpu)) return;
  if (p.migrationPending !== null || p.migrateDisabled > 0 || p.mdfPush) return;
  throw violated('CPUS_ALLOWED', `${who(p)} is queued on cpu${p.cpu}, which it may not use, at ${s.sim.now} ns`);
}

function who(p: Task): string {
  return `${p.comm} (pid ${p.pid})`;
}
