import { POINT, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import { Completion, callRcu, callRcuOn, completeNow, rcuNeedsCpu, waitForCompletion } from '@kernel-model/scheduler';
import { WORK_CPU_UNBOUND, WORK_STRUCT_PENDING } from './constants.ts';
import { flushWork } from './flush-work.ts';
import { warnOnce, workIsFreed } from './misuse.ts';
import { __queueWork } from './queue.ts';
import type { RcuWork } from './work.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Queue a work after an RCU grace period.
 * @returns false if it is pending or, with a warning, disabled
 * @linux kernel/workqueue.c queue_rcu_work()
 */
export function* queueRcuWork(w: Workqueues, wq: WorkqueueStruct, rwork: RcuWork): Step<boolean> {
  const { s } = w;
  const { work } = rwork;
  if (s.sim.point(work, 'data', WRITE)) yield POINT;
  if (work.freedBy !== '') throw workIsFreed(w, work, 'queue_rcu_work');
  if ((work.flags & WORK_STRUCT_PENDING) !== 0) return false;
  if (work.disable !== 0) {
    warnOnce(w, 'queue_rcu_work', `queue_rcu_work: ${work.funcName} is disabled`);
    return false;
  }
  work.flags |= WORK_STRUCT_PENDING;
  rwork.wq = wq;
  rwork.waiting = true;
  callRcu(s, () => {
    rwork.waiting = false;
    if (work.freedBy !== '') throw workIsFreed(w, work, 'rcu_work_rcufn');
    __queueWork(w, WORK_CPU_UNBOUND, wq, work, 'rcu_work_rcufn');
  });
  return true;
}

/**
 * Wait for the grace period, if the work waits for one, and then for the work.
 * @returns true if it was pending; otherwise see {@link flushWork}
 * @linux kernel/workqueue.c flush_rcu_work()
 */
export function* flushRcuWork(w: Workqueues, rwork: RcuWork): MaySleep<boolean> {
  if (w.s.sim.point(rwork.work, 'data', WRITE)) yield POINT;
  if ((rwork.work.flags & WORK_STRUCT_PENDING) === 0) return yield* flushWork(w, rwork.work);
  yield* rcuBarrier(w);
  yield* flushWork(w, rwork.work);
  return true;
}

/** Wait until every callback that was handed to RCU has run. @linux kernel/rcu/tree.c rcu_barrier() */
function* rcuBarrier(w: Workqueues): MaySleep<void> {
  const { s } = w;
  let left = 1;
  const done = new Completion('rcu_barrier');
  for (const cpu of s.cpus) {
    if (!rcuNeedsCpu(cpu)) continue;
    left++;
    callRcuOn(s, cpu, () => {
      if (--left === 0) completeNow(s, done);
    });
  }
  if (--left > 0) yield* waitForCompletion(s, done);
}
