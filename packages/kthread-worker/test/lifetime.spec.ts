import { describe, expect, test } from '@jest/globals';
import { UsageError, type MaySleep } from '@kernel-model/sim';
import { EAGAIN, EINTR, ENOMEM, PF_NO_SETAFFINITY, PF_NOFREEZE, TASK_FROZEN } from '@kernel-model/scheduler';
import { kthreadIsPerCpu, kthreadStop } from '@kernel-model/kthread';
import { SIGKILL, freezeKernelThreads, freezeProcesses, sendSig, thawProcesses } from '@kernel-model/signals';
import {
  KTW_FREEZABLE,
  KthreadWorker,
  kfreeKthreadWork,
  kthreadCancelWorkSync,
  kthreadCreateWorker,
  kthreadCreateWorkerOnCpu,
  kthreadDestroyWorker,
  kthreadFlushWork,
  kthreadInitDelayedWork,
  kthreadInitWork,
  kthreadInitWorker,
  kthreadQueueDelayedWork,
  kthreadQueueWork,
  kthreadWorkerWaits,
} from '../src/index.ts';
import { World, nothing } from './world.ts';

/** The code of the misuse that a body ends with. */
function misuse(m: World, body: () => MaySleep<void>): UsageError {
  try {
    m.run(body);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was reported');
}

describe('kthread_create_worker', () => {
  test('returns a worker that runs already, on any CPU', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* kthreadCreateWorker(m.kw, 0, 'kw');
      if (typeof kw === 'number') throw new Error('no worker');
      expect(kw.task!.comm).toBe('kw');
      expect(kw.task!.flags & PF_NO_SETAFFINITY).toBe(0);
      expect(kw.task!.flags & PF_NOFREEZE).not.toBe(0);
      yield* kthreadDestroyWorker(m.kw, kw);
      expect(m.kw.workers).toEqual([]);
    });
  });

  test('CC-W09: whose thread cannot be made, frees the worker and returns that error', () => {
    const m = new World({ maxThreads: 4 });
    m.run(function* () {
      const kept: KthreadWorker[] = [];
      let result: KthreadWorker | number = 0;
      for (let i = 0; i < 5; i++) {
        result = yield* kthreadCreateWorker(m.kw, 0, `kw${i}`);
        if (typeof result === 'number') break;
        kept.push(result);
      }
      expect(result).toBe(-EAGAIN);
      expect(m.kw.workers).toEqual(kept);
    });
  });

  test('whose creator is killed meanwhile, returns -EINTR and leaves nothing behind', () => {
    const m = new World();
    m.run(function* () {
      const p = yield* m.user('victim', function* () {
        const result = yield* kthreadCreateWorker(m.kw, 0, 'kw');
        m.notes.push(typeof result === 'number' ? `error ${result}` : 'a worker');
      });
      m.when(
        () => p.waitsFor === 'creation of kw',
        () => m.s.cpus[1]!.interrupt(() => void [...(sendSig(m.k.signals, SIGKILL, p, 1) as Iterable<unknown>)]),
      );
      yield* m.sleep(100);
      expect(m.notes).toEqual([`error ${-EINTR}`]);
      expect(m.kw.workers).toEqual([]);
    });
  });

  test('takes at most 15 bytes of the name for the thread', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker('a_name_of_20_letters');
      expect([kw.name, kw.task!.comm]).toEqual(['a_name_of_20_letters', 'a_name_of_20_le']);
    });
  });

  test('without memory, returns -ENOMEM', () => {
    const m = new World();
    m.run(function* () {
      m.kw.failAlloc = () => true;
      expect(yield* kthreadCreateWorker(m.kw, 0, 'kw')).toBe(-ENOMEM);
      expect(m.kw.workers).toEqual([]);
    });
  });

  test('CC-W10: on a CPU, is bound to it, and not per-CPU', () => {
    const m = new World({ cpus: 4 });
    m.run(function* () {
      const kw = yield* kthreadCreateWorkerOnCpu(m.kw, 2, 0, 'kw');
      if (typeof kw === 'number') throw new Error('no worker');
      expect([...kw.task!.cpusPtr]).toEqual([2]);
      expect(kw.task!.flags & PF_NO_SETAFFINITY).not.toBe(0);
      expect(kthreadIsPerCpu(kw.task!)).toBe(false);
      yield* kthreadQueueWork(
        m.kw,
        kw,
        m.work('a', function* () {
          m.notes.push(`cpu ${m.s.cpu}`);
          yield* nothing();
        }),
      );
      yield* m.sleep(4);
      expect(m.notes).toEqual(['cpu 2']);
    });
  });

  test('on a CPU below 0, is not bound', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* kthreadCreateWorkerOnCpu(m.kw, -1, 0, 'kw');
      if (typeof kw === 'number') throw new Error('no worker');
      expect([...kw.task!.cpusPtr]).toEqual([0, 1]);
    });
  });
});

describe('kthread_destroy_worker', () => {
  test('runs what is queued, stops the thread and frees the worker', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', m.sleeps(4));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* kthreadDestroyWorker(m.kw, kw);
      expect(m.works()).toEqual(['queue a', 'queue flush', 'start a', 'end a', 'start flush', 'end flush']);
      expect(kw.freed).toBe(true);
      expect(kw.task).toBe(null);
      expect(m.dmesg).toEqual([]);
    });
  });

  test('CC-W36: with a timer that runs, warns and frees; the timer then finds freed memory', () => {
    const m = new World();
    const error = misuse(m, function* () {
      const kw = yield* m.worker();
      yield* kthreadQueueDelayedWork(m.kw, kw, m.delayed('d'), 10);
      yield* kthreadDestroyWorker(m.kw, kw);
      expect(m.dmesg).toHaveLength(1);
      expect(m.dmesg[0]).toContain('kernel/kthread.c:1429: kthread_destroy_worker: timers run for kw: d');
      yield* m.sleep(1000);
    });
    expect(error.code).toBe('KTHREAD_WORKER_USE_AFTER_FREE');
    expect(error.detail.what).toMatch(
      /^kthread_delayed_work_timer_fn of d by .*: the worker kw was freed by main \(pid 1\) at \d+ ns\.$/,
    );
  });

  test('CC-W37: with a work that queues itself, warns: one instance is left linked', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      const a = m.work('a', function* (work) {
        yield* m.sleep(4);
        yield* kthreadQueueWork(m.kw, kw, work);
      });
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* kthreadDestroyWorker(m.kw, kw);
      expect(m.queued(kw)).toEqual(['a']);
      expect(m.dmesg).toHaveLength(1);
      expect(m.dmesg[0]).toContain('kernel/kthread.c:1430: kthread_destroy_worker: works are left on kw: a');
    });
  });

  test('CC-W38: without a thread, warns and does nothing', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker();
      yield* kthreadStop(m.k, kw.task!);
      yield* kthreadDestroyWorker(m.kw, kw);
      expect(kw.freed).toBe(false);
      expect(m.kw.workers).toEqual([kw]);
      expect(m.dmesg).toEqual([
        `WARNING: CPU: 0 PID: ${m.s.current.pid} at kernel/kthread.c:1424: kthread_destroy_worker: kw has no thread: it is not freed`,
      ]);
    });
  });

  test('leaves a stale pointer in its works: initialised again, they serve another worker (INV-W10)', () => {
    const m = new World();
    m.run(function* () {
      const [x, y] = [yield* m.worker('kwx'), yield* m.worker('kwy')];
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, x, a);
      yield* kthreadDestroyWorker(m.kw, x);
      expect(a.worker).toBe(x);
      kthreadInitWork(m.kw, a, nothing, 'a');
      expect(yield* kthreadQueueWork(m.kw, y, a)).toBe(true);
      yield* m.sleep(4);
      expect(m.dmesg).toEqual([]);
    });
  });
});

describe('a misuse is reported with the call that did it', () => {
  test.each([
    ['queueing on a destroyed worker', 'kthread_queue_work of a', 'queue'],
    ['flushing a work of a destroyed worker', 'kthread_flush_work of a', 'flush'],
    ['cancelling a work of a destroyed worker', 'kthread_cancel_work_sync of a', 'cancel'],
    ['destroying a worker twice', 'kthread_destroy_worker', 'destroy'],
  ])('%s', (_title, call, verb) => {
    const m = new World();
    const error = misuse(m, function* () {
      const kw = yield* m.worker();
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* kthreadDestroyWorker(m.kw, kw);
      if (verb === 'queue') yield* kthreadQueueWork(m.kw, kw, a);
      else if (verb === 'flush') yield* kthreadFlushWork(m.kw, a);
      else if (verb === 'cancel') yield* kthreadCancelWorkSync(m.kw, a);
      else yield* kthreadDestroyWorker(m.kw, kw);
    });
    expect(error.code).toBe('KTHREAD_WORKER_USE_AFTER_FREE');
    expect(error.detail.what).toContain(`${call} by main (pid 1) at `);
  });

  test('CC-W39: initialising a pending work, queued or delayed, or its worker', () => {
    for (const what of ['queued', 'delayed', 'timer', 'worker']) {
      const m = new World();
      const error = misuse(m, function* () {
        const kw = yield* m.worker();
        const [a, d] = [m.work('a'), m.delayed('a')];
        if (what === 'delayed' || what === 'timer') yield* kthreadQueueDelayedWork(m.kw, kw, d, 5);
        else {
          yield* kthreadQueueWork(m.kw, kw, m.work('b', m.sleeps(8)));
          yield* kthreadQueueWork(m.kw, kw, a);
        }
        if (what === 'queued') kthreadInitWork(m.kw, a, nothing);
        else if (what === 'delayed') kthreadInitDelayedWork(m.kw, d, nothing);
        else if (what === 'timer') kthreadInitWork(m.kw, d.work, nothing);
        else kthreadInitWorker(m.kw, kw);
      });
      expect(error.code).toBe('KTHREAD_INIT_PENDING');
      expect(error.detail.what).toMatch(
        /^kthread_init_(work|delayed_work|worker) by main \(pid 1\) at \d+ ns: [ab] is pending on kw\.$/,
      );
    }
  });

  test('freeing a pending work: the worker finds freed memory', () => {
    const m = new World();
    const error = misuse(m, function* () {
      const kw = yield* m.worker();
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, kw, m.work('b', m.sleeps(4)));
      yield* kthreadQueueWork(m.kw, kw, a);
      kfreeKthreadWork(m.kw, a);
      yield* m.sleep(100);
    });
    expect(error.code).toBe('KTHREAD_WORK_USE_AFTER_FREE');
    expect(error.detail.what).toMatch(
      /^kthread_worker_fn by kw \(pid \d+\) at \d+ ns: the work a was freed by main \(pid 1\) at \d+ ns, while it was pending\.$/,
    );
  });

  test('freeing a work whose timer runs: the timer finds freed memory', () => {
    const m = new World();
    const error = misuse(m, function* () {
      const kw = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, kw, d, 2);
      kfreeKthreadWork(m.kw, d.work);
      yield* m.sleep(100);
    });
    expect(error.code).toBe('KTHREAD_WORK_USE_AFTER_FREE');
    expect(error.detail.what).toContain('kthread_delayed_work_timer_fn by ');
  });

  test('queueing behind a freed work: the links of the list are written', () => {
    const m = new World();
    const error = misuse(m, function* () {
      const kw = yield* m.worker();
      const a = m.work('a');
      yield* kthreadQueueWork(m.kw, kw, m.work('b', m.sleeps(4)));
      yield* m.sleep(1);
      yield* kthreadQueueWork(m.kw, kw, a);
      kfreeKthreadWork(m.kw, a);
      yield* kthreadQueueWork(m.kw, kw, m.work('c'));
    });
    expect(error.detail.what).toContain('kthread_queue_work by main (pid 1)');
  });
});

describe('a freezable worker', () => {
  test('CC-W40: takes works while it is frozen, and runs them after the thaw', () => {
    const m = new World();
    m.run(function* () {
      const [kw, other] = [yield* m.worker('kwf', KTW_FREEZABLE), yield* m.worker('kwn')];
      expect(kw.task!.flags & PF_NOFREEZE).toBe(0);
      expect(yield* freezeProcesses(m.k.signals)).toBe(0);
      expect(yield* freezeKernelThreads(m.k.signals)).toBe(0);
      expect(kw.task!.state & TASK_FROZEN).not.toBe(0);
      expect(yield* kthreadQueueWork(m.kw, kw, m.work('a'))).toBe(true);
      expect(yield* kthreadQueueWork(m.kw, other, m.work('b'))).toBe(true);
      yield* m.sleep(100);
      expect(m.works()).toEqual(['queue a', 'queue b', 'start b', 'end b']);
      yield* thawProcesses(m.k.signals);
      yield* m.sleep(10);
      expect(m.works()).toEqual(['start a', 'end a']);
    });
  });

  test('that is frozen keeps a cancel of its last work, and its destruction, waiting until the thaw', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker('kwf', KTW_FREEZABLE);
      const a = m.work('a', m.sleeps(20));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* m.freeze();
      yield* m.spawn('canceller', function* () {
        m.notes.push(`cancelled ${yield* kthreadCancelWorkSync(m.kw, a)}`);
        yield* kthreadDestroyWorker(m.kw, kw);
        m.notes.push('destroyed');
      });
      yield* m.sleep(100);
      expect([m.notes, a.canceling]).toEqual([[], 1]);
      yield* thawProcesses(m.k.signals);
      yield* m.sleep(20);
      expect([m.notes, kw.freed]).toEqual([['cancelled false', 'destroyed'], true]);
      const idle = yield* m.worker('kwi', KTW_FREEZABLE);
      yield* m.freeze();
      yield* m.spawn('destroyer', () => kthreadDestroyWorker(m.kw, idle));
      yield* m.sleep(100);
      expect(idle.freed).toBe(false);
      yield* thawProcesses(m.k.signals);
      yield* m.sleep(20);
      expect(idle.freed).toBe(true);
    });
  });

  test('freezes between two works, not in the middle of one', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker('kwf', KTW_FREEZABLE);
      yield* kthreadQueueWork(m.kw, kw, m.work('a', m.sleeps(20)));
      yield* kthreadQueueWork(m.kw, kw, m.work('b'));
      yield* m.sleep(1);
      yield* m.freeze();
      expect(m.works()).toEqual(['queue a', 'queue b', 'start a', 'end a']);
      expect(m.queued(kw)).toEqual(['b']);
      yield* thawProcesses(m.k.signals);
      yield* m.sleep(10);
      expect(m.works()).toEqual(['start b', 'end b']);
    });
  });

  test('CC-W34: frozen right after a work, keeps a flush of that work waiting until the thaw', () => {
    const m = new World();
    m.run(function* () {
      const kw = yield* m.worker('kwf', KTW_FREEZABLE);
      const a = m.work('a', m.sleeps(20));
      yield* kthreadQueueWork(m.kw, kw, a);
      yield* m.sleep(1);
      yield* m.freeze();
      expect(kw.currentWork).toBe(a);
      yield* m.spawn('flusher', function* () {
        yield* kthreadFlushWork(m.kw, a);
        m.notes.push('flushed');
      });
      yield* m.sleep(100);
      expect(m.notes).toEqual([]);
      const [wait] = kthreadWorkerWaits(m.kw);
      expect(wait!.why).toBe('kwf is frozen until the thaw');
      expect(wait!.forever).toBe(false);
      yield* thawProcesses(m.k.signals);
      yield* m.sleep(10);
      expect(m.notes).toEqual(['flushed']);
    });
  });
});
