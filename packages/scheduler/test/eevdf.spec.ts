import { describe, expect, test } from '@jest/globals';
import { Rig, type RigStep } from './rig.ts';
import { setCpusAllowedCommon } from '../src/affinity.ts';
import { checkScheduler } from '../src/checks.ts';
import { SCHED_BATCH, SCHED_IDLE, TASK_INTERRUPTIBLE } from '../src/constants.ts';
import { avgVruntime, entityEligible, pickEevdf } from '../src/eevdf.ts';
import { Cpumask } from '../src/cpumask.ts';
import { moveQueuedTask } from '../src/migrate.ts';
import { setUserNice } from '../src/set-nice.ts';
import { schedSetschedulerNocheck } from '../src/syscalls.ts';
import type { Task } from '../src/task.ts';

// The worked examples EX-A .. EX-I, integer-exact. Virtual times are relative to where an empty queue begins.
const V0 = -1_048_576;
const US = 1000;
const MS = 1_000_000;

/** Tasks that all live on CPU 0 of a machine with this many CPUs, which decides the slice: 1: 0.7 ms, 4: 2.1, 8: 2.8. */
class OneQueue extends Rig {
  constructor(nrCpus: number) {
    super(nrCpus);
    this.sim.afterStep(() => checkScheduler(this.s));
  }

  /** @param sliceNs of its own */
  member(comm: string, steps: readonly RigStep[] = [], sliceNs = 0): Task {
    const p = this.task(comm, steps, 1);
    if (sliceNs > 0) {
      p.se.customSlice = true;
      p.se.slice = sliceNs;
    }
    return p;
  }

  /** Wake a task for the first time, at an instant in ns; unlike a task that is born, it gets a whole slice. */
  begin(p: Task, ns = 0): Task {
    p.state = TASK_INTERRUPTIBLE;
    this.wake(p, ns);
    return p;
  }

  /** Virtual runtime and deadline in virtual ns, and whether the task is eligible. */
  vd(p: Task): [number, number, 'E' | 'N'] {
    const { cfs } = this.s.rqs[0]!;
    return [p.se.vruntime - V0, p.se.deadline - V0, entityEligible(cfs, p.se) ? 'E' : 'N'];
  }

  /** The average of the virtual runtimes, rounded down. */
  get v(): number {
    return avgVruntime(this.s.rqs[0]!.cfs) - V0;
  }
}

describe('two fair tasks', () => {
  test('of nice 0 and 5 share a CPU 3 to 1, in a pattern of turns (EX-A, CC-SCHED-35)', () => {
    const rig = new OneQueue(1);
    const a = rig.begin(rig.member('A'));
    const b = rig.member('B');
    setUserNice(rig.s, b, 5);
    rig.begin(b, 1 * MS);
    // t, A, B, V, who runs on
    const table: [number, ReturnType<OneQueue['vd']>, ReturnType<OneQueue['vd']>, number, Task][] = [
      [4, [4_000_000, 4_700_000, 'N'], [1_000_000, 3_139_701, 'E'], 3_260_485, b],
      [8, [4_000_000, 4_700_000, 'E'], [13_226_865, 15_366_566, 'N'], 6_274_466, a],
      [12, [8_000_000, 8_700_000, 'E'], [13_226_865, 15_366_566, 'N'], 9_288_447, a],
      [16, [12_000_000, 12_700_000, 'E'], [13_226_865, 15_366_566, 'N'], 12_302_428, a],
      [20, [16_000_000, 16_700_000, 'N'], [13_226_865, 15_366_566, 'E'], 15_316_408, b],
      [24, [16_000_000, 16_700_000, 'E'], [25_453_730, 27_593_431, 'N'], 18_330_389, a],
      [28, [20_000_000, 20_700_000, 'E'], [25_453_730, 27_593_431, 'N'], 21_344_370, a],
    ];
    for (const [ms, ofA, ofB, v, next] of table) {
      rig.runUntil(ms * MS);
      expect([ms, rig.vd(a), rig.vd(b), rig.v, rig.s.rqs[0]!.curr.comm]).toEqual([ms, ofA, ofB, v, next.comm]);
    }
    // its deadline was renewed and it was picked again without a switch: nothing protects its slice
    expect(a.se.vlag).not.toBe(a.se.deadline);
    rig.runUntil(56 * MS);
    expect(rig.timeline()).toEqual(['A 0-4', 'B 4-8', 'A 8-20', 'B 20-24', 'A 24-36', 'B 36-40', 'A 40-52', 'B 52-56']);
    rig.runUntil(3996 * MS);
    expect([a.se.sumExecRuntime, b.se.sumExecRuntime]).toEqual([3012 * MS, 984 * MS]);
  });

  test('of equal weight take turns, three of them one after the other (EX-H)', () => {
    const rig = new OneQueue(1);
    for (const name of ['A', 'B', 'C']) rig.begin(rig.member(name));
    rig.runUntil(24 * MS);
    expect(rig.timeline()).toEqual(['A 0-4', 'B 4-8', 'C 8-12', 'A 12-16', 'B 16-20', 'C 20-24']);
  });

  test('with slices of their own get the same share, in another order (EX-C, CC-SCHED-39)', () => {
    const rig = new OneQueue(8);
    const a = rig.begin(rig.member('A'));
    const c = rig.begin(rig.member('C', [], 10 * MS));
    const b = rig.begin(rig.member('B', [], 1 * MS), 1 * MS);
    rig.runUntil(4 * MS);
    expect([rig.vd(a), rig.vd(b), rig.vd(c)]).toEqual([
      [1 * MS, 2_800_000, 'E'],
      [3_500_000, 4_500_000, 'N'],
      [0, 10 * MS, 'E'],
    ]);
    rig.runUntil(16 * MS);
    // not eligible, and yet it goes on: no tick before its slice is over asks for a reschedule
    expect(rig.vd(c)).toEqual([8 * MS, 10 * MS, 'N']);
    // but whenever somebody asks who should run, the rest of its slice does not count
    expect([c.se.vlag, pickEevdf(rig.s.rqs[0]!.cfs).task.comm]).toEqual([c.se.deadline, 'B']);
    rig.runUntil(64 * MS);
    expect(rig.timeline()).toEqual([
      'A 0-1',
      'B 1-4',
      'A 4-8',
      'C 8-20',
      'B 20-24',
      'A 24-28',
      'B 28-32',
      'A 32-36',
      'B 36-40',
      'A 40-44',
      'C 44-56',
      'B 56-60',
      'A 60-64',
    ]);
  });
});

describe('a task that wakes up', () => {
  test('with a shorter slice preempts an eligible task in the middle of its slice (EX-D)', () => {
    const rig = new OneQueue(8);
    rig.begin(rig.member('A'));
    rig.begin(rig.member('B', [], 1 * MS), 1 * MS);
    rig.runUntil(2 * MS);
    expect(rig.timeline()).toEqual(['A 0-1', 'B 1-2']);
  });

  test('with an equal slice does not (EX-D, the other side; CC-SCHED-37)', () => {
    const rig = new OneQueue(8);
    rig.begin(rig.member('A'));
    const b = rig.begin(rig.member('B'), 1 * MS);
    rig.runUntil(2 * MS);
    expect(rig.timeline()).toEqual(['A 0-2']);
    expect(rig.vd(b).slice(0, 2)).toEqual([1 * MS, 3_800_000]);
  });

  test.each([
    ['does not preempt one that is in the middle of its slice', 1 * MS, ['A 0-2']],
    // renewed by the tick at 4 ms without being picked again, A is not protected any more
    ['preempts one that is not protected any more', 4_100 * US, ['A 0-4.1', 'B 4.1-5']],
  ])('for the first time in its life has half a slice, and %s (CC-SCHED-38)', (_, ns, ran) => {
    const rig = new OneQueue(8);
    rig.begin(rig.member('A'));
    const b = rig.start(rig.member('B'), ns);
    rig.runUntil(ns < 4 * MS ? 2 * MS : 5 * MS);
    expect(rig.timeline()).toEqual(ran);
    expect(b.se.deadline - b.se.vruntime).toBe(1_400_000 - b.se.sumExecRuntime);
  });

  test.each([
    ['preempts a task whose slice ends with that wakeup (EX-G, CC-SCHED-36)', 4_700, ['A 0-4.7', 'B 4.7-5']],
    ['does not preempt one whose slice goes on (EX-G, CC-SCHED-37)', 4_500, ['A 0-5']],
  ])('%s', (_, us, ran) => {
    const rig = new OneQueue(1);
    const a = rig.begin(rig.member('A'));
    rig.runUntil(4 * MS);
    expect(rig.vd(a).slice(0, 2)).toEqual([4 * MS, 4_700_000]);
    rig.begin(rig.member('B'), us * US);
    rig.runUntil(5 * MS);
    expect(rig.timeline()).toEqual(ran);
  });

  test('on an empty queue starts without lag, whatever it left with (CC-SCHED-34)', () => {
    const rig = new OneQueue(4);
    const s = rig.begin(rig.member('S', [3 * MS, 'sleep', 2 * MS, 'sleep']));
    rig.runUntil(3 * MS);
    s.se.vlag = 12_345;
    const z = rig.v;
    rig.wake(s, 5 * MS);
    rig.runUntil(5 * MS);
    expect([s.se.vruntime - V0, s.se.deadline - s.se.vruntime]).toEqual([z, 2_100_000]);
  });
});

/** The common start of EX-B, E and F: hog A from 0, and S from 1 ms, which runs from the tick at 4 ms on. */
function startOfB(steps: readonly RigStep[]): { rig: OneQueue; a: Task; s: Task } {
  const rig = new OneQueue(4);
  const a = rig.begin(rig.member('A'));
  const s = rig.begin(rig.member('S', steps), 1 * MS);
  rig.runUntil(4 * MS);
  expect([rig.vd(a), rig.vd(s), rig.v, rig.s.rqs[0]!.curr.comm]).toEqual([
    [4 * MS, 6_100_000, 'N'],
    [1 * MS, 3_100_000, 'E'],
    2_500_000,
    'S',
  ]);
  return { rig, a, s };
}

describe('a sleeper beside a hog', () => {
  test('that blocks with lag to its credit leaves the queue, and gets the lag back (EX-B1)', () => {
    const { rig, s } = startOfB([500 * US, 'sleep']);
    rig.runUntil(4_500 * US);
    expect([s.onRq, s.se.schedDelayed, s.se.vlag]).toEqual([0, false, 1_250_000]);
    rig.wake(s, 6 * MS);
    rig.runUntil(6 * MS);
    expect([rig.vd(s), rig.v]).toEqual([[3 * MS, 5_100_000, 'E'], 4_250_000]);
    expect(rig.s.rqs[0]!.curr.comm).toBe('S');
  });

  test('that blocks with lag to pay stays queued, and is simply runnable again when woken early (EX-B2)', () => {
    const { rig, s } = startOfB([3_600 * US, 'sleep']);
    rig.runUntil(7_600 * US);
    expect([s.onRq, s.se.onRq, s.se.schedDelayed, rig.vd(s), rig.v]).toEqual([
      1,
      true,
      true,
      [4_600_000, 6_700_000, 'N'],
      4_300_000,
    ]);
    expect([rig.s.rqs[0]!.nrRunning, rig.s.rqs[0]!.cfs.hNrRunnable]).toEqual([2, 1]);
    rig.wake(s, 7_700 * US);
    rig.runUntil(7_700 * US);
    expect([s.se.schedDelayed, s.se.vruntime - V0, rig.s.rqs[0]!.curr.comm]).toEqual([false, 4_600_000, 'A']);
    rig.runUntil(12 * MS);
    expect(rig.s.rqs[0]!.curr.comm).toBe('S');
  });

  test('whose debt has turned into credit meanwhile is placed anew, without it (EX-B3)', () => {
    const { rig, s } = startOfB([3_100 * US, 'sleep']);
    rig.runUntil(8 * MS);
    expect([s.se.schedDelayed, rig.vd(s), rig.v, rig.s.rqs[0]!.curr.comm]).toEqual([
      true,
      [4_100_000, 6_200_000, 'E'],
      4_500_000,
      'A',
    ]);
    rig.wake(s, 8_200 * US);
    rig.runUntil(8_200 * US);
    expect([rig.vd(s), rig.s.rqs[0]!.curr.comm]).toEqual([[4_900_000, 7 * MS, 'E'], 'S']);
  });

  test('keeps its credit if the hog was not accounted since the tick (EX-B4, CC-SCHED-41)', () => {
    const { rig, s } = startOfB([3_600 * US, 'sleep']);
    rig.runUntil(8 * MS);
    rig.wake(s, 9 * MS);
    rig.runUntil(9 * MS);
    expect([s.se.vruntime - V0, rig.v, rig.s.rqs[0]!.curr.comm]).toEqual([4_600_000, 5 * MS, 'S']);
  });

  test('that nobody wakes leaves when it is picked, and owes nothing later (EX-B5, INV-SCHED-04, INV-SCHED-19)', () => {
    const { rig, s } = startOfB([3_600 * US, 'sleep']);
    rig.runUntil(12 * MS);
    expect([s.onRq, s.se.schedDelayed, s.se.vlag, rig.s.rqs[0]!.curr.comm]).toEqual([0, false, 0, 'A']);
    rig.wake(s, 17 * MS);
    rig.runUntil(17 * MS);
    expect([rig.vd(s).slice(0, 2), rig.s.rqs[0]!.curr.comm]).toEqual([[13_400_000, 15_500_000], 'A']);
  });

  test('that is alone never stays queued (INV-SCHED-17)', () => {
    const rig = new OneQueue(4);
    const s = rig.begin(rig.member('S', [9 * MS, 'sleep']));
    rig.runUntil(9 * MS);
    expect([s.onRq, s.se.schedDelayed, rig.s.rqs[0]!.curr.comm]).toEqual([0, false, 'swapper/0']);
  });
});

describe('renicing the task that runs', () => {
  test('up keeps its lag, weighted anew, and asks for a reschedule that picks it again (EX-E, CC-SCHED-43)', () => {
    const { rig, s } = startOfB([]);
    let asked = false;
    rig.at(5 * MS, () => {
      setUserNice(rig.s, s, 5);
      asked = s.needResched;
    });
    rig.runUntil(5 * MS);
    expect([s.se.vruntime - V0, s.se.deadline - V0, asked, rig.s.rqs[0]!.curr.comm]).toEqual([
      -56_715,
      1_043_285,
      true,
      'S',
    ]);
    rig.runUntil(8 * MS);
    expect([s.se.vruntime - V0, rig.s.rqs[0]!.curr.comm]).toEqual([9_113_434, 'A']);
  });

  test('down asks for none (EX-E, the other side)', () => {
    const { rig, s } = startOfB([]);
    let asked = true;
    rig.at(5 * MS, () => {
      setUserNice(rig.s, s, -5);
      asked = s.needResched;
    });
    rig.runUntil(5 * MS);
    expect([s.se.vruntime - V0, s.se.deadline - V0, asked]).toEqual([2_671_904, 3_771_904, false]);
    rig.runUntil(8 * MS);
    expect([s.se.vruntime - V0, rig.s.rqs[0]!.curr.comm]).toEqual([3_656_203, 'S']);
  });
});

describe('yield()', () => {
  test('of an eligible task gives up the rest of its slice, and may pick it again (EX-F, CC-SCHED-44)', () => {
    const { rig, s } = startOfB([500 * US, 'yield', 500 * US, 'yield']);
    rig.runUntil(4_500 * US);
    expect([rig.vd(s), rig.v, rig.s.rqs[0]!.curr.comm]).toEqual([[3_100_000, 5_200_000, 'E'], 3_550_000, 'S']);
    rig.runUntil(5 * MS);
    expect([rig.vd(s).slice(0, 2), rig.v, rig.s.rqs[0]!.curr.comm]).toEqual([[5_200_000, 7_300_000], 4_600_000, 'A']);
  });

  test('of a task that is not leaves it as it is (EX-F)', () => {
    const { rig, s } = startOfB([3_500 * US, 'yield']);
    rig.runUntil(7_500 * US);
    expect([rig.vd(s).slice(0, 2), rig.s.rqs[0]!.curr.comm]).toEqual([[4_500_000, 6_600_000], 'A']);
  });
});

describe('a queued task', () => {
  test('takes its lag and the rest of its slice to another CPU (EX-I)', () => {
    const rig = new OneQueue(4);
    const [here, there] = [rig.s.rqs[0]!, rig.s.rqs[1]!];
    const a = rig.begin(rig.member('A'));
    rig.begin(rig.member('B'));
    const c = rig.task('C', [], 0b10);
    c.state = TASK_INTERRUPTIBLE;
    rig.wake(c, 0, 1);
    rig.runUntil(4 * MS);
    expect([rig.vd(a), rig.v, here.curr.comm, there.curr.comm]).toEqual([[4 * MS, 6_100_000, 'N'], 2 * MS, 'B', 'C']);
    rig.at(4 * MS, () => {
      setCpusAllowedCommon(a, Cpumask.of(1));
      moveQueuedTask(here, a, 1);
    });
    rig.runUntil(4 * MS);
    expect([a.se.vruntime - V0, a.se.deadline - V0, avgVruntime(there.cfs) - V0]).toEqual([8 * MS, 10_100_000, 6 * MS]);
    // it counts as cold: it has not run here
    expect([a.cpu, a.se.execStart, a.se.relDeadline]).toEqual([1, 0, false]);
  });
});

describe('a policy', () => {
  test('SCHED_BATCH never preempts on its wakeup (CC-SCHED-40)', () => {
    const rig = new OneQueue(8);
    rig.begin(rig.member('A'));
    const b = rig.member('B', [], 1 * MS);
    b.policy = SCHED_BATCH;
    rig.begin(b, 1 * MS);
    rig.runUntil(2 * MS);
    expect(rig.timeline()).toEqual(['A 0-2']);
  });

  test('SCHED_IDLE gives way to SCHED_BATCH at once (CC-SCHED-40)', () => {
    const rig = new OneQueue(8);
    const a = rig.member('A');
    schedSetschedulerNocheck(rig.s, a, SCHED_IDLE, 0);
    rig.begin(a);
    const b = rig.member('B');
    b.policy = SCHED_BATCH;
    rig.begin(b, 1 * MS);
    rig.runUntil(2 * MS);
    expect(rig.timeline()).toEqual(['A 0-1', 'B 1-2']);
  });
});

test('a lone task is never asked to give way: at the tick its deadline only moves on (CC-SCHED-74)', () => {
  const rig = new OneQueue(1);
  const a = rig.begin(rig.member('A'));
  let asked = false;
  rig.sim.afterStep(() => void (asked ||= a.needResched && rig.sim.now > 0));
  rig.runUntil(100 * MS);
  expect([asked, rig.timeline(), a.se.deadline > a.se.vruntime]).toEqual([false, ['A 0-100'], true]);
});
