import type { MaySleep } from '@kernel-model/sim';
import { ENOMEM, wakeUpProcessStep } from '@kernel-model/scheduler';
import { isErr, kthreadBind, kthreadCreate } from '@kernel-model/kthread';
import { KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { kthreadWorkerFn } from './worker-fn.ts';

/**
 * Make a worker with a thread of its own, which runs already when the call returns.
 * @param flags {@link KTW_FREEZABLE} or 0
 * @param name of the thread, at most 15 bytes of it
 * @returns the worker; -ENOMEM; -EINTR if SIGKILL came; -EAGAIN at the limit of threads
 * @linux kernel/kthread.c kthread_create_worker()
 */
export function kthreadCreateWorker(kw: KthreadWorkers, flags: number, name: string): MaySleep<KthreadWorker | number> {
  return __kthreadCreateWorker(kw, -1, flags, name);
}

/**
 * {@link kthreadCreateWorker}, bound to a CPU. The thread does not count as per-CPU: when its CPU goes down, it is moved
 * and never comes back.
 * @param cpu below 0: not bound
 * @linux kernel/kthread.c kthread_create_worker_on_cpu()
 */
export function kthreadCreateWorkerOnCpu(
  kw: KthreadWorkers,
  cpu: number,
  flags: number,
  name: string,
): MaySleep<KthreadWorker | number> {
  return __kthreadCreateWorker(kw, cpu, flags, name);
}

/** @linux kernel/kthread.c __kthread_create_worker() */
function* __kthreadCreateWorker(
  kw: KthreadWorkers,
  cpu: number,
  flags: number,
  name: string,
): MaySleep<KthreadWorker | number> {
  const { s, k } = kw;
  if (kw.failAlloc()) return -ENOMEM;
  const worker = new KthreadWorker(kw, name);
  const task = yield* kthreadCreate(k, kthreadWorkerFn, worker, name);
  if (isErr(task)) {
    freeWorker(kw, worker);
    return task;
  }
  if (cpu >= 0) yield* kthreadBind(k, task, cpu);
  worker.flags = flags;
  worker.task = task;
  yield* wakeUpProcessStep(s, task);
  return worker;
}

/** Free the memory of a worker. @linux mm/slub.c kfree() */
export function freeWorker(kw: KthreadWorkers, worker: KthreadWorker): void {
  worker.freed = true;
  worker.freedBy = kw.here();
  kw.workers.splice(kw.workers.indexOf(worker), 1);
}
