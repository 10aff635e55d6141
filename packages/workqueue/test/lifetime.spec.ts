import { describe, expect, test } from '@jest/globals';
import { UsageError, type MaySleep } from '@kernel-model/sim';
import {
  DelayedWork,
  RcuWork,
  WQ_UNBOUND,
  allocWorkqueueAttrs,
  applyWorkqueueAttrs,
  cancelDelayedWorkSync,
  cancelWork,
  destroyWorkqueue,
  flushWork,
  flushWorkqueue,
  initWork,
  kfreeWork,
  modDelayedWork,
  queueDelayedWork,
  queueRcuWork,
  queueWork,
  queueWorkOn,
  workBusy,
  type WorkqueueStruct,
} from '../src/index.ts';
import { World, caseOf } from './world.ts';

/** What a body is stopped with. */
function misuse(body: (m: World, q: WorkqueueStruct) => MaySleep<unknown>): UsageError {
  const m = new World({ unchecked: true });
  try {
    m.run(function* () {
      yield* body(m, yield* m.wq('q'));
    });
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was reported');
}

describe('a work that was freed', () => {
  test.each([
    ['queue_work', queueWork],
    ['queue_delayed_work', (w, q, _work, d) => queueDelayedWork(w, q, d, 1)],
    ['mod_delayed_work', (w, q, _work, d) => modDelayedWork(w, q, d, 1)],
    ['cancel_work', (w, _q, work) => cancelWork(w, work)],
    ['cancel_delayed_work_sync', (w, _q, _work, d) => cancelDelayedWorkSync(w, d)],
    ['flush_work', (w, _q, work) => flushWork(w, work)],
  ] as [string, (...args: [World['w'], WorkqueueStruct, DelayedWork['work'], DelayedWork]) => MaySleep<unknown>][])(
    'is not for %s',
    (call, use) => {
      const error = misuse(function* (m, q) {
        const d = m.delayed('d');
        yield* queueWork(m.w, q, d.work);
        yield* flushWork(m.w, d.work);
        kfreeWork(m.w, d.work);
        yield* use(m.w, q, d.work, d);
      });
      expect(error.code).toBe('WORK_USE_AFTER_FREE');
      expect(error.detail.what).toMatch(
        new RegExp(`^${call} by main \\(pid 1\\) at \\d+ ns: the work d was freed by main \\(pid 1\\) at \\d+ ns\\.$`),
      );
    },
  );

  test('while it was queued, is found by the worker', () => {
    const error = misuse(function* (m, q) {
      const a = m.work('a');
      yield* queueWorkOn(m.w, 1, q, a);
      kfreeWork(m.w, a);
      yield* m.sleep(10);
    });
    expect(error.detail.what).toMatch(
      /^process_one_work by kworker\/1:1 \(pid \d+\) at \d+ ns: the work a was freed by main .* ns, while it was pending\.$/,
    );
  });

  test('while its timer ran, is found by the timer; while it waited for RCU, by the callback', () => {
    const timer = misuse(function* (m, q) {
      const d = m.delayed('d');
      yield* queueDelayedWork(m.w, q, d, 2);
      kfreeWork(m.w, d.work);
      yield* m.sleep(40);
    });
    expect(timer.detail.what).toMatch(/^delayed_work_timer_fn by .* the work d was freed by main .*pending\.$/);
    const rcu = misuse(function* (m, q) {
      const r = new RcuWork(function* () {}, 'r');
      yield* queueRcuWork(m.w, q, r);
      kfreeWork(m.w, r.work);
      yield* m.sleep(200);
    });
    expect(rcu.detail.what).toMatch(/^rcu_work_rcufn by .* the work r was freed by main .*pending\.$/);
  });

  test(
    ...caseOf('CC-WQ-058: by its own function, is not touched again', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', function* (work) {
        kfreeWork(m.w, work);
        yield* m.sleep(1);
      });
      yield* queueWork(m.w, q, a);
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'end a']);
      initWork(a, function* () {}, 'new');
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      yield* flushWork(m.w, a);
      expect(m.runs.slice(2)).toEqual(['start new', 'end new']);
    }),
  );
});

describe('the pool that a work remembers', () => {
  test(
    ...caseOf('INV-WQ-29: may be gone, or be another one with its number: that is harmless', function* (m) {
      const attrs = allocWorkqueueAttrs(m.w);
      const queue = function* (nice: number): MaySleep<WorkqueueStruct> {
        const q = yield* m.wq('q', WQ_UNBOUND);
        attrs.nice = nice;
        yield* applyWorkqueueAttrs(m.w, q, attrs);
        return q;
      };
      const q = yield* queue(-5);
      const a = m.work('a');
      yield* queueWork(m.w, q, a);
      yield* flushWork(m.w, a);
      const { poolId } = a;
      expect(poolId).toBe(q.dflPwq!.pool.id);
      yield* destroyWorkqueue(m.w, q);
      yield* m.sleep(200);
      expect(m.w.pools[poolId] ?? null).toBe(null);
      expect([yield* flushWork(m.w, a), yield* workBusy(m.w, a)]).toEqual([false, 0]);
      const other = yield* queue(-7);
      expect(other.dflPwq!.pool.id).toBe(poolId);
      yield* queueWork(
        m.w,
        other,
        m.work('b', () => m.sleep(20)),
      );
      yield* m.sleep(1);
      expect([yield* flushWork(m.w, a), yield* cancelWork(m.w, a), yield* workBusy(m.w, a)]).toEqual([false, false, 0]);
      expect(yield* queueWork(m.w, m.w.systemWq, a)).toBe(true);
      yield* flushWork(m.w, a);
      expect(m.dmesg).toEqual([]);
    }),
  );
});
