import { describe, expect, test } from '@jest/globals';
import { Cpumask, EINVAL, TimerList, addTimer, busy, type Task } from '@kernel-model/scheduler';
import { kthreadIsPerCpu } from '@kernel-model/kthread';
import type { MaySleep } from '@kernel-model/sim';
import {
  DelayedWork,
  POOL_DISASSOCIATED,
  WORKER_NOT_RUNNING,
  WORKER_REBOUND,
  WQ_AFFN_CPU,
  WQ_BH,
  WQ_CPU_INTENSIVE,
  WQ_FREEZABLE,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_POWER_EFFICIENT,
  WQ_SYSFS,
  WQ_UNBOUND,
  WorkStruct,
  allocWorkqueue,
  allocWorkqueueAttrs,
  applyWorkqueueAttrs,
  cancelWork,
  currentWork,
  drainWorkqueue,
  executeInProcessContext,
  flushWork,
  flushWorkqueue,
  freezeWorkqueuesBegin,
  freezeWorkqueuesBusy,
  parseAffnScope,
  queueDelayedWork,
  queueWork,
  queueWorkNow,
  queueWorkOn,
  scheduleDelayedWork,
  scheduleDelayedWorkOn,
  scheduleOnEachCpu,
  scheduleWorkOn,
  showAllWorkqueues,
  showOneWorkqueue,
  showFreezableWorkqueues,
  thawWorkqueues,
  workBusy,
  workOnCpu,
  workOnCpuSafe,
  workqueueOfflineCpu,
  workqueueSetMaxActive,
  workqueueSoftirqDead,
  workqueueUnboundExcludeCpumask,
  wqAffnDflSet,
  wqMonitor,
  wqMonitorTable,
  wqStats,
  wqSysfsFiles,
  wqSysfsShow,
  wqSysfsShowGlobal,
  wqSysfsStore,
  wqSysfsStoreGlobal,
  type WqStats,
} from '../src/index.ts';
import { down, up } from './hotplug.ts';
import { World, caseOf } from './world.ts';

function taskOf(m: World, comm: string): Task {
  return [...m.s.tasks.values()].find((p) => p.comm === comm && p.exitState === 0)!;
}

describe('freezing', () => {
  test(
    ...caseOf('CC-WQ-101: stops freezable queues, once their active works are done, and no others', function* (m) {
      const frozen = yield* m.wq('frozen', WQ_FREEZABLE);
      const other = yield* m.wq('other');
      yield* queueWork(
        m.w,
        frozen,
        m.work('a', () => m.sleep(20)),
      );
      yield* m.sleep(1);
      yield* freezeWorkqueuesBegin(m.w);
      yield* queueWork(m.w, frozen, m.work('b'));
      yield* queueWork(m.w, other, m.work('c'));
      const d = new DelayedWork(function* () {}, 'd');
      yield* queueDelayedWork(m.w, frozen, d, 1);
      expect(yield* freezeWorkqueuesBusy(m.w)).toBe(true);
      expect(showFreezableWorkqueues(m.w)[1]).toBe('workqueue frozen: flags=0x4');
      yield* m.sleep(60);
      expect(m.runs).toEqual(['start a', 'start c', 'end c', 'end a']);
      expect(m.log.slice(-3)).toEqual(
        ['end c', 'queue d', 'end a'].sort((x, y) => m.log.indexOf(x) - m.log.indexOf(y)),
      );
      expect(yield* freezeWorkqueuesBusy(m.w)).toBe(false);
      const born = yield* m.wq('born', WQ_FREEZABLE);
      expect(born.maxActive).toBe(0);
      yield* workqueueSetMaxActive(m.w, frozen, 7);
      expect([frozen.maxActive, frozen.savedMaxActive]).toEqual([0, 7]);
      m.take();
      yield* thawWorkqueues(m.w);
      expect([frozen.maxActive, born.maxActive]).toEqual([7, 256]);
      yield* flushWorkqueue(m.w, frozen);
      expect(m.take().slice(0, 2)).toEqual(['activate b', 'activate d']);
      yield* thawWorkqueues(m.w);
      yield* freezeWorkqueuesBusy(m.w);
      yield* freezeWorkqueuesBegin(m.w);
      yield* freezeWorkqueuesBegin(m.w);
      yield* thawWorkqueues(m.w);
      expect(m.dmesg).toEqual([
        'WARNING: freeze_workqueues_busy: workqueues do not freeze',
        'WARNING: freeze_workqueues_begin: workqueues freeze already',
      ]);
    }),
  );
});

describe('CPU hotplug', () => {
  test(
    ...caseOf('CC-WQ-011, 102: the pool of a CPU that is down is an unbound one', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      for (let i = 0; i < 4; i++) {
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work(String(i), function* () {
            yield* busy(m.s, 6000);
            yield* m.sleep(40);
          }),
        );
      }
      yield* down(m);
      expect([pool.nrRunning, pool.flags & POOL_DISASSOCIATED]).toEqual([0, POOL_DISASSOCIATED]);
      yield* m.sleep(10);
      expect(m.runs.filter((e) => e.startsWith('start'))).toHaveLength(4);
      yield* flushWorkqueue(m.w, q);
      const cpus: number[] = [];
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', function* () {
          cpus.push(m.s.cpu);
        }),
      );
      yield* flushWorkqueue(m.w, q);
      expect(cpus).toEqual([0]);
      expect(m.ran.at(-1)).toMatch(/^a@kworker\/1:\d$/);
      expect(m.dmesg).toEqual([]);
    }),
  );

  test(
    ...caseOf('CC-WQ-103, 112: and is bound again when the CPU is up; who is busy then counts later', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      const p = taskOf(m, 'kworker/1:0');
      const masks = [p.cpusMask.lo];
      const perCpu = [kthreadIsPerCpu(p)];
      yield* down(m);
      masks.push(p.cpusMask.lo);
      perCpu.push(kthreadIsPerCpu(p));
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => m.sleep(60)),
      );
      yield* m.sleep(10);
      yield* up(m);
      masks.push(p.cpusMask.lo);
      perCpu.push(kthreadIsPerCpu(p));
      expect(masks).toEqual([2, 3, 2]);
      expect(perCpu).toEqual([true, false, true]);
      const busyOne = pool.workers.find((worker) => worker.currentWork !== null)!;
      expect(busyOne.flags & WORKER_NOT_RUNNING).toBe(WORKER_REBOUND);
      yield* flushWorkqueue(m.w, q);
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', function* () {
          expect(pool.nrRunning).toBe(1);
          expect(m.s.cpu).toBe(1);
        }),
      );
      yield* flushWorkqueue(m.w, q);
      expect([pool.nrRunning, pool.flags]).toEqual([0, 0]);
    }),
  );

  for (const [title, unboundCpus, allowed] of [
    ['where unbound works may', 0b101, 0b101],
    ['anywhere, where none of those CPUs is left', 0b010, 0b111],
  ] as const) {
    test(
      ...caseOf(
        `CC-WQ-102: its workers may run ${title}`,
        function* (m) {
          const p = taskOf(m, 'kworker/1:0');
          m.s.activeMask = m.s.activeMask.andNot(Cpumask.of(1));
          yield* down(m);
          expect(p.cpusMask.lo).toBe(allowed);
          yield* up(m);
        },
        { cpus: 3, unboundCpus: Cpumask.fromBits(unboundCpus) },
      ),
    );
  }

  test(
    ...caseOf('CC-WQ-111: a strict unbound pool goes with its CPU, and the one that stays is widened', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND);
      const attrs = allocWorkqueueAttrs(m.w);
      attrs.affnScope = WQ_AFFN_CPU;
      attrs.affnStrict = true;
      yield* applyWorkqueueAttrs(m.w, q, attrs);
      const [p0, p1] = [q.cpuPwq[0]!.pool, q.cpuPwq[1]!.pool];
      const { id } = p1;
      expect(p0.workers[0]!.task!.cpusMask.lo).toBe(1);
      yield* down(m);
      yield* m.sleep(50);
      expect(m.w.pools[id] ?? null).toBe(null);
      yield* up(m);
      expect(q.cpuPwq[1]!.pool.id).toBe(id);
      expect(q.cpuPwq[0]!.pool).toBe(p0);
      expect(p0.workers[0]!.task!.cpusMask.lo).toBe(3);
    }),
  );

  test(
    ...caseOf('only the CPU itself may go', function* (m) {
      expect(yield* workqueueOfflineCpu(m.w, 1)).toBe(-1);
      expect(m.dmesg).toEqual(['WARNING: workqueue_offline_cpu: called for CPU 1 on CPU 0']);
    }),
  );

  test(
    ...caseOf('the BH works of a CPU that died run elsewhere', function* (m) {
      for (const flags of [WQ_BH, WQ_BH | WQ_HIGHPRI]) {
        const q = yield* m.wq('q', flags);
        const cpus: number[] = [];
        const action = m.s.cpus[1]!.callFunction;
        // CPU 1 is dead: it takes no interrupts
        m.s.cpus[1]!.callFunction = () => {};
        for (let i = 0; i < 25; i++) {
          yield* queueWorkOn(
            m.w,
            1,
            q,
            m.work(String(i), function* () {
              cpus.push(m.s.cpu);
            }),
          );
        }
        expect(cpus).toEqual([]);
        yield* workqueueSoftirqDead(m.w, 1);
        expect(cpus).toEqual(new Array(25).fill(0));
        m.s.cpus[1]!.callFunction = action;
      }
    }),
  );
});

describe('BH queues', () => {
  test(
    ...caseOf('run in the order of queueing, ten at a time', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      for (let i = 0; i < 30; i++) yield* queueWork(m.w, q, m.work(String(i)));
      yield* flushWorkqueue(m.w, q);
      expect(m.runs.filter((e) => e.startsWith('end'))).toEqual(Array.from({ length: 30 }, (_, i) => `end ${i}`));
    }),
  );

  test('a function that sleeps stops the machine', () => {
    const m = new World();
    expect(() =>
      m.run(function* () {
        const q = yield* m.wq('q', WQ_BH);
        yield* queueWork(
          m.w,
          q,
          m.work('sleeper', () => m.sleep(1)),
        );
        yield* m.sleep(10);
      }),
    ).toThrow('The function sleeper of the BH workqueue q slept on CPU 0');
  });
});

describe('the lockup watchdog', () => {
  test(
    ...caseOf(
      'CC-WQ-105, 106: reports a pool that does not get on, with everything that is busy',
      function* (m) {
        const q = yield* m.wq('q');
        yield* keepTicking(m);
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('hog', () => busy(m.s, 80_000_000)),
        );
        yield* queueWorkOn(m.w, 1, q, m.work('a'));
        yield* m.sleep(70_000);
        const lines = m.dmesg.filter((line) => line.startsWith('BUG'));
        expect(lines).toHaveLength(2);
        expect(lines[0]).toMatch(/^BUG: workqueue lockup - pool cpus=1 node=0 flags=0x0 nice=0 stuck for 3\ds!$/);
        const from = m.dmesg.indexOf(lines[0]!);
        const pid = taskOf(m, 'kworker/1:1').pid;
        const idle = taskOf(m, 'kworker/1:0').pid;
        expect(m.dmesg.slice(from + 1, from + 6)).toEqual([
          'Showing busy workqueues and worker pools:',
          'workqueue q: flags=0x0',
          '  pwq 6: cpus=1 node=0 flags=0x0 nice=0 active=2 refcnt=3',
          `    in-flight: ${pid}:hog`,
          '    pending: a',
        ]);
        expect(m.dmesg[from + 6]).toMatch(
          new RegExp(`^pool 6: cpus=1 node=0 flags=0x0 nice=0 hung=3\\ds workers=2 idle: ${idle}$`),
        );
        expect(m.dmesg.slice(from + 7, from + 11)).toEqual([
          'Showing backtraces of running workers in stalled CPU-bound worker pools:',
          'pool 6:',
          `task:kworker/1:1 state:R pid:${pid}`,
          'Workqueue: q hog',
        ]);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf(
      'can be changed, touched and switched off',
      function* (m) {
        const q = yield* m.wq('q');
        const { watchdog } = m.w;
        yield* keepTicking(m);
        watchdog.setThresh(5);
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('hog', () => busy(m.s, 40_000_000)),
        );
        yield* queueWorkOn(m.w, 1, q, m.work('a'));
        for (let i = 0; i < 12; i++) {
          yield* m.sleep(1000);
          watchdog.touch(1);
        }
        expect(m.dmesg).toEqual([]);
        watchdog.touch(-1);
        expect(m.dmesg).toEqual(['WARNING: wq_watchdog_touch should be called with valid CPU']);
        yield* m.sleep(12_000);
        expect(m.dmesg.some((line) => line.startsWith('BUG: workqueue lockup'))).toBe(true);
        watchdog.setThresh(0);
        const { length } = m.dmesg;
        yield* m.sleep(12_000);
        expect(m.dmesg).toHaveLength(length);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf('does not count the time for which a pool had nothing to do', function* (m) {
      const q = yield* m.wq('q');
      yield* keepTicking(m);
      m.w.watchdog.setThresh(10);
      yield* m.sleep(25_000);
      yield* m.spawn('busy', () => busy(m.s, 8_000_000), 1);
      yield* m.sleep(5);
      yield* queueWorkOn(m.w, 1, q, m.work('a'));
      yield* m.sleep(12_000);
      expect([m.runs, m.dmesg]).toEqual([['start a', 'end a'], []]);
    }),
  );

  test(
    ...caseOf(
      'sees a stall although works come and go meanwhile',
      function* (m) {
        const [hogs, q] = [yield* m.wq('hogs'), yield* m.wq('q', 0, 1)];
        yield* keepTicking(m);
        m.w.watchdog.setThresh(10);
        yield* queueWorkOn(
          m.w,
          1,
          hogs,
          m.work('hog', () => busy(m.s, 40_000_000)),
        );
        yield* queueWorkOn(m.w, 1, hogs, m.work('waits'));
        for (let i = 0; i < 30; i++) {
          const works = [m.work('first'), m.work('second')];
          for (const work of works) yield* queueWorkOn(m.w, 1, q, work);
          yield* m.sleep(1000);
          for (const work of works) yield* cancelWork(m.w, work);
        }
        expect(m.dmesg.some((line) => line.startsWith('BUG: workqueue lockup'))).toBe(true);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test('panics if that is wanted', () => {
    const m = new World({ cpuIntensiveThreshUs: 0, panicOnStall: 1 });
    expect(() =>
      m.run(function* () {
        const q = yield* m.wq('q');
        yield* keepTicking(m);
        yield* queueWorkOn(
          m.w,
          1,
          q,
          m.work('hog', () => busy(m.s, 80_000_000)),
        );
        yield* queueWorkOn(m.w, 1, q, m.work('a'));
        yield* m.sleep(70_000);
      }),
    ).toThrow('The workqueue watchdog found a stall for the 1. time');
  });
});

/** The watchdog's timer does not wake an idle CPU: let CPU 0 have a tick now and then. */
function* keepTicking(m: World): MaySleep<void> {
  yield* m.spawn(
    'alive',
    function* () {
      for (;;) {
        yield* m.sleep(100);
        yield* busy(m.s, 8000);
      }
    },
    0,
  );
}

describe('progress', () => {
  test(
    ...caseOf('CC-WQ-105: is picking works from the list, not serving what queues itself on a worker', function* (m) {
      const q = yield* m.wq('q');
      const { pool } = q.cpuPwq[1]!;
      const stamps: number[] = [];
      const other = yield* m.wq('other');
      let runs = 0;
      const a: WorkStruct = m.work('a', function* () {
        stamps.push(pool.watchdogTs);
        yield* m.sleep(20);
        if (++runs === 3) return;
        yield* queueWork(m.w, q, a);
        // another worker finds it on the list, and hands it over
        yield* queueWorkOn(m.w, 1, other, m.work('b'));
        yield* m.sleep(20);
      });
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(300);
      expect(m.ran.filter((r) => r.startsWith('a@'))).toEqual(new Array(3).fill('a@kworker/1:1'));
      // b was picked when a was handed over, and nothing since
      expect(stamps[1]! - stamps[0]!).toBeGreaterThan(0);
      expect(m.s.jiffies - stamps[2]!).toBeGreaterThan(20);
    }),
  );
});

describe('dumps', () => {
  test(
    ...caseOf('name the rescuer, who makes workers, and the queues that call for help', function* (m) {
      const q = yield* m.wq('q');
      const saved = yield* m.wq('saved', WQ_MEM_RECLAIM);
      const slow = (name: string): WorkStruct => new WorkStruct(() => m.sleep(400), name);
      // each pool has used its idle workers, and gets no more
      for (const cpu of [0, 1]) for (let i = 0; i < 2; i++) yield* queueWorkOn(m.w, cpu, q, slow('fill'));
      yield* m.sleep(5);
      m.k.failAlloc = (what) => what === 'kthread';
      yield* queueWorkOn(m.w, 0, saved, slow('first'));
      yield* queueWorkOn(m.w, 1, saved, slow('second'));
      yield* m.sleep(150);
      const dump = showOneWorkqueue(saved).join('\n');
      const rescuer = taskOf(m, 'kworker/R-saved').pid;
      // it serves one CPU, while the other still calls
      expect(dump).toContain(`in-flight: ${rescuer}(RESCUER):`);
      expect(dump).toMatch(/ MAYDAY$/m);
      expect(showAllWorkqueues(m.w).join('\n')).toMatch(/^pool \d+: .* workers=\d+ manager: \d+/m);
      m.k.failAlloc = () => false;
      yield* flushWorkqueue(m.w, saved);
      expect(showOneWorkqueue(saved)).toEqual([]);
    }),
  );

  test(
    ...caseOf('are as sysrq-t shows them', function* (m) {
      const q = yield* m.wq('wqx_b1', 0, 1);
      const tfn = (): WorkStruct => new WorkStruct(() => m.sleep(60), 'tfn');
      const works = [tfn(), tfn(), tfn(), tfn(), tfn(), tfn()];
      for (const work of works) yield* queueWorkOn(m.w, 0, q, work);
      yield* m.sleep(1);
      const p = yield* m.spawn('flusher', () => flushWork(m.w, works[0]!));
      yield* m.sleep(1);
      const pid = taskOf(m, 'kworker/0:1').pid;
      const idle = taskOf(m, 'kworker/0:0').pid;
      expect(showAllWorkqueues(m.w)).toEqual([
        'Showing busy workqueues and worker pools:',
        'workqueue wqx_b1: flags=0x0',
        '  pwq 2: cpus=0 node=0 flags=0x0 nice=0 active=1 refcnt=8',
        `    in-flight: ${pid}:tfn BAR(${p.pid})`,
        '    inactive: 5*tfn',
        `pool 2: cpus=0 node=0 flags=0x0 nice=0 hung=0s workers=2 idle: ${idle}`,
      ]);
      const r = yield* m.spawn('flusher', () => flushWork(m.w, works[2]!));
      yield* m.sleep(1);
      expect(showAllWorkqueues(m.w)[4]).toBe(`    inactive: 2*tfn BAR(${r.pid}), 3*tfn`);
      const bh = yield* m.wq('bh', WQ_BH | WQ_HIGHPRI);
      const rest: string[] = [];
      const a = m.work('a', function* () {
        rest.push(...showAllWorkqueues(m.w));
      });
      yield* queueWork(m.w, bh, a);
      yield* queueWork(m.w, bh, m.work('b'));
      yield* flushWorkqueue(m.w, bh);
      expect(rest.slice(5, 9)).toEqual([
        'workqueue bh: flags=0x11',
        '  pwq 1: cpus=0 node=0 flags=0x5 bh-hi active=2 refcnt=3',
        '    in-flight: bh-hi:a',
        '    pending: b',
      ]);
      yield* flushWorkqueue(m.w, q);
      expect(showAllWorkqueues(m.w)).toEqual(['Showing busy workqueues and worker pools:']);
    }),
  );
});

describe('other things', () => {
  test(
    ...caseOf(
      'CC-WQ-107: an interrupt on top of a worker is nobody',
      function* (m) {
        const q = yield* m.wq('q');
        const seen: unknown[] = [];
        const a: WorkStruct = m.work('a', function* () {
          const timer = new TimerList(() => void seen.push(currentWork(m.w)), 0, m.s.cpu);
          timer.expires = m.s.jiffies + 1;
          addTimer(m.s, timer);
          yield* busy(m.s, 20_000);
          seen.push(currentWork(m.w) === a);
        });
        yield* queueWorkOn(m.w, 1, q, a);
        yield* flushWork(m.w, a);
        expect(seen).toEqual([null, true]);
        expect(currentWork(m.w)).toBe(null);
      },
      { cpuIntensiveThreshUs: 0 },
    ),
  );

  test(
    ...caseOf('CC-WQ-108: WQ_CPU_INTENSIVE means nothing to an unbound queue', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND | WQ_CPU_INTENSIVE);
      yield* queueWork(
        m.w,
        q,
        m.work('a', () => busy(m.s, 100)),
      );
      yield* flushWorkqueue(m.w, q);
      expect(q.cpuPwq[0]!.pool.nrRunning).toBe(0);
      expect(m.runs).toEqual(['start a', 'end a']);
    }),
  );

  for (const powerEfficient of [false, true]) {
    test(
      ...caseOf(
        `CC-WQ-109: WQ_POWER_EFFICIENT is ${powerEfficient ? 'unbound if' : 'per CPU unless'} the parameter is on`,
        function* (m) {
          const q = yield* m.wq('q', WQ_POWER_EFFICIENT);
          expect((q.flags & WQ_UNBOUND) !== 0).toBe(powerEfficient);
          expect((m.w.systemPowerEfficientWq.flags & WQ_UNBOUND) !== 0).toBe(powerEfficient);
        },
        { powerEfficient },
      ),
    );
  }

  test(
    ...caseOf('CC-WQ-110: work_busy', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(20));
      const busyAt: number[] = [yield* workBusy(m.w, a)];
      yield* queueWork(m.w, q, a);
      busyAt.push(yield* workBusy(m.w, a));
      yield* m.sleep(1);
      busyAt.push(yield* workBusy(m.w, a));
      yield* queueWork(m.w, q, a);
      busyAt.push(yield* workBusy(m.w, a));
      expect(busyAt).toEqual([0, 1, 2, 3]);
      yield* flushWork(m.w, a);
      yield* m.spawn('drainer', () => drainWorkqueue(m.w, q));
      yield* queueWork(
        m.w,
        q,
        m.work('slow', () => m.sleep(40)),
      );
      yield* m.spawn('drainer', () => drainWorkqueue(m.w, q));
      yield* m.sleep(1);
      yield* queueWork(m.w, q, a);
      expect(yield* workBusy(m.w, a)).toBe(1);
    }),
  );

  test(
    ...caseOf('the queues of the system are there', function* (m) {
      const { w } = m;
      expect(w.workqueues.map((q) => [q.name, q.flags, q.maxActive])).toEqual([
        ['events', 0, 256],
        ['events', 0, 256],
        ['events_highpri', WQ_HIGHPRI, 256],
        ['events_long', 0, 256],
        ['events_unbound', WQ_UNBOUND, 512],
        ['events_unbound', WQ_UNBOUND, 512],
        ['events_freezable', WQ_FREEZABLE, 256],
        ['events_power_efficient', WQ_POWER_EFFICIENT, 256],
        ['events_freezable_pwr_efficient', WQ_FREEZABLE | WQ_POWER_EFFICIENT, 256],
        ['events_bh', WQ_BH, 0x7fffffff],
        ['events_bh_highpri', WQ_BH | WQ_HIGHPRI, 0x7fffffff],
      ]);
      expect(w.cpuPools[1]!.map((pool) => pool.id)).toEqual([6, 7]);
      expect(w.unboundPools.map((pool) => pool.id)).toEqual([8]);
    }),
  );

  test(
    ...caseOf('helpers: on every CPU, on one CPU, from process context', function* (m) {
      const cpus: number[] = [];
      expect(
        yield* scheduleOnEachCpu(m.w, function* () {
          cpus.push(m.s.cpu);
        }),
      ).toBe(0);
      expect(cpus.sort()).toEqual([0, 1]);
      const where = function* (): MaySleep<number> {
        yield* m.sleep(1);
        return m.s.cpu * 10;
      };
      expect(yield* workOnCpu(m.w, 1, where)).toBe(10);
      expect(yield* workOnCpuSafe(m.w, 1, where)).toBe(10);
      expect(yield* workOnCpuSafe(m.w, 5, where)).toBe(-19);
      const a = m.work('a');
      expect(yield* executeInProcessContext(m.w, where, a)).toBe(0);
      m.s.current.bhDisableCount++;
      expect(
        yield* executeInProcessContext(
          m.w,
          function* () {
            m.notes.push('later');
          },
          a,
        ),
      ).toBe(1);
      m.s.current.bhDisableCount--;
      yield* flushWork(m.w, a);
      expect(m.notes).toEqual(['later']);
      const d = m.delayed('d');
      yield* scheduleDelayedWork(m.w, d, 1);
      yield* m.sleep(20);
      yield* scheduleDelayedWorkOn(m.w, 1, d, 1);
      yield* m.sleep(20);
      yield* scheduleWorkOn(m.w, 1, a);
      yield* flushWork(m.w, a);
      expect(queueWorkNow(m.w, 0, m.w.systemWq, a)).toBe(true);
      expect(m.runs.filter((e) => e === 'end d')).toHaveLength(2);
    }),
  );

  test(
    ...caseOf('sysfs', function* (m) {
      const q = yield* m.wq('q', WQ_UNBOUND | WQ_SYSFS);
      const p = yield* m.wq('p', WQ_SYSFS);
      const hidden = yield* m.wq('hidden');
      expect([wqSysfsFiles(hidden), wqSysfsFiles(p)]).toEqual([[], ['per_cpu', 'max_active']]);
      const all = (): unknown[] => wqSysfsFiles(q).map((file) => wqSysfsShow(m.w, q, file));
      expect(all()).toEqual(['0\n', '256\n', '0\n', '3\n', 'default (cache)\n', '0\n']);
      for (const [file, text] of [
        ['nice', '-5\n'],
        ['cpumask', '2\n'],
        ['affinity_scope', 'numa\n'],
        ['affinity_strict', '1\n'],
        ['max_active', '12'],
      ] as const) {
        expect(yield* wqSysfsStore(m.w, q, file, text)).toBe(text.length);
      }
      expect(all()).toEqual(['0\n', '12\n', '-5\n', '2\n', 'numa\n', '1\n']);
      for (const [file, text] of [
        ['nice', '20'],
        ['nice', 'x'],
        ['cpumask', 'zz'],
        ['affinity_scope', 'x'],
        ['affinity_strict', ''],
        ['max_active', '0'],
        ['per_cpu', '1'],
        ['name', 'x'],
      ] as const) {
        expect(yield* wqSysfsStore(m.w, q, file, text)).toBe(-EINVAL);
      }
      expect(wqSysfsShow(m.w, p, 'per_cpu')).toBe('1\n');
      expect(wqSysfsShow(m.w, p, 'nice')).toBe(null);
      expect(yield* wqSysfsStoreGlobal(m.w, 'cpumask', '0')).toBe(-EINVAL);
      expect(yield* wqSysfsStoreGlobal(m.w, 'cpumask', '1')).toBe(1);
      expect(yield* workqueueUnboundExcludeCpumask(m.w, Cpumask.of(1))).toBe(0);
      expect(
        ['cpumask', 'cpumask_requested', 'cpumask_isolated', 'x'].map((file) => wqSysfsShowGlobal(m.w, file)),
      ).toEqual(['1\n', '1\n', '2\n', null]);
    }),
  );

  test(
    ...caseOf(
      'affinity scopes',
      function* (m) {
        expect(['cpu', 'SMT', 'cachet', 'numa', 'system', 'default', 'x'].map(parseAffnScope)).toEqual([
          1,
          2,
          3,
          4,
          5,
          0,
          -EINVAL,
        ]);
        const q = yield* m.wq('q', WQ_UNBOUND);
        expect(new Set(m.s.possibleMask).size).toBe(8);
        const pods = (): number[] => [...m.s.possibleMask].map((cpu) => q.cpuPwq[cpu]!.pool.attrs.podCpumask.lo);
        expect(pods()).toEqual([15, 15, 15, 15, 240, 240, 240, 240]);
        expect(yield* wqAffnDflSet(m.w, 'smt')).toBe(0);
        expect(pods()).toEqual([3, 3, 12, 12, 48, 48, 192, 192]);
        expect(yield* wqAffnDflSet(m.w, 'default')).toBe(-EINVAL);
        expect(yield* wqAffnDflSet(m.w, 'zz')).toBe(-EINVAL);
        const percpu = yield* m.wq('percpu');
        expect(yield* applyWorkqueueAttrs(m.w, percpu, allocWorkqueueAttrs(m.w))).toBe(-EINVAL);
        const attrs = allocWorkqueueAttrs(m.w);
        attrs.affnScope = 9;
        expect(yield* applyWorkqueueAttrs(m.w, q, attrs)).toBe(-EINVAL);
        expect(m.dmesg).toEqual([
          'WARNING: apply_workqueue_attrs: the workqueue percpu is not unbound',
          'WARNING: apply_workqueue_attrs: q: there is no affinity scope 9',
        ]);
        m.w.failAlloc = (what) => what === 'pool';
        attrs.affnScope = WQ_AFFN_CPU;
        attrs.nice = 3;
        expect(yield* applyWorkqueueAttrs(m.w, q, attrs)).toBe(-12);
        m.w.failAlloc = () => false;
      },
      {
        cpus: 8,
        smt: [3, 12, 48, 192].map((bits) => Cpumask.fromBits(bits)),
        cache: [Cpumask.fromBits(15), Cpumask.fromBits(240)],
      },
    ),
  );

  test(
    ...caseOf('counters, as wq_monitor shows them', function* (m) {
      const q = yield* m.wq('q', WQ_MEM_RECLAIM);
      const samples: WqStats[] = [];
      const subscription = wqMonitor(m.w, 10_000_000).subscribe((all) =>
        samples.push(all.find((s) => s.name === 'q')!),
      );
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('a', () => busy(m.s, 30_000)),
      );
      yield* queueWorkOn(
        m.w,
        1,
        q,
        m.work('b', () => m.sleep(20)),
      );
      yield* flushWorkqueue(m.w, q);
      subscription.unsubscribe();
      const { length } = samples;
      yield* m.sleep(100);
      expect(samples).toHaveLength(length);
      expect(samples[0]!).toMatchObject({ started: 1, completed: 0, cpuTimeUs: expect.any(Number), memReclaim: true });
      const stats = wqStats(m.w, q);
      expect(stats).toMatchObject({ started: 2, completed: 2, cpuIntensive: 1, cmWakeup: 1, mayday: 0, rescued: 0 });
      expect(stats.cpuTimeUs).toBeGreaterThanOrEqual(28_000);
      expect(
        wqMonitorTable([
          { ...stats, cpuTimeUs: 4_210_000 },
          { ...stats, unbound: true, memReclaim: false, name: 'u' },
        ]),
      ).toBe(
        [
          '                            total   infl  CPUtime CPUitsv CMW/RPR  mayday rescued',
          'q                               2      0      4.2       1       1       0       0',
          'u                               2      0      0.0       -       0       -       -',
        ].join('\n'),
      );
    }),
  );

  test(
    ...caseOf('no memory: queues and pwqs', function* (m) {
      m.w.failAlloc = (what) => what === 'workqueue';
      expect(yield* allocWorkqueue(m.w, 'q', 0, 0)).toBe(null);
      m.w.failAlloc = (what) => what === 'pwq';
      expect(yield* allocWorkqueue(m.w, 'q', 0, 0)).toBe(null);
      expect(yield* allocWorkqueue(m.w, 'q', WQ_UNBOUND, 0)).toBe(null);
      m.w.failAlloc = (what) => what === 'rescuer';
      expect(yield* allocWorkqueue(m.w, 'q', WQ_MEM_RECLAIM, 0)).toBe(null);
      expect(m.dmesg).toEqual(['workqueue: Failed to allocate a rescuer for wq "q"']);
      m.w.failAlloc = () => false;
    }),
  );
});
