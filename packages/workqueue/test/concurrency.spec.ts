import { describe, expect, test } from '@jest/globals';
import { NO_COSTS, TASK_RUNNING, busy, schedSetFifo, usleepRange, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  PWQ_STAT_CM_WAKEUP,
  PWQ_STAT_CPU_INTENSIVE,
  WORKER_CPU_INTENSIVE,
  WQ_BH,
  WQ_CPU_INTENSIVE,
  WQ_UNBOUND,
  type WorkStruct,
  cancelWork,
  currentWqWorker,
  flushWork,
  flushWorkqueue,
  queueWork,
  queueWorkOn,
  wqWorkerLastFunc,
} from '../src/index.ts';
import { World, caseOf } from './world.ts';

describe('concurrency management of a bound pool', () => {
  test(
    ...caseOf('CC-WQ-039: one work at a time, as long as it runs', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => busy(m.s, 5000)),
      );
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', () => busy(m.s, 100)),
      );
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'end a', 'start b', 'end b']);
      expect(m.ran).toEqual(['a@kworker/1:1', 'b@kworker/1:1']);
    }),
  );

  test(
    ...caseOf('CC-WQ-040: the next one when it sleeps', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => m.sleep(20)),
      );
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', () => busy(m.s, 100)),
      );
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'start b', 'end b', 'end a']);
      expect(m.ran).toEqual(['a@kworker/1:1', 'b@kworker/1:0']);
      expect(q.cpuPwq[1]!.stats[PWQ_STAT_CM_WAKEUP]).toBe(1);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-041: one that woke up counts only when it is on the CPU; then the first to end goes idle',
      function* (m) {
        const q = yield* m.wq('q');
        const pool = q.cpuPwq[1]!.pool;
        const seen: number[] = [];
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('a', function* () {
            yield* m.sleep(1);
            seen.push(pool.nrRunning);
            yield* busy(m.s, 20_000);
          }),
        );
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('b', function* () {
            yield* busy(m.s, 20_000);
            seen.push(pool.nrRunning);
          }),
        );
        yield* queueWorkOn(m.w, 1, q, m.work('c'));
        yield* flushWorkqueue(m.w, q);
        // b ends after a was woken, and before a runs
        expect(seen).toEqual([1, 2]);
        expect(m.runs).toEqual(['start a', 'start b', 'end b', 'end a', 'start c', 'end c']);
        expect(m.ran).toEqual(['a@kworker/1:1', 'b@kworker/1:0', 'c@kworker/1:1']);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf('CC-WQ-042: a worker that is preempted still counts', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => busy(m.s, 3000)),
      );
      yield* queueWorkOn(m.w, 1, q, m.work('b'));
      yield* m.sleep(1);
      yield* m.spawn(
        'rt',
        function* (): MaySleep<void> {
          schedSetFifo(m.s, m.s.current);
          yield* busy(m.s, 8000);
        },
        1,
      );
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual(['start a', 'end a', 'start b', 'end b']);
    }),
  );

  test(
    ...caseOf('CC-WQ-043: a work that runs too long does not count any more', function* (m) {
      const q = yield* m.wq('q');
      let flags = 0;
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', function* () {
          yield* busy(m.s, 30_000);
          flags = currentWqWorker(m.w)!.flags;
          yield* m.sleep(1);
        }),
      );
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', () => m.sleep(1)),
      );
      yield* flushWorkqueue(m.w, q);
      expect(flags & WORKER_CPU_INTENSIVE).not.toBe(0);
      const { stats, pool } = q.cpuPwq[1]!;
      expect([stats[PWQ_STAT_CPU_INTENSIVE], stats[PWQ_STAT_CM_WAKEUP]]).toEqual([1, 1]);
      expect(m.ran).toEqual(['a@kworker/1:1', 'b@kworker/1:0']);
      expect(pool.workers.every((worker) => (worker.flags & WORKER_CPU_INTENSIVE) === 0)).toBe(true);
    }),
  );

  test(
    ...caseOf('the report of such functions thins out', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('hog', () => busy(m.s, 15_000));
      for (let i = 0; i < 11; i++) {
        yield* queueWorkOn(m.w, 1, q, a);
        yield* flushWork(m.w, a);
      }
      expect(m.dmesg).toEqual(
        [4, 5, 7, 11].map((n) => `workqueue: hog hogged CPU for >10000us ${n} times, consider switching to WQ_UNBOUND`),
      );
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-044: of a WQ_CPU_INTENSIVE queue, works start together, unless one that counts runs',
      function* (m) {
        const q = yield* m.wq('q', WQ_CPU_INTENSIVE);
        const counted = yield* m.wq('counted');
        const woken: string[] = [];
        m.hub.events$.subscribe((e) => {
          if (e.name === 'sched_waking') woken.push(`${e.comm} wakes ${/comm=(\S+)/.exec(e.text)![1]}`);
        });
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('a', () => busy(m.s, 3000)),
        );
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('b', () => busy(m.s, 3000)),
        );
        yield* flushWorkqueue(m.w, q);
        expect(woken).toContain('kworker/1:1 wakes kworker/1:0');
        m.take();
        m.ran.length = 0;
        yield* queueWorkOn(
          m.w,
          1,
          counted,
          m.work('c', () => busy(m.s, 3000)),
        );
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('d', () => busy(m.s, 100)),
        );
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('e', () => busy(m.s, 100)),
        );
        yield* flushWorkqueue(m.w, q);
        expect(m.runs.slice(0, 3)).toEqual(['start c', 'end c', 'start d']);
      },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-046: the barrier of an inactive work that is cancelled is not run until somebody wakes the pool',
      function* (m) {
        const q = yield* m.wq('q', 0, 1);
        const pool = q.cpuPwq[1]!.pool;
        const other = yield* m.wq('other');
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('a', () => m.sleep(40)),
        );
        const b = m.work('b');
        yield* queueWorkOn(m.w, 1, q, b);
        yield* m.sleep(1);
        let flushed: boolean | null = null;
        yield* m.spawn('flusher', function* () {
          flushed = yield* flushWork(m.w, b);
        });
        yield* m.sleep(1);
        expect(yield* cancelWork(m.w, b)).toBe(true);
        expect(pool.worklist.next.funcName).toBe('wq_barrier_func');
        yield* m.sleep(1);
        expect(flushed).toBe(null);
        yield* queueWorkOn(m.w, 1, other, m.work('c'));
        yield* m.sleep(10);
        expect(flushed).toBe(true);
        yield* flushWorkqueue(m.w, q);
        expect(m.runs).not.toContain('start b');
      },
    ),
  );

  test(
    ...caseOf('CC-WQ-047: several works wake one worker, and each start the next', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      const woken: string[] = [];
      m.hub.events$.subscribe((e) => {
        if (e.name === 'sched_waking' && e.text.includes('kworker/u8')) woken.push(e.comm);
      });
      for (let i = 0; i < 3; i++)
        yield* queueWork(
          m.w,
          q,
          m.work(String(i), () => m.sleep(20)),
        );
      yield* flushWorkqueue(m.w, q);
      m.hub.flush();
      expect(woken.filter((comm) => comm === 'main').length).toBeGreaterThanOrEqual(1);
      expect(woken.filter((comm) => comm.startsWith('kworker/u8')).length).toBeGreaterThanOrEqual(2);
      expect(m.runs.slice(0, 3).every((e) => e.startsWith('start'))).toBe(true);
    }),
  );

  test(
    ...caseOf('remembers what a worker ran last', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* queueWork(m.w, q, a);
      yield* flushWorkqueue(m.w, q);
      const task = [...m.s.tasks.values()].find((p) => p.comm === 'kworker/0:1') as Task;
      expect(wqWorkerLastFunc(task)).toBe(a.func);
    }),
  );
});

/**
 * w0 burns 5 ms, sleeps 10, burns 5; w1 and w2 burn 5, then sleep 10. All on one CPU, and nothing else costs anything, as
 * workqueue.rst assumes. Nobody who burns is preempted: with voluntary preemption, kernel code is not.
 */
function exampleScenario(maxActive: number, intensive: boolean): string[] {
  const m = new World({ costs: { ...NO_COSTS, udelayPiece: 5000 } });
  const lines: string[] = [];
  m.run(function* () {
    const q0 = yield* m.wq('q0', 0, maxActive);
    const q1 = intensive ? yield* m.wq('q1', WQ_CPU_INTENSIVE, 0) : q0;
    yield* enoughWorkers(m);
    const start = m.sim.now;
    const say = (what: string): void => {
      lines.push(`${String((m.sim.now - start) / 1e6).padStart(2)} ${what}`);
    };
    const burn = (): MaySleep<void> => busy(m.s, 5000);
    const sleep = (): MaySleep<void> => usleepRange(m.s, 10_000, 10_000);
    const w0 = m.work('w0', function* () {
      say('w0 starts and burns CPU');
      yield* burn();
      say('w0 sleeps');
      yield* sleep();
      say('w0 wakes up and burns CPU');
      yield* burn();
      say('w0 finishes');
    });
    const other = (name: string): WorkStruct =>
      m.work(name, function* () {
        const next = q1.cpuPwq[1]!.pool.idleFirst!.task!;
        const both = intensive && name === 'w1' && next.state === TASK_RUNNING;
        say(both ? 'w1 and w2 start and burn CPU' : `${name} starts and burns CPU`);
        yield* burn();
        say(`${name} sleeps`);
        yield* sleep();
        say(`${name} wakes up and finishes`);
      });
    yield* queueWorkOn(m.w, 1, q0, w0);
    yield* queueWorkOn(m.w, 1, q1, other('w1'));
    yield* queueWorkOn(m.w, 1, q1, other('w2'));
    yield* m.sleep(60);
  });
  return lines;
}

/** More workers on CPU 1 than the works need. */
function* enoughWorkers(m: World): MaySleep<void> {
  const q = yield* m.wq('warm');
  for (let i = 0; i < 5; i++)
    yield* queueWorkOn(
      m.w,
      1,
      q,
      m.work('warm', () => m.sleep(4)),
    );
  yield* flushWorkqueue(m.w, q);
  yield* m.sleep(4);
}

describe('Documentation/core-api/workqueue.rst, Example Execution Scenarios', () => {
  test('CC-WQ-045: max_active of at least 3', () => {
    expect(exampleScenario(3, false)).toEqual([
      ' 0 w0 starts and burns CPU',
      ' 5 w0 sleeps',
      ' 5 w1 starts and burns CPU',
      '10 w1 sleeps',
      '10 w2 starts and burns CPU',
      '15 w2 sleeps',
      '15 w0 wakes up and burns CPU',
      '20 w0 finishes',
      '20 w1 wakes up and finishes',
      '25 w2 wakes up and finishes',
    ]);
  });

  test('CC-WQ-045: max_active of 2', () => {
    expect(exampleScenario(2, false)).toEqual([
      ' 0 w0 starts and burns CPU',
      ' 5 w0 sleeps',
      ' 5 w1 starts and burns CPU',
      '10 w1 sleeps',
      '15 w0 wakes up and burns CPU',
      '20 w0 finishes',
      '20 w1 wakes up and finishes',
      '20 w2 starts and burns CPU',
      '25 w2 sleeps',
      '35 w2 wakes up and finishes',
    ]);
  });

  test('CC-WQ-045: w1 and w2 on a WQ_CPU_INTENSIVE queue', () => {
    // the document names the start of w2 together with that of w1: its worker is woken then, and gets the CPU at 10
    expect(exampleScenario(16, true)).toEqual([
      ' 0 w0 starts and burns CPU',
      ' 5 w0 sleeps',
      ' 5 w1 and w2 start and burn CPU',
      '10 w1 sleeps',
      '10 w2 starts and burns CPU',
      '15 w2 sleeps',
      '15 w0 wakes up and burns CPU',
      '20 w0 finishes',
      '20 w1 wakes up and finishes',
      '25 w2 wakes up and finishes',
    ]);
  });

  test('a BH queue runs its works in softirq context', () => {
    const m = new World();
    m.run(function* () {
      const q = yield* m.wq('q', WQ_BH);
      const contexts: boolean[] = [];
      const a = m.work('a', function* () {
        contexts.push(m.s.cpus[m.s.cpu]!.inSoftirq);
        yield* busy(m.s, 100);
      });
      yield* queueWork(m.w, q, a);
      yield* flushWork(m.w, a);
      yield* queueWorkOn(m.w, 1, q, a);
      yield* flushWork(m.w, a);
      expect(contexts).toEqual([true, true]);
      expect(m.ran.filter((r) => r.startsWith('a@'))).toEqual(['a@ksoftirqd/0', 'a@<idle>']);
    });
  });
});
