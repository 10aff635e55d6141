import { WRITE } from '@kernel-model/sim';
import { completeNow } from '@kernel-model/scheduler';
import { WORK_STRUCT_INACTIVE, WQ_UNBOUND } from './constants.ts';
import { putPwq, type PoolWorkqueue } from './pool-workqueue.ts';
import { listEmpty, moveLinkedWorks, type WorkStruct } from './work.ts';
import { kickPool, type WorkerPool } from './worker-pool.ts';
import type { WorkqueueStruct, WqNodeNrActive } from './workqueue-struct.ts';

/** Who counts the active works of the pwq; null for queues that are not unbound. @linux kernel/workqueue.c wq_node_nr_active() */
export function wqNodeNrActive(wq: WorkqueueStruct, node: number): WqNodeNrActive | null {
  if ((wq.flags & WQ_UNBOUND) === 0) return null;
  const nna = wq.nodeNrActive;
  return nna[node < 0 ? nna.length - 1 : node]!;
}

/**
 * Get a count for one more active work.
 * @param fill to fill up after the limit rose: a pwq that waits for its turn already may take one
 * @returns whether there was one
 * @linux kernel/workqueue.c pwq_tryinc_nr_active()
 */
export function pwqTryincNrActive(pwq: PoolWorkqueue, fill: boolean): boolean {
  const nna = wqNodeNrActive(pwq.wq, pwq.pool.node);
  if (nna === null) {
    if (pwq.nrActive >= pwq.wq.maxActive) return false;
    pwq.nrActive++;
    return true;
  }
  if (pwq.plugged) return false;
  // one that waits must not be passed by its own later works
  if (pwq.pending && !fill) return false;
  if (nna.nr >= nna.max) {
    if (!pwq.pending) {
      pwq.pending = true;
      nna.pendingPwqs.push(pwq);
    }
    return false;
  }
  nna.nr++;
  pwq.nrActive++;
  return true;
}

/**
 * Let the first inactive work of a pwq go to the pool, if there is one and a count for it.
 * @returns whether it went
 * @linux kernel/workqueue.c pwq_activate_first_inactive()
 */
export function pwqActivateFirstInactive(pwq: PoolWorkqueue, fill: boolean): boolean {
  const work = pwq.inactiveWorks.next;
  if (work === pwq.inactiveWorks || !pwqTryincNrActive(pwq, fill)) return false;
  activateWork(pwq, work);
  return true;
}

/** Move a work, with its barriers, to the pool's list. @emits workqueue_activate_work @linux kernel/workqueue.c __pwq_activate_work() */
export function activateWork(pwq: PoolWorkqueue, work: WorkStruct): void {
  const { pool } = pwq;
  traceActivate(pool, work);
  if (listEmpty(pool.worklist)) pool.watchdogTs = pool.w.s.jiffies;
  moveLinkedWorks(work, pool.worklist);
  work.flags &= ~WORK_STRUCT_INACTIVE;
}

/** @emits workqueue_activate_work */
export function traceActivate(pool: WorkerPool, work: WorkStruct): void {
  const { s, probes } = pool.w;
  const { activateWork: probe } = probes;
  if (probe.enabled) probe.emit(pool.w.addrOf(work), s.hub.intern(work.funcName));
  s.recorded();
}

/**
 * A work is no longer active: its count goes to the next one that waits.
 * @linux kernel/workqueue.c pwq_dec_nr_active()
 */
function pwqDecNrActive(pwq: PoolWorkqueue): void {
  const { pool } = pwq;
  const nna = wqNodeNrActive(pwq.wq, pool.node);
  pwq.nrActive--;
  if (nna === null) {
    // whoever gave the count back goes on, or another worker of the pool runs: nobody has to be woken
    if (pwq.inactiveWorks.next !== pwq.inactiveWorks) pwqActivateFirstInactive(pwq, false);
    return;
  }
  nna.nr--;
  if (nna.nr >= nna.max || nna.pendingPwqs.length === 0) return;
  nodeActivatePendingPwq(nna, pool);
}

/** Give the free count to the pwq that waits longest; then it is the others' turn. @linux kernel/workqueue.c node_activate_pending_pwq() */
function nodeActivatePendingPwq(nna: WqNodeNrActive, callerPool: WorkerPool): void {
  const { pendingPwqs } = nna;
  for (let pwq = pendingPwqs[0]; pwq !== undefined; pwq = pendingPwqs[0]) {
    const work = pwq.inactiveWorks.next;
    if (work === pwq.inactiveWorks) {
      dropPending(nna, pwq);
      continue;
    }
    if (nna.nr >= nna.max) return;
    nna.nr++;
    pwq.nrActive++;
    pwq.pool.w.s.sim.touch(pwq.pool, 'lock', WRITE);
    activateWork(pwq, work);
    if (listEmpty(pwq.inactiveWorks)) {
      dropPending(nna, pwq);
    } else if (pendingPwqs.length > 1) {
      pendingPwqs.shift();
      pendingPwqs.push(pwq);
    }
    if (pwq.pool !== callerPool) kickPool(pwq.pool);
    return;
  }
}

/** The pwq does not wait for a count any more. */
export function dropPending(nna: WqNodeNrActive, pwq: PoolWorkqueue): void {
  pwq.pending = false;
  const { pendingPwqs } = nna;
  if (pendingPwqs[0] === pwq) pendingPwqs.shift();
  else pendingPwqs.splice(pendingPwqs.indexOf(pwq), 1);
}

/**
 * A work is done with, by completion or cancellation. Always the last thing that happens to it.
 * @param inactive its word said so: it holds no count
 * @linux kernel/workqueue.c pwq_dec_nr_in_flight()
 */
export function pwqDecNrInFlight(pwq: PoolWorkqueue, color: number, inactive: boolean): void {
  if (!inactive) pwqDecNrActive(pwq);
  if (--pwq.nrInFlight[color]! === 0 && pwq.flushColor === color) flushedColor(pwq);
  putPwq(pwq);
}

/** The last work of a colour that a flush waits for. */
function flushedColor(pwq: PoolWorkqueue): void {
  const { wq } = pwq;
  pwq.flushColor = -1;
  if (--wq.nrPwqsToFlush === 0) completeNow(pwq.pool.w.s, wq.firstFlusher!.done);
}
