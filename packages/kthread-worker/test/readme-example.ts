import { Sim, type MaySleep } from '@kernel-model/sim';
import { Kthreads, kernelThread, kthreadd } from '@kernel-model/kthread';
import { createScheduler, msleep, schedConfig, startCpus, type Task } from '@kernel-model/scheduler';
import { Signals } from '@kernel-model/signals';
import { TraceHub } from '@kernel-model/trace';
import * as ktw from '../src/index.ts';

const sim = new Sim();
const s = createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus: 2 }));
const k = new Kthreads(s, new Signals(s));
const kw = new ktw.KthreadWorkers(k); // one per machine
export const log: unknown[] = [];

function* main(): MaySleep<void> {
  const worker = yield* ktw.kthreadCreateWorker(kw, 0, 'my-worker');
  if (typeof worker === 'number') return; // -ENOMEM, -EINTR, -EAGAIN
  const work = new ktw.KthreadWork(() => msleep(s, 10), 'my_fn');
  const later = new ktw.KthreadDelayedWork(() => msleep(s, 1), 'later_fn');
  log.push(yield* ktw.kthreadQueueWork(kw, worker, work)); //                 true
  log.push(yield* ktw.kthreadQueueWork(kw, worker, work)); //                 false: pending already
  yield* ktw.kthreadFlushWork(kw, work);
  log.push(yield* ktw.kthreadQueueDelayedWork(kw, worker, later, 5)); //      true
  yield* ktw.kthreadFlushWork(kw, later.work); // for ever: the timer of later is pending
}

const make = (fn: () => MaySleep<unknown>, name: string): Task | number => {
  const call = kernelThread(k, fn, name)[Symbol.iterator]();
  for (let step = call.next(); ; step = call.next()) if (step.done === true) return step.value;
};
s.cpu = 0; // the boot CPU makes kthreadd and main, then all CPUs start
k.kthreadd = make(() => kthreadd(k), 'kthreadd') as Task;
make(main, 'main');
s.cpu = -1;
startCpus(s);
sim.run(() => false, 1e9);
for (const wait of ktw.kthreadWorkerWaits(kw)) log.push(`${wait.task.comm}: ${wait.call}: ${wait.why}`);
