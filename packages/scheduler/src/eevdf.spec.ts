import { describe, expect, test } from '@jest/globals';
import { Rig } from '../test/rig.ts';
import { TICK_NSEC } from './constants.ts';
import {
  avgVruntime,
  cancelProtectSlice,
  entityEligible,
  pickEevdf,
  placeEntity,
  protectSlice,
  setProtectSlice,
  timelineDequeue,
  timelineEnqueue,
  updateDeadline,
  updateEntityLag,
  vruntimeEligible,
} from './eevdf.ts';
import { IDLE_LOAD, calcDeltaFair, loadOfNice, type LoadWeight } from './load-weight.ts';
import type { CfsRq } from './rq.ts';
import type { SchedEntity } from './sched-entity.ts';

const MS = 1_000_000;
const SLICE = 2_800_000;

/** What an entity is in these specs. */
interface Spec {
  readonly v: number;
  readonly deadline?: number;
  readonly nice?: number;
  readonly load?: LoadWeight;
}

/** A queue of fair entities, the first of which may be the current one; nothing runs. */
class Queue {
  readonly cfs: CfsRq;
  readonly all: SchedEntity[] = [];
  readonly #rig = new Rig(1);

  constructor(specs: readonly Spec[], current = false) {
    this.cfs = this.#rig.s.rqs[0]!.cfs;
    specs.forEach((spec, i) => {
      const se = this.entity(spec);
      if (i === 0 && current) this.cfs.curr = se;
      else timelineEnqueue(this.cfs, se);
      se.onRq = true;
      this.cfs.nrRunning++;
      this.all.push(se);
    });
  }

  /** An entity that is not queued. */
  entity({ v, deadline = v + SLICE, nice = 0, load = loadOfNice(nice) }: Spec): SchedEntity {
    const { se } = this.#rig.task('p');
    se.vruntime = v;
    se.deadline = deadline;
    se.load = load;
    se.slice = SLICE;
    return se;
  }

  /** The average of the virtual runtimes, weighted, rounded down; by definition. */
  get average(): number {
    let sum = 0n;
    let weight = 0n;
    for (const se of this.all) {
      sum += BigInt(se.vruntime) * BigInt(se.load.weight);
      weight += BigInt(se.load.weight);
    }
    const quotient = sum / weight;
    return Number(quotient * weight > sum ? quotient - 1n : quotient);
  }

  /** Has an entity at v received no more than its share? By definition: the weighted lags of all sum up to 0. */
  eligible(v: number): boolean {
    let sum = 0n;
    for (const se of this.all) sum += BigInt(se.vruntime - v) * BigInt(se.load.weight);
    return sum >= 0n;
  }

  /** The eligible entity with the earliest deadline. */
  get best(): SchedEntity {
    const eligible = this.all.filter((se) => this.eligible(se.vruntime));
    return eligible.reduce((a, b) => (b.deadline < a.deadline ? b : a));
  }
}

/** Queues of two to nine entities of many weights, all different: numbers of a fixed sequence. */
function* queues(current: boolean): Generator<Queue> {
  let seed = 12_345;
  const next = (end: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % end;
  for (let i = 0; i < 40; i++) {
    const specs = Array.from({ length: 2 + next(8) }, (_, k) => {
      const v = next(20 * MS) - 5 * MS;
      return { v, deadline: v + 1 + k + 16 * next(MS), nice: next(40) - 20 };
    });
    yield new Queue(specs, current);
  }
}

describe.each([
  ['all queued', false],
  ['the first running', true],
])('of any queue, with %s (9.3),', (_, current) => {
  test('V is the weighted average of the virtual runtimes, rounded down', () => {
    for (const q of queues(current)) expect(avgVruntime(q.cfs)).toBe(q.average);
  });

  test('V stays what it is when it is asked for twice, and follows who leaves and who comes', () => {
    for (const q of queues(current)) {
      avgVruntime(q.cfs);
      const last = q.all.pop()!;
      timelineDequeue(q.cfs, last);
      expect([avgVruntime(q.cfs), avgVruntime(q.cfs)]).toEqual([q.average, q.average]);
      q.all.push(last);
      timelineEnqueue(q.cfs, last);
      expect(avgVruntime(q.cfs)).toBe(q.average);
    }
  });

  test('those are eligible that are at V or before', () => {
    for (const q of queues(current)) {
      for (const se of q.all) expect(entityEligible(q.cfs, se)).toBe(q.eligible(se.vruntime));
      const v = q.average;
      expect([v, v + 1].map((at) => vruntimeEligible(q.cfs, at))).toEqual([true, q.eligible(v + 1)]);
    }
  });

  test('the one with the earliest deadline among these is picked', () => {
    for (const q of queues(current)) expect(pickEevdf(q.cfs)).toBe(q.best);
  });
});

describe('the entity that runs', () => {
  test('is picked as long as its slice is protected and it is eligible, whatever the deadlines of others', () => {
    const q = new Queue(
      [
        { v: 0, deadline: 5 * MS },
        { v: 0, deadline: 3 * MS },
      ],
      true,
    );
    const [curr, other] = q.all as [SchedEntity, SchedEntity];
    expect(pickEevdf(q.cfs)).toBe(other);
    setProtectSlice(curr);
    expect([protectSlice(curr), pickEevdf(q.cfs)]).toEqual([true, curr]);
    curr.vruntime = 1;
    expect(pickEevdf(q.cfs)).toBe(other);
    curr.vruntime = 0;
    cancelProtectSlice(curr);
    expect([protectSlice(curr), pickEevdf(q.cfs)]).toEqual([false, other]);
  });

  test('of equal deadlines yields to the queued one', () => {
    const q = new Queue(
      [
        { v: 0, deadline: 3 * MS },
        { v: 0, deadline: 3 * MS },
      ],
      true,
    );
    expect(pickEevdf(q.cfs)).toBe(q.all[1]);
  });

  test('keeps its lag when the protection of a slice that is not protected is taken away', () => {
    const q = new Queue([{ v: 0 }], true);
    const [curr] = q.all as [SchedEntity];
    curr.vlag = 77;
    cancelProtectSlice(curr);
    expect(curr.vlag).toBe(77);
  });

  test('counts for nothing once it is dequeued', () => {
    const q = new Queue([{ v: 8 * MS }, { v: 0 }, { v: 2 * MS }], true);
    q.cfs.curr!.onRq = false;
    q.cfs.nrRunning--;
    q.all.shift();
    expect(avgVruntime(q.cfs)).toBe(1 * MS);
    expect([entityEligible(q.cfs, q.all[0]!), entityEligible(q.cfs, q.all[1]!)]).toEqual([true, false]);
    expect(pickEevdf(q.cfs)).toBe(q.all[0]);
  });

  test('alone is V itself, and is picked', () => {
    const q = new Queue([{ v: 8 * MS }], true);
    expect([avgVruntime(q.cfs), pickEevdf(q.cfs)]).toEqual([8 * MS, q.all[0]]);
  });
});

describe('the lag of an entity that leaves', () => {
  test.each([
    [-3 * MS, -3 * MS],
    [3 * MS, 3 * MS],
    [-9 * MS, -2 * SLICE],
    [9 * MS, 2 * SLICE],
  ])('of %i ns is saved as %i: at most two slices', (lag, saved) => {
    const q = new Queue([{ v: 0 }, { v: 2 * lag }]);
    updateEntityLag(q.cfs, q.all[0]!);
    expect(q.all[0]!.vlag).toBe(saved);
  });

  test('may be a tick if two slices are less', () => {
    const q = new Queue([{ v: 0 }, { v: 20 * MS }]);
    q.all[0]!.slice = 1 * MS;
    updateEntityLag(q.cfs, q.all[0]!);
    expect(q.all[0]!.vlag).toBe(TICK_NSEC);
  });

  test('has its limit in virtual time: a light one may owe more', () => {
    const light = loadOfNice(10);
    const q = new Queue([{ v: 900 * MS, nice: 10 }, { v: 0 }]);
    updateEntityLag(q.cfs, q.all[0]!);
    expect(q.all[0]!.vlag).toBe(-calcDeltaFair(2 * SLICE, light));
  });
});

describe('an entity that joins', () => {
  test.each([
    [-1 * MS, -2 * MS],
    [1 * MS + 1, 2 * MS + 2],
    [0, 0],
  ])('with a lag of %i beside an equal one is placed at V - %i, because its arrival moves V', (lag, placed) => {
    const q = new Queue([{ v: 5 * MS }]);
    const se = q.entity({ v: 0 });
    se.vlag = lag;
    placeEntity(q.cfs, se, SLICE, false);
    expect([se.vruntime, se.deadline]).toEqual([5 * MS - placed, 5 * MS - placed + SLICE]);
  });

  test.each([
    [-20, 1],
    [19, -1],
    [5, 1],
  ])('has the lag that it left with once it is queued, whatever the weights (nice %i; sign %i)', (nice, sign) => {
    for (const current of [false, true]) {
      const q = new Queue(
        [
          { v: 5 * MS, nice: 3 },
          { v: 6 * MS, nice: -7 },
        ],
        current,
      );
      const se = q.entity({ v: 0, nice });
      se.vlag = sign * 1_234_567;
      placeEntity(q.cfs, se, SLICE, false);
      q.all.push(se);
      // rounding down, once each
      expect(Math.abs(q.average - se.vruntime - se.vlag)).toBeLessThanOrEqual(1);
    }
  });

  test('far away from a much lighter one is placed exactly, beyond the products that a double holds', () => {
    const q = new Queue([{ v: 7, load: IDLE_LOAD }]);
    const se = q.entity({ v: 0, nice: -20 });
    for (let vlag = 123_456_789_000; vlag < 123_456_789_400; vlag = -vlag + (vlag < 0 ? 7 : 0)) {
      se.vlag = vlag;
      placeEntity(q.cfs, se, SLICE, false);
      expect(7 - se.vruntime).toBe(Number((BigInt(vlag) * BigInt(88_761 + 3)) / 3n));
    }
  });

  test('into an empty queue has no lag', () => {
    const q = new Queue([]);
    const se = q.entity({ v: 0 });
    se.vlag = 5 * MS;
    const v = avgVruntime(q.cfs);
    placeEntity(q.cfs, se, SLICE, false);
    expect([se.vruntime, se.deadline]).toEqual([v, v + SLICE]);
  });

  test('for the first time has half a slice, rounded down', () => {
    const q = new Queue([{ v: 0 }]);
    const se = q.entity({ v: 0 });
    placeEntity(q.cfs, se, 2_800_001, true);
    expect(se.deadline - se.vruntime).toBe(1_400_000);
  });

  test('keeps a slice of its own, and takes the default otherwise', () => {
    const q = new Queue([{ v: 0 }]);
    for (const [custom, slice] of [
      [true, SLICE],
      [false, 700_000],
    ] as const) {
      const se = q.entity({ v: 0 });
      se.customSlice = custom;
      placeEntity(q.cfs, se, 700_000, false);
      expect([se.slice, se.deadline - se.vruntime]).toEqual([slice, slice]);
    }
  });

  test('that kept a deadline of its own has it again, once', () => {
    const q = new Queue([{ v: 9 * MS }]);
    const se = q.entity({ v: 0, deadline: 1_234 });
    se.relDeadline = true;
    placeEntity(q.cfs, se, SLICE, false);
    expect([se.deadline, se.relDeadline]).toEqual([9 * MS + 1_234, false]);
  });
});

test('a sum beyond 2^53 is counted anew when it is over: V is exact again', () => {
  const q = new Queue([{ v: 1_000 }, { v: 3_001 }]);
  const far = q.entity({ v: 123_456_789_012_345, nice: -20 });
  timelineEnqueue(q.cfs, far);
  timelineDequeue(q.cfs, far);
  expect(avgVruntime(q.cfs)).toBe(q.average);
});

test('a deadline is renewed when the slice is used up, not before', () => {
  const q = new Queue([{ v: 0, deadline: 100, nice: 5 }], true);
  const [curr] = q.all as [SchedEntity];
  curr.vruntime = 99;
  expect([updateDeadline(q.cfs, curr, SLICE), curr.deadline]).toEqual([false, 100]);
  curr.vruntime = 100;
  expect([updateDeadline(q.cfs, curr, 700_000), curr.deadline]).toEqual([
    true,
    100 + calcDeltaFair(700_000, curr.load),
  ]);
  curr.customSlice = true;
  curr.vruntime = curr.deadline + 5;
  updateDeadline(q.cfs, curr, SLICE);
  expect(curr.deadline).toBe(curr.vruntime + calcDeltaFair(700_000, curr.load));
});
