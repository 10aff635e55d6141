import {
  PF_KTHREAD,
  PF_NOFREEZE,
  createScheduler,
  doExit,
  kernelClone,
  msleep,
  schedConfig,
  startCpus,
  type Scheduler,
  type Task,
  type TaskBody,
} from '@kernel-model/scheduler';
import { RandomStream, Sim, type Choice, type Chooser, type MaySleep, type Point } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { SIG_IGN, Signals, checkSignals, forkSignals, forkThreadSignals, signalState } from '../src/index.ts';

const FOREVER_MS = 1_000_000;

/** A machine with signals and nothing else: `main` runs the body of a test in a process of its own. */
export class World {
  readonly sim: Sim;
  readonly hub: TraceHub;
  readonly s: Scheduler;
  readonly sigs: Signals;
  /** signal_generate as `sig->comm grp=G res=R`, signal_deliver as `sig!`, marks as they are. */
  readonly log: string[] = [];
  #done = false;

  /** @param seed given: an explored machine, whose choices it decides */
  constructor(seed?: number) {
    this.sim = new Sim(seed === undefined ? {} : { chooser: new RandomChooser(seed) });
    this.hub = new TraceHub(this.sim);
    this.s = createScheduler(this.sim, this.hub, schedConfig(this.sim, { nrCpus: 2 }));
    this.sigs = new Signals(this.s);
    this.sim.afterStep(() => checkSignals(this.sigs));
    this.hub.events$.subscribe((e) => {
      if (e.name === 'signal_generate' || e.name === 'signal_deliver') this.log.push(`${e.name} ${e.text}`);
    });
  }

  /** Run the body as the user process `main` until it ends; the machine may take ms of virtual time. */
  run(body: () => MaySleep<void>, ms = 60_000): void {
    this.s.cpu = 0;
    const call = kernelClone(this.s, { name: 'main', kthread: false, fn: () => this.#main(body), prepare: () => 0 })[
      Symbol.iterator
    ]();
    while (call.next().done !== true);
    this.s.cpu = -1;
    startCpus(this.s);
    this.sim.run(() => this.#done, ms * 1_000_000);
    if (!this.#done) throw new Error('the test body did not end');
    this.hub.flush();
  }

  *#main(body: () => MaySleep<void>): MaySleep<void> {
    yield* body();
    this.#done = true;
    yield* msleep(this.s, FOREVER_MS);
  }

  /** A kernel thread that ignores every signal, as a child of kthreadd does. */
  *kthread(name: string, fn: () => MaySleep<unknown>): Iterable<Point, Task, void> {
    return (yield* kernelClone(this.s, {
      name,
      kthread: true,
      fn: this.#exits(fn),
      prepare: (p) => {
        forkSignals(p, this.s.current);
        for (let sig = 1; sig <= 64; sig++) signalState(p).group.action(sig).handler = SIG_IGN;
        p.flags |= PF_KTHREAD | PF_NOFREEZE;
        return 0;
      },
    })) as Task;
  }

  /** A user process. */
  *process(name: string, fn: () => MaySleep<unknown>): Iterable<Point, Task, void> {
    return (yield* kernelClone(this.s, {
      name,
      kthread: false,
      fn: this.#exits(fn),
      prepare: (p) => {
        forkSignals(p, this.s.current);
        return 0;
      },
    })) as Task;
  }

  /** A thread of the process of the current task. */
  *thread(name: string, fn: () => MaySleep<unknown>): Iterable<Point, Task, void> {
    return (yield* kernelClone(this.s, {
      name,
      kthread: false,
      fn: this.#exits(fn),
      prepare: (p) => {
        forkThreadSignals(p, this.s.current);
        p.parent = this.s.current.parent;
        return 0;
      },
    })) as Task;
  }

  #exits(fn: () => MaySleep<unknown>): TaskBody {
    const { s } = this;
    return function* () {
      const code = yield* fn();
      yield* doExit(s, typeof code === 'number' ? code : 0);
    };
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
