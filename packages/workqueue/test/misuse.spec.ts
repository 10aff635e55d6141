import { describe, expect, test } from '@jest/globals';
import { HrTimer, hrtimerStart, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  RcuWork,
  WORK_CPU_UNBOUND,
  WQ_BH,
  WQ_MEM_RECLAIM,
  WQ_SYSFS,
  WQ_UNBOUND,
  allocOrderedWorkqueue,
  allocWorkqueue,
  drainWorkqueue,
  flushDelayedWork,
  flushWork,
  flushWorkqueue,
  modDelayedWork,
  queueDelayedWork,
  queueRcuWork,
  queueWork,
  queueWorkNow,
  queueWorkOn,
  scheduleOnEachCpu,
  workqueueSetMaxActive,
  type WorkqueueStruct,
} from '../src/index.ts';
import { WorkStruct } from '../src/work.ts';
import { caseOf, type World } from './world.ts';

/** The WARNs of the kernel log as they are. */
function warnings(m: World): string[] {
  return m.s.reports.lines.filter((line) => line.level === 'warn').map((line) => line.text);
}

const from = (p: Task, cpu = 0): string => `WARNING: CPU: ${cpu} PID: ${p.pid} at kernel/workqueue.c: `;

describe('a WARN', () => {
  test(
    ...caseOf('says on which CPU, on whose behalf and in which call, and the log says who that is', function* (m) {
      const q = (yield* allocOrderedWorkqueue(m.w, 'o', 0))!;
      const p = yield* m.spawn('meddler', () => workqueueSetMaxActive(m.w, q, 4), 1);
      yield* m.sleep(5);
      expect(warnings(m)).toEqual([`${from(p, 1)}workqueue_set_max_active: the workqueue o is ordered`]);
      expect(m.s.reports.lines[0]!.task).toBe(`meddler/${p.pid}`);
    }),
  );
});

describe('a work that a draining queue swallows is reported under the name of the call that queued it', () => {
  type Queue = (m: World, q: WorkqueueStruct) => MaySleep<unknown>;
  const LOST = 'w was queued on the workqueue q, which is being drained: it is lost, and stays pending';
  const calls: [string, Queue][] = [
    ['queue_work', (m, q) => queueWork(m.w, q, m.work('w'))],
    ['queue_work', (m, q) => queueWorkOn(m.w, 1, q, m.work('w'))],
    ['queue_delayed_work', (m, q) => queueDelayedWork(m.w, q, m.delayed('w'), 0)],
    ['mod_delayed_work', (m, q) => modDelayedWork(m.w, q, m.delayed('w'), 0)],
    [
      'flush_delayed_work',
      function* (m, q) {
        const d = m.delayed('w');
        yield* queueDelayedWork(m.w, q, d, 1000);
        yield* m.spawn('flusher', () => flushDelayedWork(m.w, d), 0);
        yield* m.sleep(2);
      },
    ],
  ];
  for (const [i, [call, queue]] of calls.entries()) {
    test(
      ...caseOf(`${i + 1}: ${call}`, function* (m) {
        const q = yield* m.wq('q');
        yield* queueWork(
          m.w,
          q,
          m.work('slow', () => m.sleep(60)),
        );
        yield* m.spawn('drainer', () => drainWorkqueue(m.w, q));
        yield* m.sleep(10);
        yield* queue(m, q);
        expect(m.dmesg).toEqual([`WARNING: ${call}: ${LOST}`]);
      }),
    );
  }

  for (const [call, queue] of [
    ['delayed_work_timer_fn', (m, q) => queueDelayedWork(m.w, q, m.delayed('w'), 3)],
    ['rcu_work_rcufn', (m, q) => queueRcuWork(m.w, q, new RcuWork(function* () {}, 'w'))],
  ] as [string, Queue][]) {
    test(
      ...caseOf(call, function* (m) {
        const q = yield* m.wq('q');
        yield* queueWork(
          m.w,
          q,
          m.work('slow', () => m.sleep(200)),
        );
        yield* queue(m, q);
        yield* drainWorkqueue(m.w, q);
        expect(m.dmesg).toEqual([`WARNING: ${call}: ${LOST}`]);
      }),
    );
  }

  test(
    ...caseOf('from an interrupt on top of a work of the queue: it is nobody there', function* (m) {
      const q = yield* m.wq('q');
      const results: boolean[] = [];
      const lost = m.work('w');
      const a = m.work('a', function* () {
        hrtimerStart(new HrTimer(m.s, () => void results.push(queueWorkNow(m.w, WORK_CPU_UNBOUND, q, lost))), 1, 0);
        yield* m.sleep(20);
      });
      yield* queueWorkOn(m.w, 0, q, a);
      yield* drainWorkqueue(m.w, q);
      expect(results).toEqual([true]);
      expect(m.dmesg).toEqual([`WARNING: queue_work: ${LOST}`]);
      expect(m.runs).toEqual(['start a', 'end a']);
    }),
  );
});

describe('other misuse', () => {
  test(
    ...caseOf('flushing a work that has no function: a WARN, false', function* (m) {
      const empty = new WorkStruct(null, 'empty');
      expect(yield* flushWork(m.w, empty)).toBe(false);
      expect(m.dmesg).toEqual(['WARNING: flush_work: the work has no function']);
    }),
  );

  test(
    ...caseOf('CC-WQ-037: an ordered queue in sysfs', function* (m) {
      expect(yield* allocOrderedWorkqueue(m.w, 'o', WQ_SYSFS)).toBe(null);
      expect(m.dmesg).toEqual([
        'WARNING: workqueue_sysfs_register: the workqueue o is ordered: nobody may change its attributes',
      ]);
    }),
  );

  test(
    ...caseOf('CC-WQ-036: each of the two WARNs of a BH queue comes once', function* (m) {
      for (const flags of [WQ_BH | WQ_MEM_RECLAIM, WQ_BH | WQ_SYSFS, WQ_BH | WQ_UNBOUND]) {
        expect(yield* allocWorkqueue(m.w, 'b', flags, 0)).toBe(null);
      }
      for (const max of [5, -1]) expect(yield* allocWorkqueue(m.w, 'b', WQ_BH, max)).toBe(null);
      expect(m.dmesg).toEqual([
        'WARNING: alloc_workqueue: b: WQ_BH may be combined with WQ_HIGHPRI only, flags=0x9',
        'WARNING: alloc_workqueue: b: max_active of a WQ_BH queue is 5, not 0',
      ]);
    }),
  );

  test(
    ...caseOf('flushing a queue of the system: said every time, for 7 of the 11', function* (m) {
      const warned = m.w.workqueues.map(function* (q): MaySleep<string | null> {
        const before = m.dmesg.length;
        yield* flushWorkqueue(m.w, q);
        return m.dmesg.length > before ? q.name : null;
      });
      const names: (string | null)[] = [];
      for (const call of warned) names.push(yield* call);
      expect(names.map((name) => name !== null)).toEqual([
        true, // events
        false, // the second one of that name
        true, // events_highpri
        true, // events_long
        true, // events_unbound
        false, // the second one of that name
        true, // events_freezable
        true, // events_power_efficient
        true, // events_freezable_pwr_efficient
        false, // events_bh
        false, // events_bh_highpri
      ]);
      expect(new Set(m.dmesg)).toEqual(
        new Set(['WARNING: Flushing system-wide workqueues will be prohibited in near future.']),
      );
    }),
  );

  test(
    ...caseOf('schedule_on_each_cpu without memory: -ENOMEM, and nothing runs', function* (m) {
      m.w.failAlloc = (what) => what === 'percpu_works';
      const work = function* (): MaySleep<void> {};
      expect(yield* scheduleOnEachCpu(m.w, work)).toBe(-12);
      expect([m.log, m.dmesg]).toEqual([[], []]);
      m.w.failAlloc = () => false;
      expect(yield* scheduleOnEachCpu(m.w, work)).toBe(0);
      expect(m.log.filter((e) => e === 'start work')).toHaveLength(2);
    }),
  );

  test(
    ...caseOf(
      'a per-CPU pwq that nobody holds any more: a WARN, once, and the work is queued all the same',
      function* (m) {
        const q = yield* m.wq('q');
        const pwq = q.cpuPwq[1]!;
        for (const name of ['a', 'b']) {
          pwq.refcnt = 0;
          expect(yield* queueWorkOn(m.w, 1, q, m.work(name))).toBe(true);
          pwq.refcnt++;
          yield* m.sleep(5);
        }
        expect(m.dmesg).toEqual(['WARNING: workqueue: per-cpu pwq for q on cpu1 has 0 refcnt']);
        expect(m.runs).toEqual(['start a', 'end a', 'start b', 'end b']);
      },
      { unchecked: true },
    ),
  );

  test(
    ...caseOf(
      'a timer that is armed behind the back of its work is reported when it is armed again',
      function* (m) {
        const q = yield* m.wq('q');
        const d = m.delayed('d');
        yield* queueDelayedWork(m.w, q, d, 250);
        // initialised anew, and its timer not looked at
        d.work.flags = 0;
        expect(yield* queueDelayedWork(m.w, q, d, 0)).toBe(true);
        expect(m.dmesg).toEqual(['WARNING: queue_delayed_work: the timer of d is armed already']);
      },
      { unchecked: true },
    ),
  );
});
