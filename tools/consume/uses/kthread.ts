import { Kthreads, kernelThread, kthreadCreate, kthreadd } from '@kernel-model/kthread';
import { createScheduler, doExit, schedConfig, startCpus, wakeUpProcess, type Task } from '@kernel-model/scheduler';
import { Signals } from '@kernel-model/signals';
import { Sim, type MaySleep } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';

const sim = new Sim();
const s = createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus: 2 }));
const k = new Kthreads(s, new Signals(s));
const log: string[] = [];

function* main(): MaySleep<void> {
  const thread = yield* kthreadCreate(
    k,
    function* () {
      log.push('hello');
      return 0;
    },
    null,
    'hello',
  );
  if (typeof thread !== 'number') wakeUpProcess(s, thread);
  yield* doExit(s, 0);
}

function start(fn: () => MaySleep<unknown>, name: string): Task | number {
  const call = kernelThread(k, fn, name)[Symbol.iterator]();
  for (let step = call.next(); ; step = call.next()) if (step.done === true) return step.value;
}

s.cpu = 0;
k.kthreadd = start(() => kthreadd(k), 'kthreadd') as Task;
start(main, 'main');
s.cpu = -1;
startCpus(s);
sim.run(() => false, 1e9);

export const result: unknown = log;
export const expected: unknown = ['hello'];
