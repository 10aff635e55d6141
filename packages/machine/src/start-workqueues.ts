import type { MaySleep } from '@kernel-model/sim';
import { msleep } from '@kernel-model/scheduler';
import {
  WorkStruct,
  flushWork,
  queueWork,
  queueWorkOn,
  workqueueInit,
  workqueueInitTopology,
  type Workqueues,
} from '@kernel-model/workqueue';

/**
 * Start the workqueues' threads, and let every pool serve a few works, as the initialisation of drivers does in Linux:
 * a pool makes its second worker before its first work, and a machine that has booted has it already.
 */
export function* startWorkqueues(w: Workqueues): MaySleep<void> {
  yield* workqueueInit(w);
  yield* workqueueInitTopology(w);
  const works: WorkStruct[] = [];
  for (const cpu of w.s.onlineMask) {
    for (const wq of [w.systemWq, w.systemHighpriWq]) {
      const work = new WorkStruct(initcall, 'do_one_initcall');
      works.push(work);
      yield* queueWorkOn(w, cpu, wq, work);
    }
  }
  // two at once, so that an unbound pool has one worker more than CPUs
  for (let i = 0; i < 2; i++) {
    const work = new WorkStruct(() => msleep(w.s, 1), 'do_one_initcall');
    works.push(work);
    yield* queueWork(w, w.systemUnboundWq, work);
  }
  for (const work of works) yield* flushWork(w, work);
}

function* initcall(): MaySleep<void> {}
