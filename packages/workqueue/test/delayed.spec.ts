import { describe, expect, test } from '@jest/globals';
import {
  cancelDelayedWorkSync,
  cancelWork,
  delayedWorkPending,
  destroyWorkqueue,
  disableDelayedWork,
  cancelWorkSync,
  disableWork,
  disableWorkSync,
  flushDelayedWork,
  flushWork,
  flushWorkqueue,
  modDelayedWork,
  modDelayedWorkNow,
  modDelayedWorkOn,
  queueDelayedWork,
  queueDelayedWorkNow,
  queueDelayedWorkOn,
  queueWork,
  queueWorkOn,
  workBusy,
  WORK_CPU_UNBOUND,
} from '../src/index.ts';
import { TimerList, addTimer } from '@kernel-model/scheduler';
import { caseOf } from './world.ts';

describe('a delayed work', () => {
  test(
    ...caseOf('CC-WQ-059: whose timer runs keeps it when it is queued again', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      expect(yield* queueDelayedWork(m.w, q, d, 10)).toBe(true);
      const { expires } = d.timer;
      expect(yield* queueDelayedWork(m.w, q, d, 1)).toBe(false);
      expect(d.timer.expires).toBe(expires);
      expect(m.log).toEqual([]);
      expect(delayedWorkPending(d)).toBe(true);
      yield* m.sleep(80);
      expect(m.log).toEqual(['queue d', 'activate d', 'start d', 'end d']);
    }),
  );

  test(
    ...caseOf('CC-WQ-060: whose timer runs gets another with mod_delayed_work', function* (m) {
      const q = yield* m.wq('q');
      const other = yield* m.wq('other');
      const d = m.delayed('d');
      yield* queueDelayedWork(m.w, q, d, 100);
      expect(yield* modDelayedWorkOn(m.w, 1, other, d, 5)).toBe(true);
      expect([d.timer.expires - m.s.jiffies, d.cpu, d.wq]).toEqual([5, 1, other]);
      yield* m.sleep(60);
      expect(m.ran).toEqual(['d@kworker/1:1']);
    }),
  );

  test(
    ...caseOf('CC-WQ-061: that is queued goes back to its timer with mod_delayed_work', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      const d = m.delayed('d');
      yield* queueWork(
        m.w,
        q,
        m.work('slow', () => m.sleep(20)),
      );
      yield* queueDelayedWork(m.w, q, d, 0);
      expect(yield* modDelayedWork(m.w, q, d, 5)).toBe(true);
      expect([d.work.pwq, delayedWorkPending(d), d.timer.bucket !== null]).toEqual([null, true, true]);
      yield* m.sleep(100);
      expect(m.runs).toEqual(['start slow', 'end slow', 'start d', 'end d']);
    }),
  );

  test(
    ...caseOf('CC-WQ-062: that runs runs again with mod_delayed_work', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d', () => m.sleep(10));
      yield* queueDelayedWork(m.w, q, d, 0);
      yield* m.sleep(1);
      expect(yield* modDelayedWork(m.w, q, d, 5)).toBe(false);
      yield* m.sleep(100);
      expect(m.runs).toEqual(['start d', 'end d', 'start d', 'end d']);
    }),
  );

  test(
    ...caseOf('CC-WQ-063: that is disabled stays so with mod_delayed_work', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* disableDelayedWork(m.w, d);
      expect(yield* modDelayedWork(m.w, q, d, 5)).toBe(false);
      expect(yield* queueDelayedWork(m.w, q, d, 5)).toBe(false);
      expect([delayedWorkPending(d), d.timer.bucket]).toEqual([false, null]);
    }),
  );

  test(
    ...caseOf('CC-WQ-064: without a delay is queued at once', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* queueDelayedWorkOn(m.w, 0, q, d, 0);
      expect(m.log).toEqual(['queue d', 'activate d']);
      const { jiffies } = m.s;
      yield* flushWork(m.w, d.work);
      expect(m.s.jiffies - jiffies).toBeLessThanOrEqual(1);
    }),
  );

  for (const delay of [1, 10, 61, 64, 100, 1000, 7500]) {
    test(
      ...caseOf(`CC-WQ-065: a delay of ${delay} jiffies ends with the bucket of the wheel after it`, function* (m) {
        const q = yield* m.wq('q');
        let at = 0;
        const d = m.delayed('d', function* () {
          at = m.s.jiffies;
        });
        const { jiffies } = m.s;
        yield* queueDelayedWork(m.w, q, d, delay);
        yield* m.sleep(40_000);
        const shift = delay < 63 ? 0 : delay < 504 ? 3 : delay < 4032 ? 6 : 9;
        expect(at).toBe((((jiffies + delay) >> shift) + 1) << shift);
        expect(at).toBeGreaterThan(jiffies + delay);
      }),
    );
  }

  test(
    ...caseOf('CC-WQ-066: flush_work does not wait for the timer; flush_delayed_work queues at once', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* queueDelayedWork(m.w, q, d, 1000);
      expect(yield* flushWork(m.w, d.work)).toBe(false);
      expect(yield* flushDelayedWork(m.w, d)).toBe(true);
      expect(m.runs).toEqual(['start d', 'end d']);
      expect(yield* flushDelayedWork(m.w, d)).toBe(false);
    }),
  );

  test(
    ...caseOf('CC-WQ-067: flush_workqueue does not wait for the timer', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* queueDelayedWork(m.w, q, d, 100);
      yield* flushWorkqueue(m.w, q);
      expect(m.log).toEqual([]);
      expect(yield* cancelDelayedWorkSync(m.w, d)).toBe(true);
    }),
  );

  test(
    ...caseOf('CC-WQ-068: cancel_work and disable_work spin until the timer fires', function* (m) {
      const q = yield* m.wq('q');
      for (const call of [cancelWork, disableWork, cancelWorkSync, disableWorkSync]) {
        const d = m.delayed('d');
        const { jiffies } = m.s;
        yield* queueDelayedWorkOn(m.w, 0, q, d, 10);
        expect(yield* call(m.w, d.work)).toBe(true);
        expect(m.s.jiffies - jiffies).toBe(11);
        expect(m.take()).toEqual(['queue d', 'activate d']);
      }
    }),
  );

  test(
    ...caseOf('CC-WQ-069: of a per-CPU queue runs where its timer fires', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* m.spawn('elsewhere', () => queueDelayedWork(m.w, q, d, 3), 1);
      yield* m.sleep(40);
      expect(m.ran).toHaveLength(1);
      expect(m.ran[0]).toBe(`d@kworker/${d.timer.cpu === 1 ? 1 : 0}:1`);
    }),
  );

  test(
    ...caseOf('CC-WQ-070: of a queue that is destroyed first finds the queue gone', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* queueDelayedWork(m.w, q, d, 3);
      yield* destroyWorkqueue(m.w, q);
      yield* m.sleep(60);
      expect(m.log).toEqual([]);
      expect(delayedWorkPending(d)).toBe(true);
      expect(m.dmesg[0]).toContain('delayed_work_timer_fn: d was queued on the workqueue q, which is being destroyed');
    }),
  );

  test(
    ...caseOf('can be queued and changed from a timer', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      const e = m.delayed('e');
      const results: boolean[] = [];
      const timer = new TimerList(
        () => {
          results.push(queueDelayedWorkNow(m.w, WORK_CPU_UNBOUND, q, d, 2));
          results.push(queueDelayedWorkNow(m.w, WORK_CPU_UNBOUND, q, d, 2));
          results.push(modDelayedWorkNow(m.w, WORK_CPU_UNBOUND, q, d, 1));
          results.push(modDelayedWorkNow(m.w, WORK_CPU_UNBOUND, q, e, 0));
        },
        0,
        0,
      );
      timer.expires = m.s.jiffies + 1;
      addTimer(m.s, timer);
      yield* m.sleep(60);
      expect(results).toEqual([true, false, true, false]);
      expect(m.runs.sort()).toEqual(['end d', 'end e', 'start d', 'start e']);
      expect(yield* workBusy(m.w, d.work)).toBe(0);
      yield* queueWorkOn(m.w, 1, q, d.work);
      yield* flushWork(m.w, d.work);
    }),
  );
});
