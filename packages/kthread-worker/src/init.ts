import { UsageError } from '@kernel-model/sim';
import { timerPending } from '@kernel-model/scheduler';
import type { KthreadDelayedWork } from './delayed.ts';
import { kthreadWorkPending, type KthreadWork, type KthreadWorkFunc, type KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { listEmpty } from './work-list.ts';

/**
 * Make a worker fresh, as if it had never been used: for one that is run by hand. Its works must be gone.
 * @throws UsageError KTHREAD_INIT_PENDING
 * @linux kernel/kthread.c __kthread_init_worker()
 */
export function kthreadInitWorker(kw: KthreadWorkers, worker: KthreadWorker): void {
  if (!listEmpty(worker.workList)) throw initPending(kw, 'kthread_init_worker', worker.workList.next);
  if (!listEmpty(worker.delayedWorkList)) throw initPending(kw, 'kthread_init_worker', worker.delayedWorkList.next);
  worker.flags = 0;
  worker.task = null;
  worker.currentWork = null;
  worker.nrLinked = worker.nrStarted = worker.nrRemoved = worker.nrDropped = 0;
  if (!worker.freed) return;
  worker.freed = false;
  kw.workers.push(worker);
}

/**
 * Make a work fresh: it forgets its worker, so that it can serve another one. If its memory was freed, this is a new work
 * at the same address.
 * @throws UsageError KTHREAD_INIT_PENDING
 * @linux include/linux/kthread.h kthread_init_work()
 */
export function kthreadInitWork(
  kw: KthreadWorkers,
  work: KthreadWork,
  func: KthreadWorkFunc,
  funcName: string = func.name,
): void {
  if (kthreadWorkPending(work)) throw initPending(kw, 'kthread_init_work', work);
  work.worker = null;
  work.canceling = 0;
  work.func = func;
  work.funcName = funcName;
  work.freed = false;
}

/**
 * {@link kthreadInitWork} of a delayed work, whose timer must not run.
 * @throws UsageError KTHREAD_INIT_PENDING
 * @linux include/linux/kthread.h kthread_init_delayed_work()
 */
export function kthreadInitDelayedWork(
  kw: KthreadWorkers,
  dwork: KthreadDelayedWork,
  func: KthreadWorkFunc,
  funcName: string = func.name,
): void {
  if (timerPending(dwork.timer)) throw initPending(kw, 'kthread_init_delayed_work', dwork.work);
  kthreadInitWork(kw, dwork.work, func, funcName);
}

/**
 * Free the memory in which a work lives. Linux does not look whether it is pending, so nothing happens now; the next one
 * who touches it is reported.
 * @linux mm/slub.c kfree()
 */
export function kfreeKthreadWork(kw: KthreadWorkers, work: KthreadWork): void {
  work.freed = true;
  work.freedBy = `${kw.here()}${kthreadWorkPending(work) ? ', while it was pending' : ''}`;
}

function initPending(kw: KthreadWorkers, call: string, work: KthreadWork): UsageError {
  return new UsageError('KTHREAD_INIT_PENDING', {
    what: `${call} by ${kw.here()}: ${work.name} is pending on ${work.worker === null ? 'a worker' : work.worker.name}.`,
    why: 'Its links are overwritten, and those of its neighbours still point to it.',
    advice: 'Cancel it first.',
    linux: 'list corruption: the worker runs the same work for ever, or list_add corruption.',
  });
}
