import { Sim, SimEvent, type Chooser, type MaySleep, type Step } from '@kernel-model/sim';
import {
  Cpumask,
  NO_COSTS,
  createScheduler,
  kernelClone,
  msleep,
  schedConfig,
  setCpusAllowedCommon,
  startCpus,
  timerDelete,
  wakeUpProcess,
  type PreemptMode,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { Signals, forkSignals, freezeKernelThreads, freezeProcesses } from '@kernel-model/signals';
import { Kthreads, isErr, kernelThread, kthreadBind, kthreadCreate, kthreadd } from '@kernel-model/kthread';
import { TraceHub } from '@kernel-model/trace';
import {
  KthreadDelayedWork,
  KthreadWork,
  KthreadWorkers,
  checkKthreadWorkers,
  kthreadCreateWorker,
  kthreadWorkerWaits,
  type KthreadWorkFunc,
  type KthreadWorker,
} from '../src/index.ts';
import { worksOf } from '../src/work-list.ts';

/** What a {@link World} is made of. */
export interface WorldConfig {
  readonly cpus?: number;
  readonly preempt?: PreemptMode;
  readonly chooser?: Chooser;
  /** Most threads at once. */
  readonly maxThreads?: number;
  /** Let nothing cost anything. */
  readonly free?: boolean;
  /** Do not recount after every step: for measurements. */
  readonly unchecked?: boolean;
}

/** A machine with kthreadd; `main` runs the body of a test on CPU 0. Everything is recounted after each step. */
export class World {
  readonly sim: Sim;
  readonly hub: TraceHub;
  readonly s: Scheduler;
  readonly k: Kthreads;
  readonly kw: KthreadWorkers;
  /** Events of works and wakeups of workers: `queue A`, `wake kw`, `start A`, `end A`. */
  readonly log: string[] = [];
  /** What functions of works wrote. */
  readonly notes: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #outside: number;
  #done = false;
  #failed: unknown = null;

  constructor(config: WorldConfig = {}) {
    this.sim = new Sim(config.chooser === undefined ? {} : { chooser: config.chooser });
    this.hub = new TraceHub(this.sim);
    this.s = createScheduler(
      this.sim,
      this.hub,
      schedConfig(this.sim, {
        nrCpus: config.cpus ?? 2,
        maxThreads: config.maxThreads ?? 64,
        ...(config.preempt !== undefined && { preempt: config.preempt }),
        ...(config.free === true && { costs: NO_COSTS }),
      }),
    );
    this.k = new Kthreads(this.s, new Signals(this.s));
    this.kw = new KthreadWorkers(this.k);
    this.#outside = this.sim.addLane('test');
    if (config.unchecked === true) return;
    this.sim.afterStep(() => checkKthreadWorkers(this.kw));
    this.hub.events$.subscribe((e) => {
      const work = /work struct[= ](\S+?):? /.exec(e.text)?.[1] ?? '';
      const name = this.#names.get(work) ?? 'flush';
      if (e.name === 'sched_kthread_work_queue_work') this.log.push(`queue ${name}`);
      else if (e.name === 'sched_kthread_work_execute_start') this.log.push(`start ${name}`);
      else if (e.name === 'sched_kthread_work_execute_end') this.log.push(`end ${name}`);
      else if (e.name === 'sched_waking' && /comm=kw/.test(e.text))
        this.log.push(`wake ${/comm=(\S+)/.exec(e.text)![1]!}`);
    });
  }

  /** Boot, and run the body as `main` until it ends; the machine may take ms of virtual time. @returns how it ended */
  run(body: () => MaySleep<void>, ms = 60_000): 'done' | 'hang' {
    const { s, k } = this;
    s.cpu = 0;
    const boot = s.current;
    finish(
      kernelClone(s, {
        name: 'main',
        kthread: false,
        fn: () => this.#main(body),
        prepare: (p) => {
          forkSignals(p, boot);
          setCpusAllowedCommon(p, Cpumask.of(0));
          return 0;
        },
      }),
    );
    k.kthreadd = finish(kernelThread(k, () => kthreadd(k), 'kthreadd')) as Task;
    s.cpu = -1;
    startCpus(s);
    this.sim.run(() => this.#done, ms * 1_000_000);
    this.hub.flush();
    if (this.#failed !== null) throw this.#failed as Error;
    return this.#done ? 'done' : 'hang';
  }

  *#main(body: () => MaySleep<void>): MaySleep<void> {
    try {
      yield* body();
    } catch (error) {
      this.#failed = error;
    }
    this.#done = true;
    for (;;) yield* msleep(this.s, 1_000_000);
  }

  /** Run fn as a thread of its own, on a CPU if one is given. */
  *spawn(name: string, fn: () => MaySleep<unknown>, cpu = -1): MaySleep<Task> {
    const body = function* (): MaySleep<number> {
      yield* fn();
      return 0;
    };
    const p = yield* kthreadCreate(this.k, body, null, name);
    if (isErr(p)) throw new Error(`no thread: ${p}`);
    if (cpu >= 0) yield* kthreadBind(this.k, p, cpu);
    wakeUpProcess(this.s, p);
    return p;
  }

  /** Run fn as the thread of a process, on CPU 0; it can be killed. */
  *user(name: string, fn: () => MaySleep<unknown>): MaySleep<Task> {
    const { s } = this;
    const parent = s.current;
    const body = function* (): MaySleep<never> {
      yield* fn();
      for (;;) yield* msleep(s, 1_000_000);
    };
    const prepare = (p: Task): number => {
      forkSignals(p, parent);
      return 0;
    };
    return (yield* kernelClone(s, { name, kthread: false, fn: body, prepare })) as Task;
  }

  /** Freeze all that can be: processes, then kernel threads. */
  *freeze(): MaySleep<void> {
    yield* freezeProcesses(this.k.signals);
    yield* freezeKernelThreads(this.k.signals);
  }

  /** A worker that has come to sleep, or to its first work. */
  *worker(name = 'kw', flags = 0): MaySleep<KthreadWorker> {
    const worker = yield* kthreadCreateWorker(this.kw, flags, name);
    if (typeof worker === 'number') throw new Error(`no worker: ${worker}`);
    yield* this.sleep(1);
    return worker;
  }

  /** A work. */
  work(name: string, fn: KthreadWorkFunc = nothing): KthreadWork {
    const work = new KthreadWork(fn, name);
    this.#know(work);
    return work;
  }

  /** A delayed work. */
  delayed(name: string, fn: KthreadWorkFunc = nothing): KthreadDelayedWork {
    const dwork = new KthreadDelayedWork(fn, name);
    this.#know(dwork.work);
    return dwork;
  }

  #know(work: KthreadWork): void {
    this.#names.set(this.kw.addrOf(work).toString(16).padStart(16, '0'), work.name);
  }

  /** Sleep; the timer makes it up to a few jiffies longer. */
  sleep(ms: number): MaySleep<void> {
    return msleep(this.s, ms);
  }

  /** A function of a work that sleeps. */
  sleeps(ms: number): KthreadWorkFunc {
    return () => msleep(this.s, ms);
  }

  /** Run fn at the first visible point, of whatever code, at which the condition holds. */
  when(condition: () => boolean, fn: () => void): void {
    const ev = new SimEvent(this.#outside, () => {
      if (condition()) fn();
      else this.sim.post(ev, Math.max(this.sim.now, this.sim.nextAtNs));
    });
    this.sim.post(ev, this.sim.now);
  }

  /** Let a timer fire now, in an interrupt on CPU 1. */
  fire(dwork: KthreadDelayedWork): void {
    if (!timerDelete(this.s, dwork.timer)) throw new Error(`the timer of ${dwork.work.name} is off`);
    this.s.cpus[1]!.interrupt(() => dwork.timer.fn!(dwork.timer));
  }

  /** What is queued on a worker, from the first on. */
  queued(worker: KthreadWorker): string[] {
    return [...worksOf(worker.workList)].map((work) => work.name);
  }

  /** The works of a worker that wait for timers, latest first. */
  delays(worker: KthreadWorker): string[] {
    return [...worksOf(worker.delayedWorkList)].map((work) => work.name);
  }

  /** Who waits for what, and why, for ever. */
  get hangs(): string[] {
    return kthreadWorkerWaits(this.kw)
      .filter((wait) => wait.forever)
      .map((wait) => `${wait.task.comm}: ${wait.call}: ${wait.why}`);
  }

  /** What the kernel logged, without the instants. */
  get dmesg(): string[] {
    return this.s.reports.lines.map((line) => line.text);
  }

  /** Take what was logged until now. */
  take(): string[] {
    this.hub.flush();
    return this.log.splice(0);
  }

  /** Take what was logged, without wakeups. */
  works(): string[] {
    return this.take().filter((line) => !line.startsWith('wake'));
  }
}

/** Does nothing. */
export function* nothing(): Step<void> {}

function finish<T>(call: MaySleep<T>): T {
  const it = call[Symbol.iterator]();
  for (let r = it.next(); ; r = it.next()) if (r.done === true) return r.value;
}
