import { UsageError } from '@kernel-model/sim';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

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
