import type { MaySleep } from '@kernel-model/sim';
import { mutexLock, mutexUnlock } from '@kernel-model/scheduler';
import { pwqActivateFirstInactive, wqNodeNrActive } from './activate.ts';
import { WQ_BH, WQ_FREEZABLE, WQ_MAX_ACTIVE, WQ_UNBOUND, __WQ_ORDERED } from './constants.ts';
import { warn } from './misuse.ts';
import { kickPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';
import { unboundEffectiveCpumask, type WorkqueueStruct } from './workqueue-struct.ts';

/** Bring max_active into its range, and say so. @linux kernel/workqueue.c wq_clamp_max_active() */
export function wqClampMaxActive(w: Workqueues, maxActive: number, name: string): number {
  if (maxActive >= 1 && maxActive <= WQ_MAX_ACTIVE) return maxActive;
  w.s.reports.printk(
    'err',
    `workqueue: max_active ${maxActive} requested for ${name} is out of range, clamping between 1 and ${WQ_MAX_ACTIVE}`,
  );
  return Math.min(Math.max(maxActive, 1), WQ_MAX_ACTIVE);
}

/** Share max_active out to the nodes by their CPUs. @param offCpu a CPU that goes down, or -1 @linux kernel/workqueue.c wq_update_node_max_active() */
export function wqUpdateNodeMaxActive(w: Workqueues, wq: WorkqueueStruct, offCpu: number): void {
  if (!w.topologyReady) return;
  const effective = unboundEffectiveCpumask(wq);
  const off = offCpu >= 0 && effective.has(offCpu) ? offCpu : -1;
  const total = effective.and(w.s.onlineMask).weight - (off >= 0 ? 1 : 0);
  const { minActive: min, maxActive: max, nodeNrActive } = wq;
  for (let node = 0; node < w.topology.nrNodes; node++) {
    let share = min;
    if (total > 0) {
      let cpus = effective.and(w.topology.nodeCpus(node)).weight;
      if (off >= 0 && w.topology.nodeOf(off) === node) cpus--;
      share = Math.min(Math.max(Math.ceil((max * cpus) / total), min), max);
    }
    nodeNrActive[node]!.max = share;
  }
  wqNodeNrActive(wq, -1)!.max = max;
}

/** Let the limits take effect, with wq->mutex held; what may start now does. @linux kernel/workqueue.c wq_adjust_max_active() */
export function wqAdjustMaxActive(w: Workqueues, wq: WorkqueueStruct): void {
  const frozen = (wq.flags & WQ_FREEZABLE) !== 0 && w.freezing;
  const max = frozen ? 0 : wq.savedMaxActive;
  const min = frozen ? 0 : wq.savedMinActive;
  if (wq.maxActive === max && wq.minActive === min) return;
  wq.maxActive = max;
  wq.minActive = min;
  if ((wq.flags & WQ_UNBOUND) !== 0) wqUpdateNodeMaxActive(w, wq, -1);
  if (max === 0) return;
  let activated: boolean;
  do {
    activated = false;
    // one of each pwq in turn, so that none of them gets everything
    for (const pwq of wq.pwqs) {
      if (!pwqActivateFirstInactive(pwq, true)) continue;
      activated = true;
      kickPool(pwq.pool);
    }
  } while (activated);
}

/** Change the limit of active works. Not of BH and ordered queues. @linux kernel/workqueue.c workqueue_set_max_active() */
export function* workqueueSetMaxActive(w: Workqueues, wq: WorkqueueStruct, maxActive: number): MaySleep<void> {
  if ((wq.flags & (WQ_BH | __WQ_ORDERED)) !== 0) {
    const kind = (wq.flags & WQ_BH) !== 0 ? 'BH' : 'ordered';
    warn(w, `workqueue_set_max_active: the workqueue ${wq.name} is ${kind}`);
    return;
  }
  const max = wqClampMaxActive(w, maxActive, wq.name);
  yield* mutexLock(w.s, wq.mutex);
  wq.savedMaxActive = max;
  if ((wq.flags & WQ_UNBOUND) !== 0) wq.savedMinActive = Math.min(wq.savedMinActive, max);
  wqAdjustMaxActive(w, wq);
  yield* mutexUnlock(w.s, wq.mutex);
}

/** Change how many works each node may always have active. Of unbound queues that are not ordered. @linux kernel/workqueue.c workqueue_set_min_active() */
export function* workqueueSetMinActive(w: Workqueues, wq: WorkqueueStruct, minActive: number): MaySleep<void> {
  if ((wq.flags & (WQ_BH | WQ_UNBOUND | __WQ_ORDERED)) !== WQ_UNBOUND) {
    warn(w, `workqueue_set_min_active: the workqueue ${wq.name} is not unbound, or ordered`);
    return;
  }
  yield* mutexLock(w.s, wq.mutex);
  wq.savedMinActive = Math.min(Math.max(minActive, 0), wq.savedMaxActive);
  wqAdjustMaxActive(w, wq);
  yield* mutexUnlock(w.s, wq.mutex);
}
