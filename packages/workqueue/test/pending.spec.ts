import { describe, expect, test } from '@jest/globals';
import { TIMER_DEFERRABLE, busy } from '@kernel-model/scheduler';
import {
  DelayedWork,
  WQ_BH,
  WQ_UNBOUND,
  cancelDelayedWork,
  cancelDelayedWorkSync,
  delayedWorkPending,
  disableDelayedWork,
  disableDelayedWorkSync,
  enableDelayedWork,
  flushWorkqueue,
  queueDelayedWork,
  queueDelayedWorkOn,
  queueWork,
  queueWorkOn,
} from '../src/index.ts';
import { caseOf } from './world.ts';

describe('cancelling and disabling a delayed work', () => {
  test(
    ...caseOf('whose timer runs: takes the timer, and says that it was pending', function* (m) {
      const q = yield* m.wq('q');
      for (const [call, disabled] of [
        [cancelDelayedWork, 0],
        [cancelDelayedWorkSync, 0],
        [disableDelayedWork, 1],
        [disableDelayedWorkSync, 1],
      ] as const) {
        const d = m.delayed('d');
        yield* queueDelayedWork(m.w, q, d, 5);
        expect(yield* call(m.w, d)).toBe(true);
        expect([delayedWorkPending(d), d.timer.bucket, d.work.disable]).toEqual([false, null, disabled]);
        expect(yield* call(m.w, d)).toBe(false);
        expect(yield* queueDelayedWork(m.w, q, d, 5)).toBe(disabled === 0);
        yield* cancelDelayedWork(m.w, d);
      }
      yield* m.sleep(60);
      expect(m.log).toEqual([]);
    }),
  );

  test(
    ...caseOf('that runs: only the sync forms wait; enabling it queues nothing', function* (m) {
      const q = yield* m.wq('q');
      for (const [call, waits] of [
        [cancelDelayedWork, false],
        [cancelDelayedWorkSync, true],
        [disableDelayedWork, false],
        [disableDelayedWorkSync, true],
      ] as const) {
        const d = m.delayed('d', () => m.sleep(20));
        yield* queueDelayedWorkOn(m.w, 1, q, d, 0);
        yield* m.sleep(4);
        expect(yield* call(m.w, d)).toBe(false);
        expect(m.runs.splice(0)).toEqual(waits ? ['start d', 'end d'] : ['start d']);
        yield* m.sleep(40);
        if (d.work.disable > 0) expect(yield* enableDelayedWork(m.w, d)).toBe(true);
        expect(delayedWorkPending(d)).toBe(false);
        m.take();
      }
    }),
  );

  test(
    ...caseOf(
      'enabling one that is not disabled does not take its timer: it spins until the work is queued',
      function* (m) {
        const q = yield* m.wq('q');
        const d = m.delayed('d');
        yield* queueDelayedWorkOn(m.w, 0, q, d, 3);
        expect(yield* enableDelayedWork(m.w, d)).toBe(true);
        expect(m.log).toEqual(['queue d', 'activate d']);
        expect(m.dmesg).toEqual(['WARNING: workqueue: work disable count underflowed']);
        expect(delayedWorkPending(d)).toBe(false);
      },
    ),
  );
});

describe('a deferrable work', () => {
  test(
    ...caseOf('does not wake an idle CPU; it runs when the CPU has something else to do', function* (m) {
      const q = yield* m.wq('q');
      const ran: number[] = [];
      const note = function* (): Iterable<never, void, void> {
        ran.push(m.s.jiffies);
      };
      const d = new DelayedWork(note, 'deferrable', TIMER_DEFERRABLE);
      const start = m.s.jiffies;
      yield* queueDelayedWorkOn(m.w, 1, q, d, 3);
      yield* m.sleep(400);
      expect(ran).toEqual([]);
      yield* m.spawn('wakes', () => busy(m.s, 12_000), 1);
      yield* m.sleep(100);
      expect(ran).toHaveLength(1);
      expect(ran[0]! - start).toBeGreaterThanOrEqual(100);
    }),
  );
});

describe('limits and order', () => {
  for (const [name, flags] of [
    ['a per-CPU queue', 0],
    ['an unbound queue', WQ_UNBOUND],
  ] as const) {
    test(
      ...caseOf(
        `INV-WQ-10, 12: ${name} never has more active works than it may, and takes them in order`,
        function* (m) {
          const q = yield* m.wq('q', flags, 3);
          let most = 0;
          m.sim.afterStep(() => (most = Math.max(most, q.cpuPwq[1]!.nrActive)));
          const names = Array.from({ length: 20 }, (_, i) => `w${i}`);
          for (const each of names)
            yield* queueWorkOn(
              m.w,
              1,
              q,
              m.work(each, () => m.sleep(5)),
            );
          yield* flushWorkqueue(m.w, q);
          expect(most).toBe(3);
          expect(m.log.filter((e) => e.startsWith('activate')).map((e) => e.slice(9))).toEqual(names);
        },
      ),
    );
  }

  test(
    ...caseOf('INV-WQ-27: the work that ends is over before the next one becomes active', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      for (let i = 0; i < 5; i++) yield* queueWorkOn(m.w, 1, q, m.work(`w${i}`));
      yield* flushWorkqueue(m.w, q);
      for (let i = 1; i < 5; i++) {
        expect(m.log.indexOf(`activate w${i}`)).toBe(m.log.indexOf(`end w${i - 1}`) + 1);
      }
    }),
  );

  test(
    ...caseOf('a BH pool lets go of its CPU after ten works, and goes on in another softirq', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      const sizes: number[] = [];
      m.hub.events$.subscribe((e) => {
        if (e.name === 'softirq_entry' && e.text.includes('TASKLET')) sizes.push(0);
        else if (e.name === 'workqueue_execute_start' && e.text.includes('soft')) sizes[sizes.length - 1]!++;
      });
      for (let i = 0; i < 15; i++) yield* queueWork(m.w, q, m.work('soft'));
      yield* flushWorkqueue(m.w, q);
      m.hub.flush();
      expect(sizes.filter((n) => n > 0)).toEqual([10, 5]);
    }),
  );

  test(
    ...caseOf('a BH pool lets go of its CPU when a tick has come, however few works it has run', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      const sizes: number[] = [];
      m.hub.events$.subscribe((e) => {
        if (e.name === 'softirq_entry' && e.text.includes('TASKLET')) sizes.push(0);
        else if (e.name === 'workqueue_execute_start' && e.text.includes('soft')) sizes[sizes.length - 1]!++;
      });
      for (let i = 0; i < 6; i++)
        yield* queueWork(
          m.w,
          q,
          m.work('soft', () => busy(m.s, 3000)),
        );
      yield* flushWorkqueue(m.w, q);
      m.hub.flush();
      const turns = sizes.filter((n) => n > 0);
      // 3 ms each, a tick every 4 ms
      expect(Math.max(...turns)).toBe(2);
      expect(turns.reduce((sum, n) => sum + n, 0)).toBe(6);
    }),
  );
});
