import { describe, expect, test } from '@jest/globals';
import { PF_NOFREEZE, PF_NO_SETAFFINITY, PF_WQ_WORKER, TASK_IDLE, taskNice, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  POOL_MANAGER_ACTIVE,
  PWQ_STAT_MAYDAY,
  PWQ_STAT_RESCUED,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  currentIsWorkqueueRescuer,
  destroyWorkqueue,
  flushWork,
  flushWorkqueue,
  initWork,
  printWorkerInfo,
  queueWork,
  queueWorkOn,
  setWorkerDesc,
  wqWorkerComm,
  type WorkqueueStruct,
} from '../src/index.ts';
import { tooManyWorkers } from '../src/worker-pool.ts';
import { caseOf, type World } from './world.ts';

function taskOf(m: World, comm: string): Task {
  return [...m.s.tasks.values()].find((p) => p.comm === comm && p.exitState === 0)!;
}

describe('workers', () => {
  test(
    ...caseOf(
      'CC-WQ-048: the first work of a pool has a second worker made first, and is run by the first',
      function* (m) {
        expect(m.comms('kworker/')).toEqual([
          'kworker/0:0',
          'kworker/0:0H',
          'kworker/1:0',
          'kworker/1:0H',
          'kworker/u8:0',
        ]);
        const q = yield* m.wq('q');
        let comms: string[] = [];
        const switches: string[] = [];
        m.hub.events$.subscribe((e) => {
          if (e.name === 'sched_switch') switches.push(/next_comm=(\S+)/.exec(e.text)![1]!);
        });
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('a', function* () {
            comms = m.comms('kworker/1:');
          }),
        );
        yield* m.sleep(10);
        expect(comms).toEqual(['kworker/1:0', 'kworker/1:0H', 'kworker/1:1']);
        expect(m.ran).toEqual(['a@kworker/1:0']);
        expect(switches.filter((c) => c === 'kworker/1:1')).toHaveLength(2);
        expect(q.cpuPwq[1]!.pool.nrIdle).toBe(2);
      },
      { warm: false },
    ),
  );

  test(
    ...caseOf('CC-WQ-049: as many as works that sleep, and one to take over', function* (m) {
      const q = yield* m.wq('q');
      for (let i = 0; i < 5; i++)
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(String(i), () => m.sleep(50)),
        );
      yield* m.sleep(10);
      expect(q.cpuPwq[1]!.pool.nrWorkers).toBe(6);
      yield* flushWorkqueue(m.w, q);
      expect(q.cpuPwq[1]!.pool.nrWorkers).toBe(6);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-050: where none can be made, rescuers run the works of their queues; attempts go on',
      function* (m) {
        const q = yield* m.wq('q');
        const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
        yield* fill(m, q, 2);
        m.k.failAlloc = (what) => what === 'kthread';
        yield* queueWorkOn(
          m.w,
          1,
          saved,
          m.work('r', function* () {
            expect(currentIsWorkqueueRescuer(m.w)).toBe(true);
          }),
        );
        yield* queueWorkOn(m.w, 1, q, m.work('plain'));
        yield* m.sleep(600);
        expect(m.ran.at(-1)).toBe('r@kworker/R-saved');
        expect(m.log).not.toContain('start plain');
        expect(m.dmesg).toEqual(['workqueue: Failed to create a worker thread: -EAGAIN']);
        const { stats } = saved.cpuPwq[1]!;
        expect([stats[PWQ_STAT_MAYDAY], stats[PWQ_STAT_RESCUED]]).toEqual([1, 1]);
        m.k.failAlloc = () => false;
        yield* m.sleep(1200);
        expect(m.log).toContain('end plain');
      },
    ),
  );

  test(
    ...caseOf('CC-WQ-051: a creation that merely takes long calls for the rescuer, too', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      yield* fill(m, q, 1);
      // kthreadd is busy for a while
      m.k.failAlloc = (what) => {
        if (what === 'kthread') m.sim.charge(30_000_000);
        return false;
      };
      yield* queueWorkOn(m.w, 1, saved, m.work('r'));
      yield* queueWorkOn(m.w, 1, saved, m.work('s'));
      yield* m.sleep(100);
      expect(saved.cpuPwq[1]!.stats[PWQ_STAT_MAYDAY]).toBeGreaterThan(0);
      expect(m.log.filter((e) => e === 'end r' || e === 'end s')).toHaveLength(2);
    }),
  );

  test(
    ...caseOf('CC-WQ-052: a rescuer takes turns of 17 works between pools that call', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      yield* fill(m, q, 2, 0);
      yield* fill(m, q, 2, 1);
      m.k.failAlloc = (what) => what === 'kthread';
      const cpus: number[] = [];
      for (const cpu of [0, 1]) {
        for (let i = 0; i < 40; i++) {
          yield* queueWorkOn(
            m.w,
            cpu,
            saved,
            m.work(`${cpu}:${i}`, function* () {
              cpus.push(cpu);
            }),
          );
        }
      }
      yield* m.sleep(500);
      const turns: number[] = [];
      cpus.forEach((cpu, i) => {
        if (i === 0 || cpus[i - 1] !== cpu) turns.push(0);
        turns[turns.length - 1]!++;
      });
      expect(turns).toEqual([17, 17, 17, 17, 6, 6]);
      m.k.failAlloc = () => false;
    }),
  );

  test(
    ...caseOf('CC-WQ-053: a single pool that calls is served to the end', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      yield* fill(m, q, 2);
      m.k.failAlloc = (what) => what === 'kthread';
      for (let i = 0; i < 100; i++) yield* queueWorkOn(m.w, 1, saved, m.work(String(i)));
      yield* m.sleep(500);
      const { stats } = saved.cpuPwq[1]!;
      expect([stats[PWQ_STAT_MAYDAY], stats[PWQ_STAT_RESCUED]]).toEqual([1, 100]);
      expect(m.ran.slice(-100).every((r) => r.endsWith('@kworker/R-saved'))).toBe(true);
      m.k.failAlloc = () => false;
    }),
  );

  test(
    ...caseOf('CC-WQ-054: too many that idle go after 300 s; the two that idled last stay', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      for (let i = 0; i < 11; i++)
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(String(i), () => m.sleep(20 + 10 * i)),
        );
      yield* flushWorkqueue(m.w, q);
      expect(pool.nrWorkers).toBe(12);
      const last = [pool.idleFirst!.id, pool.idleFirst!.idleNext!.id];
      yield* m.sleep(299_000);
      expect(pool.nrWorkers).toBe(12);
      yield* m.sleep(101_000);
      expect(pool.nrWorkers).toBe(2);
      expect([pool.idleFirst!.id, pool.idleLast!.id]).toEqual(last);
      expect(m.comms('kworker/1:').filter((c) => !c.endsWith('H'))).toHaveLength(2);
    }),
  );

  test(
    ...caseOf(
      'CC-WQ-055: idle ones are too many from a quarter of the busy ones on',
      function* (m) {
        const q = yield* m.wq('q');
        const { pool } = q.cpuPwq[1]!;
        pool.nrIdle = 3;
        pool.nrWorkers = 8;
        expect(tooManyWorkers(pool)).toBe(false);
        pool.nrWorkers = 7;
        expect(tooManyWorkers(pool)).toBe(true);
        // the manager counts as idle
        pool.nrIdle = 2;
        expect(tooManyWorkers(pool)).toBe(false);
        pool.flags |= POOL_MANAGER_ACTIVE;
        expect(tooManyWorkers(pool)).toBe(true);
      },
      { unchecked: true },
    ),
  );

  test(
    ...caseOf('CC-WQ-056: the number of one that went is given again', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      for (let i = 0; i < 4; i++)
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(String(i), () => m.sleep(20)),
        );
      // the timer does not wake an idle CPU
      yield* m.spawn(
        'alive',
        function* () {
          for (;;) yield* m.sleep(1000);
        },
        1,
      );
      yield* m.sleep(700_000);
      expect(pool.nrWorkers).toBe(2);
      const kept = [pool.idleFirst!.id, pool.idleLast!.id];
      const lowest = [0, 1, 2, 3, 4].find((id) => !kept.includes(id))!;
      for (let i = 0; i < 2; i++)
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(String(i), () => m.sleep(20)),
        );
      yield* m.sleep(100);
      expect(pool.nrWorkers).toBe(3);
      expect(m.comms('kworker/1:')).toContain(`kworker/1:${lowest}`);
    }),
  );

  test(
    ...caseOf('CC-WQ-057: a work that leaves preemption disabled is reported', function* (m) {
      const q = yield* m.wq('q');
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('bad', function* () {
          m.s.current.preemptCount++;
        }),
      );
      yield* queueWorkOn(m.w, 1, q, m.work('good'));
      yield* m.sleep(20);
      const pid = taskOf(m, 'kworker/1:1').pid;
      expect(m.dmesg[0]).toBe(
        `BUG: workqueue leaked atomic, lock or RCU: kworker/1:1[${pid}]\n     preempt=0x00000001 lock=0->0 RCU=0->0 workfn=bad`,
      );
      expect(m.log).toContain('end good');
    }),
  );

  test(
    ...caseOf('CC-WQ-057: and one that leaves softirqs disabled, which count from bit 9 on', function* (m) {
      const q = yield* m.wq('q');
      const bad = m.work('bad', function* () {
        m.s.current.bhDisableCount++;
      });
      yield* queueWorkOn(m.w, 1, q, bad);
      yield* m.sleep(20);
      expect(m.dmesg[0]).toMatch(/ leaked atomic, .*\n {5}preempt=0x00000200 lock=0->0 RCU=0->0 workfn=bad$/);
    }),
  );

  test(
    ...caseOf('CC-WQ-058: a work may be reused for something else while it runs', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', function* (work) {
        initWork(work, function* () {}, 'reused');
        yield* m.sleep(1);
      });
      yield* queueWork(m.w, q, a);
      yield* m.sleep(20);
      expect(m.runs).toEqual(['start a', 'end a']);
    }),
  );

  test(
    ...caseOf('names: what ps shows while a work runs, and afterwards', function* (m) {
      const q = yield* m.wq('q_of_mine');
      const u = yield* m.wq('unbound_hi', WQ_UNBOUND | WQ_HIGHPRI);
      const idle = taskOf(m, 'kworker/1:1H');
      expect([idle.state, taskNice(idle), (idle.flags & PF_WQ_WORKER) !== 0]).toEqual([TASK_IDLE, -20, true]);
      expect(idle.flags & (PF_NO_SETAFFINITY | PF_NOFREEZE)).toBe(PF_NO_SETAFFINITY | PF_NOFREEZE);
      const names: string[] = [];
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', function* () {
          names.push(wqWorkerComm(m.s.current), ...printWorkerInfo(m.s.current));
          setWorkerDesc(m.w, 'flushing the disk of somebody else for ever');
          names.push(wqWorkerComm(m.s.current), ...printWorkerInfo(m.s.current));
        }),
      );
      yield* m.sleep(10);
      const p = taskOf(m, 'kworker/1:1');
      expect(names).toEqual([
        'kworker/1:1+q_of_mine',
        'Workqueue: q_of_mine a',
        'kworker/1:1+flushing the disk of somebody e',
        'Workqueue: q_of_mine a (flushing the disk of somebody e)',
      ]);
      expect(wqWorkerComm(p)).toBe('kworker/1:1-flushing the disk of somebody e');
      expect(printWorkerInfo(p)).toEqual(['Workqueue:  0x0 (flushing the disk of somebody e)']);
      setWorkerDesc(m.w, 'nobody');
      expect(wqWorkerComm(m.s.current)).toBe('main');
      expect(printWorkerInfo(m.s.current)).toEqual([]);
      yield* queueWork(m.w, u, m.work('b'));
      yield* m.sleep(10);
      expect(m.ran.at(-1)).toMatch(/^b@kworker\/u9:\d$/);
    }),
  );

  test(
    ...caseOf('CC-WQ-104: a name is cut at 31 characters, that of the thread in traces at 15', function* (m) {
      const q = yield* m.wq('a_queue_with_a_name_of_34_characte', WQ_MEM_RECLAIM);
      expect(q.name).toBe('a_queue_with_a_name_of_34_chara');
      const rescuer = q.rescuer!.task!;
      yield* m.sleep(1);
      expect(rescuer.comm).toBe('kworker/R-a_que');
      expect(wqWorkerComm(rescuer)).toBe('kworker/R-a_queue_with_a_name_of_34_chara');
      yield* m.wq('another_queue_with_a_name_of_34_characte');
      expect(m.dmesg).toEqual(['workqueue: name exceeds WQ_NAME_LEN. Truncating to: a_queue_with_a_name_of_34_chara']);
      yield* destroyWorkqueue(m.w, q);
      // kthread_stop() returns when the rescuer has given its answer, a little before it is gone
      yield* m.sleep(1);
      expect(m.comms('kworker/R')).toEqual([]);
    }),
  );

  test(
    ...caseOf('one makes others; the next one works meanwhile, and then none is needed any more', function* (m) {
      const q = yield* m.wq('q');
      let attempts = 0;
      m.w.failAlloc = (what) => what === 'worker' && ++attempts > 0;
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => m.sleep(100)),
      );
      yield* queueWorkOn(m.w, 1, q, m.work('b'));
      yield* m.sleep(20);
      // the last idle one is at it
      expect([attempts, q.cpuPwq[1]!.pool.flags & POOL_MANAGER_ACTIVE, m.runs]).toEqual([
        1,
        POOL_MANAGER_ACTIVE,
        ['start a'],
      ]);
      yield* m.sleep(150);
      expect(m.runs.slice(1)).toEqual(['end a', 'start b', 'end b']);
      yield* queueWorkOn(m.w, 1, q, m.work('c'));
      yield* m.sleep(20);
      expect([attempts, m.runs.slice(4)]).toEqual([1, ['start c', 'end c']]);
      yield* m.sleep(3000);
      expect([attempts, q.cpuPwq[1]!.pool.flags & POOL_MANAGER_ACTIVE, q.cpuPwq[1]!.pool.nrWorkers]).toEqual([1, 0, 2]);
    }),
  );

  test(
    ...caseOf('no memory for a worker: said once, and tried again every second', function* (m) {
      const q = yield* m.wq('q');
      yield* fill(m, q, 1);
      m.w.failAlloc = (what) => what === 'worker';
      const a = m.work('a', () => m.sleep(1));
      const b = m.work('b', () => m.sleep(1));
      yield* queueWorkOn(m.w, 1, q, a);
      yield* queueWorkOn(m.w, 1, q, b);
      yield* m.sleep(3000);
      expect(m.dmesg).toEqual(['workqueue: Failed to allocate a worker']);
      m.w.failAlloc = () => false;
      yield* flushWork(m.w, a);
      yield* flushWork(m.w, b);
    }),
  );
});

/** Keep n workers of a CPU asleep, so that only one is left, or none. */
function* fill(m: World, q: WorkqueueStruct, n: number, cpu = 1): MaySleep<void> {
  for (let i = 0; i < n; i++)
    yield* queueWorkOn(
      m.w,
      cpu,
      q,
      m.work('fill', () => m.sleep(5000)),
    );
  yield* m.sleep(5);
}
