import { describe, expect, test } from '@jest/globals';
import { Completion, completeNow, waitForCompletion } from '@kernel-model/scheduler';
import {
  KthreadWorker,
  kthreadCancelWorkSync,
  kthreadDestroyWorker,
  kthreadFlushWork,
  kthreadFlushWorker,
  kthreadInitWork,
  kthreadModDelayedWork,
  kthreadQueueDelayedWork,
  kthreadQueueWork,
  kthreadWorkerWaits,
  whyKthreadWorkerWait,
} from '../src/index.ts';
import { World, nothing } from './world.ts';

describe('kthread_flush_work', () => {
  test('CC-W23: of a work that was never queued, returns at once; so does a cancel: false', () => {
    const m = new World();
    m.run(function* () {
      const a = m.work('a');
      const before = m.sim.now;
      yield* kthreadFlushWork(m.kw, a);
      expect(yield* kthreadCancelWorkSync(m.kw, a)).toBe(false);
      expect(m.sim.now).toBe(before);
      expect(m.take()).toEqual([]);
    });
  });

  test('CC-W24: of a work that ran before, returns at once; a cancel: false', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(4);
      m.take();
      yield* kthreadFlushWork(m.kw, a);
      expect(yield* kthreadCancelWorkSync(m.kw, a)).toBe(false);
      expect(m.take()).toEqual([]);
    });
  });

  test('of a queued work, puts its item right behind it: later works are not waited for', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [blocker, a, b] = [m.work('blocker', m.sleeps(8)), m.work('a'), m.work('b', m.sleeps(100))];
      for (const work of [blocker, a, b]) yield* kthreadQueueWork(m.kw, kw, work);
      yield* kthreadFlushWork(m.kw, a);
      expect(kw.currentWork === b || m.queued(kw).includes('b')).toBe(true);
      expect(m.works().filter((line) => line.startsWith('end'))).toEqual(['end blocker', 'end a', 'end flush']);
    });
  });

  test('CC-W25: of a work that only runs, puts its item before everything that is queued', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [a, b] = [m.work('a', m.sleeps(8)), m.work('b')];
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, kw, b);
      yield* kthreadFlushWork(m.kw, a);
      yield* m.sleep(4);
      expect(m.works()).toEqual([
        'queue a',
        'start a',
        'queue b',
        'queue flush',
        'end a',
        'start flush',
        'end flush',
        'start b',
        'end b',
      ]);
    });
  });

  test('CC-W26: of a work that runs and is queued again, returns after the second run', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', m.sleeps(8));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* kthreadFlushWork(m.kw, a);
      expect(m.works().filter((line) => line === 'end a')).toHaveLength(2);
    });
  });

  test('CC-W27: twice of one queued work and once of the running one: the list is 3, A, 2, 1, B', () => {
    const m = new World({ cpus: 4 });
    m.run(function* () {
      const kw = yield* m.worker();
      const [run, a, b] = [m.work('run', m.sleeps(100)), m.work('a'), m.work('b')];
      for (const work of [run, a, b]) yield* kthreadQueueWork(m.kw, kw, work);
      yield* m.sleep(1);
      for (const [name, work] of [
        ['f1', a],
        ['f2', a],
        ['f3', run],
      ] as const) {
        yield* m.spawn(name, function* () {
          yield* kthreadFlushWork(m.kw, work);
          m.notes.push(name);
        });
        yield* m.sleep(1);
      }
      expect(m.queued(kw)).toEqual(['the flush item of f3', 'a', 'the flush item of f2', 'the flush item of f1', 'b']);
      yield* m.sleep(200);
      expect([...m.notes].sort()).toEqual(['f1', 'f2', 'f3']);
    });
  });

  test('CC-W22: of a delayed work whose timer runs, never returns, even after the timer: its item is on a list nobody reads', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 2);
      yield* m.spawn('flusher', () => kthreadFlushWork(m.kw, d.work));
      yield* m.sleep(500);
      expect(m.works().filter((line) => line === 'end d')).toHaveLength(1);
      expect(m.delays(kw)).toEqual(['the flush item of flusher']);
      expect(m.hangs).toEqual([
        'flusher: kthread_flush_work: the timer of d was pending when the flush came, so its item is on the list of delayed works of kw, from which nobody takes anything; the timer queues d alone',
      ]);
      const [wait] = kthreadWorkerWaits(m.kw);
      expect(wait!.call).toBe('kthread_flush_work');
      expect(wait!.work === d.work && wait!.worker === kw && wait!.forever).toBe(true);
      expect(wait!.sinceNs).toBeLessThan(m.sim.now);
      expect(wait!.task.waitsFor).toBe('kthread_flush_work of d on kw');
    });
  });

  test('after a mod to no delay, the flush of the same work returns', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 250);
      yield* kthreadModDelayedWork(m.kw, kw, d, 0);
      yield* kthreadFlushWork(m.kw, d.work);
      expect(m.works().filter((line) => line === 'end d')).toHaveLength(1);
    });
  });

  test('CC-W33: of a new work at the address of the one that ran last, waits harmlessly', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, kw, a);
      let flushed = false;
      m.when(
        () => m.kw.workers[0]!.nrStarted === 1 && kw.currentWork === a,
        () => {
          // freed, allocated and used again before the worker looks for its next work
          kthreadInitWork(m.kw, a, nothing, 'a');
          a.worker = kw;
        },
      );
      yield* m.spawn('flusher', function* () {
        yield* kthreadFlushWork(m.kw, a);
        flushed = true;
      });
      yield* m.sleep(20);
      expect(flushed).toBe(true);
      expect(m.dmesg).toEqual([]);
    });
  });
});

describe('kthread_flush_worker', () => {
  test('CC-W41: waits for what is queued before its item only', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      let more = true;
      const again = m.work('again', function* (work) {
        if (more) yield* kthreadQueueWork(m.kw, kw, work);
      });
      yield* kthreadQueueWork(m.kw, kw, again);
      yield* kthreadFlushWorker(m.kw, kw);
      more = false;
      expect(kw.nrStarted).toBeGreaterThan(1);
      yield* m.sleep(4);
      expect(m.queued(kw)).toEqual([]);
    });
  });

  test('does not wait for timers', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 250);
      yield* kthreadFlushWorker(m.kw, kw);
      expect(m.delays(kw)).toEqual(['d']);
    });
  });

  test('on a worker that never started, does not return', () => {
    const m = new World();
    m.run(function* () {
      const kw = new KthreadWorker(m.kw, 'kw');
      yield* m.spawn('flusher', () => kthreadFlushWorker(m.kw, kw));
      yield* m.sleep(1000);
      expect(m.hangs).toEqual(['flusher: kthread_flush_worker: kw has no thread: it was stopped, or never started']);
    });
  });
});

describe('a wait that cannot end is reported by name', () => {
  test.each([
    ['CC-W35: a work that flushes itself', 'kthread_flush_work', kthreadFlushWork],
    ['CC-W35: a work that cancels itself', 'kthread_cancel_work_sync', kthreadCancelWorkSync],
  ] as const)('%s', (_title, call, wait) => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', function* (work) {
        yield* wait(m.kw, work);
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1000);
      expect(m.hangs).toEqual([`kw: ${call}: kw is the thread of kw: nobody else can run what it waits for`]);
      expect(kw.task!.waitsFor).toBe(`${call} of a on kw`);
    });
  });

  test('a work that flushes its worker, and one that destroys it', () => {
    const m = new World();
    m.run(function* () {
      for (const [name, wait] of [
        ['kthread_flush_worker', kthreadFlushWorker],
        ['kthread_destroy_worker', kthreadDestroyWorker],
      ] as const) {
        const kw = yield* m.worker('kw');
        yield* kthreadQueueWork(
          m.kw,
          kw,
          m.work('a', () => wait(m.kw, kw)),
        );
        yield* m.sleep(100);
        expect(m.hangs.pop()).toBe(`kw: ${name}: kw is the thread of kw: nobody else can run what it waits for`);
      }
    });
  });

  test('a flush that waits for such a work, and two workers that wait for each other', () => {
    const m = new World({ cpus: 4 });
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      const a = m.work('a', () => kthreadFlushWorker(m.kw, y));
      const b = m.work('b', function* () {
        yield* m.sleep(4);
        yield* kthreadFlushWork(m.kw, a);
      });
      yield* kthreadQueueWork(m.kw, y, b);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, x, a);
      const self = m.work('self', (work) => kthreadFlushWork(m.kw, work));
      const z = yield* m.worker('kwz');
      yield* kthreadQueueWork(m.kw, z, self);
      yield* m.sleep(1);
      yield* m.spawn('flusher', () => kthreadFlushWorker(m.kw, z));
      yield* m.sleep(100);
      expect(m.hangs).toEqual([
        'kwy: kthread_flush_work: kwx runs a, which waits in kthread_flush_worker of kwy: a circle',
        'kwx: kthread_flush_worker: kwy runs b, which waits in kthread_flush_work of a on kwx: a circle',
        'kwz: kthread_flush_work: kwz is the thread of kwz: nobody else can run what it waits for',
        'flusher: kthread_flush_worker: kwz runs self, which waits in kthread_flush_work of self on kwz; kwz is the thread of kwz: nobody else can run what it waits for',
      ]);
    });
  });

  test('one that can end is explained, and not called endless', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const done = new Completion('done');
      yield* kthreadQueueWork(
        m.kw,
        kw,
        m.work('a', () => waitForCompletion(m.s, done)),
      );
      const flusher = yield* m.spawn('flusher', () => kthreadFlushWorker(m.kw, kw));
      yield* m.sleep(10);
      expect(m.hangs).toEqual([]);
      expect(whyKthreadWorkerWait(m.kw, flusher)).toBe('kw runs a, which waits for done');
      expect(whyKthreadWorkerWait(m.kw, m.s.current)).toBe('');
      completeNow(m.s, done);
      yield* m.sleep(4);
      expect(kthreadWorkerWaits(m.kw)).toEqual([]);
    });
  });
});
