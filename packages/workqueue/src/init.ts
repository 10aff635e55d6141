import type { MaySleep } from '@kernel-model/sim';
import { Cpumask, mutexLock, mutexUnlock, yieldCpu } from '@kernel-model/scheduler';
import { allocWorkqueue } from './alloc.ts';
import { unboundWqUpdatePwq } from './apply-attrs.ts';
import { WorkqueueAttrs } from './attrs.ts';
import { initBh } from './bh.ts';
import {
  HIGHPRI_NICE_LEVEL,
  POOL_BH,
  POOL_DISASSOCIATED,
  WQ_BH,
  WQ_FREEZABLE,
  WQ_HIGHPRI,
  WQ_MAX_ACTIVE,
  WQ_POWER_EFFICIENT,
  WQ_UNBOUND,
} from './constants.ts';
import { createWorker } from './manage.ts';
import { wqUpdateNodeMaxActive } from './max-active.ts';
import { warn } from './misuse.ts';
import { startPwqRelease } from './release.ts';
import { initRescuer } from './rescuer.ts';
import { workerPoolAssignId } from './unbound-pool.ts';
import { listEmpty } from './work.ts';
import { WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** Nice of the normal and of the highpri pool. */
const STD_NICE = [0, HIGHPRI_NICE_LEVEL];

/**
 * The first stage of boot: pools and the system's queues exist; works can be queued, nothing runs. Called before the
 * CPUs start.
 * @linux kernel/workqueue.c workqueue_init_early()
 */
export function workqueueInitEarly(w: Workqueues): void {
  const { s } = w;
  for (const cpu of s.possibleMask) {
    w.bhPools[cpu] = STD_NICE.map((nice) => cpuPool(w, cpu, nice, POOL_BH));
    w.cpuPools[cpu] = STD_NICE.map((nice) => cpuPool(w, cpu, nice, 0));
  }
  for (const nice of STD_NICE) {
    w.unboundStdAttrs.push(stdAttrs(w, nice, false));
    w.orderedAttrs.push(stdAttrs(w, nice, true));
  }
  const before = s.cpu;
  s.cpu = Math.max(before, 0);
  w.systemWq = early(w, 'events', 0, 0);
  w.systemPercpuWq = early(w, 'events', 0, 0);
  w.systemHighpriWq = early(w, 'events_highpri', WQ_HIGHPRI, 0);
  w.systemLongWq = early(w, 'events_long', 0, 0);
  w.systemUnboundWq = early(w, 'events_unbound', WQ_UNBOUND, WQ_MAX_ACTIVE);
  w.systemDflWq = early(w, 'events_unbound', WQ_UNBOUND, WQ_MAX_ACTIVE);
  w.systemFreezableWq = early(w, 'events_freezable', WQ_FREEZABLE, 0);
  w.systemPowerEfficientWq = early(w, 'events_power_efficient', WQ_POWER_EFFICIENT, 0);
  const both = WQ_FREEZABLE | WQ_POWER_EFFICIENT;
  w.systemFreezablePowerEfficientWq = early(w, 'events_freezable_pwr_efficient', both, 0);
  w.systemBhWq = early(w, 'events_bh', WQ_BH, 0);
  w.systemBhHighpriWq = early(w, 'events_bh_highpri', WQ_BH | WQ_HIGHPRI, 0);
  s.cpu = before;
  initBh(w);
}

/** @linux kernel/workqueue.c init_cpu_worker_pool() */
function cpuPool(w: Workqueues, cpu: number, nice: number, flags: number): WorkerPool {
  const attrs = new WorkqueueAttrs(w.s.possibleMask);
  attrs.cpumask = attrs.podCpumask = Cpumask.of(cpu);
  attrs.nice = nice;
  attrs.affnStrict = true;
  const pool = new WorkerPool(w, cpu, POOL_DISASSOCIATED | flags, attrs);
  pool.node = w.topology.nodeOf(cpu);
  workerPoolAssignId(w, pool);
  return pool;
}

function stdAttrs(w: Workqueues, nice: number, ordered: boolean): WorkqueueAttrs {
  const attrs = new WorkqueueAttrs(w.s.possibleMask);
  attrs.nice = nice;
  attrs.ordered = ordered;
  return attrs;
}

/** Make a queue while there is nobody yet who could come in between. */
function early(w: Workqueues, name: string, flags: number, maxActive: number): WorkqueueStruct {
  const it = allocWorkqueue(w, name, flags, maxActive)[Symbol.iterator]();
  for (let r = it.next(); ; r = it.next()) if (r.done === true) return r.value!;
}

/**
 * The second stage, as pid 1 once kthreadd runs: workers, and rescuers of the queues that exist. From here on works run.
 * @linux kernel/workqueue.c workqueue_init()
 */
export function* workqueueInit(w: Workqueues): MaySleep<void> {
  const { s } = w;
  yield* startPwqRelease(w);
  yield* mutexLock(s, w.poolMutex);
  for (const wq of w.workqueues) {
    if ((yield* initRescuer(w, wq)) < 0) warn(w, `workqueue: failed to create early rescuer for ${wq.name}`);
  }
  yield* mutexUnlock(s, w.poolMutex);
  for (const cpu of s.possibleMask) for (const pool of w.bhPools[cpu]!) yield* createWorker(pool);
  for (const cpu of s.onlineMask) {
    for (const pool of w.cpuPools[cpu]!) {
      pool.flags &= ~POOL_DISASSOCIATED;
      yield* createWorker(pool);
      // it runs before the next one is made, and makes a second one if it finds work
      if (!listEmpty(pool.worklist)) yield* yieldCpu(s);
    }
  }
  for (const pool of w.unboundPools) yield* createWorker(pool);
  w.online = true;
  w.watchdog.start();
}

/**
 * The third stage, once it is known which CPUs are close to each other: unbound queues get their pools.
 * @linux kernel/workqueue.c workqueue_init_topology()
 */
export function* workqueueInitTopology(w: Workqueues): MaySleep<void> {
  const { s } = w;
  w.topologyReady = true;
  yield* mutexLock(s, w.poolMutex);
  for (const wq of w.workqueues) {
    for (const cpu of s.onlineMask) yield* unboundWqUpdatePwq(w, wq, cpu);
    if (wq.unboundAttrs === null) continue;
    yield* mutexLock(s, wq.mutex);
    wqUpdateNodeMaxActive(w, wq, -1);
    yield* mutexUnlock(s, wq.mutex);
  }
  yield* mutexUnlock(s, w.poolMutex);
}
