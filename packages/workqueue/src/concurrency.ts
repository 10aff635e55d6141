import { WRITE } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';
import {
  PWQ_STAT_CM_WAKEUP,
  PWQ_STAT_CPU_INTENSIVE,
  PWQ_STAT_CPU_TIME,
  TICK_USEC,
  WCI_MAX_ENTS,
  WORKER_CPU_INTENSIVE,
  WORKER_NOT_RUNNING,
} from './constants.ts';
import { workerSetFlags, type Worker } from './worker.ts';
import { kickPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';

/**
 * The task of a worker is about to block: if it was the last that ran, another one takes over.
 * @linux kernel/workqueue.c wq_worker_sleeping()
 */
export function wqWorkerSleeping(task: Task): void {
  const worker = task.worker as Worker;
  if ((worker.flags & WORKER_NOT_RUNNING) !== 0 || worker.sleeping) return;
  const pool = worker.pool!;
  worker.sleeping = true;
  pool.w.s.sim.touch(pool, 'lock', WRITE);
  pool.nrRunning--;
  if (kickPool(pool)) worker.currentPwq!.stats[PWQ_STAT_CM_WAKEUP]!++;
}

/** The task of a worker runs again: only from here does it count. @linux kernel/workqueue.c wq_worker_running() */
export function wqWorkerRunning(task: Task): void {
  const worker = task.worker as Worker | null;
  if (worker === null || !worker.sleeping) return;
  const { s } = worker.pool!.w;
  if ((worker.flags & WORKER_NOT_RUNNING) === 0) {
    s.sim.touch(worker.pool!, 'lock', WRITE);
    worker.pool!.nrRunning++;
  }
  worker.currentAt = cpuRuntime(task);
  worker.sleeping = false;
}

/**
 * The tick hit the task of a worker: account for it, and if its work has used the CPU for too long, let others of the
 * pool start.
 * @linux kernel/workqueue.c wq_worker_tick()
 */
export function wqWorkerTick(task: Task): void {
  const worker = task.worker as Worker | null;
  if (worker === null || worker.currentPwq === null) return;
  const pwq = worker.currentPwq;
  const pool = worker.pool!;
  const { w } = pool;
  pwq.stats[PWQ_STAT_CPU_TIME]! += TICK_USEC;
  if (w.cpuIntensiveThreshUs === 0) return;
  if ((worker.flags & WORKER_NOT_RUNNING) !== 0 || worker.sleeping) return;
  if (cpuRuntime(task) - worker.currentAt < w.cpuIntensiveThreshUs * 1000) return;
  w.s.sim.touch(pool, 'lock', WRITE);
  workerSetFlags(worker, WORKER_CPU_INTENSIVE);
  wqCpuIntensiveReport(w, worker);
  pwq.stats[PWQ_STAT_CPU_INTENSIVE]!++;
  if (kickPool(pool)) pwq.stats[PWQ_STAT_CM_WAKEUP]!++;
}

/** CPU time of a task in ns, as the class accounted it last. */
export function cpuRuntime(task: Task): number {
  return task.se.sumExecRuntime;
}

/** Count how often a function was CPU-intensive, and say so at the 4th, 5th, 7th, 11th ... time. @linux kernel/workqueue.c wq_cpu_intensive_report() */
function wqCpuIntensiveReport(w: Workqueues, worker: Worker): void {
  const func = worker.currentFuncName;
  let ent = w.wciEnts.find((e) => e.func === func);
  if (ent === undefined) {
    if (w.wciEnts.length >= WCI_MAX_ENTS) return;
    ent = { func, count: 0 };
    w.wciEnts.push(ent);
  }
  const count = ++ent.count;
  const thresh = w.cpuIntensiveWarningThresh;
  if (thresh === 0 || count < thresh) return;
  const beyond = count + 1 - thresh;
  if ((beyond & (beyond - 1)) !== 0) return;
  w.s.reports.printk(
    'err',
    `workqueue: ${func} hogged CPU for >${w.cpuIntensiveThreshUs}us ${count} times, consider switching to WQ_UNBOUND`,
  );
}

/** The function that a worker ran last. @linux kernel/workqueue.c wq_worker_last_func() */
export function wqWorkerLastFunc(task: Task): unknown {
  return (task.worker as Worker | null)?.lastFunc ?? null;
}
