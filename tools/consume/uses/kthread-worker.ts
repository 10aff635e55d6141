import { KthreadWork } from '@kernel-model/kthread-worker';
import { boot } from '@kernel-model/machine';

const machine = boot({ cpus: 1, daemons: 'minimal' });
const { kernel: k } = machine;
const log: unknown[] = [];
machine.post(function* () {
  const worker = yield* k.kthreadCreateWorker(0, 'worker');
  if (typeof worker === 'number') return;
  const work = new KthreadWork(() => k.msleep(10), 'work_fn');
  log.push(yield* k.kthreadQueueWork(worker, work), yield* k.kthreadQueueWork(worker, work));
});
machine.runFor(1e9);

export const result: unknown = log;
export const expected: unknown = [true, false];
