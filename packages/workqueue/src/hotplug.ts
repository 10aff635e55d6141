import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import { Cpumask, ENOMEM, mutexLock, mutexUnlock, setCpusAllowedPtr } from '@kernel-model/scheduler';
import { kthreadSetPerCpu } from '@kernel-model/kthread';
import { unboundWqUpdatePwq } from './apply-attrs.ts';
import { wqattrsPodType } from './attrs.ts';
import { POOL_BH, POOL_DISASSOCIATED, WORKER_REBOUND, WORKER_UNBOUND } from './constants.ts';
import { createWorker, unbindWorker } from './manage.ts';
import { wqUpdateNodeMaxActive } from './max-active.ts';
import { warn, warnOnce } from './misuse.ts';
import { kickPool, poolAllowedCpus, type WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';

/** A CPU is about to come up: its pools need a worker each. @returns 0 or -ENOMEM @linux kernel/workqueue.c workqueue_prepare_cpu() */
export function* workqueuePrepareCpu(w: Workqueues, cpu: number): MaySleep<number> {
  for (const pool of w.cpuPools[cpu]!) {
    if (pool.nrWorkers === 0 && (yield* createWorker(pool)) === null) return -ENOMEM;
  }
  return 0;
}

/** A CPU is up: its workers come home, and unbound works may use it. @returns 0 @linux kernel/workqueue.c workqueue_online_cpu() */
export function* workqueueOnlineCpu(w: Workqueues, cpu: number): MaySleep<number> {
  const { s } = w;
  yield* mutexLock(s, w.poolMutex);
  w.onlineCpumask = w.onlineCpumask.or(Cpumask.of(cpu));
  for (const pool of w.pools) {
    if (pool === null || (pool.flags & POOL_BH) !== 0) continue;
    yield* mutexLock(s, w.attachMutex);
    if (pool.cpu === cpu) yield* rebindWorkers(pool);
    else if (pool.cpu < 0) yield* restoreUnboundWorkersCpumask(pool, cpu);
    yield* mutexUnlock(s, w.attachMutex);
  }
  yield* updateUnbound(w, cpu, -1);
  yield* mutexUnlock(s, w.poolMutex);
  return 0;
}

/**
 * A CPU goes down: its pools become unbound ones. Has to be called on that CPU.
 * @returns 0, or -1 on another CPU
 * @linux kernel/workqueue.c workqueue_offline_cpu()
 */
export function* workqueueOfflineCpu(w: Workqueues, cpu: number): MaySleep<number> {
  const { s } = w;
  if (cpu !== s.cpu) {
    warn(w, `workqueue_offline_cpu: called for CPU ${cpu} on CPU ${s.cpu}`);
    return -1;
  }
  for (const pool of w.cpuPools[cpu]!) yield* unbindWorkers(pool);
  yield* mutexLock(s, w.poolMutex);
  w.onlineCpumask = w.onlineCpumask.andNot(Cpumask.of(cpu));
  yield* updateUnbound(w, cpu, cpu);
  yield* mutexUnlock(s, w.poolMutex);
  return 0;
}

/** Find pools anew for the CPUs that are close to one that came or went. */
function* updateUnbound(w: Workqueues, cpu: number, offCpu: number): MaySleep<void> {
  for (const wq of w.workqueues) {
    if (wq.unboundAttrs === null) continue;
    const pt = wqattrsPodType(w, wq.unboundAttrs);
    for (const other of pt.podCpus[pt.cpuPod[cpu]!]!) yield* unboundWqUpdatePwq(w, wq, other);
    yield* mutexLock(w.s, wq.mutex);
    wqUpdateNodeMaxActive(w, wq, offCpu);
    yield* mutexUnlock(w.s, wq.mutex);
  }
}

/** @linux kernel/workqueue.c unbind_workers() */
function* unbindWorkers(pool: WorkerPool): MaySleep<void> {
  const { w } = pool;
  const { s } = w;
  yield* mutexLock(s, w.attachMutex);
  if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
  for (const worker of pool.workers) worker.flags |= WORKER_UNBOUND;
  pool.flags |= POOL_DISASSOCIATED;
  // nobody counts any more: as in an unbound pool, workers start one another
  pool.nrRunning = 0;
  kickPool(pool);
  for (const worker of pool.workers) yield* unbindWorker(w, worker);
  yield* mutexUnlock(s, w.attachMutex);
}

/** @linux kernel/workqueue.c rebind_workers() */
function* rebindWorkers(pool: WorkerPool): MaySleep<void> {
  const { s, k } = pool.w;
  for (const worker of pool.workers) {
    kthreadSetPerCpu(k, worker.task!, pool.cpu);
    const result = yield* setCpusAllowedPtr(s, worker.task!, poolAllowedCpus(pool));
    if (result < 0)
      warnOnce(pool.w, 'rebind_workers', `rebind_workers: ${worker.task!.comm} cannot run on CPU ${pool.cpu}`);
  }
  if (s.sim.point(pool, 'lock', WRITE)) yield POINT;
  pool.flags &= ~POOL_DISASSOCIATED;
  for (const worker of pool.workers) {
    // a busy one counts from its next batch only
    worker.flags = (worker.flags | WORKER_REBOUND) & ~WORKER_UNBOUND;
  }
}

/** @linux kernel/workqueue.c restore_unbound_workers_cpumask() */
function* restoreUnboundWorkersCpumask(pool: WorkerPool, cpu: number): MaySleep<void> {
  const { cpumask } = pool.attrs;
  if (!cpumask.has(cpu)) return;
  const { s } = pool.w;
  const mask = cpumask.and(s.onlineMask);
  for (const worker of pool.workers) yield* setCpusAllowedPtr(s, worker.task!, mask);
}
