import { describe, expect, test } from '@jest/globals';
import { Cpumask } from '@kernel-model/scheduler';
import {
  WORK_CPU_UNBOUND,
  WQ_BH,
  WQ_HIGHPRI,
  WQ_UNBOUND,
  WorkStruct,
  allocOrderedWorkqueue,
  allocWorkqueueAttrs,
  applyWorkqueueAttrs,
  destroyWorkqueue,
  drainWorkqueue,
  flushWork,
  flushWorkqueue,
  initWork,
  queueDelayedWork,
  queueWork,
  queueWorkNode,
  queueWorkOn,
  selectUnboundCpu,
  workBusy,
  workData,
  workPending,
  workqueuePrepareCpu,
  workqueueOnlineCpu,
} from '../src/index.ts';
import { caseOf } from './world.ts';

describe('queueing a work', () => {
  test(
    ...caseOf('CC-WQ-001: a fresh one is queued and activated', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      expect(workData(a)).toBe(0xfffffffe00000n);
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      expect(workPending(a)).toBe(true);
      expect(m.take()).toEqual(['queue a', 'activate a']);
      yield* flushWorkqueue(m.w, q);
      expect(m.take()).toEqual(['start a', 'end a']);
      expect(workData(a)).toBe(0x400000n);
    }),
  );

  test(
    ...caseOf('CC-WQ-002: one that is pending stays where it is, whatever queue and CPU are asked for', function* (m) {
      const q = yield* m.wq('q');
      const other = yield* m.wq('other', WQ_HIGHPRI);
      const a = m.work('a');
      yield* queueWork(m.w, q, a);
      m.take();
      expect(yield* queueWork(m.w, q, a)).toBe(false);
      expect(yield* queueWorkOn(m.w, 1, other, a)).toBe(false);
      expect(m.take()).toEqual([]);
      yield* flushWork(m.w, a);
      expect(m.ran).toEqual(['a@kworker/0:1', 'wq_barrier_func@kworker/0:1']);
    }),
  );

  test(
    ...caseOf('CC-WQ-003: a running one may queue itself, and runs again after this run', function* (m) {
      const q = yield* m.wq('q');
      let runs = 0;
      const a: WorkStruct = m.work('a', function* () {
        if (++runs < 3) expect(yield* queueWork(m.w, q, a)).toBe(true);
      });
      yield* queueWork(m.w, q, a);
      yield* m.sleep(10);
      expect(m.log.filter((e) => e !== 'queue a' && e !== 'activate a')).toEqual([
        'start a',
        'end a',
        'start a',
        'end a',
        'start a',
        'end a',
      ]);
    }),
  );

  test(
    ...caseOf('CC-WQ-004: a running one that is queued on another CPU by its queue runs where it runs', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(10));
      yield* queueWorkOn(m.w, 0, q, a);
      yield* m.sleep(1);
      expect(yield* queueWorkOn(m.w, 1, q, a)).toBe(true);
      yield* flushWork(m.w, a);
      expect(m.ran).toEqual(['a@kworker/0:1', 'a@kworker/0:1', 'wq_barrier_func@kworker/0:1']);
      expect(m.log.filter((e) => e.startsWith('start a') || e.startsWith('end a'))).toEqual([
        'start a',
        'end a',
        'start a',
        'end a',
      ]);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-005: queued by another queue of the same pool, it waits for itself on the same worker',
      function* (m) {
        const q1 = yield* m.wq('q1');
        const q2 = yield* m.wq('q2');
        const a = m.work('a', () => m.sleep(10));
        yield* queueWorkOn(m.w, 0, q1, a);
        yield* m.sleep(1);
        yield* queueWorkOn(m.w, 0, q2, a);
        yield* m.sleep(40);
        expect(m.log.filter((e) => !e.includes('act') && !e.includes('queue'))).toEqual([
          'start a',
          'end a',
          'start a',
          'end a',
        ]);
        expect(m.ran[0]).toBe(m.ran[1]);
      },
    ),
  );

  test(
    ...caseOf('CC-WQ-006: queued by another queue on another CPU, it runs twice at once', function* (m) {
      const q1 = yield* m.wq('q1');
      const q2 = yield* m.wq('q2');
      const a = m.work('a', () => m.sleep(10));
      yield* queueWorkOn(m.w, 0, q1, a);
      yield* m.sleep(1);
      yield* queueWorkOn(m.w, 1, q2, a);
      yield* m.sleep(40);
      expect(m.log).toEqual(['queue a', 'activate a', 'start a', 'queue a', 'activate a', 'start a', 'end a', 'end a']);
      expect(m.ran).toEqual(['a@kworker/0:1', 'a@kworker/1:1']);
    }),
  );

  test(
    ...caseOf('CC-WQ-007: the highpri pool of the same CPU is another pool', function* (m) {
      const q1 = yield* m.wq('q1');
      const q2 = yield* m.wq('q2', WQ_HIGHPRI);
      const a = m.work('a', () => m.sleep(10));
      yield* queueWorkOn(m.w, 0, q1, a);
      yield* m.sleep(1);
      yield* queueWorkOn(m.w, 0, q2, a);
      yield* m.sleep(40);
      expect(m.ran).toEqual(['a@kworker/0:1', 'a@kworker/0:1H']);
      expect(m.log.indexOf('end a')).toBeGreaterThan(m.log.lastIndexOf('start a'));
    }),
  );

  test(
    ...caseOf('CC-WQ-008: initialised anew while it runs, it is another work', function* (m) {
      const q = yield* m.wq('q');
      const sleeper = (): ReturnType<typeof m.sleep> => m.sleep(10);
      const a = m.work('a', sleeper);
      yield* queueWorkOn(m.w, 0, q, a);
      yield* m.sleep(1);
      initWork(a, sleeper, 'a2');
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(40);
      expect(m.ran).toEqual(['a@kworker/0:1', 'a2@kworker/1:1']);
      expect(m.log.indexOf('end a')).toBeGreaterThan(m.log.indexOf('start a2'));
    }),
  );

  test(
    ...caseOf('CC-WQ-009: with another function, it is not the one that runs', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(10));
      yield* queueWorkOn(m.w, 0, q, a);
      yield* m.sleep(1);
      a.func = () => m.sleep(10);
      a.funcName = 'a2';
      yield* queueWorkOn(m.w, 0, q, a);
      yield* m.sleep(40);
      expect(m.log.indexOf('start a2')).toBeLessThan(m.log.indexOf('end a'));
    }),
  );

  test(
    ...caseOf('CC-WQ-010: after its run it goes where it is queued from', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a');
      yield* queueWorkOn(m.w, 0, q, a);
      yield* flushWork(m.w, a);
      yield* m.spawn('other', () => queueWork(m.w, q, a), 1);
      yield* m.sleep(10);
      expect(m.ran.filter((r) => r.startsWith('a@'))).toEqual(['a@kworker/0:1', 'a@kworker/1:1']);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-012: on a CPU that was never up, it waits until the CPU comes up',
      function* (m) {
        const q = yield* m.wq('q');
        const a = m.work('a');
        expect(yield* queueWorkOn(m.w, 2, q, a)).toBe(true);
        yield* m.sleep(100);
        expect(m.take()).toEqual(['queue a', 'activate a']);
        yield* workqueuePrepareCpu(m.w, 2);
        m.s.onlineMask = m.s.activeMask = Cpumask.first(3);
        yield* workqueueOnlineCpu(m.w, 2);
        yield* m.sleep(10);
        expect(m.ran).toEqual(['a@kworker/2:0']);
      },
      { cpus: 3, online: Cpumask.first(2) },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-013: round robin is for unbound queues only',
      function* (m) {
        const q = yield* m.wq('q');
        yield* queueWork(m.w, q, m.work('a'));
        yield* m.sleep(5);
        expect(m.ran).toEqual(['a@kworker/0:0']);
        expect(m.dmesg).toEqual([]);
        const u = yield* m.wq('u', WQ_UNBOUND);
        yield* queueWork(m.w, u, m.work('b'));
        expect(m.w.rrCpuLast[0]).toBe(1);
        expect(m.dmesg).toEqual(['workqueue: round-robin CPU selection forced, expect performance impact']);
      },
      { debugForceRrCpu: true, warm: false },
    ),
  );

  test(
    ...caseOf('CC-WQ-014: a draining queue swallows what others queue, and leaves it pending', function* (m) {
      const q = yield* m.wq('q');
      const slow = m.work('slow', () => m.sleep(40));
      const a = m.work('a');
      yield* queueWork(m.w, q, slow);
      yield* m.spawn('drainer', () => drainWorkqueue(m.w, q));
      yield* m.sleep(10);
      m.take();
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      expect(m.dmesg.join()).toContain('WARNING: queue_work: a was queued on the workqueue q, which is being drained');
      expect(yield* queueWork(m.w, q, a)).toBe(false);
      expect(yield* queueWork(m.w, q, m.work('b'))).toBe(true);
      yield* m.sleep(60);
      expect(m.take()).toEqual(['end slow']);
      expect(m.dmesg).toHaveLength(1);
      expect(yield* workBusy(m.w, a)).toBe(1);
      expect(yield* queueWork(m.w, q, a)).toBe(false);
    }),
  );

  test(
    ...caseOf('CC-WQ-014: and what works of other queues queue, too', function* (m) {
      const [q, other] = [yield* m.wq('q'), yield* m.wq('other')];
      yield* queueWork(
        m.w,
        q,
        m.work('slow', () => m.sleep(40)),
      );
      yield* m.spawn('drainer', () => drainWorkqueue(m.w, q));
      yield* m.sleep(5);
      yield* queueWork(
        m.w,
        other,
        m.work('stranger', () => queueWork(m.w, q, m.work('lost'))),
      );
      yield* m.sleep(60);
      expect(m.runs).toEqual(['start slow', 'start stranger', 'end stranger', 'end slow']);
      expect(m.dmesg.join()).toContain(
        'WARNING: queue_work: lost was queued on the workqueue q, which is being drained',
      );
    }),
  );

  test(
    ...caseOf('CC-WQ-015: works of a draining queue may queue on it', function* (m) {
      const q = yield* m.wq('q');
      const b = m.work('b');
      let runs = 0;
      const a: WorkStruct = m.work('a', function* () {
        yield* m.sleep(10);
        if (++runs < 3) yield* queueWork(m.w, q, a);
        yield* queueWork(m.w, q, b);
      });
      yield* queueWork(m.w, q, a);
      yield* drainWorkqueue(m.w, q);
      expect(m.log.filter((e) => e === 'end a')).toHaveLength(3);
      expect(m.log.filter((e) => e === 'end b')).toHaveLength(3);
      expect(m.dmesg).toEqual([]);
    }),
  );

  test(
    ...caseOf('CC-WQ-016: a timer that fires while its queue drains loses its work', function* (m) {
      const q = yield* m.wq('q');
      const d = m.delayed('d');
      yield* queueDelayedWork(m.w, q, d, 3);
      yield* queueWork(
        m.w,
        q,
        m.work('slow', () => m.sleep(60)),
      );
      yield* drainWorkqueue(m.w, q);
      expect(m.log.some((e) => e.endsWith(' d'))).toBe(false);
      expect(workPending(d.work)).toBe(true);
      expect(m.dmesg).toHaveLength(1);
    }),
  );

  test(
    ...caseOf('CC-WQ-017: a BH work is nobody to a draining queue', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      const a = m.work('a');
      const first = m.work('first', function* () {
        expect(yield* queueWork(m.w, q, a)).toBe(true);
      });
      yield* queueWork(m.w, q, first);
      yield* drainWorkqueue(m.w, q);
      expect(m.log).toEqual(['queue first', 'activate first', 'start first', 'end first']);
      expect(workPending(a)).toBe(true);
      expect(m.dmesg).toHaveLength(1);
    }),
  );

  test(
    ...caseOf('CC-WQ-018: one that is still on a list is traced, reported and not queued', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      const a = m.work('a');
      yield* queueWork(
        m.w,
        q,
        m.work('slow', () => m.sleep(20)),
      );
      yield* queueWork(m.w, q, a);
      const { flags, pwq } = a;
      a.flags = 0;
      a.pwq = null;
      m.take();
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      expect(m.take()).toEqual(['queue a']);
      expect(m.dmesg.join()).toContain('WARNING: queue_work: a is still on a list');
      expect(workPending(a)).toBe(true);
      a.flags = flags;
      a.pwq = pwq;
      yield* flushWorkqueue(m.w, q);
    }),
  );

  test(
    ...caseOf('CC-WQ-019: after new attributes an ordered queue queues behind what is left of the old', function* (m) {
      const q = (yield* allocOrderedWorkqueue(m.w, 'q', 0))!;
      let runs = 0;
      const a: WorkStruct = m.work('a', function* () {
        yield* m.sleep(20);
        if (++runs === 1) yield* queueWork(m.w, q, a);
      });
      const b = m.work('b', () => m.sleep(1));
      yield* queueWork(m.w, q, a);
      yield* queueWork(m.w, q, b);
      yield* m.sleep(1);
      const old = q.dflPwq!;
      const attrs = allocWorkqueueAttrs(m.w);
      attrs.nice = -5;
      attrs.ordered = true;
      expect(yield* applyWorkqueueAttrs(m.w, q, attrs)).toBe(0);
      expect(q.dflPwq).not.toBe(old);
      expect(q.dflPwq!.plugged).toBe(true);
      yield* m.sleep(100);
      expect(m.log.filter((e) => /^(start|end)/.test(e))).toEqual([
        'start a',
        'end a',
        'start b',
        'end b',
        'start a',
        'end a',
      ]);
      expect(m.ran[2]).toBe('a@kworker/u9:0');
      expect(old.freed).toBe(true);
    }),
  );

  test(
    ...caseOf('CC-WQ-020: one that requeues itself stays on the old pwq of an unbound queue', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      let runs = 0;
      const a: WorkStruct = m.work('a', function* () {
        yield* m.sleep(20);
        if (++runs < 3) yield* queueWork(m.w, q, a);
      });
      yield* queueWork(m.w, q, a);
      yield* m.sleep(1);
      const attrs = allocWorkqueueAttrs(m.w);
      attrs.nice = -5;
      yield* applyWorkqueueAttrs(m.w, q, attrs);
      yield* m.sleep(150);
      expect(m.ran.every((r) => r.startsWith('a@kworker/u8:'))).toBe(true);
      yield* queueWork(m.w, q, a);
      yield* m.sleep(50);
      expect(m.ran[3]).toBe('a@kworker/u9:0');
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-021: from a CPU that is not allowed, unbound works go round the CPUs that are',
      function* (m) {
        expect([1, 2, 3, 4].map(() => selectUnboundCpu(m.w, 1))).toEqual([2, 3, 0, 2]);
        expect(selectUnboundCpu(m.w, 3)).toBe(3);
      },
      { cpus: 4, unboundCpus: Cpumask.fromBits(0b1101) },
    ),
  );

  test(
    ...caseOf(
      'CC-WQ-022: if no allowed CPU is up, it is the local one',
      function* (m) {
        m.w.unboundCpumask = Cpumask.of(2);
        expect(selectUnboundCpu(m.w, 0)).toBe(0);
        expect(m.w.rrCpuLast[0]).toBe(0);
      },
      { cpus: 3, online: Cpumask.first(2) },
    ),
  );

  test(
    ...caseOf('CC-WQ-023: the CPU of an unbound queue only chooses the pwq', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      const seen: string[] = [];
      m.hub.events$.subscribe((e) => {
        if (e.name === 'workqueue_queue_work') seen.push(e.text.replace(/.*workqueue/, 'workqueue'));
      });
      yield* queueWorkOn(m.w, 1, q, m.work('a'));
      yield* queueWork(m.w, q, m.work('b'));
      m.hub.flush();
      expect(seen).toEqual(['workqueue=q req_cpu=1 cpu=-1', `workqueue=q req_cpu=${WORK_CPU_UNBOUND} cpu=-1`]);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-024: near a node, and of a queue that is not unbound with a warning',
      function* (m) {
        const u = yield* m.wq('u', WQ_UNBOUND);
        const req: string[] = [];
        m.hub.events$.subscribe((e) => {
          if (e.name === 'workqueue_queue_work') req.push(/req_cpu=\d+/.exec(e.text)![0]);
        });
        yield* queueWorkNode(m.w, 0, u, m.work('a'));
        yield* queueWorkNode(m.w, 1, u, m.work('b'));
        yield* queueWorkNode(m.w, 7, u, m.work('c'));
        m.hub.flush();
        expect(req).toEqual(['req_cpu=0', 'req_cpu=2', 'req_cpu=8192']);
        expect(m.dmesg).toEqual([]);
        const q = yield* m.wq('q');
        expect(yield* queueWorkNode(m.w, 1, q, m.work('d'))).toBe(true);
        expect(yield* queueWorkNode(m.w, 1, q, m.work('e'))).toBe(true);
        expect(m.dmesg).toEqual(['WARNING: queue_work_node: the workqueue q is not unbound']);
      },
      { cpus: 4, nodes: [Cpumask.fromBits(3), Cpumask.fromBits(12)] },
    ),
  );

  test(
    ...caseOf('a queue that was destroyed warns, and once it is freed the machine stops', function* (m) {
      const q = yield* m.wq('q');
      yield* destroyWorkqueue(m.w, q);
      const a = m.work('a');
      expect(yield* queueWork(m.w, q, a)).toBe(true);
      expect(m.dmesg.join()).toContain('which is being destroyed');
      expect(workPending(a)).toBe(true);
      yield* m.sleep(200);
      expect(() => [...(queueWork(m.w, q, m.work('b')) as Iterable<unknown>)]).toThrow(
        /queue_work: main .* destroyed and freed/,
      );
    }),
  );
});
