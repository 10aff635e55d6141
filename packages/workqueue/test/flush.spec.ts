import { describe, expect, test } from '@jest/globals';
import { PF_MEMALLOC, busy } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  WQ_FREEZABLE,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  cancelWork,
  cancelWorkSync,
  createWorkqueue,
  destroyWorkqueue,
  drainWorkqueue,
  flushScheduledWork,
  flushWork,
  flushWorkqueue,
  freezeWorkqueuesBegin,
  queueWork,
  queueWorkOn,
  scheduleWork,
  thawWorkqueues,
  type WorkStruct,
} from '../src/index.ts';
import { getPwq, putPwq } from '../src/pool-workqueue.ts';
import { caseOf, type World } from './world.ts';

/** Start n threads that flush a work, one after the other; each notes its return. */
function* flushers(m: World, work: WorkStruct, n: number): MaySleep<void> {
  for (let i = 0; i < n; i++) {
    yield* m.spawn(`flusher${i}`, function* () {
      m.notes.push(`${i}: ${yield* flushWork(m.w, work)}`);
    });
    yield* m.sleep(1);
  }
}

describe('flush_work', () => {
  test(
    ...caseOf('CC-WQ-086: of an idle work returns false at once', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      expect(yield* flushWork(m.w, a)).toBe(false);
      yield* queueWork(m.w, q, a);
      expect(yield* flushWork(m.w, a)).toBe(true);
      const { nvcsw } = m.s.current;
      expect(yield* flushWork(m.w, a)).toBe(false);
      expect(m.s.current.nvcsw).toBe(nvcsw);
    }),
  );

  test(
    ...caseOf('CC-WQ-087: the barriers of a running work run last come, first served', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(100));
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(1);
      yield* flushers(m, a, 3);
      const waiters: string[] = [];
      m.hub.events$.subscribe((e) => {
        const woken = /comm=(flusher\d)/.exec(e.text);
        if (e.name === 'sched_waking' && woken !== null) waiters.push(woken[1]!);
      });
      yield* m.sleep(150);
      m.hub.flush();
      expect(waiters).toEqual(['flusher2', 'flusher1', 'flusher0']);
      expect(m.log.slice(-7)).toEqual(['end a', ...three()]);
    }),
  );

  test(
    ...caseOf('CC-WQ-087: and those of a queued one, too', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      const a = m.work('a');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('slow', () => m.sleep(100)),
      );
      yield* queueWorkOn(m.w, 1, q, a);
      yield* flushers(m, a, 3);
      const waiters: string[] = [];
      m.hub.events$.subscribe((e) => {
        const woken = /comm=(flusher\d)/.exec(e.text);
        if (e.name === 'sched_waking' && woken !== null) waiters.push(woken[1]!);
      });
      yield* m.sleep(150);
      m.hub.flush();
      expect(waiters).toEqual(['flusher2', 'flusher1', 'flusher0']);
      expect(m.log.slice(-8)).toEqual(['start a', 'end a', ...three()]);
    }),
  );

  test(
    ...caseOf('CC-WQ-088: of one that runs and is queued again waits for both', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(20));
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(1);
      yield* queueWorkOn(m.w, 1, q, a);
      expect(yield* flushWork(m.w, a)).toBe(true);
      expect(m.runs).toEqual(['start a', 'end a', 'start a', 'end a']);
    }),
  );

  test(
    ...caseOf('CC-WQ-089: of an inactive one waits with it, without a count of its own', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      const [a, b, c] = [m.work('a', () => m.sleep(40)), m.work('b', () => m.sleep(1)), m.work('c')];
      for (const work of [a, b, c]) yield* queueWorkOn(m.w, 1, q, work);
      yield* flushers(m, b, 1);
      const pwq = q.cpuPwq[1]!;
      expect([pwq.nrActive, pwq.refcnt, pwq.inactiveWorks.next.next.funcName]).toEqual([1, 5, 'wq_barrier_func']);
      yield* flushWorkqueue(m.w, q);
      expect(m.log.filter((e) => /^(start|end)/.test(e))).toEqual([
        'start a',
        'end a',
        'start b',
        'end b',
        'start wq_barrier_func',
        'end wq_barrier_func',
        'start c',
        'end c',
      ]);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-090: returns true although the work was cancelled meanwhile',
      function* (m) {
        const q = yield* m.wq('q');
        const a = m.work('a');
        const blocker = m.work('blocker', function* () {
          const end = m.sim.now + 20_000_000;
          while (m.sim.now < end) yield* busy(m.s, 500);
        });
        yield* queueWorkOn(m.w, 1, q, blocker);
        yield* queueWorkOn(m.w, 1, q, a);
        yield* flushers(m, a, 1);
        expect(yield* cancelWork(m.w, a)).toBe(true);
        yield* m.sleep(60);
        expect([m.notes, m.runs]).toEqual([['0: true'], ['start blocker', 'end blocker']]);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-090: of one that is cancelled keeps its place before the works behind it',
      function* (m) {
        const q = yield* m.wq('q');
        const [a, b] = [m.work('a'), m.work('b', () => busy(m.s, 20_000))];
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('blocker', () => busy(m.s, 20_000)),
        );
        for (const work of [a, b]) yield* queueWorkOn(m.w, 1, q, work);
        yield* flushers(m, a, 1);
        yield* cancelWork(m.w, a);
        yield* m.sleep(100);
        expect(m.log.filter((e) => e.startsWith('start'))).toEqual([
          'start blocker',
          'start wq_barrier_func',
          'start b',
        ]);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf('CC-WQ-085: from its own function never ends', function* (m) {
      const q = yield* m.wq('q');
      const a: WorkStruct = m.work('a', () => flushWork(m.w, a));
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(100);
      const p = [...m.s.tasks.values()].find((t) => t.comm === 'kworker/1:1')!;
      expect(p.waitsFor).toBe('flush_work of a on q, its own work: for ever');
    }),
  );

  test(
    ...caseOf('CC-WQ-096: of a queue that need not make progress, from one that must, warns once', function* (m) {
      const reclaim = yield* m.wq('reclaim', WQ_MEM_RECLAIM);
      const legacy = (yield* createWorkqueue(m.w, 'legacy'))!;
      const plain = yield* m.wq('plain');
      const other = yield* m.wq('other', WQ_MEM_RECLAIM);
      const a = m.work('a', () => m.sleep(10));
      const flusher = (name: string): WorkStruct => m.work(name, () => flushWork(m.w, a));
      const canceller = m.work('canceller', () => cancelWorkSync(m.w, a));
      for (const [wq, work, target] of [
        [legacy, flusher('old'), plain],
        [reclaim, canceller, plain],
        [reclaim, flusher('equal'), other],
      ] as const) {
        yield* queueWorkOn(m.w, 0, target, a);
        yield* m.sleep(1);
        yield* queueWorkOn(m.w, 1, wq, work);
        yield* flushWork(m.w, work);
      }
      expect(m.dmesg).toEqual([]);
      for (let i = 0; i < 2; i++) {
        const f = flusher('f');
        yield* queueWorkOn(m.w, 0, plain, a);
        yield* m.sleep(1);
        yield* queueWorkOn(m.w, 1, reclaim, f);
        yield* flushWork(m.w, f);
      }
      expect(m.dmesg).toEqual(['WARNING: workqueue: WQ_MEM_RECLAIM reclaim:f is flushing !WQ_MEM_RECLAIM plain:a']);
      m.s.current.flags |= PF_MEMALLOC;
      yield* queueWorkOn(m.w, 0, plain, a);
      yield* flushWorkqueue(m.w, plain);
      expect(m.dmesg[1]).toBe('WARNING: workqueue: PF_MEMALLOC task 1(main) is flushing !WQ_MEM_RECLAIM plain:0x0');
    }),
  );
});

function three(): string[] {
  return [1, 2, 3].flatMap(() => ['start wq_barrier_func', 'end wq_barrier_func']);
}

describe('flush_workqueue', () => {
  test(
    ...caseOf('CC-WQ-091: of an empty queue does not sleep, and uses up a colour', function* (m) {
      const q = yield* m.wq('q');
      const { nvcsw } = m.s.current;
      yield* flushWorkqueue(m.w, q);
      expect([q.workColor, q.flushColor, m.s.current.nvcsw]).toEqual([1, 1, nvcsw]);
      for (let i = 0; i < 15; i++) yield* flushWorkqueue(m.w, q);
      expect([q.workColor, q.flushColor]).toEqual([0, 0]);
    }),
  );

  test(
    ...caseOf('CC-WQ-092: does not wait for what is queued later', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => m.sleep(20)),
      );
      yield* m.spawn('flusher', function* () {
        yield* flushWorkqueue(m.w, q);
        m.notes.push(...m.runs);
      });
      yield* m.sleep(1);
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', () => m.sleep(60)),
      );
      yield* flushWorkqueue(m.w, q);
      expect(m.notes).toEqual(['start a', 'start b', 'end a']);
    }),
  );

  test(
    ...caseOf('CC-WQ-093: waits for inactive works', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      for (const name of ['a', 'b', 'c'])
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(name, () => m.sleep(5)),
        );
      yield* flushWorkqueue(m.w, q);
      expect(m.runs.slice(-1)).toEqual(['end c']);
    }),
  );

  test(
    ...caseOf('CC-WQ-094: has 15 colours; later flushes wait for one, and share it', function* (m) {
      const q = yield* m.wq('q');
      for (let i = 0; i < 17; i++) {
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(`w${i}`, () => m.sleep(1000 + 200 * i)),
        );
        yield* m.spawn(`flusher${i}`, function* () {
          yield* flushWorkqueue(m.w, q);
          m.notes.push(String(i));
        });
        yield* m.sleep(1);
      }
      expect([q.flusherQueue.length, q.flusherOverflow.length]).toEqual([14, 2]);
      yield* m.sleep(950);
      while (m.notes.length === 0) yield* m.sleep(5);
      expect(m.notes).toEqual(['0']);
      expect(q.flusherOverflow).toHaveLength(0);
      expect(new Set(q.flusherQueue.slice(-2).map((f) => f.flushColor)).size).toBe(1);
      yield* m.sleep(8000);
      expect(m.notes).toHaveLength(17);
      expect(q.flushColor).toBe(q.workColor);
    }),
  );

  test(
    ...caseOf('CC-WQ-094: shares the colour that comes free, whichever it is', function* (m) {
      const q = yield* m.wq('q');
      for (let i = 0; i < 5; i++) yield* flushWorkqueue(m.w, q);
      for (let i = 0; i < 17; i++) {
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(`w${i}`, () => m.sleep(500 + 100 * i)),
        );
        yield* m.spawn(`flusher${i}`, function* () {
          yield* flushWorkqueue(m.w, q);
          m.notes.push(`${i} after ${m.runs.at(-1)}`);
        });
        yield* m.sleep(1);
      }
      yield* m.sleep(3000);
      const last = (i: number): number => (i < 15 ? i : 16);
      expect(m.notes.sort()).toEqual(Array.from({ length: 17 }, (_, i) => `${i} after end w${last(i)}`).sort());
    }),
  );

  test(
    ...caseOf('waits for its works on all CPUs, whoever else comes to flush', function* (m) {
      const q = yield* m.wq('q');
      for (const [cpu, ms] of [
        [0, 10],
        [1, 40],
      ] as const)
        yield* queueWorkOn(
          m.w,
          cpu,
          q,
          m.work(`cpu${cpu}`, () => m.sleep(ms)),
        );
      for (const name of ['first', 'second'])
        yield* m.spawn(name, function* () {
          yield* flushWorkqueue(m.w, q);
          m.notes.push(`${name} after ${m.runs.at(-1)}`);
        });
      yield* m.sleep(100);
      expect(m.notes).toEqual(['first after end cpu1', 'second after end cpu1']);
    }),
  );

  test(
    ...caseOf('CC-WQ-091: waits for its own colour only, when all of them were used before', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(m.w, 0, q, m.work('early'));
      for (let i = 0; i < 16; i++) yield* flushWorkqueue(m.w, q);
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('long', () => m.sleep(40)),
      );
      yield* m.spawn('flusher', function* () {
        yield* flushWorkqueue(m.w, q);
        m.notes.push(m.runs.at(-1)!);
      });
      yield* m.sleep(1);
      yield* queueWorkOn(m.w, 0, q, m.work('short'));
      yield* m.sleep(100);
      expect(m.notes).toEqual(['end long']);
    }),
  );

  test(
    ...caseOf('CC-WQ-095: lets a flusher whose works have gone already go in the cascade', function* (m) {
      const q = yield* m.wq('q');
      const start = function* (name: string, ms: number): MaySleep<void> {
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(name, () => m.sleep(ms)),
        );
        yield* m.spawn(name, function* () {
          yield* flushWorkqueue(m.w, q);
          m.notes.push(name);
        });
        yield* m.sleep(1);
      };
      yield* start('long', 200);
      yield* start('short', 20);
      yield* start('longest', 400);
      yield* m.sleep(100);
      expect(m.notes).toEqual([]);
      yield* m.sleep(130);
      expect(m.notes.sort()).toEqual(['long', 'short']);
      yield* m.sleep(300);
      expect(m.notes[2]).toBe('longest');
    }),
  );

  test(
    ...caseOf('CC-WQ-097: from a work of the queue never ends', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => flushWorkqueue(m.w, q)),
      );
      yield* m.sleep(100);
      const p = [...m.s.tasks.values()].find((t) => t.comm === 'kworker/1:1')!;
      expect(p.waitsFor).toBe('flush_workqueue of q, from one of its own works: for ever');
    }),
  );

  test(
    ...caseOf('CC-WQ-099: of a frozen queue waits for the thaw', function* (m) {
      const q = yield* m.wq('q', WQ_FREEZABLE);
      yield* freezeWorkqueuesBegin(m.w);
      yield* queueWork(m.w, q, m.work('a'));
      yield* m.spawn('flusher', function* () {
        yield* flushWorkqueue(m.w, q);
        m.notes.push('flushed');
      });
      yield* m.sleep(100);
      expect([m.notes, m.log]).toEqual([[], ['queue a']]);
      yield* thawWorkqueues(m.w);
      yield* m.sleep(10);
      expect([m.notes, m.log.slice(1)]).toEqual([['flushed'], ['activate a', 'start a', 'end a']]);
    }),
  );

  test(
    ...caseOf('of a queue of the system prints what everybody knows', function* (m) {
      yield* scheduleWork(m.w, m.work('a'));
      yield* flushScheduledWork(m.w);
      expect(m.runs).toEqual(['start a', 'end a']);
      expect(m.dmesg).toEqual(['WARNING: Flushing system-wide workqueues will be prohibited in near future.']);
    }),
  );
});

describe('drain_workqueue and destroy_workqueue', () => {
  test(
    ...caseOf('CC-WQ-098: waits for works that queue themselves, and says when that takes long', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      let left = 500;
      const a: WorkStruct = m.work('a', function* () {
        if (--left > 0) yield* queueWork(m.w, q, a);
        yield* m.sleep(1);
      });
      yield* queueWork(m.w, q, a);
      yield* drainWorkqueue(m.w, q);
      expect(left).toBe(0);
      expect(m.dmesg.slice(0, 3)).toEqual(
        [10, 100, 200].map((n) => `workqueue q: drain_workqueue() isn't complete after ${n} tries`),
      );
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-100: a queue that is still in use after the drain stays, and says who uses it',
      function* (m) {
        const q = yield* m.wq('q', WQ_MEM_RECLAIM);
        const pwq = q.cpuPwq[1]!;
        getPwq(pwq);
        yield* destroyWorkqueue(m.w, q);
        expect(m.dmesg).toEqual([
          'WARNING: destroy_workqueue: q is still in use',
          'destroy_workqueue: q has the following busy pwq',
          '  pwq 6: cpus=1 node=0 flags=0x0 nice=0 active=0 refcnt=2',
        ]);
        expect([m.w.workqueues.includes(q), q.rescuer]).toEqual([true, null]);
        putPwq(pwq);
      },
      { unchecked: true },
    ),
  );

  test(
    ...caseOf('a queue that was destroyed cannot be destroyed again', function* (m) {
      const q = yield* m.wq('q');
      yield* destroyWorkqueue(m.w, q);
      let error: unknown;
      try {
        yield* destroyWorkqueue(m.w, q);
      } catch (e) {
        error = e;
      }
      expect(String(error)).toContain('destroy_workqueue: main (pid 1) destroyed the workqueue q');
      yield* m.sleep(200);
      expect(q.freed).toBe(true);
      expect(() => flushWorkqueue(m.w, q)).toThrow('flush_workqueue: main (pid 1) used the workqueue q');
    }),
  );

  test(
    ...caseOf('destroying waits for works, and ends the rescuer', function* (m) {
      const q = yield* m.wq('q', WQ_MEM_RECLAIM | WQ_UNBOUND);
      expect(m.comms('kworker/R')).toEqual(['kworker/R-q']);
      yield* queueWork(
        m.w,
        q,
        m.work('a', () => m.sleep(20)),
      );
      yield* destroyWorkqueue(m.w, q);
      expect(m.runs.at(-1)).toBe('end a');
      yield* m.sleep(200);
      expect([q.freed, q.pwqs, m.comms('kworker/R')]).toEqual([true, [], []]);
    }),
  );
});
