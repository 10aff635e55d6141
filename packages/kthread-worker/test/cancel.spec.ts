import { describe, expect, test } from '@jest/globals';
import { timerPending } from '@kernel-model/scheduler';
import {
  kthreadCancelDelayedWorkSync,
  kthreadCancelWorkSync,
  kthreadFlushWork,
  kthreadQueueDelayedWork,
  kthreadQueueWork,
  kthreadQueueWorkNow,
  kthreadWorkPending,
} from '../src/index.ts';
import { World } from './world.ts';

describe('kthread_cancel_work_sync', () => {
  test('of a queued work: true, and it does not run', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [run, a] = [m.work('run', m.sleeps(8)), m.work('a')];
      yield* kthreadQueueWork(m.kw, kw, run);
      yield* kthreadQueueWork(m.kw, kw, a);
      expect(yield* kthreadCancelWorkSync(m.kw, a)).toBe(true);
      expect(yield* kthreadCancelWorkSync(m.kw, a)).toBe(false);
      yield* m.sleep(40);
      expect(m.works()).not.toContain('start a');
    });
  });

  test('CC-W28: of a work that only runs: waits, returns false, and nobody can queue it meanwhile', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', m.sleeps(20));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* m.spawn('canceller', function* () {
        m.notes.push(`cancelled ${yield* kthreadCancelWorkSync(m.kw, a)}`);
      });
      yield* m.sleep(1);
      expect(a.canceling).toBe(1);
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(false);
      expect(m.notes).toEqual([]);
      yield* m.sleep(40);
      expect(m.notes).toEqual(['cancelled false']);
      expect(a.canceling).toBe(0);
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(true);
    });
  });

  test('CC-W29: of a work that runs and is queued again: true, and it does not run again', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', m.sleeps(8));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, kw, a);
      expect(yield* kthreadCancelWorkSync(m.kw, a)).toBe(true);
      expect(kthreadWorkPending(a)).toBe(false);
      yield* m.sleep(40);
      expect(m.works().filter((line) => line === 'start a')).toHaveLength(1);
    });
  });

  test('CC-W30: of a work that queues itself, ends it for good: its attempt meanwhile fails', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', function* (work) {
        yield* m.sleep(4);
        m.notes.push(`again ${yield* kthreadQueueWork(m.kw, kw, work)}`);
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      expect(yield* kthreadCancelWorkSync(m.kw, a)).toBe(false);
      yield* m.sleep(100);
      expect(m.notes).toEqual(['again false']);
    });
  });

  test('CC-W31: twice at once of a work that runs: canceling is 2, both wait, at most one says true (INV-W07)', () => {
    const m = new World({ cpus: 4 });
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', m.sleeps(20));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, kw, a);
      for (const name of ['x', 'y']) {
        yield* m.spawn(name, function* () {
          m.notes.push(`${yield* kthreadCancelWorkSync(m.kw, a)}`);
        });
      }
      yield* m.sleep(1);
      expect(a.canceling).toBe(2);
      expect(m.notes).toEqual([]);
      yield* m.sleep(60);
      expect(a.canceling).toBe(0);
      expect([...m.notes].sort()).toEqual(['false', 'true']);
    });
  });

  test('CC-W21: of the inner work of an armed delayed work: true, and its timer warns and queues it all the same', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 2);
      expect(yield* kthreadCancelWorkSync(m.kw, d.work)).toBe(true);
      expect(timerPending(d.timer)).toBe(true);
      expect(m.delays(kw)).toEqual([]);
      yield* m.sleep(40);
      expect(m.works()).toEqual(['queue d', 'start d', 'end d']);
      expect(m.dmesg).toHaveLength(1);
      expect(m.dmesg[0]).toMatch(
        /^WARNING: CPU: \d PID: \d+ at kernel\/kthread.c:1067: kthread_delayed_work_timer_fn: d is not pending: was kthread_cancel_work_sync\(\) called on it\?$/,
      );
    });
  });
});

describe('kthread_cancel_delayed_work_sync', () => {
  test('CC-W15: of an armed work: true, the timer is off; a second time: false (INV-W14)', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 2);
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, d)).toBe(true);
      expect(timerPending(d.timer)).toBe(false);
      expect(kthreadWorkPending(d.work)).toBe(false);
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, d)).toBe(false);
      yield* m.sleep(40);
      expect(m.works()).toEqual([]);
    });
  });

  test('CC-W20: while the timer fires under it: false, although the work was pending, and it does not run', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 250);
      m.when(
        () => d.work.canceling === 1,
        () => m.fire(d),
      );
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, d)).toBe(false);
      expect(kw.nrDropped).toBe(1);
      yield* m.sleep(2000);
      expect(m.works()).toEqual([]);
    });
  });

  test('of a work that runs, waits for it', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d', m.sleeps(20));
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 0);
      yield* m.sleep(1);
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, d)).toBe(false);
      expect(m.works().filter((line) => line === 'end d')).toHaveLength(1);
    });
  });

  test('of a work that arms its own timer again: true, and it stays off', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d', function* () {
        yield* kthreadQueueDelayedWork(m.kw, kw, d, 5);
      });
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 0);
      yield* m.sleep(100);
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, d)).toBe(true);
      m.take();
      yield* m.sleep(100);
      expect(m.works()).toEqual([]);
    });
  });

  test('CC-W23: of a work that was never queued: false', () => {
    const m = new World();
    m.run(function* () {
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, m.delayed('d'))).toBe(false);
    });
  });
});

describe('a work that goes to another worker while a call waits for the lock of its old one', () => {
  test.each([
    [1173, 'kthread_flush_work', kthreadFlushWork],
    [1325, 'kthread_cancel_work_sync', kthreadCancelWorkSync],
  ] as const)('line %i, %s: one warning, and the call goes on', (line, call, wait) => {
    // the item is counted on the one, and linked on the other
    const m = new World({ unchecked: true });
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, x, a);
      yield* m.sleep(4);
      const steps = wait(m.kw, a)[Symbol.iterator]();
      // every visible point is one at which somebody else acts
      m.sim.horizon = m.sim.now;
      steps.next();
      m.sim.horizon = m.sim.now;
      steps.next();
      kthreadQueueWorkNow(m.kw, y, a);
      while (steps.next().done !== true) yield* m.sleep(4);
      expect(m.dmesg).toHaveLength(2);
      expect(m.dmesg[1]).toBe(
        `WARNING: CPU: 0 PID: ${m.s.current.pid} at kernel/kthread.c:${line}: ${call}: a went from the worker kwx to another one meanwhile`,
      );
    });
  });
});
