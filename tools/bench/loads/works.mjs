// Work items: what it costs to queue one and to run it.
import { KthreadWork } from '@kernel-model/kthread-worker';
import { boot } from '@kernel-model/machine';
import { scheduleTimeoutInterruptible } from '@kernel-model/scheduler';
import { WorkStruct } from '@kernel-model/workqueue';
import { measure } from '../measure.mjs';

/** Works that a thread keeps queued, 64 at a time; each counts. @param count works @param flags WQ_* */
export function workItems(count, flags) {
  const m = boot({ cpus: 2 });
  const { kernel } = m;
  let done = 0;
  m.post(function* () {
    const wq = yield* kernel.allocWorkqueue('bench', flags, 0);
    yield* kernel.kthreadRun(
      feeder(m, new Work(() => done++), (work) => kernel.queueWork(wq, work)),
      null,
      'feeder',
    );
  });
  return measure(m, count, () => done);
}

/** The same with a kthread_worker. */
export function kthreadWorkItems(count) {
  const m = boot({ cpus: 2 });
  const { kernel } = m;
  let done = 0;
  m.post(function* () {
    const worker = yield* kernel.kthreadCreateWorker(0, 'bench');
    const work = new Work(() => done++, KthreadWork);
    yield* kernel.kthreadRun(
      feeder(m, work, (item) => kernel.kthreadQueueWork(worker, item)),
      null,
      'feeder',
    );
  });
  return measure(m, count, () => done);
}

/** 64 works that run `count`. */
class Work {
  constructor(count, Kind = WorkStruct) {
    this.items = Array.from(
      { length: 64 },
      () =>
        new Kind(function* bench_fn() {
          count();
        }),
    );
  }
}

/** Queue all works, sleep a tick, and again: every work is over by then. */
const feeder = (m, { items }, queue) =>
  function* () {
    for (;;) {
      for (const item of items) yield* queue(item);
      yield* scheduleTimeoutInterruptible(m.sched, 1);
    }
  };
