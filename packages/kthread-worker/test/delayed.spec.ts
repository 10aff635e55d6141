import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@kernel-model/sim';
import { timerPending } from '@kernel-model/scheduler';
import {
  kthreadCancelDelayedWorkSync,
  kthreadCancelWorkSync,
  kthreadFlushWork,
  kthreadInitWork,
  kthreadModDelayedWork,
  kthreadModDelayedWorkNow,
  kthreadQueueDelayedWork,
  kthreadQueueWork,
  kthreadWorkPending,
} from '../src/index.ts';
import { World, nothing } from './world.ts';

describe('a delayed work', () => {
  test('CC-W13: with no delay, is queued at once, without a timer', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      m.take();
      expect(yield* kthreadQueueDelayedWork(m.kw, kw, d, 0)).toBe(true);
      expect(timerPending(d.timer)).toBe(false);
      expect(m.take()).toEqual(['queue d', 'wake kw']);
      yield* kthreadFlushWork(m.kw, d.work);
    });
  });

  test('waits for its timer before it is queued, never less than the delay', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d', function* () {
        m.notes.push(`ran after ${m.s.jiffies - start} jiffies`);
        yield* nothing();
      });
      const start = m.s.jiffies;
      m.take();
      expect(yield* kthreadQueueDelayedWork(m.kw, kw, d, 3)).toBe(true);
      expect(kthreadWorkPending(d.work)).toBe(true);
      expect(m.delays(kw)).toEqual(['d']);
      expect(m.take()).toEqual([]);
      yield* m.sleep(40);
      expect(m.take()).toEqual(['queue d', 'wake kw', 'start d', 'end d']);
      expect(m.notes).toEqual(['ran after 4 jiffies']);
      expect(m.delays(kw)).toEqual([]);
    });
  });

  test('stands at the head of the delayed works of its worker', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const works = ['a', 'b', 'c'].map((name) => m.delayed(name));
      for (const d of works) yield* kthreadQueueDelayedWork(m.kw, kw, d, 5);
      expect(m.delays(kw)).toEqual(['c', 'b', 'a']);
      yield* m.sleep(40);
      expect(m.works().filter((line) => line.startsWith('start'))).toHaveLength(3);
    });
  });

  test('CC-W14: with its timer armed, cannot be queued, with a delay or without', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 10);
      const { expires } = d.timer;
      expect(yield* kthreadQueueWork(m.kw, kw, d.work)).toBe(false);
      expect(yield* kthreadQueueDelayedWork(m.kw, kw, d, 1)).toBe(false);
      expect(d.timer.expires).toBe(expires);
      expect(yield* kthreadCancelDelayedWorkSync(m.kw, d)).toBe(true);
    });
  });

  test('warns once if its timer has a function of somebody else', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      d.timer.fn = () => undefined;
      expect(yield* kthreadQueueDelayedWork(m.kw, kw, d, 0)).toBe(true);
      expect(m.dmesg).toEqual([
        `WARNING: CPU: 0 PID: ${m.s.current.pid} at kernel/kthread.c:1083: kthread_queue_delayed_work: the timer of d has a function of somebody else`,
      ]);
    });
  });

  test('warns once if its work was initialised behind the back of its timer', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 1);
      expect(yield* kthreadCancelWorkSync(m.kw, d.work)).toBe(true);
      kthreadInitWork(m.kw, d.work, nothing, 'd');
      yield* m.sleep(20);
      expect(m.works()).toEqual([]);
      expect(m.dmesg).toHaveLength(1);
      expect(m.dmesg[0]).toContain(
        'kernel/kthread.c:1059: kthread_delayed_work_timer_fn: d was initialised while its timer ran',
      );
    });
  });
});

describe('kthread_mod_delayed_work', () => {
  test('CC-W16: of an armed work: true, and the new delay counts; with no delay, it runs now', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 2);
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 250)).toBe(true);
      yield* m.sleep(100);
      expect(m.works()).toEqual([]);
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 0)).toBe(true);
      expect(timerPending(d.timer)).toBe(false);
      yield* kthreadFlushWork(m.kw, d.work);
      expect(m.works().slice(0, 3)).toEqual(['queue d', 'queue flush', 'start d']);
    });
  });

  test('CC-W17: of a work that was never queued: false, and it is queued', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 2)).toBe(false);
      expect(m.delays(kw)).toEqual(['d']);
      yield* m.sleep(20);
      expect(m.works()).toEqual(['queue d', 'start d', 'end d']);
    });
  });

  test('of a work that only runs: false, it is queued again and the run is not waited for', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d', m.sleeps(20));
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 0);
      yield* m.sleep(4);
      expect(kw.currentWork).toBe(d.work);
      const before = m.sim.now;
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 1)).toBe(false);
      expect(m.sim.now - before).toBeLessThan(1e6);
      yield* m.sleep(100);
      expect(m.works()).toEqual(['queue d', 'start d', 'queue d', 'end d', 'start d', 'end d']);
    });
  });

  test('CC-W18: of a queued work: true, off the queue, and it runs only after the timer', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [blocker, d] = [m.work('blocker', m.sleeps(20)), m.delayed('d')];
      yield* kthreadQueueWork(m.kw, kw, blocker);
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 0);
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 25)).toBe(true);
      expect(m.queued(kw)).not.toContain('d');
      yield* m.sleep(60);
      expect(m.works()).toEqual(['queue blocker', 'queue d', 'start blocker', 'end blocker']);
      yield* m.sleep(100);
      expect(m.works()).toEqual(['queue d', 'start d', 'end d']);
    });
  });

  test('of a queued work, with no delay: true, and it goes to the tail', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [blocker, d, b] = [m.work('blocker', m.sleeps(20)), m.delayed('d'), m.work('b')];
      yield* kthreadQueueWork(m.kw, kw, blocker);
      yield* m.sleep(1);
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 0);
      yield* kthreadQueueWork(m.kw, kw, b);
      expect(m.queued(kw)).toEqual(['d', 'b']);
      expect(kthreadModDelayedWorkNow(m.kw, kw, d, 0)).toBe(true);
      expect(m.queued(kw)).toEqual(['b', 'd']);
      yield* m.sleep(60);
    });
  });

  test('CC-W19: while somebody cancels the work: true, and nothing is queued (INV-W06)', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d', m.sleeps(20));
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 0);
      yield* m.sleep(1);
      yield* m.spawn('canceller', function* () {
        m.notes.push(`cancelled ${yield* kthreadCancelDelayedWorkSync(m.kw, d)}`);
      });
      yield* m.sleep(1);
      expect(d.work.canceling).toBe(1);
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 0)).toBe(true);
      expect(kthreadWorkPending(d.work)).toBe(false);
      yield* m.sleep(60);
      expect(d.work.canceling).toBe(0);
      expect(m.notes).toEqual(['cancelled false']);
      expect(m.works().filter((line) => line === 'start d')).toHaveLength(1);
    });
  });

  test('while the timer fires under it: false, although the work was pending; it runs once', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 250);
      m.when(
        () => d.work.canceling === 1,
        () => m.fire(d),
      );
      expect(yield* kthreadModDelayedWork(m.kw, kw, d, 1)).toBe(false);
      expect(kw.nrDropped).toBe(1);
      yield* m.sleep(40);
      expect(m.works()).toEqual(['queue d', 'start d', 'end d']);
    });
  });

  test('twice at once: the one that brings canceling to 0 queues, the other one returns true', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 250);
      yield* m.spawn(
        'other',
        function* () {
          m.notes.push(`other ${yield* kthreadModDelayedWork(m.kw, kw, d, 3)}`);
        },
        1,
      );
      m.when(
        () => d.work.canceling === 1,
        () => m.notes.push(`interrupt ${kthreadModDelayedWorkNow(m.kw, kw, d, 0)}`),
      );
      yield* m.sleep(40);
      expect(m.notes).toEqual(['interrupt true', 'other true']);
      expect(m.works()).toEqual(['queue d', 'start d', 'end d']);
    });
  });

  test('CC-W43: with a worker that is not the one of the work: a warning, and the locks are mixed up', () => {
    const m = new World();
    let error: unknown = null;
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, x, d, 0);
      yield* m.sleep(4);
      try {
        yield* kthreadModDelayedWork(m.kw, y, d, 1);
      } catch (e) {
        error = e;
      }
    });
    expect((error as UsageError).code).toBe('KTHREAD_WORK_OTHER_WORKER');
    expect(m.dmesg[0]).toContain(
      'kernel/kthread.c:1284: kthread_mod_delayed_work: d belongs to the worker kwx, not to kwy',
    );
  });
});
