import { Sim, type Chooser, type MaySleep, type Step } from '@kernel-model/sim';
import {
  Cpumask,
  DEFAULT_COSTS,
  condResched,
  cpuStopShouldRun,
  cpuStopperThread,
  createScheduler,
  kernelClone,
  ksoftirqdShouldRun,
  msleep,
  runKsoftirqd,
  schedConfig,
  schedSetStopTask,
  setCpusAllowedCommon,
  startCpus,
  type Costs,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { Signals, forkSignals } from '@kernel-model/signals';
import {
  Kthreads,
  Smpboot,
  isErr,
  kernelThread,
  kthreadBind,
  kthreadCreate,
  kthreadUnpark,
  kthreadd,
  smpbootRegisterPercpuThread,
  type SmpHotplugThread,
} from '@kernel-model/kthread';
import { TraceHub } from '@kernel-model/trace';
import { wakeUpProcess } from '@kernel-model/scheduler';
import {
  DelayedWork,
  WorkStruct,
  Workqueues,
  allocWorkqueue,
  checkWorkqueues,
  flushWork,
  queueWork,
  queueWorkOn,
  workqueueInit,
  workqueueInitEarly,
  workqueueInitTopology,
  type WorkqueueStruct,
  type WorkqueuesConfig,
} from '../src/index.ts';

/** What a {@link World} is made of. */
export interface WorldConfig extends WorkqueuesConfig {
  readonly cpus?: number;
  /** CPUs that are up; default all. */
  readonly online?: Cpumask;
  readonly chooser?: Chooser;
  /** Most threads at once. */
  readonly maxThreads?: number;
  /** What things cost; default: as on the machine of the conformance traces, but for a busy loop, which turns slowly. */
  readonly costs?: Costs;
  /** Let pools make their second worker first; default true. */
  readonly warm?: boolean;
  /** Do not recount after every step. */
  readonly unchecked?: boolean;
  /** Record nothing: for measurements. */
  readonly silent?: boolean;
  /** Called before workqueueInit(); may call it, and workqueueInitTopology(), itself. */
  readonly early?: (w: Workqueues) => MaySleep<void>;
}

/** Everything is recounted after each step, and so after each turn of a loop that waits for a timer. */
const COSTS: Costs = { ...DEFAULT_COSTS, spin: 20_000 };

/** A machine with kthreadd and workqueues; `main` runs the body of a test on CPU 0. Everything is recounted after each step. */
export class World {
  readonly sim: Sim;
  readonly hub: TraceHub;
  readonly s: Scheduler;
  readonly k: Kthreads;
  readonly w: Workqueues;
  readonly #log: string[] = [];
  readonly #ran: string[] = [];
  /** What functions of works wrote. */
  readonly notes: string[] = [];
  readonly config: WorldConfig;
  #done = false;
  #failed: unknown = null;
  #recording = false;

  constructor(config: WorldConfig = {}) {
    this.config = config;
    this.sim = new Sim(config.chooser === undefined ? {} : { chooser: config.chooser });
    this.hub = new TraceHub(this.sim);
    this.s = createScheduler(
      this.sim,
      this.hub,
      schedConfig(this.sim, {
        nrCpus: config.cpus ?? 2,
        maxThreads: config.maxThreads ?? 2048,
        costs: config.costs ?? COSTS,
      }),
    );
    if (config.online !== undefined) this.s.onlineMask = this.s.activeMask = config.online;
    this.k = new Kthreads(this.s, new Signals(this.s));
    this.w = new Workqueues(this.s, this.k, config);
    workqueueInitEarly(this.w);
    if (config.unchecked !== true) this.sim.afterStep(() => checkWorkqueues(this.w));
  }

  /** Boot, and run the body as `main` until it ends; the machine may take ms of virtual time. @returns how it ended */
  run(body: () => MaySleep<void>, ms = 1_000_000): 'done' | 'hang' {
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
    const { w } = this;
    if (this.config.chooser === undefined) yield* this.#percpuThreads();
    if (this.config.early !== undefined) yield* this.config.early(w);
    if (!w.online) yield* workqueueInit(w);
    if (!w.topologyReady) yield* workqueueInitTopology(w);
    if (this.config.warm !== false) yield* this.#warm();
    this.#record();
    try {
      yield* body();
    } catch (error) {
      this.#failed = error;
    }
    this.#done = true;
    for (;;) yield* msleep(this.s, 1_000_000);
  }

  *#warm(): MaySleep<void> {
    const { w } = this;
    const works: WorkStruct[] = [];
    for (const cpu of this.s.onlineMask) {
      for (const wq of [w.systemWq, w.systemHighpriWq]) {
        const work = new WorkStruct(function* () {}, 'warm');
        works.push(work);
        yield* queueWorkOn(w, cpu, wq, work);
      }
    }
    for (let i = 0; i < 2; i++) {
      const work = new WorkStruct(() => msleep(this.s, 1), 'warm');
      works.push(work);
      yield* queueWork(w, w.systemUnboundWq, work);
    }
    for (const work of works) yield* flushWork(w, work);
  }

  #record(): void {
    if (this.#recording || this.config.silent === true) return;
    this.#recording = true;
    this.hub.flush();
    this.hub.events$.subscribe((e) => {
      if (!e.name.startsWith('workqueue_')) return;
      const fn = /function[ =](\S+)/.exec(e.text)![1]!;
      if (fn === 'idle_cull_fn') return;
      const verb = e.name.slice('workqueue_'.length).replace('_work', '').replace('execute_', '');
      this.#log.push(`${verb} ${fn}`);
      if (verb === 'start') this.#ran.push(`${fn}@${e.comm}`);
    });
  }

  *#percpuThreads(): MaySleep<void> {
    const { s } = this;
    const b = new Smpboot(this.k);
    const stop: SmpHotplugThread = {
      threadComm: 'migration/%u',
      store: [],
      threadShouldRun: (cpu) => cpuStopShouldRun(s, cpu),
      *threadFn(cpu): MaySleep<void> {
        yield* cpuStopperThread(s, cpu);
      },
      create: (cpu) => schedSetStopTask(s, cpu, stop.store[cpu]!),
      setup: (cpu) => void (s.stoppers[cpu]!.enabled = true),
      selfparking: true,
    };
    const softirq: SmpHotplugThread = {
      threadComm: 'ksoftirqd/%u',
      store: [],
      threadShouldRun: (cpu) => ksoftirqdShouldRun(s.cpus[cpu]!),
      *threadFn(cpu): MaySleep<void> {
        if (runKsoftirqd(s.cpus[cpu]!)) yield* condResched(s);
      },
      setup: (cpu) => void (s.cpus[cpu]!.ksoftirqd = softirq.store[cpu]!),
    };
    yield* smpbootRegisterPercpuThread(b, stop);
    for (const cpu of s.onlineMask) yield* kthreadUnpark(this.k, stop.store[cpu]!);
    yield* smpbootRegisterPercpuThread(b, softirq);
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

  /** A queue. */
  *wq(name: string, flags = 0, maxActive = 0): MaySleep<WorkqueueStruct> {
    return (yield* allocWorkqueue(this.w, name, flags, maxActive))!;
  }

  /** A work that notes its start and, unless it does nothing, its end. */
  work(name: string, fn: (work: WorkStruct) => MaySleep<unknown> = nothing): WorkStruct {
    return new WorkStruct(fn, name);
  }

  /** A delayed work. */
  delayed(name: string, fn: (work: WorkStruct) => MaySleep<unknown> = nothing): DelayedWork {
    return new DelayedWork(fn, name);
  }

  /** Sleep; wheel timers make it up to a few jiffies longer. */
  sleep(ms: number): MaySleep<void> {
    return msleep(this.s, ms);
  }

  /** What the kernel logged, without the instants, and without where a WARN comes from. */
  get dmesg(): string[] {
    return this.s.reports.lines.map((line) => line.text.replace(/^(WARNING: )CPU: .* at kernel\/workqueue\.c: /, '$1'));
  }

  /** Comms of a pool's workers, by id. */
  comms(prefix: string): string[] {
    const all: string[] = [];
    for (const p of this.s.tasks.values()) if (p.comm.startsWith(prefix) && p.exitState === 0) all.push(p.comm);
    return all.sort();
  }

  /** Take what was logged until now. */
  take(): string[] {
    this.hub.flush();
    return this.#log.splice(0);
  }

  /** Workqueue events: `queue A`, `activate A`, `start A`, `end A`. */
  get log(): string[] {
    this.hub.flush();
    return this.#log;
  }

  /** Who ran what: `A@kworker/0:0`. */
  get ran(): string[] {
    this.hub.flush();
    return this.#ran;
  }

  /** {@link log} without queueing and activation, and without barriers. */
  get runs(): string[] {
    return this.log.filter((e) => /^(start|end) (?!wq_barrier)/.test(e));
  }
}

/** Does nothing. */
export function* nothing(): Step<void> {}

function finish<T>(call: MaySleep<T>): T {
  const it = call[Symbol.iterator]();
  for (let r = it.next(); ; r = it.next()) if (r.done === true) return r.value;
}

/** A test whose body runs as `main` of a fresh {@link World}, to its end. */
export function caseOf(
  title: string,
  body: (m: World) => MaySleep<void>,
  config: WorldConfig = {},
): [string, () => void] {
  return [
    title,
    () => {
      const m = new World(config);
      const end = m.run(() => body(m));
      if (end !== 'done') throw new Error('the test body did not end');
    },
  ];
}
