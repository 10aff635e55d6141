import { Sim, type MaySleep } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import {
  Cpumask,
  createScheduler,
  kernelClone,
  msleep,
  schedConfig,
  setCpusAllowedCommon,
  startCpus,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { Signals, forkSignals } from '@kernel-model/signals';
import { MmSubsystem } from '@kernel-model/mm';
import { Kthreads, kernelThread, kthreadRun, kthreadd, type ThreadFn } from '@kernel-model/kthread';
import { Workqueues, workqueueInit, workqueueInitEarly, workqueueInitTopology } from '@kernel-model/workqueue';
import { ProcFiles } from '../src/index.ts';

/** A machine with kthreadd and workqueues, whose process `main` runs the body of a test. */
export class World {
  readonly sim: Sim = new Sim();
  readonly s: Scheduler;
  readonly k: Kthreads;
  readonly w: Workqueues;
  readonly files: ProcFiles;

  constructor(cpus = 2) {
    const hub = new TraceHub(this.sim);
    this.s = createScheduler(this.sim, hub, schedConfig(this.sim, { nrCpus: cpus }));
    const signals = new Signals(this.s);
    new MmSubsystem(this.s);
    this.k = new Kthreads(this.s, signals);
    this.w = new Workqueues(this.s, this.k);
    workqueueInitEarly(this.w);
    this.files = new ProcFiles(this.s, this.w);
  }

  /** Boot, and let `main` run the body; then let time pass until the instant in ms. */
  run(body: () => MaySleep<void>, untilMs: number): void {
    const { s, k } = this;
    s.cpu = 0;
    const boot = s.current;
    const prepare = (p: Task): number => {
      forkSignals(p, boot);
      setCpusAllowedCommon(p, Cpumask.of(0));
      return 0;
    };
    finish(kernelClone(s, { name: 'main', kthread: false, fn: () => this.#main(body), prepare }));
    k.kthreadd = finish(kernelThread(k, () => kthreadd(k), 'kthreadd')) as Task;
    s.cpu = -1;
    startCpus(s);
    this.runTo(untilMs);
  }

  /** Let time pass until the instant in ms. */
  runTo(ms: number): void {
    this.sim.run(() => false, ms * 1e6);
    this.sim.now = Math.max(this.sim.now, ms * 1e6);
  }

  /** Start a kernel thread from the body. */
  *kthread(name: string, fn: ThreadFn): MaySleep<Task> {
    return (yield* kthreadRun(this.k, fn, null, name)) as Task;
  }

  /** The task of this comm. */
  task(comm: string): Task {
    return [...this.s.tasks.values()].find((p) => p.comm === comm)!;
  }

  /** The text of a file that must be there. */
  read(path: string): string {
    const text = this.files.read(path);
    if (typeof text === 'number') throw new Error(`${path}: ${text}`);
    return text;
  }

  *#main(body: () => MaySleep<void>): MaySleep<void> {
    yield* workqueueInit(this.w);
    yield* workqueueInitTopology(this.w);
    yield* body();
    for (;;) yield* msleep(this.s, 1_000_000_000);
  }
}

function finish<T>(call: MaySleep<T>): T {
  const it = call[Symbol.iterator]();
  for (;;) {
    const r = it.next();
    if (r.done === true) return r.value;
  }
}
