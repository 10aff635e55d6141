#!/usr/bin/env node
// Who should finish I/O: a shared workqueue, a highpri one, an unbound one or a kthread_worker of its own?
// `node examples/choice/choice.mjs`; what comes out, and why, is in README.md.
import { fileURLToPath } from 'node:url';
import { boot } from '@kernel-model/machine';
import { KthreadWork } from '@kernel-model/kthread-worker';
import { HrTimer, hrtimerStart } from '@kernel-model/scheduler';
import { WQ_HIGHPRI, WQ_UNBOUND, WorkStruct } from '@kernel-model/workqueue';

const CPUS = 2;
/** The CPU that takes the device's interrupts. */
const IRQ_CPU = 0;
const COMPLETIONS = 500;
/** Mean time between two interrupts, and how much each may be off, in ns. */
const PERIOD_NS = 1_000_000;
const JITTER_NS = 400_000;
/** What a completion costs whoever handles it, in us. */
const HANDLING_US = 20;
/** Threads on each CPU that always want it. */
const HOGS_PER_CPU = 2;
/** A user of the shared queue: how long its work uses the CPU, in us, and how often it is queued, in ns. */
const NEIGHBOUR_US = 3000;
const NEIGHBOUR_PERIOD_NS = 17_000_000;

/** The ways to run the handler. Each makes what it needs, and gives a function that an interrupt calls to start a work. */
export const CHOICES = [
  { name: 'shared per-CPU', make: (k) => workqueue(k, 0) },
  { name: 'highpri', make: (k) => workqueue(k, WQ_HIGHPRI) },
  { name: 'unbound', make: (k) => workqueue(k, WQ_UNBOUND) },
  { name: 'FIFO kthread_worker', make: fifoWorker },
];

/** Run the load with one of {@link CHOICES}. @returns the latency of each completion in ns, ascending */
export function measure(choice, seed = 1) {
  const machine = boot({ cpus: CPUS, daemons: 'minimal', seed });
  const { kernel: k, sched: s } = machine;
  const random = machine.sim.random('choice');
  const latencies = [];
  machine.post(function* () {
    const submit = yield* choice.make(k);
    for (let i = 0; i < CPUS * HOGS_PER_CPU; i++) {
      const hog = yield* k.kthreadCreate(() => hogFn(k), null, `hog/${i}`);
      yield* k.kthreadBind(hog, i % CPUS);
      yield* k.wakeUpProcess(hog);
    }
    startNeighbour(k);
    let left = COMPLETIONS;
    const device = new HrTimer(s, () => {
      const raisedNs = k.ktimeGet();
      submit(function* () {
        latencies.push(k.ktimeGet() - raisedNs);
        yield* k.busy(HANDLING_US);
      });
      if (--left > 0) hrtimerStart(device, raisedNs + PERIOD_NS + random.below(2 * JITTER_NS) - JITTER_NS, IRQ_CPU);
    });
    hrtimerStart(device, k.ktimeGet() + PERIOD_NS, IRQ_CPU);
  });
  const end = machine.run(() => latencies.length === COMPLETIONS, 60e9);
  machine.dispose();
  if (end.kind !== 'done') throw new Error(`${choice.name}: ${latencies.length} completions, then ${end.kind}`);
  return latencies.sort((a, b) => a - b);
}

function* workqueue(k, flags) {
  const q = yield* k.allocWorkqueue('io', flags, 0);
  return (handler) => void k.queueWorkNow(q, new WorkStruct(handler, 'io_done'));
}

function* fifoWorker(k) {
  const worker = yield* k.kthreadCreateWorkerOnCpu(IRQ_CPU, 0, 'io/%u');
  k.schedSetFifo(worker.task);
  return (handler) => void k.kthreadQueueWorkNow(worker, new KthreadWork(handler, 'io_done'));
}

/** A thread that computes, and lets others in where it may. */
function* hogFn(k) {
  for (;;) {
    yield* k.busy(200);
    yield* k.condResched();
  }
}

/** Someone else's works on the system's queue, on the CPU of the interrupts. */
function startNeighbour(k) {
  const work = new WorkStruct(function* () {
    for (let us = 0; us < NEIGHBOUR_US; us += 200) {
      yield* k.busy(200);
      yield* k.condResched();
    }
  }, 'neighbour');
  const timer = new HrTimer(k.s, () => {
    k.queueWorkNow(k.workqueues.systemWq, work);
    hrtimerStart(timer, k.ktimeGet() + NEIGHBOUR_PERIOD_NS, IRQ_CPU);
  });
  hrtimerStart(timer, k.ktimeGet() + NEIGHBOUR_PERIOD_NS, IRQ_CPU);
}

/** The value that a share of a sorted list does not exceed. */
export function percentile(sorted, percent) {
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)];
}

const BUCKETS_US = [10, 30, 100, 300, 1000, 3000, 10000, 30000, Infinity];
const BAR = 40;

function table(results) {
  const rows = results.map(({ name, sorted }) =>
    [percentile(sorted, 50), percentile(sorted, 99), sorted.at(-1)].reduce(
      (line, ns) => line + (ns / 1000).toFixed(1).padStart(12),
      name.padEnd(20),
    ),
  );
  return [`${'latency in us'.padEnd(20)}${['p50', 'p99', 'max'].map((h) => h.padStart(12)).join('')}`, ...rows].join(
    '\n',
  );
}

function histogram({ name, sorted }) {
  const us = (i) => (BUCKETS_US[i] === Infinity ? '   more' : `< ${BUCKETS_US[i]}`.padStart(7));
  const counts = BUCKETS_US.map(
    (below, i) => sorted.filter((ns) => ns < below * 1000 && ns >= (BUCKETS_US[i - 1] ?? 0) * 1000).length,
  );
  const last = counts.findLastIndex((n) => n > 0);
  const rows = counts
    .slice(0, last + 1)
    .map((n, i) =>
      `  ${us(i)} us ${String(n).padStart(4)} ${'#'.repeat(Math.ceil((n * BAR) / sorted.length))}`.trimEnd(),
    );
  return [name, ...rows].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = CHOICES.map((choice) => ({ name: choice.name, sorted: measure(choice) }));
  console.log([table(results), ...results.map(histogram)].join('\n\n'));
}
