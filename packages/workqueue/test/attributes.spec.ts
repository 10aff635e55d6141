import { describe, expect, test } from '@jest/globals';
import { Cpumask, ENOMEM } from '@kernel-model/scheduler';
import {
  WQ_AFFN_CPU,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  allocWorkqueueAttrs,
  applyWorkqueueAttrs,
  flushWorkqueue,
  queueWorkOn,
  workqueuePrepareCpu,
  workqueueUnboundExcludeCpumask,
  wqAffnDflSet,
  wqStats,
  wqSysfsShowGlobal,
} from '../src/index.ts';
import { World, caseOf } from './world.ts';

const FOUR = { cpus: 4, cache: [Cpumask.fromBits(3), Cpumask.fromBits(12)] };

describe('attributes of an unbound queue', () => {
  test(
    ...caseOf(
      'its CPUs are those that it asks for and unbound works may use; if there is none, all that they may use',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND | WQ_MEM_RECLAIM);
        const rescuer = q.rescuer!.task!;
        const attrs = allocWorkqueueAttrs(m.w);
        for (const [asked, effective] of [
          [0b0110, 0b0110],
          [0b1001, 0b0001],
          [0b1000, 0b0111],
        ]) {
          attrs.cpumask = Cpumask.fromBits(asked!);
          yield* applyWorkqueueAttrs(m.w, q, attrs);
          expect(q.dflPwq!.pool.attrs.cpumask.lo).toBe(effective);
          expect(q.dflPwq!.pool.attrs.podCpumask.lo).toBe(effective);
          // the rescuer may run where the works may
          expect(rescuer.cpusMask.lo).toBe(effective);
        }
      },
      { ...FOUR, unboundCpus: Cpumask.fromBits(0b0111) },
    ),
  );

  test(
    ...caseOf(
      'queues with equal ones share pools; the mask does not matter if a pod is strict',
      function* (m) {
        const [a, b] = [yield* m.wq('a', WQ_UNBOUND), yield* m.wq('b', WQ_UNBOUND)];
        expect(a.cpuPwq[0]!.pool).toBe(b.cpuPwq[0]!.pool);
        expect(a.cpuPwq[0]!.pool).toBe(a.cpuPwq[1]!.pool);
        expect(a.cpuPwq[0]).not.toBe(a.cpuPwq[1]);
        expect(a.cpuPwq[0]!.pool).not.toBe(a.cpuPwq[2]!.pool);
        const hi = yield* m.wq('hi', WQ_UNBOUND | WQ_HIGHPRI);
        expect(hi.cpuPwq[0]!.pool).not.toBe(a.cpuPwq[0]!.pool);
        const attrs = allocWorkqueueAttrs(m.w);
        for (const strict of [false, true]) {
          attrs.affnStrict = strict;
          attrs.cpumask = Cpumask.first(4);
          yield* applyWorkqueueAttrs(m.w, a, attrs);
          attrs.cpumask = Cpumask.first(3);
          yield* applyWorkqueueAttrs(m.w, b, attrs);
          expect(a.cpuPwq[0]!.pool === b.cpuPwq[0]!.pool).toBe(strict);
        }
      },
      FOUR,
    ),
  );

  test(
    ...caseOf(
      'a worker that would wake outside of the pod is brought back, and counted',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND);
        const { pool } = q.cpuPwq[2]!;
        const cpus: number[] = [];
        const where = (): ReturnType<typeof m.work> =>
          m.work('where', function* () {
            cpus.push(m.s.cpu);
          });
        for (const [cpu, strict, counted] of [
          [1, false, 1],
          [3, false, 0],
          [1, true, 0],
        ] as const) {
          const before = wqStats(m.w, q).repatriated;
          pool.attrs.affnStrict = strict;
          pool.idleFirst!.task!.wakeCpu = cpu;
          yield* queueWorkOn(m.w, 2, q, where());
          expect(wqStats(m.w, q).repatriated - before).toBe(counted);
          yield* flushWorkqueue(m.w, q);
        }
        expect([2, 3]).toContain(cpus[0]);
      },
      FOUR,
    ),
  );

  test(
    ...caseOf('excluding every CPU excludes none', function* (m) {
      expect(yield* workqueueUnboundExcludeCpumask(m.w, Cpumask.of(1))).toBe(0);
      expect(wqSysfsShowGlobal(m.w, 'cpumask')).toBe('1\n');
      expect(yield* workqueueUnboundExcludeCpumask(m.w, Cpumask.first(2))).toBe(0);
      expect([wqSysfsShowGlobal(m.w, 'cpumask'), wqSysfsShowGlobal(m.w, 'cpumask_isolated')]).toEqual(['3\n', '3\n']);
    }),
  );

  test('workqueue.unbound_cpus without a CPU of the machine is ignored, and that is said', () => {
    const m = new World({ unboundCpus: Cpumask.fromBits(0b1100) });
    expect(m.w.unboundCpumask.lo).toBe(3);
    expect(m.dmesg).toEqual([
      'workqueue: Restricting unbound_cpumask (3) with workqueue.unbound_cpus (c) leaves no CPU, ignoring',
    ]);
  });
});

describe('without memory', () => {
  test(
    ...caseOf(
      'a CPU whose pods change gets the default pwq, and that is said',
      function* (m) {
        const q = yield* m.wq('q', WQ_UNBOUND);
        m.w.failAlloc = (what) => what === 'pool';
        yield* wqAffnDflSet(m.w, 'cpu');
        expect(q.cpuPwq.every((pwq) => pwq === q.dflPwq)).toBe(true);
        expect(m.dmesg).toContain('workqueue: allocation failed while updating CPU pod affinity of "q"');
        m.w.failAlloc = () => false;
      },
      FOUR,
    ),
  );

  test(
    ...caseOf('new attributes are not applied at all', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      const before = [...q.cpuPwq, q.dflPwq];
      const attrs = allocWorkqueueAttrs(m.w);
      attrs.affnScope = WQ_AFFN_CPU;
      attrs.nice = 3;
      let left = 2;
      m.w.failAlloc = (what) => what === 'pwq' && left-- === 0;
      expect(yield* applyWorkqueueAttrs(m.w, q, attrs)).toBe(-ENOMEM);
      expect([...q.cpuPwq, q.dflPwq]).toEqual(before);
      expect(q.unboundAttrs!.nice).toBe(0);
    }),
  );

  test(
    ...caseOf(
      'a CPU cannot come up: its pools get no worker',
      function* (m) {
        m.w.failAlloc = (what) => what === 'worker_id';
        expect(yield* workqueuePrepareCpu(m.w, 2)).toBe(-ENOMEM);
        expect(m.dmesg).toEqual(['workqueue: Failed to allocate a worker ID: -ENOMEM']);
        m.w.failAlloc = () => false;
        expect(yield* workqueuePrepareCpu(m.w, 2)).toBe(0);
        expect(m.w.cpuPools[2]!.map((pool) => pool.nrWorkers)).toEqual([1, 1]);
        // one that has workers from an earlier life needs none
        m.w.failAlloc = () => true;
        expect(yield* workqueuePrepareCpu(m.w, 2)).toBe(0);
      },
      { cpus: 3, online: Cpumask.first(2) },
    ),
  );
});
