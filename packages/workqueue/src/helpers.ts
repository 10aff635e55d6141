import { POINT, READ, type MaySleep, type Step } from '@kernel-model/sim';
import { ENOMEM, inInterrupt } from '@kernel-model/scheduler';
import { WORK_BUSY_PENDING, WORK_BUSY_RUNNING } from './constants.ts';
import { queueDelayedWork, queueDelayedWorkOn } from './delayed.ts';
import { flushWork } from './flush-work.ts';
import { flushWorkqueue } from './flush-workqueue.ts';
import { queueWork, queueWorkOn } from './queue.ts';
import { WorkStruct, initWork, workPending, type DelayedWork, type WorkFunc } from './work.ts';
import { findWorkerExecutingWork } from './worker-pool.ts';
import { getWorkPool, type Workqueues } from './workqueues.ts';

/** No such device. */
const ENODEV = 19;

/** Is a work queued (1), does the pool that had it last run it (2), or both (3)? @linux kernel/workqueue.c work_busy() */
export function* workBusy(w: Workqueues, work: WorkStruct): Step<number> {
  if (w.s.sim.point(work, 'data', READ)) yield POINT;
  const pool = getWorkPool(w, work);
  const running = pool !== null && findWorkerExecutingWork(pool, work) !== null;
  return (workPending(work) ? WORK_BUSY_PENDING : 0) | (running ? WORK_BUSY_RUNNING : 0);
}

/** Queue on the system's queue `events`. @linux include/linux/workqueue.h schedule_work() */
export function scheduleWork(w: Workqueues, work: WorkStruct): Step<boolean> {
  return queueWork(w, w.systemWq, work);
}

/** Queue on the system's queue `events`, on a CPU. @linux include/linux/workqueue.h schedule_work_on() */
export function scheduleWorkOn(w: Workqueues, cpu: number, work: WorkStruct): Step<boolean> {
  return queueWorkOn(w, cpu, w.systemWq, work);
}

/** Queue on the system's queue `events` after a delay in jiffies. @linux include/linux/workqueue.h schedule_delayed_work() */
export function scheduleDelayedWork(w: Workqueues, dwork: DelayedWork, delay: number): Step<boolean> {
  return queueDelayedWork(w, w.systemWq, dwork, delay);
}

/** {@link scheduleDelayedWork} on a CPU. @linux include/linux/workqueue.h schedule_delayed_work_on() */
export function scheduleDelayedWorkOn(w: Workqueues, cpu: number, dwork: DelayedWork, delay: number): Step<boolean> {
  return queueDelayedWorkOn(w, cpu, w.systemWq, dwork, delay);
}

/** Wait for everything on the system's queue `events`. @linux include/linux/workqueue.h flush_scheduled_work() */
export function flushScheduledWork(w: Workqueues): MaySleep<void> {
  return flushWorkqueue(w, w.systemWq);
}

/** Run a function on every online CPU and wait until all have. @returns 0 or -ENOMEM @linux kernel/workqueue.c schedule_on_each_cpu() */
export function* scheduleOnEachCpu(w: Workqueues, func: WorkFunc): MaySleep<number> {
  if (w.failAlloc('percpu_works')) return -ENOMEM;
  const works: WorkStruct[] = [];
  for (const cpu of w.s.onlineMask) {
    const work = new WorkStruct(func);
    works.push(work);
    yield* scheduleWorkOn(w, cpu, work);
  }
  for (const work of works) yield* flushWork(w, work);
  return 0;
}

/**
 * Call a function now if that is possible, or from a work.
 * @returns 0: it has been called; 1: it will be
 * @linux kernel/workqueue.c execute_in_process_context()
 */
export function* executeInProcessContext(w: Workqueues, func: WorkFunc, work: WorkStruct): MaySleep<number> {
  if (!inInterrupt(w.s.cpus[w.s.cpu]!)) {
    yield* func(work);
    return 0;
  }
  initWork(work, func);
  yield* scheduleWork(w, work);
  return 1;
}

/** Call a function on a CPU, in process context. @returns what it returned @linux kernel/workqueue.c work_on_cpu() */
export function* workOnCpu<T>(w: Workqueues, cpu: number, func: () => MaySleep<T>): MaySleep<T> {
  let result!: T;
  const work = new WorkStruct(function* () {
    result = yield* func();
  }, 'work_for_cpu_fn');
  yield* scheduleWorkOn(w, cpu, work);
  yield* flushWork(w, work);
  return result;
}

/** {@link workOnCpu} if the CPU is up. @returns -ENODEV if it is not @linux kernel/workqueue.c work_on_cpu_safe() */
export function* workOnCpuSafe<T>(w: Workqueues, cpu: number, func: () => MaySleep<T>): MaySleep<T | number> {
  return w.s.onlineMask.has(cpu) ? yield* workOnCpu(w, cpu, func) : -ENODEV;
}
