import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import { condResched, type Task } from '@kernel-model/scheduler';
import { pwqDecNrInFlight } from './activate.ts';
import { cpuRuntime } from './concurrency.ts';
import {
  POOL_BH,
  POOL_DISASSOCIATED,
  PWQ_STAT_COMPLETED,
  PWQ_STAT_STARTED,
  WORKER_CPU_INTENSIVE,
  WORK_STRUCT_INACTIVE,
  WQ_CPU_INTENSIVE,
} from './constants.ts';
import { warnOnce, workIsFreed } from './misuse.ts';
import { listDel, listEmpty, moveLinkedWorks, type WorkFunc, type WorkStruct } from './work.ts';
import { clearCurrent, linkRunner, unlinkRunner, workerClrFlags, workerSetFlags, type Worker } from './worker.ts';
import { findWorkerExecutingWork, kickPool } from './worker-pool.ts';

/**
 * Take a work, with its barriers, from the pool's list: to this worker, or to the one that runs the same work already.
 * @returns whether this worker got it
 * @linux kernel/workqueue.c assign_work()
 */
export function assignWork(work: WorkStruct, worker: Worker): boolean {
  const pool = worker.pool!;
  const { next } = work;
  if (work === work.pwq!.maydayCursor) {
    // it only marks a place
    listDel(work);
    worker.scanNext = next;
    return false;
  }
  const collision = work.runner === null ? null : findWorkerExecutingWork(pool, work);
  if (collision !== null) {
    worker.scanNext = moveLinkedWorks(work, collision.scheduled);
    return false;
  }
  worker.scanNext = moveLinkedWorks(work, worker.scheduled);
  return true;
}

/**
 * Run what is assigned to a worker, and what is assigned to it meanwhile; then whatever `assignMore` assigns to it. One
 * generator for a whole batch of works: what a work costs is little more than the generator of its function.
 * @param assignMore gives the worker its next work, or says that there is none for it
 * @linux kernel/workqueue.c process_scheduled_works()
 */
export function* processScheduledWorks(worker: Worker, assignMore: (worker: Worker) => boolean): MaySleep<void> {
  const { scheduled } = worker;
  const pool = worker.pool!;
  const { s } = pool.w;
  const p = worker.task!;
  do {
    pool.watchdogTs = s.jiffies;
    for (let work = scheduled.next; work !== scheduled; work = scheduled.next) {
      const preemptCount = p.preemptCount;
      const bhCount = p.bhDisableCount;
      const func = processOneWorkStart(worker, work);
      yield* func(work);
      processOneWorkRan(worker);
      if (p.preemptCount !== preemptCount || p.bhDisableCount !== bhCount) leakedAtomic(worker, p);
      yield* condResched(s);
      if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
      processOneWorkEnd(worker);
    }
  } while (assignMore(worker));
}

/**
 * The first half of running a work, under the pool's lock: from here on it may be queued again, or freed.
 * @returns what to call
 * @emits workqueue_execute_start
 * @linux kernel/workqueue.c process_one_work()
 */
export function processOneWorkStart(worker: Worker, work: WorkStruct): WorkFunc {
  const pool = worker.pool!;
  const { w } = pool;
  const { s } = w;
  const pwq = work.pwq!;
  if (work.freedBy !== '') throw workIsFreed(w, work, 'process_one_work');
  if ((pool.flags & POOL_DISASSOCIATED) === 0 && pool.cpu !== s.cpu) {
    warnOnce(w, 'process_one_work cpu', `process_one_work: a worker of CPU ${pool.cpu} runs on CPU ${s.cpu}`);
  }
  linkRunner(worker, work);
  worker.currentWork = work;
  worker.currentFunc = work.func;
  worker.currentFuncName = work.funcName;
  worker.currentPwq = pwq;
  if (worker.task !== null) worker.currentAt = cpuRuntime(worker.task);
  worker.currentColor = work.color;
  worker.currentInactive = (work.flags & WORK_STRUCT_INACTIVE) !== 0;
  worker.desc = pwq.wq.name;
  listDel(work);
  if ((pwq.wq.flags & WQ_CPU_INTENSIVE) !== 0) workerSetFlags(worker, WORKER_CPU_INTENSIVE);
  // workers that do not count start one another
  kickPool(pool);
  s.sim.touch(work, 'data', WRITE);
  work.flags = 0;
  work.pwq = null;
  work.poolId = pool.id;
  work.offqBh = (pool.flags & POOL_BH) !== 0;
  work.disable = 0;
  pwq.stats[PWQ_STAT_STARTED]!++;
  s.sim.charge(s.config.costs.lock);
  const { executeStart } = w.probes;
  if (executeStart.enabled) executeStart.emit(w.addrOf(work), s.hub.intern(worker.currentFuncName));
  s.recorded();
  return worker.currentFunc!;
}

/** The function has returned. @emits workqueue_execute_end */
export function processOneWorkRan(worker: Worker): void {
  const { w } = worker.pool!;
  const { executeEnd } = w.probes;
  if (executeEnd.enabled) executeEnd.emit(w.addrOf(worker.currentWork!), w.s.hub.intern(worker.currentFuncName));
  w.s.recorded();
  worker.currentPwq!.stats[PWQ_STAT_COMPLETED]!++;
}

/** The second half, under the pool's lock again. */
export function processOneWorkEnd(worker: Worker): void {
  const pwq = worker.currentPwq!;
  const { currentColor, currentInactive } = worker;
  if ((worker.flags & WORKER_CPU_INTENSIVE) !== 0) workerClrFlags(worker, WORKER_CPU_INTENSIVE);
  unlinkRunner(worker);
  clearCurrent(worker);
  pwqDecNrInFlight(pwq, currentColor, currentInactive);
}

/** A function returned with preemption or softirqs disabled. */
function leakedAtomic(worker: Worker, p: Task): void {
  const count = (p.preemptCount + p.bhDisableCount * 0x200).toString(16).padStart(8, '0');
  worker.pool!.w.s.reports.printk(
    'bug',
    `BUG: workqueue leaked atomic, lock or RCU: ${p.comm}[${p.pid}]\n` +
      `     preempt=0x${count} lock=0->0 RCU=0->0 workfn=${worker.currentFuncName}`,
  );
}

/** Has the worker nothing assigned? */
export function nothingScheduled(worker: Worker): boolean {
  return listEmpty(worker.scheduled);
}
