// The loads that `npm run bench` measures. Each case runs in a process of its own and returns {operations, ns}, or
// {value} for what is not a rate.
import { explore, tasksModel } from '@kernel-model/explore';
import { KthreadWork } from '@kernel-model/kthread-worker';
import { boot } from '@kernel-model/machine';
import {
  TASK_INTERRUPTIBLE,
  schedule,
  scheduleTimeoutInterruptible,
  setCurrentState,
  wakeUpProcess,
} from '@kernel-model/scheduler';
import { TraceRing, TracefsTextSink } from '@kernel-model/trace';
import { WQ_UNBOUND, WorkStruct } from '@kernel-model/workqueue';
import { measure, threadNs } from './measure.mjs';

/** A thread that wakes its partner and sleeps, for ever. @param pair both, once they exist @param other which is the partner */
const pingPongBody = (s, pair, other) =>
  function* () {
    for (;;) {
      wakeUpProcess(s, pair[other]);
      yield* setCurrentState(s, TASK_INTERRUPTIBLE);
      yield* schedule(s);
    }
  };

/** Two threads that wake each other, on one CPU. @param prepare attaches a listener */
function pingPong(prepare = () => {}) {
  const m = boot({ cpus: 1 });
  const s = m.sched;
  const pair = [];
  m.post(function* () {
    pair.push(yield* m.kernel.kthreadCreate(pingPongBody(s, pair, 1), null, 'ping'));
    pair.push(yield* m.kernel.kthreadCreate(pingPongBody(s, pair, 0), null, 'pong'));
    yield* m.kernel.wakeUpProcess(pair[0]);
  });
  prepare(m);
  return measure(m, 2_000_000);
}

/** Threads that sleep for 1 to 16 ticks and wake up again. */
function sleepers(tasks, cpus, count = 1_000_000) {
  const m = boot({ cpus });
  startSleepers(m, tasks);
  return measure(m, count);
}

function startSleepers(m, tasks) {
  const s = m.sched;
  let started = 0;
  m.post(function* () {
    for (let i = 0; i < tasks; i++) {
      yield* m.kernel.kthreadRun(
        function* () {
          for (let n = i; ; n = (n * 5 + 3) % 16) yield* scheduleTimeoutInterruptible(s, 1 + n);
        },
        null,
        `sleeper/${i}`,
      );
      started++;
    }
  });
  m.run(() => started === tasks);
}

/** Pairs of threads that wake each other, one pair a CPU, bound. */
function pairs(cpus, count = 1_000_000) {
  const m = boot({ cpus });
  const s = m.sched;
  m.post(function* () {
    for (let cpu = 0; cpu < cpus; cpu++) {
      const pair = [];
      for (const i of [0, 1]) {
        pair.push(yield* m.kernel.kthreadCreate(pingPongBody(s, pair, 1 - i), null, `pair/${cpu}`));
        yield* m.kernel.kthreadBind(pair[i], cpu);
      }
      yield* m.kernel.wakeUpProcess(pair[0]);
    }
  });
  return measure(m, count);
}

/** Works that a thread keeps queued, 64 at a time; each counts. @param flags WQ_* */
function workItems(flags) {
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
  return measure(m, 300_000, () => done);
}

/** The same with a kthread_worker. */
function kthreadWorkItems() {
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
  return measure(m, 300_000, () => done);
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

/** Two threads of a few steps, every schedule. */
function exploration(unit) {
  const model = tasksModel({
    shared: (world) => ({ count: world.cell('count', 0) }),
    tasks: {
      *a({ count }) {
        yield* add(count, 3);
      },
      *b({ count }) {
        yield* add(count, 3);
      },
    },
  });
  const search = () => explore(model, { bound: Infinity, maxExecutions: 30_000 });
  search();
  const start = threadNs();
  let operations = 0;
  for (let i = 0; i < 20; i++) operations += search()[unit];
  return { operations, ns: threadNs() - start };
}

function* add(cell, times) {
  for (let i = 0; i < times; i++) yield* cell.write((yield* cell.read()) + 1);
}

/** The tenth boot: the first ones compile. */
function bootTime() {
  for (let i = 0; i < 10; i++) boot({ cpus: 2 });
  const start = threadNs();
  for (let i = 0; i < 20; i++) boot({ cpus: 2 });
  return { value: (threadNs() - start) / 20 / 1e6 };
}

function idleHour() {
  const m = boot({ cpus: 8 });
  const start = threadNs();
  m.runFor(3600e9);
  return { value: (threadNs() - start) / 1e9 };
}

/** kB of heap a sleeping thread; needs --expose-gc. */
function memory() {
  const tasks = 10_000;
  const m = boot({ cpus: 4 });
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  startSleepers(m, tasks);
  m.runFor(1e9);
  globalThis.gc();
  return { value: (process.memoryUsage().heapUsed - before) / tasks / 1000 };
}

const ring = (m) => void m.hub.attach(new TraceRing(m.hub, 65536));
const subscriber = (m) => void m.hub.events$.subscribe(() => {});
const text = (m) => void new TracefsTextSink(m.hub, { write: () => {} });

/**
 * The cases by name. `target` is a rate of `unit`s per second; a case with `atMost` returns a value in `unit`s.
 * `per` names another case: this one's cost may be at most `times` as much.
 */
export const CASES = {
  'ping-pong': { unit: 'switch', target: 4e6, run: () => pingPong() },
  'ping-pong, ring': { unit: 'switch', target: 4e6, run: () => pingPong(ring) },
  'ping-pong, 1 subscriber': { unit: 'switch', target: 2.5e6, run: () => pingPong(subscriber) },
  'ping-pong, text': { unit: 'switch', target: 0.8e6, run: () => pingPong(text) },
  '100 sleepers, 4 CPUs': { unit: 'switch', run: () => sleepers(100, 4) },
  '1,000 sleepers, 4 CPUs': { unit: 'switch', target: 4e6, run: () => sleepers(1000, 4) },
  '10,000 sleepers, 4 CPUs': { unit: 'switch', per: '100 sleepers, 4 CPUs', times: 2, run: () => sleepers(10000, 4) },
  '1 pair, 1 CPU': { unit: 'switch', run: () => pairs(1) },
  '64 pairs, 64 CPUs': { unit: 'switch', per: '1 pair, 1 CPU', times: 1.5, run: () => pairs(64) },
  'work items: bound': { unit: 'item', target: 1.5e6, run: () => workItems(0) },
  'work items: unbound': { unit: 'item', target: 1e6, run: () => workItems(WQ_UNBOUND) },
  'work items: kthread_worker': { unit: 'item', target: 2e6, run: () => kthreadWorkItems() },
  'exploration, executions': { unit: 'execution', target: 1e5, run: () => exploration('executions') },
  'exploration, steps': { unit: 'step', target: 1e6, run: () => exploration('steps') },
  'boot, 2 CPUs': { unit: 'ms', atMost: 5, run: bootTime },
  'idle hour, 8 CPUs': { unit: 's', atMost: 2, run: idleHour },
  'memory a task': { unit: 'kB', atMost: 2, run: memory },
};
