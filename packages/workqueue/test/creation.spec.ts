import { describe, expect, test } from '@jest/globals';
import { Cpumask, busy, schedSetFifo, setCpusAllowedPtr, taskNice } from '@kernel-model/scheduler';
import { SIGKILL, sendSig } from '@kernel-model/signals';
import type { MaySleep } from '@kernel-model/sim';
import {
  CREATE_COOLDOWN,
  MAYDAY_INITIAL_TIMEOUT,
  MAYDAY_INTERVAL,
  POOL_MANAGER_ACTIVE,
  PWQ_STAT_MAYDAY,
  PWQ_STAT_RESCUED,
  WORKER_PREP,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  allocWorkqueue,
  allocWorkqueueAttrs,
  applyWorkqueueAttrs,
  destroyWorkqueue,
  flushWork,
  flushWorkqueue,
  queueWork,
  queueWorkOn,
  showAllWorkqueues,
  type WorkqueueStruct,
  type WorkStruct,
} from '../src/index.ts';
import { caseOf, type World } from './world.ts';

/** Keep both workers of a CPU asleep in works, so that a new one is needed for the next work. */
function* fill(m: World, q: WorkqueueStruct, cpu = 1, ms = 5000): MaySleep<void> {
  for (let i = 0; i < 2; i++)
    yield* queueWorkOn(
      m.w,
      cpu,
      q,
      m.work('fill', () => m.sleep(ms)),
    );
  yield* m.sleep(5);
}

/** Threads cannot be made from now on. @returns the jiffies of the attempts */
function noThreads(m: World): number[] {
  const attempts: number[] = [];
  m.k.failAlloc = (what) => {
    if (what === 'kthread') attempts.push(m.s.jiffies);
    return what === 'kthread';
  };
  return attempts;
}

/** Have somebody killed while he waits for kthreadd, whose CPU is taken. */
function* killedWhile(m: World, fn: () => MaySleep<unknown>): MaySleep<void> {
  yield* setCpusAllowedPtr(m.s, m.k.kthreadd!, Cpumask.of(3));
  yield* m.spawn(
    'hog',
    function* () {
      schedSetFifo(m.s, m.s.current);
      yield* busy(m.s, 40_000);
    },
    3,
  );
  const p = yield* m.user('victim', fn);
  yield* m.sleep(10);
  expect(p.waitsFor).toMatch(/^creation of kworker/);
  yield* sendSig(m.k.signals, SIGKILL, p, 1);
  yield* m.sleep(100);
}

describe('a worker thread that cannot be made', () => {
  test(
    ...caseOf('is said once, whatever the error is that comes first', function* (m) {
      const q = yield* m.wq('q');
      yield* fill(m, q);
      const attempts = noThreads(m);
      yield* queueWorkOn(m.w, 1, q, m.work('a'));
      yield* m.sleep(3500);
      expect(m.dmesg).toEqual(['workqueue: Failed to create a worker thread: -EAGAIN']);
      // one attempt a second, for as long as one is needed
      expect(attempts).toHaveLength(4);
      for (let i = 1; i < 4; i++) expect(attempts[i]! - attempts[i - 1]!).toBeGreaterThan(CREATE_COOLDOWN);
      for (let i = 1; i < 4; i++) expect(attempts[i]! - attempts[i - 1]!).toBeLessThan(CREATE_COOLDOWN + 16);
      m.k.failAlloc = (what) => what === 'kthread_create_info';
      yield* m.sleep(1100);
      expect(m.dmesg.slice(1)).toEqual(['workqueue: Failed to create a worker thread: -ENOMEM']);
      m.k.failAlloc = () => false;
      yield* flushWorkqueue(m.w, q);
    }),
  );

  test(
    ...caseOf('gives its number back', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      yield* fill(m, q);
      noThreads(m);
      const a = m.work('a');
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(50);
      expect(pool.workerIds).toEqual([true, true, true, false]);
      m.k.failAlloc = () => false;
      yield* flushWork(m.w, a);
      expect(m.comms('kworker/1:').filter((comm) => !comm.endsWith('H'))).toEqual([
        'kworker/1:0',
        'kworker/1:1',
        'kworker/1:2',
        'kworker/1:3',
      ]);
    }),
  );

  test(
    ...caseOf('while its pool has nobody idle: a dump shows the manager, and POOL_MANAGER_ACTIVE', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('fill', () => m.sleep(400)),
      );
      yield* m.sleep(5);
      noThreads(m);
      yield* queueWorkOn(m.w, 1, q, m.work('a'));
      yield* m.sleep(5);
      expect(pool.flags & POOL_MANAGER_ACTIVE).not.toBe(0);
      const { pid } = pool.manager!.task!;
      expect(showAllWorkqueues(m.w).at(-1)).toBe(
        `pool 6: cpus=1 node=0 flags=0x2 nice=0 hung=0s workers=2 manager: ${pid}`,
      );
      m.k.failAlloc = () => false;
      yield* m.sleep(1200);
      expect([pool.flags, pool.manager === null]).toEqual([0, true]);
    }),
  );

  test(
    ...caseOf(
      'because the creator was killed is said by name, every time; an unbound queue is not made then',
      function* (m) {
        const attrs = allocWorkqueueAttrs(m.w);
        for (const nice of [-5, -7]) {
          attrs.nice = nice;
          const q = yield* m.wq('q', WQ_UNBOUND);
          let result: number | null = null;
          yield* killedWhile(m, function* () {
            result = yield* applyWorkqueueAttrs(m.w, q, attrs);
          });
          expect(result).toBe(-12);
          expect(q.unboundAttrs!.nice).toBe(0);
        }
        expect(m.dmesg).toEqual(
          [1, 2].map(() => 'workqueue: Interrupted when creating a worker thread "kworker/u17:0"'),
        );
      },
      { cpus: 4 },
    ),
  );
});

describe('a rescuer that cannot be made', () => {
  for (const [what, error] of [
    ['kthread', '-EAGAIN'],
    ['kthread_create_info', '-ENOMEM'],
  ] as const) {
    test(
      ...caseOf(`takes its queue with it: ${error}`, function* (m) {
        const before = m.w.workqueues.length;
        m.k.failAlloc = (alloc) => alloc === what;
        expect(yield* allocWorkqueue(m.w, 'saved', WQ_MEM_RECLAIM, 0)).toBe(null);
        expect(m.dmesg).toEqual([`workqueue: Failed to create a rescuer kthread for wq "saved": ${error}`]);
        expect(m.w.workqueues).toHaveLength(before);
        m.k.failAlloc = () => false;
      }),
    );
  }

  test(
    ...caseOf(
      'because the caller was killed: -EINTR',
      function* (m) {
        let q: WorkqueueStruct | null | undefined;
        yield* killedWhile(m, function* () {
          q = yield* allocWorkqueue(m.w, 'saved', WQ_MEM_RECLAIM, 0);
        });
        expect(q).toBe(null);
        expect(m.dmesg).toEqual(['workqueue: Failed to create a rescuer kthread for wq "saved": -EINTR']);
      },
      { cpus: 4 },
    ),
  );
});

describe('calls for rescuers', () => {
  test(
    ...caseOf('begin 2 jiffies after the creation, and are repeated 25 jiffies apart while it goes on', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      const { pool, stats } = saved.cpuPwq[1]!;
      yield* fill(m, q);
      const attempts = noThreads(m);
      const calls: number[] = [];
      const late: WorkStruct[] = [];
      m.sim.afterStep(() => {
        if (stats[PWQ_STAT_MAYDAY]! > calls.length) calls.push(m.s.jiffies);
      });
      yield* queueWorkOn(m.w, 1, saved, m.work('first'));
      yield* m.sleep(20);
      // served: the next call finds whatever has come since
      expect([stats[PWQ_STAT_MAYDAY], stats[PWQ_STAT_RESCUED]]).toEqual([1, 1]);
      for (const name of ['second', 'third']) {
        const work = m.work(name);
        late.push(work);
        yield* queueWorkOn(m.w, 1, saved, work);
        yield* m.sleep(110);
      }
      expect([stats[PWQ_STAT_MAYDAY], stats[PWQ_STAT_RESCUED]]).toEqual([3, 3]);
      expect(calls[0]! - attempts[0]!).toBeGreaterThan(MAYDAY_INITIAL_TIMEOUT);
      expect(calls[0]! - attempts[0]!).toBeLessThanOrEqual(MAYDAY_INITIAL_TIMEOUT + 2);
      // a timer of the wheel fires in the jiffy after
      expect([calls[1]! - calls[0]!, calls[2]! - calls[1]!]).toEqual([MAYDAY_INTERVAL + 1, MAYDAY_INTERVAL + 1]);
      expect(pool.worklist.next).toBe(pool.worklist);
      m.k.failAlloc = () => false;
    }),
  );

  test(
    ...caseOf('are one for each queue that waits, and none for a queue without a rescuer', function* (m) {
      const q = yield* m.wq('q');
      const [x, y] = [yield* m.wq('x', WQ_MEM_RECLAIM), yield* m.wq('y', WQ_MEM_RECLAIM)];
      yield* fill(m, q);
      noThreads(m);
      const order: string[] = [];
      const note = (name: string): WorkStruct =>
        m.work(name, function* () {
          order.push(`${name} by ${m.s.current.comm}`);
        });
      for (const [wq, name] of [
        [q, 'plain'],
        [x, 'x1'],
        [y, 'y1'],
        [x, 'x2'],
      ] as const)
        yield* queueWorkOn(m.w, 1, wq, note(name));
      yield* m.sleep(60);
      expect([q, x, y].map((wq) => wq.cpuPwq[1]!.stats[PWQ_STAT_MAYDAY])).toEqual([0, 1, 1]);
      // out of order across queues, in order within one
      expect(order.filter((line) => line.startsWith('x'))).toEqual(['x1 by kworker/R-x', 'x2 by kworker/R-x']);
      expect(order.filter((line) => line.startsWith('y'))).toEqual(['y1 by kworker/R-y']);
      expect(order).toHaveLength(3);
      m.k.failAlloc = () => false;
      yield* m.sleep(1200);
      expect(order[3]).toMatch(/^plain by kworker\/1:\d$/);
    }),
  );

  test(
    ...caseOf('INV-WQ-26: once a worker can be made again, the rescuer takes nothing more', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      const rescuer = saved.rescuer!;
      yield* fill(m, q);
      noThreads(m);
      const by: string[] = [];
      for (let i = 0; i < 4; i++) {
        yield* queueWorkOn(
          m.w,
          1,
          saved,
          m.work(String(i), function* () {
            by.push(m.s.current.comm);
            expect(rescuer.flags & WORKER_PREP).toBe(WORKER_PREP);
            if (i === 1) {
              m.k.failAlloc = () => false;
              // longer than the manager of the pool sleeps after a failure
              yield* m.sleep(1200);
            }
          }),
        );
      }
      yield* flushWorkqueue(m.w, saved);
      expect(by.slice(0, 2)).toEqual(['kworker/R-saved', 'kworker/R-saved']);
      expect(by.slice(2).every((comm) => /^kworker\/1:\d$/.test(comm))).toBe(true);
      expect(saved.cpuPwq[1]!.stats[PWQ_STAT_RESCUED]).toBe(2);
    }),
  );

  test(
    ...caseOf('take the rescuer to the CPU of the pool; it is no worker of it, and of nice -20', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      const p = saved.rescuer!.task!;
      const seen: unknown[] = [];
      yield* m.sleep(1);
      expect([p.cpusMask.lo, taskNice(p)]).toEqual([3, -20]);
      yield* fill(m, q, 0);
      yield* fill(m, q, 1);
      noThreads(m);
      for (const cpu of [0, 1]) {
        const work = m.work('r', function* () {
          seen.push([m.s.cpu, p.cpusMask.lo, saved.cpuPwq[cpu]!.pool.nrWorkers]);
        });
        yield* queueWorkOn(m.w, cpu, saved, work);
        yield* flushWork(m.w, work);
      }
      expect(seen).toEqual([
        [0, 1, 3],
        [1, 2, 3],
      ]);
      yield* m.sleep(10);
      expect([p.cpusMask.lo, saved.rescuer!.pool]).toEqual([3, null]);
      m.k.failAlloc = () => false;
    }),
  );

  test(
    ...caseOf('are answered before the rescuer ends', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      yield* fill(m, q, 1, 900);
      noThreads(m);
      for (let i = 0; i < 3; i++) yield* queueWorkOn(m.w, 1, saved, m.work(`r${i}`));
      yield* destroyWorkqueue(m.w, saved);
      expect(m.runs.filter((line) => line.startsWith('end r'))).toHaveLength(3);
      yield* m.sleep(1);
      expect(m.comms('kworker/R')).toEqual([]);
      m.k.failAlloc = () => false;
      yield* queueWork(m.w, q, m.work('a'));
      yield* flushWorkqueue(m.w, q);
    }),
  );
});
