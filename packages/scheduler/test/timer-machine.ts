import { expect } from '@jest/globals';
import { Sim, SimEvent, type Chooser, type MaySleep } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { createScheduler, schedConfig, startCpus } from '../src/create.ts';
import { doExit } from '../src/exit.ts';
import { kernelClone } from '../src/fork.ts';
import type { Scheduler } from '../src/scheduler.ts';

/** A scheduler whose CPUs idle, and verbs to make things happen on them at given instants. */
export class TimerMachine {
  readonly sim: Sim;
  readonly s: Scheduler;
  /** What {@link note} wrote. */
  readonly log: string[] = [];

  constructor(nrCpus: number, chooser?: Chooser) {
    this.sim = new Sim(chooser === undefined ? {} : { chooser });
    this.s = createScheduler(this.sim, new TraceHub(this.sim), schedConfig(this.sim, { nrCpus }));
    startCpus(this.s);
  }

  /** Run fn in an interrupt on a CPU. */
  at(ns: number, cpu: number, fn: () => void): void {
    this.sim.post(new SimEvent(0, () => this.s.cpus[cpu]!.interrupt(fn)), ns);
  }

  /** Fork a thread off the idle task of a CPU. */
  spawn(ns: number, cpu: number, name: string, body: () => MaySleep<unknown>): void {
    const { s } = this;
    const fn = function* (): MaySleep<void> {
      yield* body();
      yield* doExit(s, 0);
    };
    this.at(ns, cpu, () => {
      for (const stop of kernelClone(s, { name, kthread: true, fn })) expect(stop).toBe(0);
    });
  }

  /** Log what happens, where and in which tick. */
  note(what: string): void {
    this.log.push(`${what} on cpu ${this.s.cpu} in tick ${Math.floor(this.sim.now / 4_000_000)}`);
  }

  /** Let time pass. */
  runUntil(ns: number): void {
    this.sim.run(() => false, ns);
  }
}
