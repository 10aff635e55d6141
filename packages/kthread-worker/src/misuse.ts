import { UsageError } from '@kernel-model/sim';
import type { KthreadWork, KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';

/**
 * A WARN_ON of kernel/kthread.c: the kernel complains and goes on.
 * @param line of the condition in kernel/kthread.c of 6.12.95
 * @param text the call, and what is wrong
 */
export function warn(kw: KthreadWorkers, line: number, text: string): void {
  kw.s.reports.warn(warning(kw, line, text));
}

/** {@link warn}, the first time only. */
export function warnOnce(kw: KthreadWorkers, line: number, text: string): void {
  kw.s.reports.warnOnce(`kthread.c:${line}`, warning(kw, line, text));
}

function warning(kw: KthreadWorkers, line: number, text: string): string {
  const { s } = kw;
  return `CPU: ${s.cpu} PID: ${s.current.pid} at kernel/kthread.c:${line}: ${text}`;
}

/**
 * The worker of a call must not have been freed.
 * @throws UsageError KTHREAD_WORKER_USE_AFTER_FREE
 */
export function workerMustExist(kw: KthreadWorkers, worker: KthreadWorker, call: string, work: string): void {
  if (!worker.freed) return;
  throw new UsageError('KTHREAD_WORKER_USE_AFTER_FREE', {
    what: `${call}${work === '' ? '' : ` of ${work}`} by ${kw.here()}: the worker ${worker.name} was freed by ${worker.freedBy}.`,
    why: 'A work keeps the pointer to its last worker, and a timer its work.',
    advice:
      'Stop whoever queues and cancel delayed works before kthread_destroy_worker(); kthread_init_work() before a work serves another worker.',
    linux: 'use after free: BUG: unable to handle page fault.',
  });
}

/**
 * The work that a call touches must not have been freed.
 * @throws UsageError KTHREAD_WORK_USE_AFTER_FREE
 */
export function workMustExist(kw: KthreadWorkers, work: KthreadWork, call: string): void {
  if (!work.freed) return;
  throw new UsageError('KTHREAD_WORK_USE_AFTER_FREE', {
    what: `${call} by ${kw.here()}: the work ${work.name} was freed by ${work.freedBy}.`,
    why: 'A pending work is linked into the list of its worker.',
    advice: 'Call kthread_cancel_work_sync() or kthread_cancel_delayed_work_sync() before the memory is freed.',
    linux: 'use after free: list_del corruption, or a call of whatever is there now.',
  });
}
