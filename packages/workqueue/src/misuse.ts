import { UsageError } from '@kernel-model/sim';
import { workPending, type WorkStruct } from './work.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * A WARN_ON of kernel/workqueue.c: the kernel complains, says on whose behalf, and goes on.
 * @param text the call, and what is wrong
 */
export function warn(w: Workqueues, text: string): void {
  w.s.reports.warn(warning(w, text));
}

/** {@link warn}, the first time only. @param site where, for which there is one time */
export function warnOnce(w: Workqueues, site: string, text: string): void {
  w.s.reports.warnOnce(`workqueue.c ${site}`, warning(w, text));
}

function warning({ s }: Workqueues, text: string): string {
  return `CPU: ${s.cpu} PID: ${s.current.pid} at kernel/workqueue.c: ${text}`;
}

/**
 * The queue of a call must not have been freed.
 * @param call its name in Linux
 * @throws UsageError WORKQUEUE_USE_AFTER_FREE
 */
export function mustExist(w: Workqueues, wq: WorkqueueStruct, call: string): void {
  if (!wq.freed) return;
  const p = w.s.current;
  throw new UsageError('WORKQUEUE_USE_AFTER_FREE', {
    what: `${call}: ${p.comm} (pid ${p.pid}) used the workqueue ${wq.name} at ${w.s.sim.now} ns, which was destroyed and freed.`,
    advice: 'Stop whoever uses it before destroy_workqueue().',
    linux: 'use after free: BUG: unable to handle page fault.',
  });
}

/**
 * A queue is destroyed once.
 * @throws UsageError WORKQUEUE_DESTROYED_TWICE, WORKQUEUE_USE_AFTER_FREE
 */
export function mustNotBeDestroyed(w: Workqueues, wq: WorkqueueStruct): void {
  mustExist(w, wq, 'destroy_workqueue');
  if (w.workqueues.includes(wq) || wq.pwqs.some((pwq) => pwq.wq.cpuPwq.includes(pwq))) return;
  const p = w.s.current;
  throw new UsageError('WORKQUEUE_DESTROYED_TWICE', {
    what: `destroy_workqueue: ${p.comm} (pid ${p.pid}) destroyed the workqueue ${wq.name} at ${w.s.sim.now} ns a second time.`,
    linux: 'list_del corruption, or a NULL pointer dereference.',
  });
}

/**
 * Free the memory in which a work lives. Linux does not look whether it is pending, so nothing happens now; the next one
 * who touches it is reported. A work may free itself in its function: only its address is used afterwards.
 * @linux mm/slub.c kfree()
 */
export function kfreeWork(w: Workqueues, work: WorkStruct): void {
  const p = w.s.current;
  const pending = workPending(work) ? ', while it was pending' : '';
  work.freedBy = `${p.comm} (pid ${p.pid}) at ${w.s.sim.now} ns${pending}`;
}

/** The work that a call touches was freed. */
export function workIsFreed(w: Workqueues, work: WorkStruct, call: string): UsageError {
  const p = w.s.current;
  return new UsageError('WORK_USE_AFTER_FREE', {
    what: `${call} by ${p.comm} (pid ${p.pid}) at ${w.s.sim.now} ns: the work ${work.funcName} was freed by ${work.freedBy}.`,
    why: 'A pending work is linked into the list of its pool, or its timer into the wheel.',
    advice: 'Call cancel_work_sync() or cancel_delayed_work_sync() before the memory is freed.',
    linux: 'use after free: list_del corruption, or a call of whatever is there now.',
  });
}
