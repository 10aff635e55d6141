import { describe, expect, test } from '@jest/globals';
import type { MaySleep } from '@kernel-model/sim';
import {
  Cpumask,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
  TASK_INTERRUPTIBLE,
  TASK_UNINTERRUPTIBLE,
  type SchedAttr,
  type Task,
} from '@kernel-model/scheduler';
import type { Kernel } from '@kernel-model/machine';
import { world, type World, type WorldConfig } from '../src/index.ts';

/** A daemon that does what it is told by dice: work, sleep, yield, park, change its policy, until it is stopped. */
function* daemon(k: Kernel, w: World, dice: (n: number) => number): MaySleep<number> {
  while (!(yield* k.kthreadShouldStop())) {
    if (yield* k.kthreadShouldPark()) yield* k.kthreadParkme();
    switch (dice(9)) {
      case 0:
      case 1:
        yield* k.busy(50 + dice(6000));
        break;
      case 2:
        yield* k.setCurrentState(dice(2) === 0 ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE);
        if ((yield* k.kthreadShouldPark()) || (yield* k.kthreadShouldStop())) yield* k.setCurrentState(0);
        yield* k.scheduleTimeout(1 + dice(3));
        break;
      case 3:
        yield* k.usleepRange(100, 100 + dice(2000));
        break;
      case 4:
        yield* k.yieldCpu();
        break;
      case 5:
        k.setUserNice(k.current, dice(40) - 20);
        break;
      case 6: {
        const attrs: readonly SchedAttr[] = [
          { policy: SCHED_NORMAL, nice: 0 },
          { policy: SCHED_NORMAL, nice: 3, runtime: 1_000_000 * (1 + dice(9)) },
          { policy: SCHED_BATCH, nice: 0 },
          { policy: SCHED_IDLE, nice: 0 },
          { policy: SCHED_FIFO, priority: 1 + dice(50) },
          { policy: SCHED_RR, priority: 1 + dice(50) },
          { policy: SCHED_DEADLINE, runtime: 1_000_000, deadline: 10_000_000, period: 10_000_000 },
        ];
        // Linux loses a task that comes back to SCHED_DEADLINE between the end of a throttling and its 0-lag time: the
        // replenishment timer found it in another class and did nothing, and nobody lifts the throttling any more.
        const mayReserve = k.current.dl.dlRuntime === 0 || k.current.policy === SCHED_DEADLINE;
        k.schedSetattrNocheck(k.current, attrs[dice(mayReserve ? attrs.length : attrs.length - 1)]!);
        break;
      }
      case 7:
        yield* k.setCpusAllowedPtr(k.current, Cpumask.fromBits(1 + dice(2 ** w.s.nrCpus - 1)));
        break;
      default:
        yield* k.condResched();
    }
  }
  return 0;
}

/** What a test does to its daemons: wake, park, unpark, move and renice them, and at last stop them all. */
function* driver(k: Kernel, w: World, daemons: readonly Task[], dice: (n: number) => number): MaySleep<void> {
  for (let i = 0; i < 60; i++) {
    const p = daemons[dice(daemons.length)]!;
    switch (dice(6)) {
      case 0:
        yield* k.wakeUpProcess(p);
        break;
      case 1:
        if ((yield* k.kthreadPark(p)) === 0) {
          yield* k.msleep(dice(6));
          yield* k.kthreadUnpark(p);
        }
        break;
      case 2:
        yield* k.setCpusAllowedPtr(p, Cpumask.fromBits(1 + dice(2 ** w.s.nrCpus - 1)));
        break;
      case 3:
        k.setUserNice(p, dice(40) - 20);
        break;
      default:
        yield* k.msleep(dice(5));
    }
  }
  for (const p of daemons) yield* k.kthreadStop(p);
}

/** Run a walk to its end. @returns all that happened */
function walk(config: WorldConfig): string[] {
  const w = world(config);
  const stream = w.machine.sim.random('walk');
  const dice = (n: number): number => stream.below(n);
  const daemons = Array.from({ length: 6 }, (_, i) => w.kthread(`d${i}`, (k) => daemon(k, w, dice)));
  w.run((k) => driver(k, w, daemons, dice));
  w.runFor(100);
  expect(daemons.every((p) => w.exited(p))).toBe(true);
  return [...w.lines, ...w.log, String(dice(1_000_000))];
}

describe('six daemons that do anything, on a machine that recounts everything after every step', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  test.each(
    seeds.flatMap((seed) =>
      (['none', 'voluntary', 'full'] as const).map((preempt) => ({ seed, preempt, cpus: 1 + (seed % 4) })),
    ),
  )('keep every invariant, and do the same again: %p', (config) => {
    expect(walk(config)).toEqual(walk(config));
  });
});
