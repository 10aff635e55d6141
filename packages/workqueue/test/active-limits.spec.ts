import { describe, expect, test } from '@jest/globals';
import { Cpumask, type Task } from '@kernel-model/scheduler';
import {
  INT_MAX,
  WORK_CPU_UNBOUND,
  WQ_AFFN_CPU,
  WQ_AFFN_NUMA,
  WQ_BH,
  WQ_FREEZABLE,
  WQ_HIGHPRI,
  WQ_SYSFS,
  WQ_UNBOUND,
  __WQ_ORDERED,
  allocOrderedWorkqueue,
  allocWorkqueue,
  allocWorkqueueAttrs,
  applyWorkqueueAttrs,
  cancelWork,
  createFreezableWorkqueue,
  createSinglethreadWorkqueue,
  createWorkqueue,
  flushWorkqueue,
  queueWork,
  queueWorkOn,
  workqueueCongested,
  workqueueSetMaxActive,
  workqueueSetMinActive,
} from '../src/index.ts';
import { down, up } from './hotplug.ts';
import { caseOf } from './world.ts';

describe('the limit of active works', () => {
  test(
    ...caseOf('CC-WQ-025: of a CPU keeps a work from starting although the CPU idles', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      yield* queueWork(
        m.w,
        q,
        m.work('a', () => m.sleep(10)),
      );
      yield* queueWork(m.w, q, m.work('b'));
      expect(workqueueCongested(m.w, 0, q)).toBe(true);
      yield* flushWorkqueue(m.w, q);
      expect(m.log).toEqual(['queue a', 'activate a', 'queue b', 'start a', 'end a', 'activate b', 'start b', 'end b']);
    }),
  );

  test(
    ...caseOf('CC-WQ-026: counts each CPU for itself', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      yield* queueWorkOn(
        m.w,
        0,
        q,
        m.work('a', () => m.sleep(10)),
      );
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', () => m.sleep(10)),
      );
      yield* flushWorkqueue(m.w, q);
      expect(m.log.slice(0, 4)).toEqual(['queue a', 'activate a', 'queue b', 'activate b']);
      expect(m.runs.slice(0, 2)).toEqual(['start a', 'start b'].sort((x, y) => m.runs.indexOf(x) - m.runs.indexOf(y)));
    }),
  );

  test(
    ...caseOf('CC-WQ-027: of an unbound queue goes round the CPUs', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND, 1);
      const attrs = allocWorkqueueAttrs(m.w);
      attrs.affnScope = WQ_AFFN_CPU;
      yield* applyWorkqueueAttrs(m.w, q, attrs);
      for (let i = 0; i < 8; i++)
        yield* queueWorkOn(
          m.w,
          i < 4 ? 0 : 1,
          q,
          m.work(String(i), () => m.sleep(1)),
        );
      yield* flushWorkqueue(m.w, q);
      expect(m.runs.filter((e) => e.startsWith('start')).map((e) => e.slice(6))).toEqual([
        '0',
        '1',
        '4',
        '2',
        '5',
        '3',
        '6',
        '7',
      ]);
      expect(m.runs.every((e, i) => e.startsWith(i % 2 === 0 ? 'start' : 'end'))).toBe(true);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-028: of an unbound queue holds for each node',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND, 1);
        const attrs = allocWorkqueueAttrs(m.w);
        attrs.affnScope = WQ_AFFN_NUMA;
        yield* applyWorkqueueAttrs(m.w, q, attrs);
        for (let i = 0; i < 4; i++)
          yield* queueWorkOn(
            m.w,
            i < 2 ? 0 : 3,
            q,
            m.work(String(i), () => m.sleep(5)),
          );
        yield* flushWorkqueue(m.w, q);
        let now = 0;
        let most = 0;
        for (const e of m.runs) most = Math.max(most, (now += e.startsWith('start') ? 1 : -1));
        expect(most).toBe(2);
      },
      { cpus: 4, nodes: [Cpumask.fromBits(3), Cpumask.fromBits(12)] },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-029: is shared out to nodes by their CPUs, but not below min_active',
      function* (m) {
        for (const [max, each] of [
          [16, 8],
          [512, 256],
          [4, 4],
        ]) {
          const q = yield* m.wq('q', WQ_UNBOUND, max);
          expect(q.nodeNrActive.map((nna) => nna.max)).toEqual([each, each, max]);
        }
      },
      { cpus: 8, nodes: [Cpumask.fromBits(0x0f), Cpumask.fromBits(0xf0)] },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-030: is at least min_active for a node with few CPUs',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND, 16);
        expect(q.nodeNrActive.map((nna) => nna.max)).toEqual([15, 8, 16]);
      },
      { cpus: 9, nodes: [Cpumask.fromBits(0xff), Cpumask.fromBits(0x100)] },
    ),
  );

  test(
    ...caseOf('CC-WQ-031: when it rises lets one work of each pwq go in turn', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      for (let i = 0; i < 6; i++)
        yield* queueWorkOn(
          m.w,
          i % 2,
          q,
          m.work(String(i), () => m.sleep(20)),
        );
      yield* m.sleep(1);
      m.take();
      yield* workqueueSetMaxActive(m.w, q, 3);
      expect(m.take().filter((e) => e.startsWith('act'))).toEqual([
        'activate 2',
        'activate 3',
        'activate 4',
        'activate 5',
      ]);
      yield* flushWorkqueue(m.w, q);
    }),
  );

  test(
    ...caseOf('CC-WQ-031: of an unbound queue, too, before pools that wait for a count', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND, 1);
      const attrs = allocWorkqueueAttrs(m.w);
      attrs.affnScope = WQ_AFFN_CPU;
      yield* applyWorkqueueAttrs(m.w, q, attrs);
      for (let i = 0; i < 6; i++)
        yield* queueWorkOn(
          m.w,
          i % 2,
          q,
          m.work(String(i), () => m.sleep(20)),
        );
      yield* m.sleep(1);
      m.take();
      yield* workqueueSetMaxActive(m.w, q, 5);
      const activated = m.take().filter((e) => e.startsWith('act'));
      expect(activated.sort()).toEqual(['activate 1', 'activate 2', 'activate 3', 'activate 4']);
      yield* flushWorkqueue(m.w, q);
    }),
  );

  test(
    ...caseOf(
      'of an unbound queue: a count that comes free passes over a pool whose works were cancelled',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND, 1);
        const attrs = allocWorkqueueAttrs(m.w);
        attrs.affnScope = WQ_AFFN_CPU;
        yield* applyWorkqueueAttrs(m.w, q, attrs);
        const works = ['a', 'b', 'c', 'd'].map((name) => m.work(name, () => m.sleep(5)));
        for (const [i, cpu] of [0, 1, 2, 3].entries()) yield* queueWorkOn(m.w, cpu, q, works[i]!);
        yield* cancelWork(m.w, works[1]!);
        yield* flushWorkqueue(m.w, q);
        expect(m.runs).toEqual(['start a', 'end a', 'start c', 'end c', 'start d', 'end d']);
        yield* queueWorkOn(m.w, 1, q, works[1]!);
        yield* flushWorkqueue(m.w, q);
        expect(m.runs.slice(-2)).toEqual(['start b', 'end b']);
      },
      { cpus: 4 },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-029: leaves out a CPU that goes down, and is min_active on each node when none is left',
      function* (m) {
        const limits = (): number[] => q.nodeNrActive.map((nna) => nna.max);
        const q = yield* m.wq('q', WQ_UNBOUND, 90);
        expect(limits()).toEqual([30, 60, 90]);
        yield* down(m);
        expect(limits()).toEqual([0, 90, 90].map((n) => Math.max(n, 8)));
        yield* up(m);
        const attrs = allocWorkqueueAttrs(m.w);
        attrs.cpumask = Cpumask.fromBits(0b001);
        yield* applyWorkqueueAttrs(m.w, q, attrs);
        expect(limits()).toEqual([8, 90, 90]);
        yield* down(m);
        expect(limits()).toEqual([8, 90, 90]);
        yield* up(m);
        attrs.cpumask = Cpumask.fromBits(0b010);
        yield* applyWorkqueueAttrs(m.w, q, attrs);
        expect(limits()).toEqual([90, 8, 90]);
        yield* down(m);
        expect(limits()).toEqual([8, 8, 90]);
        yield* up(m);
      },
      { cpus: 3, nodes: [Cpumask.fromBits(0b010), Cpumask.fromBits(0b101)] },
    ),
  );

  test(
    ...caseOf('makes the queue congested on the CPU where works wait for it', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      for (const name of ['a', 'b'])
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(name, () => m.sleep(10)),
        );
      const asked = [WORK_CPU_UNBOUND, 0, 1].map((cpu) => workqueueCongested(m.w, cpu, q));
      expect(asked).toEqual([false, false, true]);
      yield* m.spawn(
        'there',
        function* () {
          m.notes.push(String(workqueueCongested(m.w, WORK_CPU_UNBOUND, q)));
        },
        1,
      );
      yield* flushWorkqueue(m.w, q);
      expect(m.notes).toEqual(['true']);
      expect(workqueueCongested(m.w, 1, q)).toBe(false);
    }),
  );

  test(
    ...caseOf('CC-WQ-032: when it sinks revokes nothing', function* (m) {
      const q = yield* m.wq('q', 0, 3);
      for (let i = 0; i < 4; i++)
        yield* queueWork(
          m.w,
          q,
          m.work(String(i), () => m.sleep(10 + 20 * i)),
        );
      yield* m.sleep(1);
      yield* workqueueSetMaxActive(m.w, q, 1);
      expect(q.cpuPwq[0]!.nrActive).toBe(3);
      yield* flushWorkqueue(m.w, q);
      expect(m.log.indexOf('activate 3')).toBe(m.log.indexOf('end 2') + 1);
    }),
  );

  test(
    ...caseOf('CC-WQ-033: of ordered and BH queues cannot be changed', function* (m) {
      const ordered = (yield* allocOrderedWorkqueue(m.w, 'o', 0))!;
      const bh = yield* m.wq('b', WQ_BH);
      yield* workqueueSetMaxActive(m.w, ordered, 4);
      yield* workqueueSetMaxActive(m.w, bh, 4);
      expect([ordered.maxActive, bh.maxActive]).toEqual([1, INT_MAX]);
      expect(m.dmesg).toEqual([
        'WARNING: workqueue_set_max_active: the workqueue o is ordered',
        'WARNING: workqueue_set_max_active: the workqueue b is BH',
      ]);
      yield* workqueueSetMinActive(m.w, ordered, 1);
      expect(m.dmesg[2]).toBe('WARNING: workqueue_set_min_active: the workqueue o is not unbound, or ordered');
    }),
  );

  test(
    ...caseOf('CC-WQ-034: lowers min_active with it, for good', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND, 100);
      expect(q.minActive).toBe(8);
      yield* workqueueSetMaxActive(m.w, q, 4);
      yield* workqueueSetMaxActive(m.w, q, 100);
      expect([q.minActive, q.maxActive]).toEqual([4, 100]);
      yield* workqueueSetMinActive(m.w, q, 200);
      expect(q.minActive).toBe(100);
    }),
  );

  test(
    ...caseOf('CC-WQ-035: has a range and a default', function* (m) {
      const q = [yield* m.wq('a', 0, -5), yield* m.wq('b', 0, 0), yield* m.wq('c', 0, 100000)];
      expect(q.map((wq) => wq.maxActive)).toEqual([1, 256, 512]);
      expect(m.dmesg).toEqual([
        'workqueue: max_active -5 requested for a is out of range, clamping between 1 and 512',
        'workqueue: max_active 100000 requested for c is out of range, clamping between 1 and 512',
      ]);
    }),
  );

  test(
    ...caseOf('CC-WQ-036: is none of a BH queue, which goes with WQ_HIGHPRI only', function* (m) {
      expect(yield* allocWorkqueue(m.w, 'a', WQ_BH, 1)).toBe(null);
      expect(yield* allocWorkqueue(m.w, 'b', WQ_BH | WQ_UNBOUND, 0)).toBe(null);
      expect(yield* allocWorkqueue(m.w, 'c', WQ_BH | WQ_UNBOUND, 0)).toBe(null);
      expect(yield* allocWorkqueue(m.w, 'd', WQ_BH | WQ_HIGHPRI, 0)).not.toBe(null);
      expect(m.dmesg).toEqual([
        'WARNING: alloc_workqueue: a: max_active of a WQ_BH queue is 1, not 0',
        'WARNING: alloc_workqueue: b: WQ_BH may be combined with WQ_HIGHPRI only, flags=0x3',
      ]);
    }),
  );

  test(
    ...caseOf('CC-WQ-037: an ordered queue cannot be shown in sysfs', function* (m) {
      const before = m.w.workqueues.length;
      expect(yield* allocOrderedWorkqueue(m.w, 'o', WQ_SYSFS)).toBe(null);
      expect(m.w.workqueues).toHaveLength(before);
    }),
  );

  test(
    ...caseOf('CC-WQ-038: a new work does not pass those that are inactive', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      yield* queueWork(
        m.w,
        q,
        m.work('a', () => m.sleep(10)),
      );
      yield* queueWork(m.w, q, m.work('b'));
      q.maxActive = q.savedMaxActive = 5;
      yield* queueWork(m.w, q, m.work('c'));
      expect(m.log.slice(-2)).toEqual(['queue b', 'queue c']);
      yield* flushWorkqueue(m.w, q);
      expect(m.runs.slice(-4)).toEqual(['start b', 'end b', 'start c', 'end c']);
    }),
  );

  test(
    ...caseOf('the old calls: one a CPU, one unbound, one ordered', function* (m) {
      const a = (yield* createWorkqueue(m.w, 'a'))!;
      const b = (yield* createFreezableWorkqueue(m.w, 'b'))!;
      const c = (yield* createSinglethreadWorkqueue(m.w, 'c'))!;
      expect([a, b, c].map((q) => [q.flags.toString(16), q.maxActive])).toEqual([
        ['40008', 1],
        ['4000e', 1],
        ['6000a', 1],
      ]);
      expect(b.flags & WQ_FREEZABLE).not.toBe(0);
      expect(c.flags & __WQ_ORDERED).not.toBe(0);
      expect([a, b, c].map((q) => (q.rescuer!.task as Task).comm)).toEqual([
        'kworker/R-a',
        'kworker/R-b',
        'kworker/R-c',
      ]);
      expect(c.dflPwq!.refcnt).toBe(3);
    }),
  );

  test(
    ...caseOf('an ordered queue runs one work at a time, in the order of queueing', function* (m) {
      const q = (yield* allocOrderedWorkqueue(m.w, 'q', 0))!;
      for (let i = 0; i < 5; i++)
        yield* queueWorkOn(
          m.w,
          i % 2,
          q,
          m.work(String(i), () => m.sleep(5 - i)),
        );
      yield* flushWorkqueue(m.w, q);
      expect(m.runs).toEqual([0, 1, 2, 3, 4].flatMap((i) => [`start ${i}`, `end ${i}`]));
    }),
  );
});
