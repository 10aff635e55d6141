import { describe, expect, test } from '@jest/globals';
import { Cpumask } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  POOL_DISASSOCIATED,
  WQ_DFL_MIN_ACTIVE,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  allocWorkqueue,
  flushWork,
  queueDelayedWorkOn,
  queueWork,
  queueWorkOn,
  workBusy,
  workPending,
  workqueueInit,
  workqueueInitTopology,
  type WorkqueueStruct,
  type Workqueues,
} from '../src/index.ts';
import { World } from './world.ts';

const TWO_NODES = { cpus: 4, nodes: [Cpumask.fromBits(3), Cpumask.fromBits(12)] };

/** Boot a machine stage by stage. `early` runs after workqueue_init_early(), with kthreadd, before anything else. */
function booted(early: (m: World, w: Workqueues) => MaySleep<void>, config = {}): World {
  const m: World = new World({ ...config, early: (w) => early(m, w), warm: false });
  expect(m.run(function* () {})).toBe('done');
  return m;
}

describe('after workqueue_init_early', () => {
  test('there are pools and queues, and nobody who works; what is queued stays', () => {
    booted(function* (m, w) {
      expect([w.online, w.topologyReady, w.pools.length]).toEqual([false, false, 9]);
      expect(w.pools.every((pool) => pool!.nrWorkers === 0 && (pool!.flags & POOL_DISASSOCIATED) !== 0)).toBe(true);
      const [a, b, d] = [m.work('a'), m.work('b'), m.delayed('d')];
      expect(yield* queueWorkOn(w, 1, w.systemWq, a)).toBe(true);
      expect(yield* queueWork(w, w.systemUnboundWq, b)).toBe(true);
      expect(yield* queueDelayedWorkOn(w, 0, w.systemWq, d, 2)).toBe(true);
      yield* m.sleep(100);
      expect([yield* workBusy(w, a), yield* workBusy(w, b), yield* workBusy(w, d.work)]).toEqual([1, 1, 1]);
      expect(d.timer.bucket).toBe(null);
    });
  });

  test('works that were queued run as soon as there are workers', () => {
    const ran: string[] = [];
    const m = booted(function* (world, w) {
      const note = (name: string): ReturnType<World['work']> =>
        world.work(name, function* () {
          ran.push(`${name} ${world.s.current.comm}`);
        });
      yield* queueWorkOn(w, 1, w.systemWq, note('bound'));
      yield* queueWorkOn(w, 1, w.systemHighpriWq, note('highpri'));
      yield* queueWork(w, w.systemUnboundWq, note('unbound'));
      yield* queueWorkOn(w, 1, w.systemBhWq, note('bh'));
      yield* workqueueInit(w);
      yield* world.sleep(20);
      // nobody kicks a BH pool when it gets its worker: the next work does
      expect(ran.filter((line) => line.startsWith('bh'))).toEqual([]);
      yield* queueWorkOn(w, 1, w.systemBhWq, note('bh2'));
      yield* world.sleep(1);
      expect(ran.splice(3).map((line) => line.replace(/ .*/, ''))).toEqual(['bh', 'bh2']);
    });
    expect([...ran].sort()).toEqual(['bound kworker/1:0', 'highpri kworker/1:0H', 'unbound kworker/u8:0']);
    expect(m.dmesg).toEqual([]);
  });

  test('a queue with WQ_MEM_RECLAIM has no rescuer yet; workqueue_init makes them, in the order of the queues', () => {
    const made: string[] = [];
    const m: World = new World({
      warm: false,
      *early(w): MaySleep<void> {
        for (const name of ['x', 'y']) {
          const q = (yield* allocWorkqueue(w, name, WQ_MEM_RECLAIM, 0))!;
          expect(q.rescuer).toBe(null);
        }
        expect(m.comms('kworker/R')).toEqual([]);
        m.hub.events$.subscribe((e) => {
          const comm = /comm=(kworker\/R-\w) /.exec(e.text);
          if (e.name === 'sched_wakeup_new' || (e.name === 'sched_waking' && comm !== null)) {
            if (comm !== null && !made.includes(comm[1]!)) made.push(comm[1]!);
          }
        });
      },
    });
    m.run(function* () {});
    expect(made).toEqual(['kworker/R-x', 'kworker/R-y']);
    expect(m.comms('kworker/R')).toEqual(['kworker/R-x', 'kworker/R-y']);
  });

  test('a rescuer that cannot be made is complained about, and its queue goes on without one', () => {
    let q: WorkqueueStruct | null = null;
    const m: World = new World({
      warm: false,
      *early(w): MaySleep<void> {
        q = yield* allocWorkqueue(w, 'saved', WQ_MEM_RECLAIM, 0);
        w.failAlloc = (what) => what === 'rescuer';
      },
    });
    m.run(function* () {
      m.w.failAlloc = () => false;
      const a = m.work('a');
      yield* queueWork(m.w, q!, a);
      expect(yield* flushWork(m.w, a)).toBe(true);
    });
    expect([q!.rescuer, m.w.workqueues.includes(q!)]).toEqual([null, true]);
    expect(m.dmesg).toEqual([
      'workqueue: Failed to allocate a rescuer for wq "saved"',
      'WARNING: workqueue: failed to create early rescuer for saved',
    ]);
  });
});

describe('until workqueue_init_topology', () => {
  test('unbound queues use one pool without a node, and each may have 8 active works', () => {
    let before: unknown[] = [];
    const m: World = new World({
      ...TWO_NODES,
      warm: false,
      *early(w): MaySleep<void> {
        const q = (yield* allocWorkqueue(w, 'q', WQ_UNBOUND, 100))!;
        expect(q.nodeNrActive.map((nna) => nna.max)).toEqual([8, 8, 8]);
        expect(w.unboundPools.map((pool) => pool.node)).toEqual([-1]);
        for (let i = 0; i < 10; i++) yield* queueWork(w, q, m.work(String(i)));
        const pwq = q.cpuPwq[0]!;
        before = [pwq.nrActive, q.nodeNrActive[2]!.nr, workPending(pwq.inactiveWorks.next)];
        yield* workqueueInit(w);
        expect(q.nodeNrActive.map((nna) => nna.max)).toEqual([8, 8, 8]);
        yield* m.sleep(20);
        expect([pwq.nrActive, q.nodeNrActive[2]!.nr]).toEqual([0, 0]);
        yield* workqueueInitTopology(w);
        expect(q.nodeNrActive.map((nna) => nna.max)).toEqual([50, 50, 100]);
        expect([0, 1, 2, 3].map((cpu) => q.cpuPwq[cpu]!.pool.attrs.podCpumask.lo)).toEqual([15, 15, 15, 15]);
      },
    });
    expect(m.run(function* () {})).toBe('done');
    expect(before).toEqual([WQ_DFL_MIN_ACTIVE, 8, true]);
  });

  test('afterwards each CPU of an unbound queue has the pool of its pod', () => {
    const m: World = new World({ ...TWO_NODES, cache: TWO_NODES.nodes, warm: false });
    m.run(function* () {
      const q = m.w.systemUnboundWq;
      expect([0, 1, 2, 3].map((cpu) => q.cpuPwq[cpu]!.pool.attrs.podCpumask.lo)).toEqual([3, 3, 12, 12]);
      expect([0, 2].map((cpu) => q.cpuPwq[cpu]!.pool.node)).toEqual([0, 1]);
      expect(q.dflPwq!.pool.node).toBe(-1);
    });
  });
});
