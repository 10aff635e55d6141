import { describe, expect, test } from '@jest/globals';
import { Rig, type RigStep } from './rig.ts';
import { checkScheduler } from '../src/checks.ts';
import {
  SCHED_BATCH,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  TASK_INTERRUPTIBLE,
  TASK_UNINTERRUPTIBLE,
} from '../src/constants.ts';
import { setCpusAllowedCommon } from '../src/affinity.ts';
import { Cpumask } from '../src/cpumask.ts';
import { cancelProtectSlice, protectSlice } from '../src/eevdf.ts';
import { schedIdleRq } from '../src/fair.ts';
import { moveQueuedTask } from '../src/migrate.ts';
import { taskUtilEst } from '../src/pelt.ts';
import type { SchedAvg } from '../src/sched-entity.ts';
import { setUserNice } from '../src/set-nice.ts';
import { schedSetschedulerNocheck } from '../src/syscalls.ts';
import type { Task } from '../src/task.ts';

const US = 1000;
const MS = 1_000_000;

/** Eight CPUs, for slices of 2.8 ms; tasks stay on CPU 0. Everything is recounted after each step. */
class Bench extends Rig {
  constructor(nrCpus = 8) {
    super(nrCpus);
    this.sim.afterStep(() => checkScheduler(this.s));
  }

  /** A task that wakes for the first time at an instant in us. */
  wakes(comm: string, us: number, policy = SCHED_NORMAL, sliceNs = 0, steps: readonly RigStep[] = []): Task {
    const p = this.task(comm, steps, 1);
    if (policy !== SCHED_NORMAL) schedSetschedulerNocheck(this.s, p, policy, 0);
    if (sliceNs > 0) {
      p.se.customSlice = true;
      p.se.slice = sliceNs;
    }
    p.state = TASK_INTERRUPTIBLE;
    this.wake(p, us * US);
    return p;
  }

  get curr(): Task {
    return this.s.rqs[0]!.curr;
  }
}

describe('a wakeup of a task with a shorter slice (9.4)', () => {
  test.each([
    ['SCHED_NORMAL', SCHED_NORMAL, 'SCHED_NORMAL', SCHED_NORMAL, true],
    ['SCHED_NORMAL', SCHED_NORMAL, 'SCHED_BATCH', SCHED_BATCH, false],
    ['SCHED_NORMAL', SCHED_NORMAL, 'SCHED_IDLE', SCHED_IDLE, false],
    ['SCHED_BATCH', SCHED_BATCH, 'SCHED_NORMAL', SCHED_NORMAL, true],
    ['SCHED_BATCH', SCHED_BATCH, 'SCHED_BATCH', SCHED_BATCH, false],
    ['SCHED_IDLE', SCHED_IDLE, 'SCHED_NORMAL', SCHED_NORMAL, true],
    ['SCHED_IDLE', SCHED_IDLE, 'SCHED_BATCH', SCHED_BATCH, true],
    ['SCHED_IDLE', SCHED_IDLE, 'SCHED_IDLE', SCHED_IDLE, false],
  ])('beside a running task of %s (%i), of %s (%i): preempts %s', (_, running, __, woken, preempts) => {
    const bench = new Bench();
    bench.wakes('A', 0, running);
    const p = bench.wakes('P', 1000, woken, 100 * US);
    bench.runUntil(1 * MS);
    expect(bench.curr === p).toBe(preempts);
  });

  test('with the same slice leaves the protection of the one that runs', () => {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    bench.wakes('P', 1000);
    bench.runUntil(1 * MS);
    expect([bench.curr, protectSlice(a.se)]).toEqual([a, true]);
  });

  test('whose deadline is later than that of an eligible task preempts nobody', () => {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    // a task alone is at V; its slice ends 200 us later
    bench.wakes('P', 2600, SCHED_NORMAL, 1 * MS);
    bench.runUntil(2_600 * US);
    expect([bench.curr, protectSlice(a.se)]).toEqual([a, true]);
  });

  test('that is not eligible preempts nobody', () => {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    const p = bench.wakes('P', 1000, SCHED_NORMAL, 100 * US);
    p.se.vlag = -3 * MS;
    bench.runUntil(1 * MS);
    expect([bench.curr, protectSlice(a.se)]).toEqual([a, true]);
  });

  test('takes the protection away even if a third one is picked', () => {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    const first = bench.wakes('B', 500, SCHED_BATCH, 50 * US); // would be picked, but does not preempt
    const p = bench.wakes('P', 1000, SCHED_NORMAL, 1 * MS);
    bench.runUntil(999 * US);
    expect([bench.curr, protectSlice(a.se)]).toEqual([a, true]);
    bench.runUntil(1 * MS);
    expect([bench.curr, protectSlice(a.se), a.needResched]).toEqual([a, false, false]);
    expect([first.onCpu, p.onCpu]).toEqual([false, false]);
  });

  test('changes nothing if the running task is asked to give way already', () => {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    const p = bench.wakes('P', 1000, SCHED_NORMAL, 100 * US);
    let seen: boolean | null = null;
    bench.at(1 * MS - 1, () => {
      a.needResched = true;
      p.state = 0;
      p.schedClass.enqueueTask(p.rq, p, 0);
      p.onRq = 1;
      a.schedClass.wakeupPreempt(a.rq, p, 0);
      seen = protectSlice(a.se);
    });
    bench.runUntil(1 * MS - 1);
    expect(seen).toBe(true);
  });
});

describe('a CPU with SCHED_IDLE tasks and nothing else', () => {
  test('balances at the next tick after the last other task has left, once', () => {
    const bench = new Bench(2);
    const [first] = bench.s.rqs as [(typeof bench.s.rqs)[0]];
    bench.wakes('idle', 0, SCHED_IDLE);
    bench.wakes('other', 1000, SCHED_NORMAL, 0, [5 * MS, 'sleep']);
    bench.runUntil(5 * MS);
    expect(schedIdleRq(first)).toBe(false);
    first.nextBalance = 1e6;
    // it had lag to pay, and leaves when that is paid
    while (!schedIdleRq(first)) bench.runUntil(bench.sim.now + 1 * MS);
    expect(first.nextBalance).toBe(bench.s.jiffies);
    first.nextBalance = 1e6;
    bench.wakes('idle too', bench.sim.now / US + 1000, SCHED_IDLE, 0, ['sleep']);
    bench.runUntil(bench.sim.now + 50 * MS);
    expect([schedIdleRq(first), first.nextBalance]).toEqual([true, 1e6]);
  });

  test('is none that is idle', () => {
    expect(schedIdleRq(new Bench(1).s.rqs[0]!)).toBe(false);
  });
});

describe('a change of the running task', () => {
  /** Is CPU 0's task asked to give way by a change at 3 ms? */
  function asked(change: (bench: Bench, curr: Task) => void, others: number): boolean {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    for (let i = 0; i < others; i++) bench.wakes('other', 500);
    let answer = false;
    bench.at(2 * MS, () => {
      expect(bench.curr).toBe(a);
      change(bench, a);
      answer = a.needResched;
    });
    bench.runUntil(2 * MS);
    return answer;
  }

  test.each([
    ['to a higher nice value beside another task', 5, 1, true],
    ['to a lower nice value', -5, 1, false],
    ['to a higher nice value, alone', 5, 0, false],
  ])('%s', (_, nice, others, answer) => {
    expect(asked((bench, a) => setUserNice(bench.s, a, nice), others)).toBe(answer);
  });

  test('from SCHED_FIFO to SCHED_NORMAL asks it to give way', () => {
    expect(
      asked((bench, a) => {
        schedSetschedulerNocheck(bench.s, a, SCHED_FIFO, 1);
        expect(a.needResched).toBe(false);
        schedSetschedulerNocheck(bench.s, a, SCHED_NORMAL, 0);
      }, 1),
    ).toBe(true);
  });
});

describe('a change of a waiting task', () => {
  /** Is the running task asked to give way by a change of another one, which waits, or sleeps, at 2 ms? */
  function asked(change: (bench: Bench, other: Task) => void, steps: readonly RigStep[] = [], fifo = 0): boolean {
    const bench = new Bench();
    const a = bench.wakes('A', fifo > 0 ? 100 : 0);
    const other = bench.wakes('other', 0, SCHED_NORMAL, 0, steps);
    if (fifo > 0) bench.at(200 * US, () => void schedSetschedulerNocheck(bench.s, a, SCHED_FIFO, fifo));
    let answer = false;
    bench.at(2 * MS, () => {
      const { curr } = bench;
      expect(curr === other).toBe(false);
      curr.needResched = false;
      change(bench, other);
      answer = curr.needResched;
      curr.needResched = false;
    });
    bench.runUntil(2 * MS);
    return answer;
  }

  test('from SCHED_FIFO to SCHED_NORMAL below an RT task asks nobody', () => {
    const answer = asked(
      (bench, other) => {
        schedSetschedulerNocheck(bench.s, other, SCHED_FIFO, 1);
        expect(bench.curr.needResched).toBe(false);
        schedSetschedulerNocheck(bench.s, other, SCHED_NORMAL, 0);
      },
      [],
      50,
    );
    expect(answer).toBe(false);
  });
});

test.each([
  [
    'that becomes SCHED_NORMAL',
    SCHED_FIFO,
    (bench: Bench, p: Task) => void schedSetschedulerNocheck(bench.s, p, SCHED_NORMAL, 0),
  ],
  ['whose nice value sinks', SCHED_NORMAL, (bench: Bench, p: Task) => setUserNice(bench.s, p, -10)],
])('a task asleep %s does not ask even a SCHED_IDLE task to give way', (_, policy, change) => {
  const bench = new Bench();
  bench.wakes('A', 0, SCHED_IDLE);
  bench.wakes('B', 0, SCHED_IDLE);
  const asleep = bench.task('asleep', [], 1);
  schedSetschedulerNocheck(bench.s, asleep, policy, policy === SCHED_FIFO ? 1 : 0);
  asleep.state = TASK_INTERRUPTIBLE;
  let asked = false;
  bench.at(1 * MS, () => {
    change(bench, asleep);
    asked = bench.curr.needResched;
  });
  bench.runUntil(1 * MS);
  expect([asked, bench.curr.policy]).toEqual([false, SCHED_IDLE]);
});

test('a waiting task whose nice value rises asks nobody to give way', () => {
  const bench = new Bench();
  const a = bench.wakes('A', 0);
  const b = bench.wakes('B', 500);
  b.se.vlag = -3 * MS;
  let asked = false;
  bench.at(1 * MS, () => {
    setUserNice(bench.s, b, 5);
    asked = a.needResched;
  });
  bench.runUntil(1 * MS);
  expect([bench.curr.comm, asked]).toEqual(['A', false]);
});

test('a sleeper whose dequeue is delayed leaves when it gets another class, and still owes what it owes', () => {
  const bench = new Bench(4);
  bench.wakes('A', 0);
  const s = bench.wakes('S', 1000, SCHED_NORMAL, 0, [3_600 * US, 'sleep']);
  bench.runUntil(7_600 * US);
  expect([s.onRq, s.se.schedDelayed]).toEqual([1, true]);
  bench.at(7_700 * US, () => void schedSetschedulerNocheck(bench.s, s, SCHED_FIFO, 1));
  bench.runUntil(7_700 * US);
  expect([s.onRq, s.se.schedDelayed, s.schedClass.name, bench.s.rqs[0]!.nrRunning]).toEqual([0, false, 'rt', 1]);
  expect(s.se.vlag).toBeLessThan(0);
});

test('the load of a task goes with it to another CPU, and stays where it was while it sleeps', () => {
  const bench = new Bench(2);
  bench.wakes('A', 0);
  const moves = bench.wakes('B', 0);
  const sleeps = bench.wakes('C', 0, SCHED_NORMAL, 0, [6 * MS, 'sleep']);
  bench.runUntil(30 * MS);
  expect(sleeps.onRq).toBe(0);
  const [here, there] = bench.s.rqs.map((rq) => rq.cfs.avg) as [SchedAvg, SchedAvg];
  bench.at(30 * MS, () => {
    const [before, load] = [here.loadAvg, moves.se.avg.loadAvg];
    if (bench.curr === moves) return;
    setCpusAllowedCommon(moves, Cpumask.fromBits(0b11));
    moveQueuedTask(moves.rq, moves, 1);
    expect(load).toBeGreaterThan(100);
    expect(Math.abs(before - here.loadAvg - load)).toBeLessThan(0.1 * load);
    expect(Math.abs(there.loadAvg - load)).toBeLessThan(0.1 * load);
    // A's own load, and what C has left
    expect(here.loadAvg).toBeGreaterThan(bench.curr.se.avg.loadAvg + 50);
  });
  bench.runUntil(30 * MS);
  expect(moves.cpu).toBe(1);
});

test('the estimated utilisation of a task changes when it sleeps, not when it is moved or reniced', () => {
  const bench = new Bench(2);
  bench.wakes('A', 0);
  const p = bench.wakes('P', 0, SCHED_NORMAL, 0, [9 * MS, 'sleep']);
  bench.runUntil(10 * MS);
  const before = taskUtilEst(p);
  bench.at(10 * MS, () => setUserNice(bench.s, p, 3));
  bench.runUntil(10 * MS);
  expect([p.se.avg.utilAvg === before, taskUtilEst(p)]).toEqual([false, before]);
  bench.runUntil(60 * MS);
  expect(p.onRq).toBe(0);
  expect(taskUtilEst(p)).not.toBe(before);
});

test('a task that wakes where it ran counts as warm', () => {
  const bench = new Bench();
  bench.wakes('A', 0);
  const p = bench.wakes('P', 0, SCHED_NORMAL, 0, [1 * MS, 'sleep']);
  bench.runUntil(30 * MS);
  const { execStart } = p.se;
  expect([p.onRq, execStart > 0]).toEqual([0, true]);
  p.se.vlag = -3 * MS;
  bench.wake(p, 30 * MS);
  bench.runUntil(30 * MS);
  expect([p.onRq, p.onCpu, p.se.execStart]).toEqual([1, false, execStart]);
});

describe('the tick', () => {
  /** Is A asked to give way at 1.5 ms, `vruntime` ns ahead of the average? */
  function asked(protectedSlice: boolean, others: number, ahead: number): boolean {
    const bench = new Bench();
    const a = bench.wakes('A', 0);
    for (let i = 0; i < others; i++) bench.wakes('other', 0);
    let answer = false;
    bench.at(1_500 * US, () => {
      const { curr } = bench;
      expect(others > 0 || curr === a).toBe(true);
      curr.schedClass.updateCurr(curr.rq);
      curr.se.vruntime += ahead;
      if (!protectedSlice) cancelProtectSlice(curr.se);
      curr.se.execStart -= 1;
      curr.schedClass.taskTick(curr.rq, curr);
      answer = curr.needResched;
      curr.needResched = false;
      curr.se.vruntime -= ahead;
    });
    bench.runUntil(1_500 * US);
    return answer;
  }

  test.each([
    ['lets one go on that is ahead, while its slice is protected', true, 1, 0, false],
    ['asks one that is ahead and not protected any more', false, 1, 0, true],
    ['lets one go on that is not protected and not ahead', false, 1, -1_500 * US, false],
    ['never asks a lone one', false, 0, 1_400 * US, false],
    ['asks one whose slice is over', true, 1, 3 * MS, true],
    ['never asks a lone one whose slice is over', true, 0, 3 * MS, false],
  ])('%s', (_, protectedSlice, others, ahead, answer) => {
    expect(asked(protectedSlice, others, ahead)).toBe(answer);
  });
});

test('a yield of a lone task gives up nothing', () => {
  const bench = new Bench();
  const a = bench.wakes('A', 0, SCHED_NORMAL, 0, [1 * MS, 'yield']);
  bench.runUntil(0);
  const before = a.se.vruntime;
  bench.runUntil(1 * MS);
  expect(a.se.vruntime - before).toBe(1 * MS);
});

test('a CPU whose last RT task blocks pulls fair tasks that wait elsewhere', () => {
  const bench = new Bench(2);
  const tasks = ['A', 'B'].map((comm) => bench.wakes(comm, 0));
  const fifo = bench.task('fifo', [5 * MS, 'sleep'], 0b10);
  bench.start(fifo, 0, () => void schedSetschedulerNocheck(bench.s, fifo, SCHED_FIFO, 1));
  bench.runUntil(4 * MS);
  for (const p of tasks) setCpusAllowedCommon(p, Cpumask.fromBits(0b11));
  const second = bench.s.rqs[1]!;
  second.avgIdle = 1e9;
  second.sd!.newidleRatio = 1024;
  bench.runUntil(5 * MS);
  expect(tasks).toContain(second.curr);
});

test('a CPU whose last RT task blocks pulls nothing if a fair task waits there', () => {
  const bench = new Bench(2);
  const tasks = ['A', 'B'].map((comm) => bench.wakes(comm, 0));
  const fifo = bench.task('fifo', [5 * MS, 'sleep'], 0b10);
  bench.start(fifo, 0, () => void schedSetschedulerNocheck(bench.s, fifo, SCHED_FIFO, 1));
  const waits = bench.start(bench.task('waits', [], 0b10), 1 * MS);
  bench.runUntil(4 * MS);
  for (const p of tasks) setCpusAllowedCommon(p, Cpumask.fromBits(0b11));
  const second = bench.s.rqs[1]!;
  second.avgIdle = 1e9;
  second.sd!.newidleRatio = 1024;
  bench.runUntil(5 * MS);
  expect([second.curr, ...tasks.map((p) => p.cpu)]).toEqual([waits, 0, 0]);
});

test('the estimated utilisation of a queue is the sum of its tasks, without sleepers whose dequeue is delayed', () => {
  const bench = new Bench(2);
  const steps: RigStep[] = [2 * MS, 'sleep', 3 * MS, 'sleep', 1 * MS, 'sleep'];
  const tasks = Array.from({ length: 5 }, (_, i) =>
    bench.start(bench.task(`t${i}`, [...steps, ...steps], 0b11), i * MS),
  );
  let delayed = 0;
  bench.sim.afterStep(() => {
    for (const rq of bench.s.rqs) {
      const queued = tasks.filter((p) => p.rq === rq && p.onRq === 1 && p.schedClass.name === 'fair');
      delayed += queued.filter((p) => p.se.schedDelayed).length;
      const sum = queued.filter((p) => !p.se.schedDelayed).reduce((total, p) => total + taskUtilEst(p), 0);
      expect(rq.cfs.avg.utilEst).toBe(sum);
    }
  });
  for (let i = 0; i < 60; i++) {
    const p = tasks[(i * 3) % 5]!;
    const ns = 6 * MS + i * 1_310 * US;
    bench.wake(p, ns, i % 2);
    if (i % 5 === 0)
      bench.at(ns + 100 * US, () => {
        if (p.onRq === 1 && !p.onCpu) moveQueuedTask(p.rq, p, 1 - p.cpu);
      });
    if (i % 7 === 0) bench.at(ns + 200 * US, () => setUserNice(bench.s, p, i % 10));
    bench.at(ns + 300 * US, () => {
      for (const q of tasks) if (q.se.schedDelayed) setUserNice(bench.s, q, i % 5);
    });
  }
  bench.runUntil(90 * MS);
  expect(delayed).toBeGreaterThan(10);
  expect(tasks.some((p) => taskUtilEst(p) > 0)).toBe(true);
});

test('the balance list has the tasks in the order in which they ran, the latest first', () => {
  const bench = new Bench(1);
  for (const comm of ['A', 'B', 'C', 'D']) bench.wakes(comm, 0, SCHED_NORMAL, 0, comm === 'D' ? [1 * MS, 'sleep'] : []);
  bench.runUntil(30 * MS);
  const { cfs } = bench.s.rqs[0]!;
  const [forth, back]: [string[], string[]] = [[], []];
  for (let se = cfs.groupHead; se !== null; se = se.groupNext) forth.push(se.task.comm);
  for (let se = cfs.groupTail; se !== null; se = se.groupPrev) back.push(se.task.comm);
  const ran = bench.timeline().map((stretch) => stretch[0]!);
  const latest = [...new Set(ran.toReversed())].filter((comm) => comm !== 'D');
  expect([forth, back]).toEqual([latest, latest.toReversed()]);
});

test('all counts stay right whatever fair tasks do, and the CPUs are busy as long as somebody waits', () => {
  const bench = new Bench(2);
  const policies = [SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE];
  const steps: RigStep[] = [700 * US, 'yield', 1300 * US, 'sleep', 300 * US, 'sleep', 4 * MS, 'yield', 'sleep'];
  const tasks = Array.from({ length: 7 }, (_, i) => {
    const p = bench.task(`t${i}`, [...steps.slice(i), ...steps, ...steps], i < 2 ? 0b01 : 0b11);
    schedSetschedulerNocheck(bench.s, p, policies[i % 3]!, 0);
    return bench.start(p, i * 900 * US);
  });
  for (let i = 0; i < 120; i++) {
    const p = tasks[i % 7]!;
    const ns = 3 * MS + i * 710 * US;
    if (i % 11 === 3) bench.at(ns, () => setUserNice(bench.s, p, ((i * 7) % 40) - 20));
    else if (i % 11 === 7) bench.at(ns, () => void schedSetschedulerNocheck(bench.s, p, policies[i % 3]!, 0));
    else if (i % 11 === 9) bench.at(ns, () => void (p.se.schedDelayed && (p.state = TASK_UNINTERRUPTIBLE)), i % 2);
    else bench.wake(p, ns, i % 2);
  }
  bench.runUntil(3 * MS);
  const before = tasks.reduce((sum, p) => sum + p.se.sumExecRuntime, 0);
  bench.runUntil(103 * MS);
  const used = tasks.reduce((sum, p) => sum + p.se.sumExecRuntime, 0) - before;
  expect(used).toBeGreaterThan(100 * MS);
  for (const rq of bench.s.rqs) expect(rq.curr === rq.idle && rq.nrRunning > 0).toBe(false);
});
