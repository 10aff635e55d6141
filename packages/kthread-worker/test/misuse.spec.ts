import { describe, expect, test } from '@jest/globals';
import { UsageError, type MaySleep } from '@kernel-model/sim';
import {
  KthreadWorker,
  kfreeKthreadWork,
  kthreadCancelDelayedWorkSync,
  kthreadCancelWorkSync,
  kthreadCreateWorkerOnCpu,
  kthreadDestroyWorker,
  kthreadFlushWork,
  kthreadInitDelayedWork,
  kthreadInitWorker,
  kthreadModDelayedWork,
  kthreadModDelayedWorkNow,
  kthreadQueueDelayedWork,
  kthreadQueueWork,
  kthreadWorkPending,
  type KthreadDelayedWork,
} from '../src/index.ts';
import { World, nothing } from './world.ts';

/** Run a body that has to end with a UsageError. */
function misuse(body: (m: World) => MaySleep<void>): UsageError {
  const m = new World();
  try {
    m.run(() => body(m));
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('nothing was reported');
}

type Call = (m: World, worker: KthreadWorker, d: KthreadDelayedWork) => MaySleep<unknown>;

describe('a work whose memory was freed, not pending,', () => {
  test.each<[string, Call]>([
    ['kthread_queue_work', (m, worker, d) => kthreadQueueWork(m.kw, worker, d.work)],
    ['kthread_queue_delayed_work', (m, worker, d) => kthreadQueueDelayedWork(m.kw, worker, d, 1)],
    ['kthread_mod_delayed_work', (m, worker, d) => kthreadModDelayedWork(m.kw, worker, d, 1)],
    ['kthread_flush_work', (m, _, d) => kthreadFlushWork(m.kw, d.work)],
    ['kthread_cancel_work_sync', (m, _, d) => kthreadCancelWorkSync(m.kw, d.work)],
    ['kthread_cancel_delayed_work_sync', (m, _, d) => kthreadCancelDelayedWorkSync(m.kw, d)],
  ])('is reported by %s', (name, call) => {
    const error = misuse(function* (m) {
      const worker = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueWork(m.kw, worker, d.work);
      yield* m.sleep(1);
      kfreeKthreadWork(m.kw, d.work);
      yield* call(m, worker, d);
    });
    expect(error.code).toBe('KTHREAD_WORK_USE_AFTER_FREE');
    expect(error.detail.what).toMatch(new RegExp(`^${name} by main`));
  });
});

describe('a work beside which freed memory is linked', () => {
  test('is not put there: the corruption is reported', () => {
    const error = misuse(function* (m) {
      const worker = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, worker, d, 10);
      kfreeKthreadWork(m.kw, d.work);
      yield* kthreadQueueDelayedWork(m.kw, worker, m.delayed('e'), 10);
    });
    expect(error.code).toBe('KTHREAD_WORK_USE_AFTER_FREE');
    expect(error.detail.what).toMatch(/^kthread_queue_delayed_work by main/);
  });
});

describe('kthread_mod_delayed_work', () => {
  test('with a worker that was freed is reported', () => {
    const error = misuse(function* (m) {
      const worker = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadDestroyWorker(m.kw, worker);
      yield* kthreadModDelayedWork(m.kw, worker, d, 1);
    });
    expect(error.code).toBe('KTHREAD_WORKER_USE_AFTER_FREE');
    expect(error.detail.what).toMatch(/^kthread_mod_delayed_work of d by main/);
  });

  test('in an interrupt moves the timer, queues a work that was never used, and refuses that of another worker', () => {
    const m = new World();
    const seen: unknown[] = [];
    m.run(function* () {
      const [one, two] = [yield* m.worker('kw1'), yield* m.worker('kw2')];
      const [fresh, armed] = [m.delayed('fresh'), m.delayed('armed')];
      yield* kthreadQueueDelayedWork(m.kw, one, armed, 1000);
      m.s.cpus[1]!.interruptNow(() => {
        seen.push(kthreadModDelayedWorkNow(m.kw, one, fresh, 1), kthreadModDelayedWorkNow(m.kw, one, armed, 2));
        try {
          kthreadModDelayedWorkNow(m.kw, two, armed, 2);
        } catch (error) {
          seen.push((error as UsageError).code, (error as UsageError).detail.what);
        }
      });
      m.take();
      yield* m.sleep(60);
    });
    expect(seen).toEqual([
      false,
      true,
      'KTHREAD_WORK_OTHER_WORKER',
      expect.stringMatching(/^kthread_mod_delayed_work: armed belongs to the worker kw1, not to kw2 \(called by /),
    ]);
    expect(m.works()).toEqual(['queue fresh', 'start fresh', 'end fresh', 'queue armed', 'start armed', 'end armed']);
  });
});

describe('initialising', () => {
  test('a worker whose delayed works still have timers is reported', () => {
    const error = misuse(function* (m) {
      const worker = yield* m.worker();
      yield* kthreadQueueDelayedWork(m.kw, worker, m.delayed('d'), 1000);
      kthreadInitWorker(m.kw, worker);
    });
    expect([error.code, error.detail.what]).toEqual([
      'KTHREAD_INIT_PENDING',
      expect.stringMatching(/^kthread_init_worker by main .*: d is pending on kw\.$/),
    ]);
  });

  test('a delayed work names the call if its timer runs, and makes an idle one fresh', () => {
    const error = misuse(function* (m) {
      const worker = yield* m.worker();
      const d = m.delayed('d');
      yield* kthreadQueueDelayedWork(m.kw, worker, d, 0);
      yield* m.sleep(1);
      kthreadInitDelayedWork(m.kw, d, nothing, 'other');
      expect([d.work.worker, d.work.funcName, kthreadWorkPending(d.work)]).toEqual([null, 'other', false]);
      yield* kthreadQueueDelayedWork(m.kw, worker, d, 1000);
      kthreadInitDelayedWork(m.kw, d, nothing);
    });
    expect(error.detail.what).toMatch(/^kthread_init_delayed_work by main/);
  });

  test('a worker that was destroyed makes it one of the machine again, once', () => {
    const m = new World();
    m.run(function* () {
      const worker = yield* m.worker();
      yield* kthreadDestroyWorker(m.kw, worker);
      expect(m.kw.workers).toEqual([]);
      kthreadInitWorker(m.kw, worker);
      kthreadInitWorker(m.kw, worker);
      expect([m.kw.workers, worker.freed]).toEqual([[worker], false]);
    });
  });
});

test('kthread_destroy_worker() of a worker without a thread warns, and frees nothing', () => {
  const m = new World();
  m.run(function* () {
    const worker = new KthreadWorker(m.kw, 'byhand');
    yield* kthreadDestroyWorker(m.kw, worker);
    expect([worker.freed, m.kw.workers]).toEqual([false, [worker]]);
  });
  expect(m.dmesg).toEqual([expect.stringContaining('kthread_destroy_worker: byhand has no thread')]);
});

test('a worker on a CPU, the first one included, is bound to it; below 0 it is not', () => {
  const m = new World({ cpus: 3 });
  const masks: number[][] = [];
  m.run(function* () {
    for (const cpu of [0, 2, -1]) {
      const worker = (yield* kthreadCreateWorkerOnCpu(m.kw, cpu, 0, 'kw')) as KthreadWorker;
      masks.push([...worker.task!.cpusMask]);
    }
  });
  expect(masks).toEqual([[0], [2], [0, 1, 2]]);
});
