import { POINT, UsageError, WRITE, type Step } from '@kernel-model/sim';
import { FALSE, TRUE, preemptCheckResched, type Task } from '@kernel-model/scheduler';
import { pwqTryincNrActive, traceActivate } from './activate.ts';
import {
  WORK_CPU_UNBOUND,
  WORK_STRUCT_INACTIVE,
  WORK_STRUCT_PENDING,
  WORK_STRUCT_PWQ,
  WQ_UNBOUND,
  __WQ_DESTROYING,
  __WQ_DRAINING,
  __WQ_ORDERED,
} from './constants.ts';
import { currentWqWorker } from './current.ts';
import { warn, warnOnce, workIsFreed } from './misuse.ts';
import { listAddBefore, listEmpty, type WorkStruct } from './work.ts';
import { findWorkerExecutingWork, kickPool, type WorkerPool } from './worker-pool.ts';
import { getWorkPool, type Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Queue a work; on a per-CPU queue, on this CPU.
 * @returns false if it is queued already, or disabled. True does not prove that it will run: a queue that drains
 * swallows it
 * @emits workqueue_queue_work, workqueue_activate_work
 * @linux include/linux/workqueue.h queue_work()
 */
export function queueWork(w: Workqueues, wq: WorkqueueStruct, work: WorkStruct): Step<boolean> {
  return queueWorkOn(w, WORK_CPU_UNBOUND, wq, work);
}

/**
 * Queue a work on a CPU; of an unbound queue, on the pool that serves that CPU.
 * @returns see {@link queueWork}
 * @emits workqueue_queue_work, workqueue_activate_work
 * @linux kernel/workqueue.c queue_work_on()
 */
export function queueWorkOn(w: Workqueues, cpu: number, wq: WorkqueueStruct, work: WorkStruct): Step<boolean> {
  if (w.s.sim.point(work, 'data', WRITE)) return queueLater(w, cpu, wq, work);
  const queued = queueWorkNow(w, cpu, wq, work);
  const p = w.s.current;
  if (p.needResched && queued) return queuedThenResched(w);
  return queued ? TRUE : FALSE;
}

function* queueLater(w: Workqueues, cpu: number, wq: WorkqueueStruct, work: WorkStruct): Step<boolean> {
  yield POINT;
  const queued = queueWorkNow(w, cpu, wq, work);
  if (w.s.current.needResched) yield* preemptCheckResched(w.s);
  return queued;
}

function* queuedThenResched(w: Workqueues): Step<boolean> {
  yield* preemptCheckResched(w.s);
  return true;
}

/**
 * {@link queueWorkOn} for code that is one atomic step already, such as a timer's function.
 * @linux kernel/workqueue.c queue_work_on()
 */
export function queueWorkNow(w: Workqueues, cpu: number, wq: WorkqueueStruct, work: WorkStruct): boolean {
  w.s.sim.touch(work, 'data', WRITE);
  if (work.freedBy !== '') throw workIsFreed(w, work, 'queue_work');
  if ((work.flags & WORK_STRUCT_PENDING) !== 0) return false;
  if (work.disable !== 0) return false;
  work.flags |= WORK_STRUCT_PENDING;
  __queueWork(w, cpu, wq, work, 'queue_work');
  return true;
}

/**
 * Queue a work whose PENDING the caller owns.
 * @param call who queues, for reports
 * @throws UsageError WORKQUEUE_USE_AFTER_FREE if the queue was destroyed long ago
 * @linux kernel/workqueue.c __queue_work()
 */
export function __queueWork(w: Workqueues, reqCpu: number, wq: WorkqueueStruct, work: WorkStruct, call: string): void {
  const { s } = w;
  if ((wq.flags & (__WQ_DESTROYING | __WQ_DRAINING)) !== 0 && !mayQueueOnDraining(w, wq, work, call)) return;
  const last = getWorkPool(w, work);
  for (;;) {
    const cpu =
      reqCpu !== WORK_CPU_UNBOUND ? reqCpu : (wq.flags & WQ_UNBOUND) !== 0 ? selectUnboundCpu(w, s.cpu) : s.cpu;
    let pwq = wq.cpuPwq[cpu]!;
    let pool = pwq.pool;
    if (last !== null && last !== pool && (wq.flags & __WQ_ORDERED) === 0) {
      s.sim.touch(last, 'lock', WRITE);
      const worker = findWorkerExecutingWork(last, work);
      // it must not run twice at once: behind itself, then
      if (worker !== null && worker.currentPwq!.wq === wq) {
        pwq = worker.currentPwq!;
        pool = pwq.pool;
      }
    }
    s.sim.touch(pool, 'lock', WRITE);
    if (pwq.refcnt === 0) {
      if ((wq.flags & WQ_UNBOUND) !== 0 && wq.cpuPwq[cpu] !== pwq) continue;
      warnOnce(w, '__queue_work refcnt', `workqueue: per-cpu pwq for ${wq.name} on cpu${cpu} has 0 refcnt`);
    }
    const { queueWork: probe } = w.probes;
    if (probe.enabled) probe.emit(w.addrOf(work), s.hub.intern(work.funcName), wq.nameId, reqCpu, pool.cpu);
    s.recorded();
    if (work.next !== work) {
      warn(
        w,
        `${call}: ${work.funcName} is still on a list: queued on ${wq.name} a second time, or initialised while queued`,
      );
      return;
    }
    const color = pwq.workColor;
    pwq.nrInFlight[color]!++;
    pwq.refcnt++;
    work.pwq = pwq;
    work.color = color;
    if (pwq.inactiveWorks.next === pwq.inactiveWorks && pwqTryincNrActive(pwq, false)) {
      if (listEmpty(pool.worklist)) pool.watchdogTs = s.jiffies;
      traceActivate(pool, work);
      work.flags = WORK_STRUCT_PENDING | WORK_STRUCT_PWQ;
      listAddBefore(pool.worklist, work);
      kickPool(pool);
    } else {
      work.flags = WORK_STRUCT_PENDING | WORK_STRUCT_PWQ | WORK_STRUCT_INACTIVE;
      listAddBefore(pwq.inactiveWorks, work);
    }
    return;
  }
}

/** A queue that drains takes works from its own works only. @linux kernel/workqueue.c is_chained_work() */
function mayQueueOnDraining(w: Workqueues, wq: WorkqueueStruct, work: WorkStruct, call: string): boolean {
  if (wq.freed) throw useAfterFree(w, wq, work, call);
  const worker = currentWqWorker(w);
  if (worker !== null && worker.currentPwq !== null && worker.currentPwq.wq === wq) return true;
  const what = (wq.flags & __WQ_DESTROYING) !== 0 ? 'destroyed' : 'drained';
  warnOnce(
    w,
    '__queue_work draining',
    `${call}: ${work.funcName} was queued on the workqueue ${wq.name}, which is being ${what}: it is lost, and stays pending`,
  );
  return false;
}

function useAfterFree(w: Workqueues, wq: WorkqueueStruct, work: WorkStruct, call: string): UsageError {
  const p: Task = w.s.current;
  return new UsageError('WORKQUEUE_USE_AFTER_FREE', {
    what: `${call}: ${p.comm} (pid ${p.pid}) queued ${work.funcName} on the workqueue ${wq.name} at ${w.s.sim.now} ns, which was destroyed and freed.`,
    advice: 'Cancel delayed works and stop whoever queues before destroy_workqueue().',
    linux: 'use after free: BUG: unable to handle page fault.',
  });
}

/**
 * The CPU to whose pool a work of an unbound queue goes: this one, if it may be used.
 * @linux kernel/workqueue.c wq_select_unbound_cpu()
 */
export function selectUnboundCpu(w: Workqueues, cpu: number): number {
  if (!w.debugForceRrCpu) {
    if (w.unboundCpumask.has(cpu)) return cpu;
  } else {
    w.s.reports.printkOnce('info', 'workqueue: round-robin CPU selection forced, expect performance impact');
  }
  const allowed = w.unboundCpumask.and(w.s.onlineMask);
  const next = allowed.nextWrap(w.rrCpuLast[cpu]! + 1);
  if (next < 0) return cpu;
  w.rrCpuLast[cpu] = next;
  return next;
}

/**
 * Queue a work of an unbound queue near a NUMA node.
 * @returns see {@link queueWork}
 * @linux kernel/workqueue.c queue_work_node()
 */
export function queueWorkNode(w: Workqueues, node: number, wq: WorkqueueStruct, work: WorkStruct): Step<boolean> {
  if ((wq.flags & WQ_UNBOUND) === 0) {
    warnOnce(w, 'queue_work_node', `queue_work_node: the workqueue ${wq.name} is not unbound`);
  }
  return queueWorkOn(w, selectCpuNear(w, node), wq, work);
}

/** @linux kernel/workqueue.c select_numa_node_cpu() */
function selectCpuNear(w: Workqueues, node: number): number {
  const online = w.topology.nodeCpus(node).and(w.s.onlineMask);
  if (online.empty) return WORK_CPU_UNBOUND;
  return online.has(w.s.cpu) ? w.s.cpu : online.lowest;
}

/** Is a work waiting to become active, on the queue's pool of this CPU? @linux kernel/workqueue.c workqueue_congested() */
export function workqueueCongested(w: Workqueues, cpu: number, wq: WorkqueueStruct): boolean {
  const pwq = wq.cpuPwq[cpu === WORK_CPU_UNBOUND ? w.s.cpu : cpu]!;
  return !listEmpty(pwq.inactiveWorks);
}

/** Take the lock of a pool, as a visible point. */
export function* lockPool(pool: WorkerPool): Step<void> {
  if (pool.w.s.sim.point(pool, 'lock', WRITE)) yield POINT;
}
