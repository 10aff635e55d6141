import { RandomStream } from '@kernel-model/sim';
import { describe, expect, test } from '@jest/globals';
import { checkRtDl } from '../src/check-rt-dl.ts';
import { SCHED_BATCH, SCHED_DEADLINE, SCHED_FIFO, SCHED_IDLE, SCHED_NORMAL, SCHED_RR } from '../src/constants.ts';
import type { SchedAttr } from '../src/sched-attr.ts';
import { setUserNice } from '../src/set-nice.ts';
import { schedSetattrNocheck } from '../src/syscalls.ts';
import type { Task } from '../src/task.ts';
import { wakeUpProcess } from '../src/wakeup.ts';
import { Rig, type RigStep } from './rig.ts';

const MS = 1_000_000;
const POLICIES = [SCHED_NORMAL, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE, SCHED_DEADLINE] as const;

/** Tasks that run, sleep and yield at random, and are woken, reniced and moved between policies at random. */
class Storm {
  readonly rig: Rig;
  readonly #random: RandomStream;
  readonly #tasks: Task[] = [];

  constructor(seed: number, nrCpus: number) {
    this.rig = new Rig(nrCpus);
    this.#random = new RandomStream(seed, 'storm');
    const below = (n: number): number => this.#random.below(n);
    this.rig.sim.afterStep(() => checkRtDl(this.rig.s));
    for (let i = 0; i < 2 + 3 * nrCpus; i++) {
      const cpus = below(3) === 0 ? 1 << below(nrCpus) : 2 ** nrCpus - 1;
      const p = this.rig.task(`t${i}`, this.#steps(), cpus);
      this.#tasks.push(this.rig.start(p, below(50) * MS, () => this.#change(p)));
    }
    for (let ns = 60 * MS; ns < 1500 * MS; ns += 1 + below(4 * MS)) {
      this.rig.at(ns, () => this.#disturb(), below(nrCpus));
    }
  }

  /** Deadline bandwidth of all tasks and fair servers, in 2^-20. */
  reservedBw(): number {
    const { rqs, tasks } = this.rig.s;
    const servers = rqs.reduce((sum, rq) => sum + rq.dl.fairServer.dlBw, 0);
    return [...tasks.values()].reduce((sum, p) => sum + p.dl.dlBw, servers);
  }

  #steps(): RigStep[] {
    const steps: RigStep[] = [];
    for (let i = 0; i < 300; i++) {
      const kind = this.#random.below(5);
      steps.push(kind === 0 ? 'yield' : kind < 3 ? 'sleep' : 1000 + this.#random.below(9 * MS));
    }
    return steps;
  }

  #disturb(): void {
    const p = this.#tasks[this.#random.below(this.#tasks.length)]!;
    const what = this.#random.below(8);
    if (what === 0) this.#change(p);
    else if (what === 1) setUserNice(this.rig.s, p, this.#random.below(40) - 20);
    else wakeUpProcess(this.rig.s, p);
  }

  #change(p: Task): void {
    // Linux forgets the bandwidth of a task that leaves the class asleep, after its 0-lag time.
    if (p.policy === SCHED_DEADLINE && p.onRq === 0) return;
    schedSetattrNocheck(this.rig.s, p, this.#attr());
  }

  #attr(): SchedAttr {
    const below = (n: number): number => this.#random.below(n);
    const policy = POLICIES[below(POLICIES.length)]!;
    if (policy === SCHED_FIFO || policy === SCHED_RR) return { policy, priority: 1 + below(5) };
    if (policy !== SCHED_DEADLINE) return { policy, nice: below(40) - 20 };
    const period = (10 + below(90)) * MS;
    const deadline = below(2) === 0 ? period : Math.floor(period / 2);
    return { policy, runtime: Math.floor(deadline / (2 + below(6))), deadline, period, flags: below(2) * 2 };
  }
}

describe('RT and deadline queues stay consistent whatever happens', () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [6, 4],
    [7, 8],
  ])('seed %i on %i CPUs', (seed, nrCpus) => {
    const storm = new Storm(seed, nrCpus);
    storm.rig.runUntil(1500 * MS);
    expect(storm.rig.s.rd.dlBw.totalBw).toBe(storm.reservedBw());
  });
});
