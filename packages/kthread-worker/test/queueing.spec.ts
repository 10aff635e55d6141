import { describe, expect, test } from '@jest/globals';
import {
  Completion,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  completeNow,
  schedSetFifo,
  waitForCompletion,
} from '@kernel-model/scheduler';
import { kthreadRun, kthreadStop, isErr } from '@kernel-model/kthread';
import {
  KthreadWorker,
  kfreeKthreadWork,
  kthreadFlushWork,
  kthreadFlushWorker,
  kthreadInitWorker,
  kthreadQueueWork,
  kthreadQueueWorkNow,
  kthreadWorkPending,
  kthreadWorkerFn,
} from '../src/index.ts';
import { World, nothing } from './world.ts';

describe('a work of a kthread worker', () => {
  test('CC-W01: queued twice before it starts, runs once: true, false', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a');
      m.take();
      expect(kthreadQueueWorkNow(m.kw, kw, a)).toBe(true);
      expect(kthreadWorkPending(a)).toBe(true);
      expect(kthreadQueueWorkNow(m.kw, kw, a)).toBe(false);
      yield* kthreadFlushWorker(m.kw, kw);
      expect(m.works()).toEqual(['queue a', 'queue flush', 'start a', 'end a', 'start flush', 'end flush']);
      expect(kthreadWorkPending(a)).toBe(false);
    });
  });

  test('CC-W02: queued twice while it runs, runs once more: true, false', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', m.sleeps(4));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      expect(kw.currentWork).toBe(a);
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(true);
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(false);
      yield* m.sleep(40);
      expect(m.works()).toEqual(['queue a', 'start a', 'queue a', 'end a', 'start a', 'end a']);
    });
  });

  test('queued from its own function, runs again, after what was queued before', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      let left = 2;
      const b = m.work('b');
      const a = m.work('a', function* (work) {
        m.notes.push(`a ${kthreadWorkPending(work)}`);
        if (left-- > 0) m.notes.push(`again ${yield* kthreadQueueWork(m.kw, kw, work)}`);
      });
      kthreadQueueWorkNow(m.kw, kw, a);
      kthreadQueueWorkNow(m.kw, kw, b);
      yield* m.sleep(4);
      expect(m.works().filter((line) => line.startsWith('start'))).toEqual([
        'start a',
        'start b',
        'start a',
        'start a',
      ]);
      expect(m.notes).toEqual(['a false', 'again true', 'a false', 'again true', 'a false']);
    });
  });

  test('CC-W03: works run one after the other, in the order in which they were queued', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const works = ['a', 'b', 'c'].map((name) => m.work(name, m.sleeps(1)));
      for (const work of works) kthreadQueueWorkNow(m.kw, kw, work);
      expect(m.queued(kw)).toEqual(['a', 'b', 'c']);
      m.take();
      yield* kthreadFlushWorker(m.kw, kw);
      expect(m.works().slice(1, 7)).toEqual(['start a', 'end a', 'start b', 'end b', 'start c', 'end c']);
    });
  });

  test('CC-W04: while a work runs, queueing wakes nobody (INV-W09)', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [a, b, c] = [m.work('a', m.sleeps(20)), m.work('b'), m.work('c')];
      m.take();
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      expect(m.take()).toEqual(['queue a', 'wake kw', 'start a']);
      yield* kthreadQueueWork(m.kw, kw, b);
      yield* kthreadQueueWork(m.kw, kw, c);
      expect(m.take()).toEqual(['queue b', 'queue c']);
      yield* kthreadFlushWork(m.kw, c);
      expect(m.works()).toEqual([
        'queue flush',
        'end a',
        'start b',
        'end b',
        'start c',
        'end c',
        'start flush',
        'end flush',
      ]);
    });
  });

  test('CC-W05: queued between the look at the list and the sleep, keeps the worker from sleeping', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const late = m.work('late');
      let queued = false;
      const first = m.work('first');
      const looked = (): boolean => kw.nrStarted === 1 && kw.currentWork === null && kw.task!.onCpu;
      m.when(looked, () => {
        expect(kw.task!.state).toBe(TASK_INTERRUPTIBLE);
        m.s.cpus[0]!.interrupt(() => kthreadQueueWorkNow(m.kw, kw, late));
        expect(kw.task!.state).toBe(TASK_RUNNING);
        queued = true;
      });
      yield* kthreadQueueWork(m.kw, kw, first);
      yield* m.sleep(4);
      expect(queued).toBe(true);
      expect(m.works()).toEqual(['queue first', 'start first', 'end first', 'queue late', 'start late', 'end late']);
    });
  });

  test('CC-W06: queued on a worker whose thread does not run yet, is taken without a wakeup, and runs when it starts', () => {
    const m = new World();
    m.run(function* () {
      const kw = new KthreadWorker(m.kw, 'kw');
      const a = m.work('a');
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(true);
      expect(m.take()).toEqual(['queue a']);
      yield* kthreadRun(m.k, kthreadWorkerFn, kw, 'kw');
      yield* m.sleep(4);
      expect(m.works()).toEqual(['start a', 'end a']);
      expect(kw.task!.comm).toBe('kw');
    });
  });

  test('CC-W07: queued on a stopped worker, is taken and never runs', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      expect(yield* kthreadStop(m.k, kw.task!)).toBe(0);
      expect(kw.task).toBe(null);
      const a = m.work('a');
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(true);
      yield* m.sleep(1000);
      expect(m.works()).toEqual(['queue a']);
      expect(m.queued(kw)).toEqual(['a']);
    });
  });

  test('CC-W08: a stop comes before works that are left, which stay linked', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const [a, b] = [m.work('a', m.sleeps(8)), m.work('b')];
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, kw, b);
      expect(yield* kthreadStop(m.k, kw.task!)).toBe(0);
      expect(m.queued(kw)).toEqual(['b']);
      expect(kw.currentWork).toBe(a);
      expect(kw.task).toBe(null);
      expect(m.works()).toEqual(['queue a', 'start a', 'queue b', 'end a']);
    });
  });

  test('CC-W11: last used on another worker, runs on the new one, with one warning', () => {
    const m = new World();
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      const a = m.work('a', function* () {
        m.notes.push(m.s.current.comm);
        yield* nothing();
      });
      yield* kthreadQueueWork(m.kw, x, a);
      yield* m.sleep(1);
      expect(yield* kthreadQueueWork(m.kw, y, a)).toBe(true);
      expect(a.worker).toBe(y);
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, x, a);
      yield* m.sleep(1);
      expect(m.notes).toEqual(['kwx', 'kwy', 'kwx']);
      const pid = m.s.current.pid;
      expect(m.dmesg).toEqual([
        `WARNING: CPU: 0 PID: ${pid} at kernel/kthread.c:994: kthread_queue_work: a belongs to the worker kwx and is queued on kwy`,
      ]);
    });
  });

  test('CC-W12: pending on one worker, is not taken by another, without a word', () => {
    const m = new World();
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      const a = m.work('a');
      kthreadQueueWorkNow(m.kw, x, a);
      expect(kthreadQueueWorkNow(m.kw, y, a)).toBe(false);
      expect(a.worker).toBe(x);
      yield* m.sleep(1);
      expect(m.dmesg).toEqual([]);
    });
  });

  test('INV-W02: from queueing to the end of its function, is pending or executing at every instant', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      let watched = 0;
      let over = false;
      const a = m.work('a', function* () {
        yield* m.sleep(4);
        over = true;
      });
      yield* kthreadQueueWork(m.kw, kw, m.work('first', m.sleeps(4)));
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(true);
      m.sim.afterStep(() => {
        if (over) return;
        watched++;
        expect(kthreadWorkPending(a) || kw.currentWork === a).toBe(true);
      });
      yield* kthreadFlushWork(m.kw, a);
      expect(over).toBe(true);
      expect(watched).toBeGreaterThan(3);
    });
  });

  test('CC-W32: may free itself in its function: only its address is used afterwards', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', function* (work) {
        kfreeKthreadWork(m.kw, work);
        yield* nothing();
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(4);
      expect(m.works()).toEqual(['queue a', 'start a', 'end a']);
      expect(kw.currentWork).toBe(null);
    });
  });

  test('that two workers share may run on both at once', () => {
    const m = new World({ cpus: 4 });
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      let running = 0;
      const a = m.work('a', function* () {
        running++;
        yield* m.sleep(20);
        m.notes.push(`${running} run`);
        running--;
      });
      yield* kthreadQueueWork(m.kw, x, a);
      yield* m.sleep(1);
      expect(yield* kthreadQueueWork(m.kw, y, a)).toBe(true);
      yield* m.sleep(60);
      expect(m.notes[0]).toBe('2 run');
      // a flush or a cancel knows the last worker only
      expect(a.worker).toBe(y);
    });
  });

  test('in the trace: texts and fields are those of Linux', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('my_fn');
      const seen: string[] = [];
      m.hub.flush();
      m.hub.events$.subscribe((e) => {
        if (e.name.startsWith('sched_kthread_work')) seen.push(`${e.comm} ${e.name}: ${e.text}`);
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(4);
      m.hub.flush();
      const [at, worker] = [a, kw].map((object) => m.kw.addrOf(object).toString(16).padStart(16, '0'));
      expect(seen).toEqual([
        `main sched_kthread_work_queue_work: work struct=${at} function=my_fn worker=${worker}`,
        `kw sched_kthread_work_execute_start: work struct ${at}: function my_fn`,
        `kw sched_kthread_work_execute_end: work struct ${at}: function my_fn`,
      ]);
    });
  });

  test('CC-W42: the function in the end event is the one that was called', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const ends: string[] = [];
      m.hub.events$.subscribe((e) => {
        if (e.name === 'sched_kthread_work_execute_end') ends.push(/function (\S+)/.exec(e.text)![1]!);
      });
      const a = m.work('a', function* (work) {
        work.func = nothing;
        work.funcName = 'other';
        yield* nothing();
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(4);
      m.hub.flush();
      expect(ends).toEqual(['a']);
      expect(a.funcName).toBe('other');
    });
  });

  test('runs without the lock, in TASK_RUNNING, and may sleep (INV-W12)', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const done = new Completion('done');
      const a = m.work('a', function* () {
        m.notes.push(`state ${m.s.current.state}`);
        yield* waitForCompletion(m.s, done);
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(4);
      expect(yield* kthreadQueueWork(m.kw, kw, m.work('b'))).toBe(true);
      completeNow(m.s, done);
      yield* m.sleep(4);
      expect(m.notes).toEqual(['state 0']);
      expect(m.queued(kw)).toEqual([]);
    });
  });

  test('with full preemption, a woken worker may run before the call that queued returns', () => {
    const m = new World({ cpus: 1, preempt: 'full' });
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', function* () {
        m.notes.push('ran');
        yield* nothing();
      });
      schedSetFifo(m.s, kw.task!);
      expect(yield* kthreadQueueWork(m.kw, kw, a)).toBe(true);
      m.notes.push('returned');
      expect(m.notes).toEqual(['ran', 'returned']);
    });
  });
});

describe('a worker that is run by hand', () => {
  test('warns when a second thread begins to serve it', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const first = kw.task!;
      const second = yield* kthreadRun(m.k, kthreadWorkerFn, kw, 'kw2');
      if (isErr(second)) throw new Error('no thread');
      yield* m.sleep(4);
      expect(kw.task).toBe(second);
      expect(m.dmesg).toEqual([
        `WARNING: CPU: 0 PID: ${second.pid} at kernel/kthread.c:813: kthread_worker_fn: kw is served by kw (pid ${first.pid}) already`,
      ]);
    });
  });

  test('can be stopped, initialised and started again', () => {
    const m = new World();
    m.run(function* () {
      const kw = new KthreadWorker(m.kw, 'kw');
      for (let round = 0; round < 2; round++) {
        kthreadInitWorker(m.kw, kw);
        const p = yield* kthreadRun(m.k, kthreadWorkerFn, kw, 'kw');
        if (isErr(p)) throw new Error('no thread');
        yield* kthreadQueueWork(m.kw, kw, m.work(`a${round}`));
        yield* kthreadFlushWorker(m.kw, kw);
        expect(yield* kthreadStop(m.k, p)).toBe(0);
      }
      expect(m.works().filter((line) => /end a/.test(line))).toEqual(['end a0', 'end a1']);
    });
  });
});
