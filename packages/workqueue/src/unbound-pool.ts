import type { MaySleep } from '@kernel-model/sim';
import {
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  callRcu,
  mutexLock,
  mutexUnlock,
  schedule,
  timerDeleteSync,
} from '@kernel-model/scheduler';
import { WorkqueueAttrs, copyWorkqueueAttrs, wqattrsClearForPool, wqattrsEqual } from './attrs.ts';
import { cancelWorkSync } from './cancel.ts';
import { POOL_DISASSOCIATED, POOL_MANAGER_ACTIVE } from './constants.ts';
import { detachDyingWorkers, reapDyingWorkers, setWorkerDying } from './idle.ts';
import { createWorker } from './manage.ts';
import { warn } from './misuse.ts';
import { PoolWorkqueue } from './pool-workqueue.ts';
import { WQ_AFFN_NUMA } from './topology.ts';
import { listEmpty } from './work.ts';
import type { Worker } from './worker.ts';
import { WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** Give a pool the lowest free id of the machine. @linux kernel/workqueue.c worker_pool_assign_id() */
export function workerPoolAssignId(w: Workqueues, pool: WorkerPool): void {
  let id = 0;
  while ((w.pools[id] ?? null) !== null) id++;
  w.pools[id] = pool;
  pool.id = id;
}

/** The pwq of a queue on the pool with these attributes, which is made if there is none. @linux kernel/workqueue.c alloc_unbound_pwq() */
export function* allocUnboundPwq(
  w: Workqueues,
  wq: WorkqueueStruct,
  attrs: WorkqueueAttrs,
): MaySleep<PoolWorkqueue | null> {
  const pool = yield* getUnboundPool(w, attrs);
  if (pool === null) return null;
  if (w.failAlloc('pwq')) {
    yield* putUnboundPool(pool);
    return null;
  }
  return new PoolWorkqueue(wq, pool);
}

/** @linux kernel/workqueue.c get_unbound_pool() */
function* getUnboundPool(w: Workqueues, attrs: WorkqueueAttrs): MaySleep<WorkerPool | null> {
  for (const pool of w.unboundPools) {
    if (!wqattrsEqual(pool.attrs, attrs)) continue;
    pool.refcnt++;
    return pool;
  }
  if (w.failAlloc('pool')) return null;
  const own = new WorkqueueAttrs(w.s.possibleMask);
  copyWorkqueueAttrs(own, attrs);
  wqattrsClearForPool(w, own);
  const pool = new WorkerPool(w, -1, POOL_DISASSOCIATED, own);
  pool.node = nodeOfMask(w, attrs);
  workerPoolAssignId(w, pool);
  w.unboundPools.push(pool);
  if (w.online && (yield* createWorker(pool)) === null) {
    yield* putUnboundPool(pool);
    return null;
  }
  return pool;
}

/** The node that has all CPUs of the pod; -1 if there is none. */
function nodeOfMask(w: Workqueues, attrs: WorkqueueAttrs): number {
  if (!w.topologyReady) return -1;
  const pt = w.topology.type(WQ_AFFN_NUMA);
  const pod = pt.podCpus.findIndex((mask) => attrs.podCpumask.subsetOf(mask));
  return pod < 0 ? -1 : pt.podNode[pod]!;
}

/** Let go of a pool; the last reference ends its workers. @linux kernel/workqueue.c put_unbound_pool() */
export function* putUnboundPool(pool: WorkerPool): MaySleep<void> {
  if (--pool.refcnt > 0) return;
  const { w } = pool;
  const { s } = w;
  if (pool.cpu >= 0 || !listEmpty(pool.worklist)) {
    warn(w, `put_unbound_pool: pool ${pool.id} still has works`);
    return;
  }
  w.pools[pool.id] = null;
  w.unboundPools.splice(w.unboundPools.indexOf(pool), 1);
  yield* becomeLastManager(pool);
  const cull: Worker[] = [];
  while (pool.idleFirst !== null) setWorkerDying(pool.idleFirst, cull);
  if (pool.nrWorkers !== 0 || pool.nrIdle !== 0) {
    warn(w, `put_unbound_pool: pool ${pool.id} still has ${pool.nrWorkers} workers`);
  }
  yield* detachDyingWorkers(w, pool, cull);
  yield* mutexUnlock(s, w.attachMutex);
  yield* reapDyingWorkers(w, cull);
  timerDeleteSync(s, pool.idleTimer);
  yield* cancelWorkSync(w, pool.idleCullWork);
  timerDeleteSync(s, pool.maydayTimer);
  callRcu(s, nothing);
}

/** Wait until nobody makes workers for the pool, and make sure that nobody will. Returns with the attach mutex held. */
function* becomeLastManager(pool: WorkerPool): MaySleep<void> {
  const { w } = pool;
  const { s } = w;
  const me = s.current;
  for (;;) {
    w.managerWait = me;
    for (;;) {
      me.state = TASK_UNINTERRUPTIBLE;
      if ((pool.flags & POOL_MANAGER_ACTIVE) === 0) break;
      me.waitsFor = `the manager of pool ${pool.id}`;
      yield* schedule(s);
    }
    me.state = TASK_RUNNING;
    me.waitsFor = '';
    w.managerWait = null;
    yield* mutexLock(s, w.attachMutex);
    if ((pool.flags & POOL_MANAGER_ACTIVE) === 0) {
      pool.flags |= POOL_MANAGER_ACTIVE;
      return;
    }
    yield* mutexUnlock(s, w.attachMutex);
  }
}

function nothing(): void {}
