import type { MaySleep } from '@kernel-model/sim';
import { ENOMEM, mutexLock, mutexUnlock } from '@kernel-model/scheduler';
import { allocWorkqueueAttrs } from './attrs.ts';
import { applyWorkqueueAttrsLocked, linkPwq } from './apply-attrs.ts';
import {
  INT_MAX,
  WQ_BH,
  WQ_DFL_ACTIVE,
  WQ_DFL_MIN_ACTIVE,
  WQ_FREEZABLE,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_NAME_MAX,
  WQ_POWER_EFFICIENT,
  WQ_SYSFS,
  WQ_UNBOUND,
  __WQ_BH_ALLOWS,
  __WQ_LEGACY,
  __WQ_ORDERED,
} from './constants.ts';
import { destroyWorkqueue } from './destroy.ts';
import { wqAdjustMaxActive, wqClampMaxActive } from './max-active.ts';
import { warnOnce } from './misuse.ts';
import { PoolWorkqueue } from './pool-workqueue.ts';
import { initRescuer } from './rescuer.ts';
import { workqueueSysfsRegister } from './sysfs.ts';
import type { Workqueues } from './workqueues.ts';
import { WorkqueueStruct, WqNodeNrActive } from './workqueue-struct.ts';

/** What the memory of a queue takes, in ns: measured like Costs. */
const ALLOC_NS = 5500;

/**
 * Make a workqueue.
 * @param name at most 31 bytes are kept
 * @param flags WQ_* bits
 * @param maxActive limit of active works: of a CPU, or of an unbound queue; 0 for the default (256), which a BH queue must have
 * @returns null if flags and maxActive do not go together, or there is no memory
 * @linux kernel/workqueue.c alloc_workqueue()
 */
export function* allocWorkqueue(
  w: Workqueues,
  name: string,
  flags: number,
  maxActive: number,
): MaySleep<WorkqueueStruct | null> {
  const { s } = w;
  s.sim.charge(ALLOC_NS);
  if ((flags & WQ_BH) !== 0) {
    if ((flags & ~__WQ_BH_ALLOWS) !== 0) {
      const what = `alloc_workqueue: ${name}: WQ_BH may be combined with WQ_HIGHPRI only, flags=0x${flags.toString(16)}`;
      warnOnce(w, 'alloc_workqueue bh flags', what);
      return null;
    }
    if (maxActive !== 0) {
      warnOnce(
        w,
        'alloc_workqueue bh max',
        `alloc_workqueue: ${name}: max_active of a WQ_BH queue is ${maxActive}, not 0`,
      );
      return null;
    }
  }
  let all = flags;
  if ((flags & WQ_POWER_EFFICIENT) !== 0 && w.powerEfficient) all |= WQ_UNBOUND;
  if (w.failAlloc('workqueue')) return null;
  const wq = newWorkqueue(w, name, all, maxActive);
  yield* mutexLock(s, w.poolMutex);
  if ((yield* allocAndLinkPwqs(w, wq)) < 0) {
    yield* mutexUnlock(s, w.poolMutex);
    return null;
  }
  yield* mutexLock(s, wq.mutex);
  wqAdjustMaxActive(w, wq);
  yield* mutexUnlock(s, wq.mutex);
  w.workqueues.push(wq);
  const rescuer = w.online ? yield* initRescuer(w, wq) : 0;
  yield* mutexUnlock(s, w.poolMutex);
  if (rescuer < 0 || ((all & WQ_SYSFS) !== 0 && workqueueSysfsRegister(w, wq) < 0)) {
    yield* destroyWorkqueue(w, wq);
    return null;
  }
  return wq;
}

function newWorkqueue(w: Workqueues, name: string, flags: number, maxActive: number): WorkqueueStruct {
  const kept = name.slice(0, WQ_NAME_MAX);
  if (kept !== name) w.nameTruncated(kept);
  const max = (flags & WQ_BH) !== 0 ? INT_MAX : wqClampMaxActive(w, maxActive === 0 ? WQ_DFL_ACTIVE : maxActive, kept);
  const wq = new WorkqueueStruct(kept, w.s.hub.intern(kept), flags, max, Math.min(max, WQ_DFL_MIN_ACTIVE));
  if ((flags & WQ_UNBOUND) !== 0) {
    wq.unboundAttrs = allocWorkqueueAttrs(w);
    for (let i = 0; i <= w.topology.nrNodes; i++) wq.nodeNrActive.push(new WqNodeNrActive(WQ_DFL_MIN_ACTIVE));
  }
  return wq;
}

/** @linux kernel/workqueue.c alloc_and_link_pwqs() */
function* allocAndLinkPwqs(w: Workqueues, wq: WorkqueueStruct): MaySleep<number> {
  const highpri = (wq.flags & WQ_HIGHPRI) !== 0 ? 1 : 0;
  if ((wq.flags & WQ_UNBOUND) !== 0) {
    const attrs = (wq.flags & __WQ_ORDERED) !== 0 ? w.orderedAttrs : w.unboundStdAttrs;
    return (yield* applyWorkqueueAttrsLocked(w, wq, attrs[highpri]!)) < 0 ? -ENOMEM : 0;
  }
  const pools = (wq.flags & WQ_BH) !== 0 ? w.bhPools : w.cpuPools;
  for (const cpu of w.s.possibleMask) {
    if (w.failAlloc('pwq')) return -ENOMEM;
    const pwq = new PoolWorkqueue(wq, pools[cpu]![highpri]!);
    wq.cpuPwq[cpu] = pwq;
    linkPwq(pwq);
  }
  return 0;
}

/**
 * Make a queue that runs one work at a time, in the order of queueing.
 * @param flags WQ_FREEZABLE, WQ_MEM_RECLAIM, WQ_HIGHPRI
 * @returns see {@link allocWorkqueue}
 * @linux include/linux/workqueue.h alloc_ordered_workqueue()
 */
export function allocOrderedWorkqueue(w: Workqueues, name: string, flags: number): MaySleep<WorkqueueStruct | null> {
  return allocWorkqueue(w, name, WQ_UNBOUND | __WQ_ORDERED | flags, 1);
}

/** One work at a time on each CPU. @linux include/linux/workqueue.h create_workqueue() */
export function createWorkqueue(w: Workqueues, name: string): MaySleep<WorkqueueStruct | null> {
  return allocWorkqueue(w, name, __WQ_LEGACY | WQ_MEM_RECLAIM, 1);
}

/** One work at a time on each node; not ordered. @linux include/linux/workqueue.h create_freezable_workqueue() */
export function createFreezableWorkqueue(w: Workqueues, name: string): MaySleep<WorkqueueStruct | null> {
  return allocWorkqueue(w, name, __WQ_LEGACY | WQ_FREEZABLE | WQ_UNBOUND | WQ_MEM_RECLAIM, 1);
}

/** Ordered. @linux include/linux/workqueue.h create_singlethread_workqueue() */
export function createSinglethreadWorkqueue(w: Workqueues, name: string): MaySleep<WorkqueueStruct | null> {
  return allocOrderedWorkqueue(w, name, __WQ_LEGACY | WQ_MEM_RECLAIM);
}
