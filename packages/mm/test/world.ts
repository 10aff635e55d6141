import {
  Cpumask,
  createScheduler,
  doExit,
  kernelClone,
  msleep,
  schedConfig,
  startCpus,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { RandomStream, Sim, type Choice, type Chooser, type MaySleep, type Point } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { MmSubsystem, checkMm, copyMm, newUserMm, type Mm, type MmOptions } from '../src/index.ts';

const FOREVER_MS = 1_000_000;

/** A machine with address spaces and nothing else: `main`, a kernel thread on CPU 0, runs the body of a test. */
export class World {
  readonly sim: Sim;
  readonly hub: TraceHub;
  readonly s: Scheduler;
  readonly ms: MmSubsystem;
  /** Each tlb_flush as `cpu0 A: pages reason`. */
  readonly log: string[] = [];
  #done = false;

  /** @param seed given: an explored machine, whose choices it decides */
  constructor(options: MmOptions = {}, nrCpus = 2, seed?: number) {
    this.sim = new Sim(seed === undefined ? {} : { chooser: new RandomChooser(seed) });
    this.hub = new TraceHub(this.sim);
    this.s = createScheduler(this.sim, this.hub, schedConfig(this.sim, { nrCpus }));
    this.ms = new MmSubsystem(this.s, options);
    this.hub.events$.subscribe((e) => {
      if (e.name === 'tlb_flush') this.log.push(`cpu${e.cpu} ${e.comm}: ${e.text}`);
    });
    this.sim.afterStep(() => checkMm(this.ms));
  }

  /** Run the body as `main` until it ends. */
  run(body: () => MaySleep<void>): void {
    this.s.cpu = 0;
    const call = this.#clone(
      'main',
      () => this.#main(body),
      true,
      0,
      () => {},
    )[Symbol.iterator]();
    while (call.next().done !== true);
    this.s.cpu = -1;
    startCpus(this.s);
    this.sim.run(() => this.#done, 60e9);
    if (!this.#done) throw new Error('the test body did not end');
    this.hub.flush();
  }

  *#main(body: () => MaySleep<void>): MaySleep<void> {
    yield* body();
    this.#done = true;
    yield* msleep(this.s, FOREVER_MS);
  }

  /** A kernel thread on one CPU. */
  kthread(name: string, cpu: number, fn: () => MaySleep<unknown>): Iterable<Point, Task, void> {
    return this.#clone(name, fn, true, cpu, () => {});
  }

  /** A user process on one CPU, with an address space of its own. */
  process(name: string, cpu: number, fn: () => MaySleep<unknown>): Iterable<Point, Task, void> {
    return this.#clone(name, fn, false, cpu, (p) => {
      p.mm = p.activeMm = newUserMm(this.ms, name);
    });
  }

  /** A thread of the process of another task, on one CPU. */
  thread(name: string, cpu: number, of: Task, fn: () => MaySleep<unknown>): Iterable<Point, Task, void> {
    return this.#clone(name, fn, false, cpu, (p) => copyMm(this.ms, p, of, true));
  }

  mm(p: Task): Mm {
    return p.mm as Mm;
  }

  /** What was logged since the last call. */
  flushes(): string[] {
    this.hub.flush();
    return this.log.splice(0);
  }

  *#clone(
    name: string,
    fn: () => MaySleep<unknown>,
    kthread: boolean,
    cpu: number,
    prepare: (p: Task) => void,
  ): Iterable<Point, Task, void> {
    const { s } = this;
    return (yield* kernelClone(s, {
      name,
      kthread,
      fn: function* () {
        yield* fn();
        yield* doExit(s, 0);
      },
      prepare: (p) => {
        p.cpusMask = p.cpusPtr = Cpumask.of(cpu);
        p.nrCpusAllowed = 1;
        prepare(p);
        return 0;
      },
    })) as Task;
  }
}

/** Lets any lane that is due act next. Time passes only when nobody is. */
class RandomChooser implements Chooser {
  readonly #random: RandomStream;

  constructor(seed: number) {
    this.#random = new RandomStream(seed, 'chooser');
  }

  choose(choices: readonly Choice[]): number {
    const due = choices.filter((c) => !c.future);
    const among = due.length > 0 ? due : choices;
    return choices.indexOf(among[this.#random.below(among.length)]!);
  }

  pick(_name: string, n: number): number {
    return this.#random.below(n);
  }

  access(): void {}
}
