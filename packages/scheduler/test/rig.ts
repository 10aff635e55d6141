import { POINT, Sim, SimEvent, type Chooser, type Point, type Sleep } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { createScheduler, schedConfig, startCpus } from '../src/create.ts';
import { NO_COSTS } from '../src/config.ts';
import { TASK_INTERRUPTIBLE } from '../src/constants.ts';
import { Cpumask } from '../src/cpumask.ts';
import { fairSchedClass } from '../src/fair.ts';
import { schedule } from '../src/schedule.ts';
import type { Scheduler } from '../src/scheduler.ts';
import { doSchedYield } from '../src/syscalls.ts';
import { Task } from '../src/task.ts';
import { wakeUpNewTask, wakeUpProcess } from '../src/wakeup.ts';

/** What a task does: burn so many ns, block until it is woken, or yield. */
export type RigStep = number | 'sleep' | 'yield';

/** A stretch of CPU time: a task, its CPU and the instants in ns between which it ran. */
interface Stretch {
  readonly comm: string;
  readonly cpu: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** A scheduler without costs whose tasks burn CPU time in user mode: what runs when is up to the classes alone. */
export class Rig {
  readonly sim: Sim;
  readonly s: Scheduler;
  readonly #stretches: Stretch[] = [];
  readonly #lane: number;
  #pid = 100;
  #since: { comm: string; fromNs: number }[] = [];

  /** @param chooser of an explored machine */
  constructor(nrCpus: number, chooser?: Chooser) {
    this.sim = new Sim(chooser === undefined ? {} : { chooser });
    this.s = createScheduler(this.sim, new TraceHub(this.sim), schedConfig(this.sim, { nrCpus, costs: NO_COSTS }));
    this.#lane = this.sim.addLane('rig');
    startCpus(this.s);
    this.#since = this.s.rqs.map((rq) => ({ comm: rq.curr.comm, fromNs: 0 }));
    this.sim.afterStep(() => this.#record());
  }

  /**
   * A task that does its steps and then burns CPU time; not started.
   * @param cpus bit pattern of the CPUs it may use
   */
  task(comm: string, steps: readonly RigStep[] = [], cpus: number = 2 ** this.s.nrCpus - 1): Task {
    const mask = Cpumask.fromBits(cpus);
    const p = new Task(this.#pid++, comm, this.s.hub.intern(comm), null, mask, this.s.rqs[mask.lowest]!);
    p.cpu = p.wakeCpu = mask.lowest;
    p.schedClass = fairSchedClass;
    p.inUser = true;
    p.body = body(this.s, steps);
    this.s.tasks.set(p.pid, p);
    return p;
  }

  /** Do something on a CPU, in an interrupt, at an instant in ns. */
  at(ns: number, fn: () => void, cpu = 0): void {
    this.sim.post(new SimEvent(this.#lane, () => this.s.cpus[cpu]!.interrupt(fn)), ns);
  }

  /** Start a task at an instant, and then do `setup`. */
  start(p: Task, ns = 0, setup: () => void = () => {}): Task {
    this.at(ns, () => {
      wakeUpNewTask(this.s, p);
      setup();
    });
    return p;
  }

  /** Wake a task at an instant in ns. */
  wake(p: Task, ns: number, cpu = 0): void {
    this.at(ns, () => void wakeUpProcess(this.s, p), cpu);
  }

  /** Let time pass until an instant in ns. */
  runUntil(ns: number): void {
    this.sim.run(() => false, ns);
  }

  /** Comm of what ran on a CPU, with the instants in ms, e.g. `a 0-4`. */
  timeline(cpu = 0): string[] {
    const open = { ...this.#since[cpu]!, cpu, toNs: this.sim.now };
    return [...this.#stretches, open]
      .filter((x) => x.cpu === cpu && x.toNs > x.fromNs)
      .map((x) => `${x.comm} ${x.fromNs / 1e6}-${x.toNs / 1e6}`);
  }

  #record(): void {
    this.s.rqs.forEach((rq, cpu) => {
      const since = this.#since[cpu]!;
      if (rq.curr.comm === since.comm) return;
      this.#stretches.push({ ...since, cpu, toNs: this.sim.now });
      this.#since[cpu] = { comm: rq.curr.comm, fromNs: this.sim.now };
    });
  }
}

function* body(s: Scheduler, steps: readonly RigStep[]): Generator<Point | Sleep, void, void> {
  for (const step of steps) {
    if (typeof step === 'number') {
      s.cpus[s.cpu]!.owe(step, 0);
      yield POINT;
      continue;
    }
    if (step === 'sleep') s.current.state = TASK_INTERRUPTIBLE;
    else doSchedYield(s);
    yield* schedule(s);
  }
  for (;;) {
    s.cpus[s.cpu]!.owe(100_000_000, 0);
    yield POINT;
  }
}
