import { describe, expect, test } from '@jest/globals';
import { busy } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  PWQ_STAT_CM_WAKEUP,
  PWQ_STAT_CPU_INTENSIVE,
  WORKER_CPU_INTENSIVE,
  currentWqWorker,
  flushWork,
  flushWorkqueue,
  queueWorkOn,
  type WorkqueueStruct,
} from '../src/index.ts';
import { World, caseOf, type WorldConfig } from './world.ts';

/** Run `hog` once for so long. @returns how often its queue has had CPU-intensive works until then */
function* hog(m: World, q: WorkqueueStruct, us: number, name = 'hog'): MaySleep<number> {
  const work = m.work(name, () => busy(m.s, us));
  yield* queueWorkOn(m.w, 1, q, work);
  yield* flushWork(m.w, work);
  return q.cpuPwq[1]!.stats[PWQ_STAT_CPU_INTENSIVE]!;
}

const THRESHOLD = (config: WorldConfig): number => new World({ ...config, unchecked: true }).w.cpuIntensiveThreshUs;

describe('workqueue.cpu_intensive_thresh_us', () => {
  test('is 10 ms, and longer on slow CPUs, up to a second', () => {
    expect(THRESHOLD({})).toBe(10_000);
    const auto = [8000, 4000, 3999, 2000, 100, 40, 39, 1, 0].map((bogoMips) => THRESHOLD({ bogoMips }));
    expect(auto).toEqual([10_000, 10_000, 10_002, 20_000, 400_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000]);
  });

  test('that is given is kept, however slow the CPU', () => {
    expect(THRESHOLD({ bogoMips: 100, cpuIntensiveThreshUs: 7000 })).toBe(7000);
  });

  test(
    ...caseOf(
      'of 0 switches the detection off: the pool waits for the work',
      function* (m) {
        const q = yield* m.wq('q');
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('hog', () => busy(m.s, 60_000)),
        );
        yield* queueWorkOn(m.w, 1, q, m.work('next'));
        yield* flushWorkqueue(m.w, q);
        expect(m.runs).toEqual(['start hog', 'end hog', 'start next', 'end next']);
        const { stats } = q.cpuPwq[1]!;
        expect([stats[PWQ_STAT_CPU_INTENSIVE], stats[PWQ_STAT_CM_WAKEUP]]).toEqual([0, 0]);
        expect(m.w.wciEnts).toEqual([]);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf('can be changed while the system runs, and holds from the next tick on', function* (m) {
      const q = yield* m.wq('q');
      expect(yield* hog(m, q, 30_000)).toBe(1);
      m.w.cpuIntensiveThreshUs = 0;
      expect(yield* hog(m, q, 30_000)).toBe(1);
      m.w.cpuIntensiveThreshUs = 50_000;
      expect(yield* hog(m, q, 30_000)).toBe(1);
      expect(yield* hog(m, q, 70_000)).toBe(2);
      m.w.cpuIntensiveThreshUs = 2000;
      expect(yield* hog(m, q, 9000)).toBe(3);
    }),
  );

  test(
    ...caseOf('counts from the last sleep of the work', function* (m) {
      const q = yield* m.wq('q');
      const work = m.work('polite', function* () {
        for (let i = 0; i < 6; i++) {
          yield* busy(m.s, 5000);
          yield* m.sleep(1);
        }
      });
      yield* queueWorkOn(m.w, 1, q, work);
      yield* flushWork(m.w, work);
      expect(q.cpuPwq[1]!.stats[PWQ_STAT_CPU_INTENSIVE]).toBe(0);
    }),
  );

  test(
    ...caseOf('makes of one work only what it is: the next one of the worker counts again', function* (m) {
      const q = yield* m.wq('q');
      const flags: number[] = [];
      const work = (name: string, us: number): ReturnType<World['work']> =>
        m.work(name, function* () {
          yield* busy(m.s, us);
          flags.push(currentWqWorker(m.w)!.flags & WORKER_CPU_INTENSIVE);
        });
      yield* hog(m, q, 0, 'warm');
      yield* queueWorkOn(m.w, 1, q, work('long', 30_000));
      yield* flushWorkqueue(m.w, q);
      yield* queueWorkOn(m.w, 1, q, work('short', 100));
      yield* flushWorkqueue(m.w, q);
      expect(flags).toEqual([WORKER_CPU_INTENSIVE, 0]);
    }),
  );
});

describe('workqueue.cpu_intensive_warning_thresh', () => {
  const said = (m: World): number[] =>
    m.dmesg.map((line) => Number(/^workqueue: hog hogged CPU for >10000us (\d+) times/.exec(line)![1]));

  for (const [thresh, times] of [
    [0, []],
    [1, [1, 2, 4]],
    [3, [3, 4, 6]],
    [4, [4, 5]],
    [100, []],
  ] as const) {
    test(
      ...caseOf(
        `of ${thresh}: the report comes at ${times.length === 0 ? 'none' : times.join(', ')} of 6`,
        function* (m) {
          const q = yield* m.wq('q');
          for (let i = 0; i < 6; i++) yield* hog(m, q, 15_000);
          expect(said(m)).toEqual(times);
          // it is counted all the same
          expect(m.w.wciEnts).toEqual([{ func: 'hog', count: 6 }]);
        },
        { cpuIntensiveWarningThresh: thresh },
      ),
    );
  }

  test(
    ...caseOf('can be changed while the system runs', function* (m) {
      const q = yield* m.wq('q');
      for (let i = 0; i < 2; i++) yield* hog(m, q, 15_000);
      m.w.cpuIntensiveWarningThresh = 3;
      yield* hog(m, q, 15_000);
      m.w.cpuIntensiveWarningThresh = 0;
      yield* hog(m, q, 15_000);
      expect(said(m)).toEqual([3]);
    }),
  );

  test(
    ...caseOf(
      '128 functions are kept count of, and no more',
      function* (m) {
        const q = yield* m.wq('q');
        for (let i = 0; i < 130; i++) yield* hog(m, q, 9000, `f${i}`);
        for (const name of ['f127', 'f128']) for (let i = 0; i < 3; i++) yield* hog(m, q, 9000, name);
        expect([m.w.wciEnts.length, m.w.wciEnts.at(-1)!.func]).toEqual([128, 'f127']);
        expect(m.dmesg).toEqual(['workqueue: f127 hogged CPU for >1000us 4 times, consider switching to WQ_UNBOUND']);
        expect(q.cpuPwq[1]!.stats[PWQ_STAT_CPU_INTENSIVE]).toBe(136);
      },
      { cpuIntensiveThreshUs: 1000 },
    ),
  );
});
