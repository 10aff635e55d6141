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
import { protectSlice } from '../src/eevdf.ts';
import { schedIdleRq } from '../src/fair.ts';
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
