import { describe, expect, test } from '@jest/globals';
import { HrTimer, busy, hrtimerStart } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  RcuWork,
  WORK_DISABLE_MAX,
  WQ_BH,
  WQ_UNBOUND,
  cancelWork,
  cancelWorkSync,
  disableWork,
  disableWorkSync,
  drainWorkqueue,
  enableAndQueueWork,
  enableWork,
  flushRcuWork,
  flushWork,
  flushWorkqueue,
  queueRcuWork,
  queueWork,
  queueWorkNow,
  queueWorkOn,
  workBusy,
  workData,
  workPending,
  type WorkStruct,
} from '../src/index.ts';
import { World, caseOf } from './world.ts';

describe('cancelling a work', () => {
  test(
    ...caseOf('CC-WQ-071: that is queued takes it off', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* queueWork(m.w, q, a);
      expect(yield* cancelWork(m.w, a)).toBe(true);
      expect([workPending(a), a.poolId]).toEqual([false, q.cpuPwq[0]!.pool.id]);
      expect(yield* cancelWork(m.w, a)).toBe(false);
      yield* m.sleep(5);
      expect(m.runs).toEqual([]);
    }),
  );

  test(
    ...caseOf('CC-WQ-072: that runs returns false: at once, or after the run', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(20));
      yield* queueWork(m.w, q, a);
      yield* m.sleep(1);
      expect(yield* cancelWork(m.w, a)).toBe(false);
      expect(m.runs).toEqual(['start a']);
      expect(yield* cancelWorkSync(m.w, a)).toBe(false);
      expect(m.runs).toEqual(['start a', 'end a']);
      expect(a.disable).toBe(0);
    }),
  );

  test(
    ...caseOf('CC-WQ-073: that runs and is queued again removes the one and waits for the other', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(20));
      yield* queueWork(m.w, q, a);
      yield* m.sleep(1);
      yield* queueWork(m.w, q, a);
      expect(yield* cancelWorkSync(m.w, a)).toBe(true);
      yield* m.sleep(60);
      expect(m.runs).toEqual(['start a', 'end a']);
    }),
  );

  test(
    ...caseOf('CC-WQ-074: that queues itself ends that', function* (m) {
      const q = yield* m.wq('q');
      const results: boolean[] = [];
      const a: WorkStruct = m.work('a', function* () {
        yield* m.sleep(20);
        results.push(yield* queueWork(m.w, q, a));
      });
      yield* queueWork(m.w, q, a);
      yield* m.sleep(1);
      expect(yield* cancelWorkSync(m.w, a)).toBe(false);
      yield* m.sleep(60);
      expect(results).toEqual([false]);
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      yield* cancelWorkSync(m.w, a);
    }),
  );

  test(
    ...caseOf('CC-WQ-075: knows the pool only where it was last', function* (m) {
      const q1 = yield* m.wq('q1');
      const q2 = yield* m.wq('q2', 0, 1);
      const a = m.work('a', () => m.sleep(60));
      yield* queueWorkOn(
        m.w,
        1,
        q2,
        m.work('slow', () => m.sleep(100)),
      );
      yield* queueWorkOn(m.w, 0, q1, a);
      yield* m.sleep(1);
      yield* queueWorkOn(m.w, 1, q2, a);
      expect(yield* cancelWorkSync(m.w, a)).toBe(true);
      expect(m.runs).not.toContain('end a');
    }),
  );

  test(
    ...caseOf('CC-WQ-076: lets an inactive one take its place, from where it is cancelled', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      yield* queueWorkOn(
        m.w,
        0,
        q,
        m.work('hog', () => busy(m.s, 100)),
      );
      const [b, c] = [m.work('b'), m.work('c')];
      yield* cancelWork(m.w, b);
      yield* flushWorkqueue(m.w, q);
      yield* queueWorkOn(m.w, 0, q, b);
      yield* queueWorkOn(m.w, 0, q, c);
      m.take();
      expect(yield* cancelWork(m.w, b)).toBe(true);
      expect(m.take()).toEqual(['activate c']);
      yield* flushWork(m.w, c);
    }),
  );

  test(
    ...caseOf('CC-WQ-077: that was the last of its colour lets the flusher go', function* (m) {
      const q = yield* m.wq('q');
      const c = m.work('c');
      let go = false;
      let flushed = false;
      const flusher = yield* m.spawn(
        'flusher',
        function* () {
          while (!go) yield* busy(m.s, 20);
          yield* flushWorkqueue(m.w, q);
          flushed = true;
        },
        1,
      );
      yield* m.sleep(5);
      yield* queueWorkOn(m.w, 0, q, c);
      go = true;
      // the worker does not get this CPU
      yield* busy(m.s, 200);
      expect(flusher.waitsFor).toBe('flush_workqueue of q');
      expect(yield* cancelWork(m.w, c)).toBe(true);
      yield* busy(m.s, 200);
      expect([flushed, m.runs]).toEqual([true, []]);
    }),
  );

  test(
    ...caseOf('CC-WQ-078: disabling nests; enabling queues nothing', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* queueWork(m.w, q, a);
      yield* flushWork(m.w, a);
      expect(yield* disableWork(m.w, a)).toBe(false);
      expect(workData(a)).toBe(0x400020n);
      yield* disableWork(m.w, a);
      expect(workData(a)).toBe(0x400040n);
      expect(yield* queueWork(m.w, q, a)).toBe(false);
      expect(yield* enableWork(m.w, a)).toBe(false);
      expect(yield* queueWork(m.w, q, a)).toBe(false);
      expect(yield* enableWork(m.w, a)).toBe(true);
      expect(workPending(a)).toBe(false);
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      yield* flushWork(m.w, a);
    }),
  );

  test(
    ...caseOf('CC-WQ-079: enabling one that is not disabled cancels it', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* queueWork(m.w, q, a);
      expect(yield* enableWork(m.w, a)).toBe(true);
      expect(workPending(a)).toBe(false);
      expect(yield* enableWork(m.w, a)).toBe(true);
      expect(m.dmesg).toEqual(['WARNING: workqueue: work disable count underflowed']);
    }),
  );

  test(
    ...caseOf('CC-WQ-080: disabling has a limit', function* (m) {
      const a = m.work('a');
      a.disable = WORK_DISABLE_MAX - 1;
      yield* disableWork(m.w, a);
      expect(m.dmesg).toEqual([]);
      yield* disableWork(m.w, a);
      expect(a.disable).toBe(WORK_DISABLE_MAX);
      expect(m.dmesg).toEqual(['WARNING: workqueue: work disable count overflowed']);
    }),
  );

  test(
    ...caseOf('CC-WQ-081: enabling and queueing in one', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* disableWorkSync(m.w, a);
      yield* disableWork(m.w, a);
      expect(yield* enableAndQueueWork(m.w, q, a)).toBe(false);
      expect(yield* enableAndQueueWork(m.w, q, a)).toBe(true);
      expect(yield* flushWork(m.w, a)).toBe(true);
    }),
  );

  test('CC-WQ-082: before there are workers does not wait; flushing warns', () => {
    const results: unknown[] = [];
    const m: World = new World({
      *early(w): MaySleep<void> {
        const a = m.work('a');
        yield* queueWork(w, w.systemWq, a);
        results.push(yield* flushWork(w, a), m.dmesg.splice(0));
        m.s.reports.lines.length = 0;
        results.push(yield* cancelWorkSync(w, a), m.dmesg);
        yield* flushWorkqueue(w, w.systemLongWq);
      },
    });
    m.run(function* () {});
    expect(results).toEqual([false, ['WARNING: flush_work: a: there are no workers yet'], true, []]);
    expect(m.dmesg.at(-1)).toBe('WARNING: flush_workqueue: events_long: there are no workers yet');
  });

  test(
    ...caseOf('CC-WQ-083: of a BH queue may be waited for, but not from a hard interrupt', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      const a = m.work('a', () => busy(m.s, 100));
      yield* queueWorkOn(m.w, 1, q, a);
      expect(yield* cancelWorkSync(m.w, a)).toBe(true);
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(1);
      expect(yield* cancelWorkSync(m.w, a)).toBe(false);
      expect(m.dmesg).toEqual([]);
      const timer = new HrTimer(m.s, () => {
        const call = cancelWorkSync(m.w, a)[Symbol.iterator]();
        while (call.next().done !== true);
      });
      hrtimerStart(timer, m.sim.now + 1_000_000, 0);
      yield* m.sleep(5);
      expect(m.dmesg).toEqual(['WARNING: cancel_work_sync: a is a BH work, and this is a hard interrupt']);
    }),
  );

  test(
    ...caseOf('CC-WQ-083: a work that was just queued is of the queue on which it is', function* (m) {
      const bh = yield* m.wq('bh', WQ_BH);
      const plain = yield* m.wq('plain');
      const works = [m.work('ordinary'), m.work('soft')];
      const results: unknown[] = [];
      const timer = new HrTimer(m.s, () => {
        for (const [i, q] of [plain, bh].entries()) {
          queueWorkNow(m.w, 0, q, works[i]!);
          const call = cancelWorkSync(m.w, works[i]!)[Symbol.iterator]();
          for (let r = call.next(); ; r = call.next()) if (r.done === true) break;
          results.push(m.dmesg.length);
        }
      });
      hrtimerStart(timer, m.sim.now + 1_000_000, 0);
      yield* m.sleep(5);
      expect([results, m.runs]).toEqual([[0, 1], []]);
      expect(m.dmesg).toEqual(['WARNING: cancel_work_sync: soft is a BH work, and this is a hard interrupt']);
    }),
  );

  test('CC-WQ-085: of a BH queue from its own function cannot end: softirqs do not sleep', () => {
    const m = new World();
    expect(() =>
      m.run(function* () {
        const q = yield* m.wq('q', WQ_BH);
        const a: WorkStruct = m.work('a', () => cancelWorkSync(m.w, a));
        yield* queueWorkOn(m.w, 0, q, a);
        yield* m.sleep(20);
      }),
    ).toThrow(/cancel_work_sync: the softirq on CPU 0 waits at \d+ ns for a, which cannot end before the softirq does/);
  });

  test(
    ...caseOf('CC-WQ-084: that waits for RCU spins until it is queued', function* (m) {
      const q = yield* m.wq('q');
      const r = new RcuWork(function* () {}, 'r');
      expect(yield* queueRcuWork(m.w, q, r)).toBe(true);
      expect(yield* queueRcuWork(m.w, q, r)).toBe(false);
      expect(m.log).toEqual([]);
      const { jiffies } = m.s;
      expect(yield* cancelWork(m.w, r.work)).toBe(true);
      expect(m.s.jiffies).toBeGreaterThan(jiffies);
      expect(m.take()).toEqual(['queue r', 'activate r']);
      yield* queueRcuWork(m.w, q, r);
      expect(yield* flushRcuWork(m.w, r)).toBe(true);
      expect(m.runs).toEqual(['start r', 'end r']);
      expect(yield* flushRcuWork(m.w, r)).toBe(false);
      yield* disableWork(m.w, r.work);
      expect(yield* queueRcuWork(m.w, q, r)).toBe(false);
      expect(m.dmesg).toEqual(['WARNING: queue_rcu_work: r is disabled']);
    }),
  );

  test(
    ...caseOf('CC-WQ-085: from its own function never ends, and says what it waits for', function* (m) {
      const q = yield* m.wq('q');
      const a: WorkStruct = m.work('a', () => cancelWorkSync(m.w, a));
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(1000);
      const p = [...m.s.tasks.values()].find((t) => t.comm === 'kworker/1:1')!;
      expect(p.waitsFor).toBe('cancel_work_sync of a on q, its own work: for ever');
      expect(yield* workBusy(m.w, a)).toBe(2);
    }),
  );

  test(
    ...caseOf('that a draining queue swallowed never ends', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* queueWork(
        m.w,
        q,
        m.work('slow', () => m.sleep(20)),
      );
      yield* m.spawn('drainer', () => drainWorkqueue(m.w, q));
      yield* m.sleep(5);
      yield* queueWork(m.w, q, a);
      let error: unknown = null;
      try {
        yield* cancelWork(m.w, a);
      } catch (e) {
        error = e;
      }
      expect(String(error)).toMatch(/cancel_work: main .* spins since .* for a, which is pending but neither queued/);
    }),
  );

  test(
    ...caseOf('of an unbound queue gives its count to the next', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND, 1);
      yield* queueWork(
        m.w,
        q,
        m.work('a', () => m.sleep(10)),
      );
      const b = m.work('b');
      yield* queueWork(m.w, q, b);
      yield* queueWork(m.w, q, m.work('c'));
      expect(yield* cancelWork(m.w, b)).toBe(true);
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'end a', 'start c', 'end c']);
    }),
  );
});
