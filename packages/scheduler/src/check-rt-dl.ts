import { violated } from '@kernel-model/sim';
import { MAX_RT_PRIO, SCHED_RR, TASK_ON_RQ_QUEUED } from './constants.ts';
import { isDlTask, isRtTask } from './prio.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';

/** Recount what the RT and deadline classes keep by hand, on every CPU. @throws InvariantViolation */
export function checkRtDl(s: Scheduler): void {
  for (const rq of s.rqs) {
    checkRtRq(rq);
    checkDlRq(rq);
  }
  checkDlBandwidth(s);
}

/**
 * @throws InvariantViolation RT_RQ: the counters, the pushable list or the root domain do not fit the queue
 * @throws InvariantViolation RT_FIRST: a fair task runs on its own account although an RT task is queued
 */
function checkRtRq(rq: Rq): void {
  const { rt, sched: s } = rq;
  const tasks = [...rt];
  const pushable = tasks.filter((p) => p.rt.pushable).length;
  const check = (what: string, kept: unknown, counted: unknown): void => {
    if (kept !== counted)
      throw violated('RT_RQ', `cpu${rq.cpu} ${what}: kept ${kept}, counted ${counted} at ${s.sim.now} ns`);
  };
  check('rtNrRunning', rt.rtNrRunning, tasks.length);
  check('rrNrRunning', rt.rrNrRunning, tasks.filter((p) => p.policy === SCHED_RR).length);
  check('highestCurr', rt.highestCurr, tasks[0]?.prio ?? MAX_RT_PRIO - 1);
  check('queued', rt.queued, tasks.length > 0);
  check('overloaded', rt.overloaded, rt.pushHead !== null);
  check('rtoMask', rq.online && s.rd.rtoMask.has(rq.cpu), rq.online && pushable > 0);
  for (const p of tasks) {
    check(`${p.comm} on the rq`, p.rq, rq);
    check(`${p.comm} queued`, p.onRq, TASK_ON_RQ_QUEUED);
    check(`${p.comm} of the class`, isRtTask(p), true);
    check(`${p.comm} pushable`, p.rt.pushable, p !== rq.curr && p.nrCpusAllowed > 1);
  }
  let listed = 0;
  for (let p = rt.pushHead; p !== null; p = p.rt.pushNext) listed++;
  check('pushable tasks', listed, pushable);
  if (rq.online && rq.dl.dlNrRunning === 0)
    check('cpupri', s.rd.cpupri.level(rq.cpu), MAX_RT_PRIO - 1 - rt.highestCurr);
  const { curr } = rq;
  if (rt.queued && curr.schedClass.name === 'fair' && curr.dlServer === null && !curr.needResched) {
    throw violated('RT_FIRST', `cpu${rq.cpu} runs ${curr.comm} while ${tasks[0]?.comm} waits at ${s.sim.now} ns`);
  }
}

/** @throws InvariantViolation DL_RQ: order, counters or the root domain do not fit the queue */
function checkDlRq(rq: Rq): void {
  const { dl, sched: s } = rq;
  const entities = [...dl];
  const check = (what: string, kept: unknown, counted: unknown): void => {
    if (kept !== counted)
      throw violated('DL_RQ', `cpu${rq.cpu} ${what}: kept ${kept}, counted ${counted} at ${s.sim.now} ns`);
  };
  check('dlNrRunning', dl.dlNrRunning, entities.length);
  check('earliestCurr', dl.earliestCurr, entities[0]?.deadline ?? 0);
  check('overloaded', dl.overloaded, dl.pushHead !== null);
  check('free for deadline tasks', s.rd.cpudl.freeCpus.has(rq.cpu), rq.online && entities.length === 0);
  for (const se of entities) {
    const name = se.task?.comm ?? 'fair server';
    check(`${name} after the one before`, se.prev === null || se.prev.deadline <= se.deadline, true);
    check(`${name} throttled`, se.throttled, false);
    if (se.task === null) continue;
    check(`${name} on the rq`, se.task.rq, rq);
    check(`${name} of the class`, isDlTask(se.task), true);
    check(`${name} pushable`, se.pushable, se.task !== rq.curr && se.task.nrCpusAllowed > 1);
  }
}

/**
 * A dead task counts until its 0-lag time although it is on no list any more, and one that left the class asleep keeps
 * its reservation: what is kept may be more than what is counted.
 * @throws InvariantViolation DL_BW: bandwidth got lost, or more is active or reserved than there is
 */
function checkDlBandwidth(s: Scheduler): void {
  const { dlBw, span } = s.rd;
  let reserved = 0;
  const ofCpu = s.rqs.map((rq) => rq.dl.fairServer.dlBw);
  for (const bw of ofCpu) reserved += bw;
  for (const p of s.tasks.values()) {
    reserved += p.dl.dlBw;
    if (isDlTask(p)) ofCpu[p.cpu]! += p.dl.dlBw;
  }
  if (dlBw.totalBw < reserved) throw violated('DL_BW', `totalBw is ${dlBw.totalBw}, counted ${reserved}`);
  if (dlBw.overflows(span.weight, 0, 0)) throw violated('DL_BW', `totalBw ${dlBw.totalBw} is above the limit`);
  for (const rq of s.rqs) {
    // A task on its way here with a remote wakeup has left its old CPU and is not here yet.
    if (rq.ttwuPending) continue;
    const { runningBw, thisBw } = rq.dl;
    const counted = ofCpu[rq.cpu]!;
    if (thisBw < counted) throw violated('DL_BW', `cpu${rq.cpu} thisBw is ${thisBw}, counted ${counted}`);
    if (runningBw > thisBw) throw violated('DL_BW', `cpu${rq.cpu} runningBw ${runningBw} is above thisBw ${thisBw}`);
  }
}
