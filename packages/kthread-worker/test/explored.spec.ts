import { describe, expect, test } from '@jest/globals';
import { RandomStream, type Choice, type Chooser } from '@kernel-model/sim';
import {
  kthreadCancelDelayedWorkSync,
  kthreadCancelWorkSync,
  kthreadDestroyWorker,
  kthreadFlushWork,
  kthreadFlushWorker,
  kthreadModDelayedWork,
  kthreadQueueDelayedWork,
  kthreadQueueWork,
  kthreadWorkPending,
} from '../src/index.ts';
import { World } from './world.ts';

/** Of all that can happen next, one at random; time passes when nothing else can. */
class AnyOrder implements Chooser {
  readonly #random: RandomStream;
  constructor(seed: number) {
    this.#random = new RandomStream(seed, 'order');
  }
  choose(choices: readonly Choice[]): number {
    const due = choices.filter((choice) => !choice.future).length;
    return this.#random.below(due === 0 ? choices.length : due);
  }
  access(): void {}
  pick(_name: string, n: number): number {
    return this.#random.below(n);
  }
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('in whatever order the CPUs act (%i),', (seed) => {
  test('each call has done what it promises when it returns', () => {
    const m = new World({ chooser: new AnyOrder(seed) });
    const end = m.run(function* () {
      const kw = yield* m.worker();
      let runs = 0;
      const count = function* (): Iterable<never, void, void> {
        runs++;
      };
      const work = m.work('w', count);
      const dwork = m.delayed('d', count);
      expect(yield* kthreadQueueWork(m.kw, kw, work)).toBe(true);
      yield* kthreadFlushWork(m.kw, work);
      expect([runs, kthreadWorkPending(work)]).toEqual([1, false]);

      expect(yield* kthreadQueueDelayedWork(m.kw, kw, dwork, 2)).toBe(true);
      expect(yield* kthreadQueueDelayedWork(m.kw, kw, dwork, 2)).toBe(false);
      expect(yield* kthreadModDelayedWork(m.kw, kw, dwork, 1000)).toBe(true);
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, dwork)).toBe(true);
      expect([runs, kthreadWorkPending(dwork.work), dwork.work.canceling]).toEqual([1, false, 0]);
      expect(yield* kthreadModDelayedWork(m.kw, kw, dwork, 0)).toBe(false);
      yield* kthreadFlushWorker(m.kw, kw);
      expect(runs).toBe(2);

      // two at once, on another CPU: the last cancel leaves nothing behind, and what was queued ran or was taken back
      let queued = 0;
      let cancelled = 0;
      let left = 2;
      for (const name of ['x', 'y'])
        yield* m.spawn(name, function* () {
          for (let i = 0; i < 3; i++) {
            if (yield* kthreadQueueWork(m.kw, kw, work)) queued++;
            if (yield* kthreadCancelWorkSync(m.kw, work)) cancelled++;
          }
          left--;
        });
      while (left > 0) yield* m.sleep(4);
      expect(kthreadWorkPending(work)).toBe(false);
      expect(runs - 2 + cancelled).toBe(queued);
      yield* kthreadDestroyWorker(m.kw, kw);
      expect(kw.nrLinked).toBe(kw.nrStarted + kw.nrRemoved + kw.nrDropped);
    });
    expect([end, m.dmesg]).toEqual(['done', []]);
  });
});
