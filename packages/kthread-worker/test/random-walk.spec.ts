import { describe, expect, test } from '@jest/globals';
import {
  kthreadCancelDelayedWorkSync,
  kthreadCancelWorkSync,
  kthreadDestroyWorker,
  kthreadFlushWork,
  kthreadFlushWorker,
  kthreadModDelayedWork,
  kthreadQueueDelayedWork,
  kthreadQueueDelayedWorkNow,
  kthreadQueueWork,
  kthreadQueueWorkNow,
  kthreadWorkPending,
} from '../src/index.ts';
import { World, nothing } from './world.ts';

/** Three threads use two plain and two delayed works of one worker at random. @returns what happened */
function walk(seed: number): string[] {
  const m = new World({ cpus: 3 });
  const end = m.run(function* () {
    const kw = yield* m.worker();
    const random = m.sim.random(`walk ${seed}`);
    const below = (n: number): number => random.below(n);
    const works = ['a', 'b'].map((name) =>
      m.work(name, function* (work) {
        if (below(4) === 0) yield* m.sleep(1 + below(8));
        if (below(4) === 0) yield* kthreadQueueWork(m.kw, kw, work);
      }),
    );
    const delayed = ['c', 'd'].map((name) => m.delayed(name, below(2) === 0 ? m.sleeps(4) : nothing));
    let left = 3;
    for (let t = 0; t < 3; t++) {
      yield* m.spawn(`t${t}`, function* () {
        for (let i = 0; i < 60; i++) {
          const work = works[below(2)]!;
          const dwork = delayed[below(2)]!;
          const verb = below(8);
          let result: unknown = '';
          if (verb === 0) result = yield* kthreadQueueWork(m.kw, kw, work);
          else if (verb === 1) result = yield* kthreadQueueDelayedWork(m.kw, kw, dwork, below(5));
          else if (verb === 2) result = yield* kthreadModDelayedWork(m.kw, kw, dwork, below(5));
          else if (verb === 3) result = yield* kthreadCancelWorkSync(m.kw, work);
          else if (verb === 4) result = yield* kthreadCancelDelayedWorkSync(m.kw, dwork);
          else if (verb === 5) yield* kthreadFlushWork(m.kw, work);
          else if (verb === 6) yield* kthreadFlushWorker(m.kw, kw);
          else yield* m.sleep(below(10));
          m.notes.push(`t${t} ${verb} ${result}`);
        }
        left--;
      });
    }
    while (left > 0) yield* m.sleep(20);
    for (const work of works) yield* kthreadCancelWorkSync(m.kw, work);
    for (const dwork of delayed) yield* kthreadCancelDelayedWorkSync(m.kw, dwork);
    for (const work of [...works, ...delayed.map((dwork) => dwork.work)]) {
      expect(kthreadWorkPending(work)).toBe(false);
      expect(work.canceling).toBe(0);
    }
    yield* kthreadDestroyWorker(m.kw, kw);
    expect(kw.nrLinked).toBe(kw.nrStarted + kw.nrRemoved + kw.nrDropped);
  });
  expect(end).toBe('done');
  expect(m.dmesg).toEqual([]);
  const log = m.works();
  expectOneAtATime(log);
  return [...m.notes, ...log];
}

describe('kthread_queue_work (INV-W04)', () => {
  test.each([11, 12, 13])('returns true if and only if that call linked the work: seed %i', (seed) => {
    const m = new World({ cpus: 3 });
    const results = { true: 0, false: 0 };
    const end = m.run(function* () {
      const kw = yield* m.worker();
      const random = m.sim.random(`linked ${seed}`);
      const works = ['a', 'b'].map((name) => m.work(name, m.sleeps(4)));
      const dworks = ['c', 'd'].map((name) => m.delayed(name, m.sleeps(1)));
      yield* m.spawn('canceller', function* () {
        for (;;) {
          yield* kthreadCancelWorkSync(m.kw, works[random.below(2)]!);
          yield* m.sleep(random.below(8));
        }
      });
      for (let i = 0; i < 200; i++) {
        const work = random.below(2);
        const before = kw.nrLinked;
        const result =
          random.below(2) === 0
            ? kthreadQueueWorkNow(m.kw, kw, works[work]!)
            : kthreadQueueDelayedWorkNow(m.kw, kw, dworks[work]!, random.below(3));
        results[`${result}`]++;
        expect(kw.nrLinked - before).toBe(result ? 1 : 0);
        if (random.below(3) === 0) yield* m.sleep(random.below(6));
      }
    });
    expect(end).toBe('done');
    expect(Math.min(results.true, results.false)).toBeGreaterThan(20);
  });
});

/** INV-W03, INV-W13: what a worker starts is over before it starts anything else. */
function expectOneAtATime(works: readonly string[]): void {
  const runs = works.filter((line) => !line.startsWith('queue'));
  for (let i = 0; i < runs.length; i += 2) expect(runs[i + 1]).toBe(runs[i]!.replace('start', 'end'));
}

describe('threads that use a worker at random', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('keep every invariant, and do the same twice: seed %i', (seed) => {
    const log = walk(seed);
    expect(log.length).toBeGreaterThan(180);
    expect(walk(seed)).toEqual(log);
  });
});
