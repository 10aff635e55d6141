import { POINT, UsageError, WRITE, type MaySleep } from '@kernel-model/sim';
import { Completion, PF_MEMALLOC, complete, mightSleep, timerDelete, waitForCompletion } from '@kernel-model/scheduler';
import {
  WORK_STRUCT_INACTIVE,
  WORK_STRUCT_LINKED,
  WORK_STRUCT_PENDING,
  WORK_STRUCT_PWQ,
  WQ_MEM_RECLAIM,
  __WQ_LEGACY,
} from './constants.ts';
import { currentWqWorker } from './current.ts';
import { warn, warnOnce, workIsFreed } from './misuse.ts';
import { getPwq, type PoolWorkqueue } from './pool-workqueue.ts';
import { __queueWork } from './queue.ts';
import { WqBarrier, listAddBefore, type DelayedWork, type WorkStruct } from './work.ts';
import type { Worker } from './worker.ts';
import { findWorkerExecutingWork } from './worker-pool.ts';
import { getWorkPool, type Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Wait until the last queueing of a work has been served, whoever queued it. A timer that has not fired is not waited for.
 * @returns false if there was nothing to wait for
 * @linux kernel/workqueue.c flush_work()
 */
export function* flushWork(w: Workqueues, work: WorkStruct): MaySleep<boolean> {
  yield* mightSleep(w.s);
  return yield* flushWorkCommon(w, work, false, 'flush_work');
}

/**
 * Queue a work whose timer runs at once, and {@link flushWork}.
 * @linux kernel/workqueue.c flush_delayed_work()
 */
export function* flushDelayedWork(w: Workqueues, dwork: DelayedWork): MaySleep<boolean> {
  const { s } = w;
  if (s.sim.point(dwork.work, 'data', WRITE)) yield POINT;
  if (timerDelete(s, dwork.timer)) __queueWork(w, dwork.cpu, dwork.wq!, dwork.work, 'flush_delayed_work');
  return yield* flushWork(w, dwork.work);
}

/** @param call who waits, for reports @linux kernel/workqueue.c __flush_work() */
export function* flushWorkCommon(
  w: Workqueues,
  work: WorkStruct,
  fromCancel: boolean,
  call: string,
): MaySleep<boolean> {
  const { s } = w;
  if (!w.online) {
    warn(w, `${call}: ${work.funcName}: there are no workers yet`);
    return false;
  }
  if (work.func === null) {
    warn(w, `${call}: the work has no function`);
    return false;
  }
  if (s.sim.point(work, 'data', WRITE)) yield POINT;
  const barr = startFlushWork(w, work, fromCancel, call);
  if (barr === null) return false;
  if (s.cpus[s.cpu]!.inSoftirq) throw flushInSoftirq(w, work, call);
  yield* waitForCompletion(s, (barr as FlushBarrier).done);
  return true;
}

/** A barrier with what its flusher waits for. */
class FlushBarrier extends WqBarrier {
  readonly done: Completion;
  constructor(w: Workqueues, what: string) {
    super(w, w.s.current, wqBarrierFunc);
    this.done = new Completion(what);
  }
}

/** @linux kernel/workqueue.c wq_barrier_func() */
function* wqBarrierFunc(work: WorkStruct): MaySleep<void> {
  const barr = work.container as FlushBarrier;
  yield* complete(barr.w.s, barr.done);
}

/** Find what to wait for, and put a barrier behind it. @linux kernel/workqueue.c start_flush_work() */
function startFlushWork(w: Workqueues, work: WorkStruct, fromCancel: boolean, call: string): WqBarrier | null {
  if (work.freedBy !== '') throw workIsFreed(w, work, call);
  const pool = getWorkPool(w, work);
  if (pool === null) return null;
  w.s.sim.touch(pool, 'lock', WRITE);
  let pwq = work.pwq;
  let worker: Worker | null = null;
  if (pwq === null) {
    worker = findWorkerExecutingWork(pool, work);
    if (worker === null) return null;
    pwq = worker.currentPwq!;
  }
  checkFlushDependency(w, pwq.wq, work.funcName, fromCancel);
  const own = worker !== null && worker.task === w.s.current ? ', its own work: for ever' : '';
  const barr = new FlushBarrier(w, `${call} of ${work.funcName} on ${pwq.wq.name}${own}`);
  insertWqBarrier(pwq, barr.work, work, worker);
  return barr;
}

/**
 * Put a barrier where it runs right after the target. It counts as in flight, but never as active.
 * @param worker who runs the target; null if the target is queued
 * @linux kernel/workqueue.c insert_wq_barrier()
 */
function insertWqBarrier(pwq: PoolWorkqueue, barr: WorkStruct, target: WorkStruct, worker: Worker | null): void {
  barr.flags = WORK_STRUCT_PENDING | WORK_STRUCT_PWQ | WORK_STRUCT_INACTIVE;
  barr.pwq = pwq;
  if (worker !== null) {
    barr.color = worker.currentColor;
    listAddBefore(worker.scheduled.next, barr);
  } else {
    // what was linked to the target is linked to the barrier now
    barr.flags |= target.flags & WORK_STRUCT_LINKED;
    target.flags |= WORK_STRUCT_LINKED;
    barr.color = target.color;
    listAddBefore(target.next, barr);
  }
  pwq.nrInFlight[barr.color]!++;
  getPwq(pwq);
}

/**
 * Somebody who must make progress when memory is short waits for a queue that need not: say so, once.
 * @param funcName of the work that is waited for; 0x0 for a whole queue
 * @linux kernel/workqueue.c check_flush_dependency()
 */
export function checkFlushDependency(
  w: Workqueues,
  target: WorkqueueStruct,
  funcName: string,
  fromCancel: boolean,
): void {
  if (fromCancel || (target.flags & WQ_MEM_RECLAIM) !== 0) return;
  const { s } = w;
  const p = s.current;
  if ((p.flags & PF_MEMALLOC) !== 0) {
    warnOnce(
      w,
      'check_flush_dependency memalloc',
      `workqueue: PF_MEMALLOC task ${p.pid}(${p.comm}) is flushing !WQ_MEM_RECLAIM ${target.name}:${funcName}`,
    );
  }
  const worker = currentWqWorker(w);
  const wq = worker?.currentPwq?.wq ?? null;
  if (wq !== null && (wq.flags & (WQ_MEM_RECLAIM | __WQ_LEGACY)) === WQ_MEM_RECLAIM) {
    warnOnce(
      w,
      'check_flush_dependency reclaim',
      `workqueue: WQ_MEM_RECLAIM ${wq.name}:${worker!.currentFuncName} is flushing !WQ_MEM_RECLAIM ${target.name}:${funcName}`,
    );
  }
}

/** A softirq of the model is over when anybody else goes on: it cannot wait for a work that runs under it. */
function flushInSoftirq(w: Workqueues, work: WorkStruct, call: string): UsageError {
  return new UsageError('FLUSH_IN_SOFTIRQ', {
    what: `${call}: the softirq on CPU ${w.s.cpu} waits at ${w.s.sim.now} ns for ${work.funcName}, which cannot end before the softirq does.`,
    advice: 'Use cancel_work() or disable_work() there.',
    linux: 'cancel_work_sync() spins for ever; flush_work() is a BUG: scheduling while atomic.',
  });
}
