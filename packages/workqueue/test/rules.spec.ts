import { describe, expect, test } from '@jest/globals';
import { Cpumask, busy, condResched, setCpusAllowedPtr, yieldCpu } from '@kernel-model/scheduler';
import {
  POOL_BH_DRAINING,
  PWQ_STAT_CM_WAKEUP,
  PWQ_STAT_COMPLETED,
  PWQ_STAT_STARTED,
  WORKER_NOT_RUNNING,
  WORKER_REBOUND,
  WORK_CPU_UNBOUND,
  WQ_BH,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  __WQ_DRAINING,
  allocOrderedWorkqueue,
  cancelDelayedWork,
  cancelWorkSync,
  disableWork,
  drainWorkqueue,
  enableWork,
  flushDelayedWork,
  flushWork,
  flushWorkqueue,
  queueDelayedWork,
  queueDelayedWorkOn,
  queueWork,
  queueWorkNow,
  queueWorkOn,
  setWorkerDesc,
  workqueueSetMaxActive,
  workqueueSoftirqDead,
  wqWorkerComm,
  type WorkStruct,
} from '../src/index.ts';
import { down, up } from './hotplug.ts';
import { caseOf, type World } from './world.ts';

/** Who wakes which kworker from now on. */
function wakeups(m: World): string[] {
  const seen: string[] = [];
  m.hub.flush();
  m.hub.events$.subscribe((e) => {
    const woken = /comm=(kworker\/[^R]\S+)/.exec(e.text);
    if (e.name === 'sched_waking' && woken !== null) seen.push(`${e.comm} wakes ${woken[1]}`);
  });
  return seen;
}

describe('who starts workers', () => {
  test(
    ...caseOf('CC-WQ-047: five works queued in one go wake one worker; each that starts wakes the next', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      yield* queueWork(
        m.w,
        q,
        m.work('more', () => m.sleep(20)),
      );
      yield* flushWorkqueue(m.w, q);
      const woken = wakeups(m);
      for (let i = 0; i < 5; i++) {
        const work = m.work(String(i), () => m.sleep(20));
        queueWorkNow(m.w, WORK_CPU_UNBOUND, q, work);
      }
      yield* m.sleep(1);
      m.hub.flush();
      expect(woken.filter((line) => line.startsWith('main wakes'))).toHaveLength(1);
      // a worker that is made is woken by whoever makes it
      expect(woken.filter((line) => line.startsWith('kworker/u8')).length).toBeGreaterThanOrEqual(4);
      expect(m.runs.slice(-5).every((line) => line.startsWith('start'))).toBe(true);
      yield* flushWorkqueue(m.w, q);
    }),
  );

  test(
    ...caseOf('CC-WQ-031: a limit that rises kicks the pool of each work that it lets go', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      for (let i = 0; i < 6; i++)
        yield* queueWorkOn(
          m.w,
          i % 2,
          q,
          m.work(String(i), () => m.sleep(20)),
        );
      yield* m.sleep(1);
      const woken = wakeups(m);
      yield* workqueueSetMaxActive(m.w, q, 2);
      m.hub.flush();
      expect(woken.map((line) => line.replace(/:.*/, ''))).toEqual(['main wakes kworker/0', 'main wakes kworker/1']);
      yield* flushWorkqueue(m.w, q);
    }),
  );

  test(
    ...caseOf('CC-WQ-042: a work that yields, or is asked to reschedule, runs on for its pool', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', function* () {
        for (let i = 0; i < 20; i++) {
          yield* busy(m.s, 100);
          yield* condResched(m.s);
          yield* yieldCpu(m.s);
        }
      });
      yield* queueWorkOn(m.w, 1, q, a);
      yield* queueWorkOn(m.w, 1, q, m.work('b'));
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'end a', 'start b', 'end b']);
      expect(q.cpuPwq[1]!.stats[PWQ_STAT_CM_WAKEUP]).toBe(0);
    }),
  );

  test(
    ...caseOf('a worker that is woken for nothing idles again, as the one that idled last', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      for (let i = 0; i < 2; i++)
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('w', () => m.sleep(4)),
        );
      yield* flushWorkqueue(m.w, q);
      const a = m.work('a');
      const first = pool.idleFirst!;
      yield* m.sleep(20);
      // its work is gone by the time it runs
      yield* queueWorkOn(m.w, 1, q, a);
      yield* cancelWorkSync(m.w, a);
      yield* m.sleep(4);
      expect([pool.idleFirst === first, m.runs.includes('start a')]).toEqual([true, false]);
      expect(m.s.jiffies - first.lastActive).toBeLessThan(4);
    }),
  );
});

describe('the queues', () => {
  test(
    ...caseOf('have a pwq for each CPU, an unbound one a default besides, an ordered one that alone', function* (m) {
      const [p, u] = [yield* m.wq('p'), yield* m.wq('u', WQ_UNBOUND)];
      const o = (yield* allocOrderedWorkqueue(m.w, 'o', 0))!;
      expect([p, u, o].map((q) => [q.pwqs.length, q.dflPwq === null, q.pwqs[0]!.refcnt])).toEqual([
        [2, true, 1],
        [3, false, 1],
        [1, false, 3],
      ]);
      yield* flushWorkqueue(m.w, p);
      expect(p.pwqs.map((pwq) => [pwq.flushColor, pwq.workColor])).toEqual([
        [-1, 1],
        [-1, 1],
      ]);
    }),
  );

  for (const [kind, flags, max] of [
    ['per-CPU', 0, 0],
    ['highpri', WQ_HIGHPRI, 0],
    ['BH', WQ_BH, 0],
    ['highpri BH', WQ_BH | WQ_HIGHPRI, 0],
    ['unbound', WQ_UNBOUND, 0],
  ] as const) {
    test(
      ...caseOf(`of every kind serve timers, flushes, cancels and works that are disabled: ${kind}`, function* (m) {
        const q = yield* m.wq('q', flags, max);
        const d = m.delayed('d');
        yield* queueDelayedWorkOn(m.w, 1, q, d, 2);
        yield* m.sleep(20);
        expect(m.runs).toEqual(['start d', 'end d']);
        yield* queueDelayedWork(m.w, q, d, 200);
        // it may have run before anybody had to wait
        yield* flushDelayedWork(m.w, d);
        expect(m.runs.filter((line) => line === 'end d')).toHaveLength(2);
        yield* queueDelayedWork(m.w, q, d, 2);
        expect(yield* cancelDelayedWork(m.w, d)).toBe(true);
        yield* disableWork(m.w, d.work);
        expect(yield* queueWork(m.w, q, d.work)).toBe(false);
        expect(yield* enableWork(m.w, d.work)).toBe(true);
        expect(yield* queueWork(m.w, q, d.work)).toBe(true);
        yield* flushWork(m.w, d.work);
        expect(m.runs.filter((line) => line === 'end d')).toHaveLength(3);
      }),
    );
  }

  test(
    ...caseOf('count barriers as works that were started and completed (INV-WQ-30)', function* (m) {
      const q = yield* m.wq('q');
      const { stats } = q.cpuPwq[1]!;
      const a = m.work('a', function* () {
        yield* m.sleep(5);
        expect(stats[PWQ_STAT_STARTED]! - stats[PWQ_STAT_COMPLETED]!).toBe(1);
      });
      yield* queueWorkOn(m.w, 1, q, a);
      yield* flushWork(m.w, a);
      yield* m.sleep(1);
      expect([stats[PWQ_STAT_STARTED], stats[PWQ_STAT_COMPLETED]]).toEqual([2, 2]);
    }),
  );

  test(
    ...caseOf('bring a limit that is set later into its range, too', function* (m) {
      const q = yield* m.wq('q');
      for (const max of [0, 1000]) yield* workqueueSetMaxActive(m.w, q, max);
      expect(q.maxActive).toBe(512);
      expect(m.dmesg).toEqual(
        [0, 1000].map((n) => `workqueue: max_active ${n} requested for q is out of range, clamping between 1 and 512`),
      );
    }),
  );

  test(
    ...caseOf('drain until the last of those who drain is done', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('slow', () => m.sleep(20)),
      );
      for (const name of ['x', 'y'])
        yield* m.spawn(name, function* () {
          yield* drainWorkqueue(m.w, q);
          m.notes.push(name);
        });
      yield* m.sleep(5);
      expect([q.nrDrainers, q.flags]).toEqual([2, __WQ_DRAINING]);
      yield* m.sleep(40);
      expect([q.nrDrainers, q.flags, [...m.notes].sort()]).toEqual([0, 0, ['x', 'y']]);
    }),
  );

  test(
    ...caseOf('CC-WQ-098: a drain complains after 10, 100, 200 ... 1000 rounds, and then no more', function* (m) {
      const q = yield* m.wq('q');
      let left = 1250;
      const a: WorkStruct = m.work('a', function* () {
        if (--left > 0) yield* queueWork(m.w, q, a);
      });
      yield* queueWorkOn(m.w, 1, q, a);
      yield* drainWorkqueue(m.w, q);
      const rounds = m.dmesg.map((line) => Number(/after (\d+) tries$/.exec(line)![1]));
      expect(rounds).toEqual([10, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000].slice(0, rounds.length));
      expect(left).toBe(0);
    }),
  );
});

describe('delayed works', () => {
  test(
    ...caseOf('flush_delayed_work queues where the timer would have', function* (m) {
      const [q, other] = [yield* m.wq('q'), yield* m.wq('other')];
      const d = m.delayed('d');
      yield* queueDelayedWorkOn(m.w, 1, q, d, 100);
      yield* queueDelayedWorkOn(m.w, 0, other, d, 0);
      yield* flushDelayedWork(m.w, d);
      expect(m.ran[0]).toBe('d@kworker/1:1');
      expect(q.cpuPwq[1]!.stats[PWQ_STAT_STARTED]).toBe(2);
    }),
  );

  test(
    ...caseOf('CC-WQ-069: the timer of an idle CPU fires on one that is awake, and there the work runs', function* (m) {
      const q = yield* m.wq('q');
      for (const [keepsAwake, ranOn] of [
        [true, 1],
        [false, 0],
      ] as const) {
        const d = m.delayed('d');
        yield* m.spawn(
          'elsewhere',
          function* () {
            yield* queueDelayedWork(m.w, q, d, 10);
            if (keepsAwake) yield* busy(m.s, 60_000);
          },
          1,
        );
        yield* keepsAwake ? m.sleep(100) : busy(m.s, 100_000);
        yield* m.sleep(1);
        expect(m.ran.at(-1)).toMatch(new RegExp(`^d@kworker/${ranOn}:`));
      }
    }),
  );
});

describe('CPUs that come and go', () => {
  test(
    ...caseOf(
      'the limits of the nodes follow the CPUs',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND, 100);
        const limits = (): number[] => q.nodeNrActive.map((nna) => nna.max);
        expect(limits()).toEqual([50, 50, 100]);
        yield* down(m);
        // one CPU of three, and two
        expect(limits()).toEqual([34, 67, 100]);
        yield* up(m);
        expect(limits()).toEqual([50, 50, 100]);
      },
      { cpus: 4, nodes: [Cpumask.fromBits(3), Cpumask.fromBits(12)] },
    ),
  );

  test(
    ...caseOf('CC-WQ-011: a work on a CPU that is down is traced with that CPU', function* (m) {
      const q = yield* m.wq('q');
      yield* down(m);
      const seen: string[] = [];
      m.hub.events$.subscribe((e) => {
        if (e.name === 'workqueue_queue_work') seen.push(/req_cpu.*/.exec(e.text)![0]);
      });
      const a = m.work('a');
      expect(yield* queueWorkOn(m.w, 1, q, a)).toBe(true);
      yield* flushWork(m.w, a);
      m.hub.flush();
      expect(seen).toEqual(['req_cpu=1 cpu=1']);
    }),
  );

  test(
    ...caseOf('CC-WQ-103: while one that was busy then does not count, the pool starts another one', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      yield* down(m);
      const a = m.work('a', function* () {
        for (let i = 0; i < 200; i++) {
          yield* busy(m.s, 1000);
          yield* condResched(m.s);
        }
      });
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(5);
      yield* up(m);
      yield* m.sleep(5);
      const worker = pool.workers.find(({ currentWork }) => currentWork === a)!;
      expect([worker.flags & WORKER_NOT_RUNNING, worker.task!.cpu, pool.nrRunning]).toEqual([WORKER_REBOUND, 1, 0]);
      const woken = wakeups(m);
      // a runs: if it did count, nobody would be woken
      yield* queueWorkOn(m.w, 1, q, m.work('b'));
      m.hub.flush();
      expect(woken.map((line) => line.replace(/:.*/, ''))).toEqual(['main wakes kworker/1']);
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'start b', 'end b', 'end a']);
    }),
  );

  test(
    ...caseOf(
      'a worker of a bound pool that runs elsewhere is reported, once',
      function* (m) {
        const q = yield* m.wq('q');
        const p = q.cpuPwq[1]!.pool.idleFirst!.task!;
        yield* setCpusAllowedPtr(m.s, p, Cpumask.of(0));
        for (let i = 0; i < 2; i++) {
          yield* queueWorkOn(m.w, 1, q, m.work('a'));
          yield* flushWorkqueue(m.w, q);
        }
        expect(m.dmesg).toEqual(['WARNING: process_one_work: a worker of CPU 1 runs on CPU 0']);
      },
      { unchecked: true },
    ),
  );

  test(
    ...caseOf('the BH pool of a dead CPU is POOL_BH_DRAINING while its works run, ten at a time', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      const { pool } = q.cpuPwq[1]!;
      m.s.cpus[1]!.callFunction = () => {};
      const seen: number[] = [];
      for (let i = 0; i < 15; i++)
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('soft', function* () {
            seen.push(pool.flags & POOL_BH_DRAINING);
          }),
        );
      yield* workqueueSoftirqDead(m.w, 1);
      expect(seen).toEqual(new Array(15).fill(POOL_BH_DRAINING));
      expect(pool.flags & POOL_BH_DRAINING).toBe(0);
      // it queues itself again for the rest
      expect(m.runs.filter((line) => line === 'start drain_dead_softirq_workfn')).toHaveLength(2);
    }),
  );
});

describe('names', () => {
  test(
    ...caseOf('/proc shows 63 bytes', function* (m) {
      const q = yield* m.wq('a_queue_with_a_name_of_31_chars', WQ_MEM_RECLAIM | WQ_UNBOUND);
      let comm = '';
      const fill = m.work('fill', () => m.sleep(40));
      m.k.failAlloc = (what) => what === 'kthread';
      const works = [fill];
      for (let i = 0; i < 4; i++)
        works.push(
          m.work(`w${i}`, function* () {
            setWorkerDesc(m.w, 'a_description_of_31_characters!');
            if (m.s.current.comm.startsWith('kworker/R')) comm = wqWorkerComm(m.s.current);
            yield* m.sleep(20);
          }),
        );
      for (const work of works) yield* queueWork(m.w, q, work);
      yield* m.sleep(100);
      m.k.failAlloc = () => false;
      expect(comm).toBe('kworker/R-a_queue_with_a_name_of_31_chars+a_description_of_31_c');
      expect(comm).toHaveLength(63);
      yield* flushWorkqueue(m.w, q);
    }),
  );
});
