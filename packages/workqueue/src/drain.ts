import { POINT, READ, type MaySleep } from '@kernel-model/sim';
import { mutexLock, mutexUnlock } from '@kernel-model/scheduler';
import { __WQ_DRAINING } from './constants.ts';
import { __flushWorkqueue } from './flush-workqueue.ts';
import { mustExist } from './misuse.ts';
import { pwqIsEmpty } from './pool-workqueue.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/**
 * Flush until the queue is empty. Meanwhile only its own works may queue on it; what anybody else queues is lost, and
 * stays pending.
 * @linux kernel/workqueue.c drain_workqueue()
 */
export function* drainWorkqueue(w: Workqueues, wq: WorkqueueStruct): MaySleep<void> {
  const { s } = w;
  mustExist(w, wq, 'drain_workqueue');
  yield* mutexLock(s, wq.mutex);
  if (wq.nrDrainers++ === 0) wq.flags |= __WQ_DRAINING;
  yield* mutexUnlock(s, wq.mutex);
  for (let tries = 1; ; tries++) {
    yield* __flushWorkqueue(w, wq);
    yield* mutexLock(s, wq.mutex);
    if (s.sim.point(wq, 'pwqs', READ)) yield POINT;
    if (wq.pwqs.every(pwqIsEmpty)) break;
    if (tries === 10 || (tries % 100 === 0 && tries <= 1000)) {
      const call = 'drain_workqueue';
      s.reports.printk('err', `workqueue ${wq.name}: ${call}() isn't complete after ${tries} tries`);
    }
    yield* mutexUnlock(s, wq.mutex);
  }
  if (--wq.nrDrainers === 0) wq.flags &= ~__WQ_DRAINING;
  yield* mutexUnlock(s, wq.mutex);
}
