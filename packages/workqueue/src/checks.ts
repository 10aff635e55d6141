import { violated } from '@kernel-model/sim';
import { TASK_IDLE, timerPending } from '@kernel-model/scheduler';
import { wqNodeNrActive } from './activate.ts';
import {
  POOL_BH,
  POOL_DISASSOCIATED,
  POOL_MANAGER_ACTIVE,
  PWQ_STAT_COMPLETED,
  PWQ_STAT_STARTED,
  WORKER_DIE,
  WORKER_IDLE,
  WORKER_NOT_RUNNING,
  WORK_STRUCT_INACTIVE,
  WORK_STRUCT_LINKED,
  WORK_STRUCT_PENDING,
  WORK_STRUCT_PWQ,
  WQ_UNBOUND,
  __WQ_ORDERED,
} from './constants.ts';
import { workNextColor } from './flush-workqueue.ts';
import type { PoolWorkqueue } from './pool-workqueue.ts';
import { DelayedWork, RcuWork, WqBarrier, listEmpty, type WorkStruct } from './work.ts';
import type { Worker } from './worker.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** What a recount of the lists finds for a pwq. */
class Recount {
  active = 0;
  inFlight = 0;
  running = 0;
}

/**
 * Recount everything that is counted by hand, and test what always holds: the invariants INV-WQ-* of the
 * specification. For tests, after every step.
 * @throws InvariantViolation
 */
export function checkWorkqueues(w: Workqueues): void {
  const counts = new Map<PoolWorkqueue, Recount>();
  const runs = new Map<WorkStruct, Set<WorkerPool | null>>();
  for (const pool of w.pools) {
    if (pool === null) continue;
    checkPool(pool);
    countWorks(counts, pool.worklist, pool, true);
    for (const worker of pool.workers) {
      countWorks(counts, worker.scheduled, pool, true);
      if (worker.currentWork !== null) countRunning(counts, runs, worker);
    }
  }
  for (const wq of w.workqueues) {
    for (const pwq of wq.pwqs) countWorks(counts, pwq.inactiveWorks, pwq.pool, false);
  }
  for (const wq of w.workqueues) checkWorkqueue(w, wq, counts);
}

function countOf(counts: Map<PoolWorkqueue, Recount>, pwq: PoolWorkqueue): Recount {
  let count = counts.get(pwq);
  if (count === undefined) counts.set(pwq, (count = new Recount()));
  return count;
}

function countWorks(counts: Map<PoolWorkqueue, Recount>, list: WorkStruct, pool: WorkerPool, active: boolean): void {
  for (let work = list.next; work !== list; work = work.next) {
    const { pwq, flags } = work;
    const name = work.funcName;
    if (pwq === null || (flags & WORK_STRUCT_PWQ) === 0 || pwq.pool !== pool) {
      throw violated('WQ_PWQ', `${name} is on a list of pool ${pool.id} without a pwq there (INV-WQ-03)`);
    }
    if (work === pwq.maydayCursor) continue;
    if ((flags & WORK_STRUCT_PENDING) === 0)
      throw violated('WQ_PENDING', `${name} is queued and not PENDING (INV-WQ-03)`);
    if (work.disable !== 0) throw violated('WQ_DISABLED', `${name} is queued and disabled (INV-WQ-04)`);
    if (work.next.prev !== work || work.prev.next !== work)
      throw violated('WQ_LIST', `the links of ${name} are broken (INV-WQ-02)`);
    const { container } = work;
    if (
      (container instanceof DelayedWork && timerPending(container.timer)) ||
      (container instanceof RcuWork && container.waiting)
    ) {
      throw violated('WQ_PENDING_OWNER', `${name} is queued and waits to be queued (INV-WQ-01, 02)`);
    }
    const barrier = container instanceof WqBarrier;
    const inactive = (flags & WORK_STRUCT_INACTIVE) !== 0;
    if (barrier ? !inactive : inactive === active) {
      throw violated(
        'WQ_INACTIVE',
        `${name} of ${pwq.wq.name} has INACTIVE=${inactive} on ${active ? 'an active' : 'the inactive'} list (INV-WQ-05)`,
      );
    }
    if ((flags & WORK_STRUCT_LINKED) !== 0 && !(work.next.container instanceof WqBarrier)) {
      throw violated('WQ_LINKED', `${name} is linked to something that is not a barrier (INV-WQ-20)`);
    }
    const count = countOf(counts, pwq);
    count.inFlight++;
    if (active && !barrier) count.active++;
  }
}

function countRunning(
  counts: Map<PoolWorkqueue, Recount>,
  runs: Map<WorkStruct, Set<WorkerPool | null>>,
  worker: Worker,
): void {
  const pwq = worker.currentPwq!;
  const work = worker.currentWork!;
  const count = countOf(counts, pwq);
  count.inFlight++;
  count.running++;
  if (!worker.currentInactive) count.active++;
  let pools = runs.get(work);
  if (pools === undefined) runs.set(work, (pools = new Set()));
  // across pools it holds as well for a work that is queued on one queue only; but nobody knows that of a work
  if (pools.has(worker.pool) && work.func === worker.currentFunc) {
    throw violated(
      'WQ_REENTRANT',
      `${worker.currentFuncName} runs twice at once in pool ${worker.pool!.id} (INV-WQ-13)`,
    );
  }
  pools.add(worker.pool);
}

function checkPool(pool: WorkerPool): void {
  const name = `pool ${pool.id}`;
  const bound = pool.cpu >= 0 && (pool.flags & POOL_DISASSOCIATED) === 0;
  let running = 0;
  let counted = 0;
  for (const worker of pool.workers) {
    if (worker.pool !== pool) throw violated('WQ_ATTACH', `worker ${worker.id} is in the list of ${name} only`);
    if (worker.rescueWq === null) counted++;
    if ((worker.flags & WORKER_NOT_RUNNING) === 0 && !worker.sleeping) running++;
    const busy = worker.currentWork !== null;
    if (busy && bound && worker.task?.onCpu === true && worker.task.cpu !== pool.cpu) {
      throw violated('WQ_BOUND', `worker ${worker.id} of ${name} runs a work on CPU ${worker.task.cpu} (INV-WQ-25)`);
    }
    if (busy && (worker.flags & (WORKER_IDLE | WORKER_DIE)) !== 0) {
      throw violated('WQ_IDLE', `worker ${worker.id} of ${name} is idle and runs a work (INV-WQ-24)`);
    }
  }
  const expected = bound ? running : 0;
  if (pool.nrRunning !== expected) {
    throw violated('WQ_NR_RUNNING', `${name}: nr_running is ${pool.nrRunning}, ${expected} workers run (INV-WQ-15)`);
  }
  for (const worker of pool.workers) if (worker.rescueWq !== null) checkRescuer(worker, name);
  let idle = 0;
  for (let worker = pool.idleFirst; worker !== null; worker = worker.idleNext) {
    idle++;
    if ((worker.flags & WORKER_IDLE) === 0)
      throw violated('WQ_IDLE', `worker ${worker.id} of ${name} lacks IDLE (INV-WQ-24)`);
    if (worker.idleNext !== null && worker.idleNext.lastActive > worker.lastActive) {
      throw violated('WQ_IDLE_ORDER', `the idle list of ${name} is not sorted (INV-WQ-16)`);
    }
  }
  if (idle !== pool.nrIdle)
    throw violated('WQ_NR_IDLE', `${name}: nr_idle is ${pool.nrIdle}, ${idle} are idle (INV-WQ-16)`);
  if (pool.nrWorkers < pool.nrIdle || pool.nrWorkers > counted) {
    throw violated(
      'WQ_NR_WORKERS',
      `${name}: nr_workers is ${pool.nrWorkers}, ${idle} idle, ${counted} attached (INV-WQ-17)`,
    );
  }
  if (((pool.flags & POOL_MANAGER_ACTIVE) !== 0) !== (pool.manager !== null)) {
    throw violated('WQ_MANAGER', `${name}: MANAGER_ACTIVE and the manager disagree (INV-WQ-18)`);
  }
  if (pool.w.online && bound && running === 0 && !listEmpty(pool.worklist) && !somebodyComes(pool)) {
    throw violated('WQ_LOST_WAKEUP', `${name}: works wait, and no worker is on its way (INV-WQ-19)`);
  }
  if ((pool.flags & POOL_BH) !== 0 && pool.workers.length > 1)
    throw violated('WQ_BH', `${name} has two workers (INV-WQ-28)`);
}

/** A rescuer takes works of its queue only; others are handed to it because it runs the same work already. */
function checkRescuer(rescuer: Worker, pool: string): void {
  const { rescueWq, scheduled, currentWork, currentPwq, currentFunc, lastFunc } = rescuer;
  if (rescuer.rescuing?.wq !== rescueWq) {
    throw violated('WQ_RESCUER', `the rescuer of ${rescueWq!.name} is in ${pool} and serves nobody there (INV-WQ-26)`);
  }
  if (currentWork !== null && currentPwq!.wq !== rescueWq && currentFunc !== lastFunc) {
    throw violated(
      'WQ_RESCUER',
      `the rescuer of ${rescueWq!.name} runs ${rescuer.currentFuncName} of ${currentPwq!.wq.name} (INV-WQ-26)`,
    );
  }
  for (let work = scheduled.next; work !== scheduled; work = work.next) {
    if (work.pwq!.wq === rescueWq || work === currentWork || work.container instanceof WqBarrier) continue;
    throw violated(
      'WQ_RESCUER',
      `the rescuer of ${rescueWq!.name} was given ${work.funcName} of ${work.pwq!.wq.name} (INV-WQ-26)`,
    );
  }
}

/** Will anybody look at the list? Barriers of a cancelled inactive work are the exception: nobody is woken for them. */
function somebodyComes(pool: WorkerPool): boolean {
  if (pool.manager !== null) return true;
  for (const { flags, task, currentWork } of pool.workers) {
    if (task === null || currentWork !== null) continue;
    if ((flags & WORKER_IDLE) === 0 || task.state !== TASK_IDLE) return true;
  }
  for (let work = pool.worklist.next; work !== pool.worklist; work = work.next) {
    if (!(work.container instanceof WqBarrier)) return false;
  }
  return true;
}

function checkWorkqueue(w: Workqueues, wq: WorkqueueStruct, counts: Map<PoolWorkqueue, Recount>): void {
  const settled = wq.mutex.owner === null && w.poolMutex.owner === null;
  for (const pwq of wq.pwqs) checkPwq(w, wq, pwq, counts.get(pwq) ?? new Recount(), settled);
  for (const [node, nna] of wq.nodeNrActive.entries()) {
    const key = node === wq.nodeNrActive.length - 1 ? -1 : node;
    let nr = 0;
    for (const pwq of wq.pwqs) if (pwq.pool.node === key) nr += pwq.nrActive;
    if (nr !== nna.nr)
      throw violated('WQ_NODE_NR_ACTIVE', `${wq.name}, node ${key}: nr is ${nna.nr}, the pwqs have ${nr} (INV-WQ-09)`);
    if (settled && w.topologyReady && (nna.max < wq.minActive || nna.max > wq.maxActive)) {
      throw violated(
        'WQ_NODE_MAX',
        `${wq.name}, node ${key}: max ${nna.max} is not between ${wq.minActive} and ${wq.maxActive} (INV-WQ-23)`,
      );
    }
  }
  if (!settled) return;
  if ((wq.flushColor === wq.workColor) !== (wq.firstFlusher === null && wq.flusherQueue.length === 0)) {
    throw violated(
      'WQ_FLUSH_COLOR',
      `${wq.name}: colours ${wq.flushColor} and ${wq.workColor} do not fit the flushers (INV-WQ-21)`,
    );
  }
  if (wq.flusherOverflow.length > 0 && workNextColor(wq.workColor) !== wq.flushColor) {
    throw violated('WQ_OVERFLOW', `${wq.name}: flushers wait for a colour although there is one (INV-WQ-22)`);
  }
}

function checkPwq(w: Workqueues, wq: WorkqueueStruct, pwq: PoolWorkqueue, count: Recount, settled: boolean): void {
  const name = `pwq ${pwq.pool.id} of ${wq.name}`;
  if (pwq.nrActive !== count.active) {
    throw violated('WQ_NR_ACTIVE', `${name}: nr_active is ${pwq.nrActive}, ${count.active} are active (INV-WQ-06)`);
  }
  let inFlight = 0;
  for (const nr of pwq.nrInFlight) inFlight += nr;
  if (inFlight !== count.inFlight) {
    throw violated(
      'WQ_NR_IN_FLIGHT',
      `${name}: nr_in_flight is ${inFlight}, ${count.inFlight} are in flight (INV-WQ-07)`,
    );
  }
  const started = pwq.stats[PWQ_STAT_STARTED]! - pwq.stats[PWQ_STAT_COMPLETED]!;
  if (started < 0 || started > count.running) {
    throw violated('WQ_STATS', `${name}: ${started} runs have no end yet, ${count.running} works run (INV-WQ-30)`);
  }
  const unbound = (wq.flags & WQ_UNBOUND) !== 0;
  if (unbound && !listEmpty(pwq.inactiveWorks) && !pwq.plugged && !pwq.pending) {
    throw violated('WQ_PENDING_PWQ', `${name} has inactive works and does not wait for a count (INV-WQ-11)`);
  }
  if (pwq.pending !== (wqNodeNrActive(wq, pwq.pool.node)?.pendingPwqs.includes(pwq) ?? false)) {
    throw violated('WQ_PENDING_PWQ', `${name}: the list of waiting pwqs is wrong (INV-WQ-11)`);
  }
  if ((wq.flags & __WQ_ORDERED) !== 0 && wq.savedMaxActive === 1 && pwq.nrActive > 1)
    throw violated('WQ_ORDERED', `${name} has two active works (INV-WQ-14)`);
  if (!settled) return;
  if (pwq.workColor !== wq.workColor) throw violated('WQ_WORK_COLOR', `${name} has an old colour (INV-WQ-21)`);
  let base = wq.dflPwq === pwq ? 1 : 0;
  for (const slot of wq.cpuPwq) if (slot === pwq) base++;
  const mayday = (pwq.mayday ? 1 : 0) + (wq.rescuer?.rescuing === pwq ? 1 : 0);
  if (pwq.refcnt !== base + inFlight + mayday) {
    throw violated('WQ_REFCNT', `${name}: refcnt is ${pwq.refcnt}, not ${base} + ${inFlight} + ${mayday} (INV-WQ-08)`);
  }
}
