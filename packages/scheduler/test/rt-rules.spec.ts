import { describe, expect, test } from '@jest/globals';
import { checkRtDl } from '../src/check-rt-dl.ts';
import { checkScheduler } from '../src/checks.ts';
import { SCHED_DEADLINE, SCHED_FIFO, SCHED_NORMAL, SCHED_RR, WF_FORK, WF_TTWU } from '../src/constants.ts';
import { CPUPRI_INVALID } from '../src/cpupri.ts';
import { setRqOffline, setRqOnline } from '../src/root-domain.ts';
import type { SchedAttr } from '../src/sched-attr.ts';
import { schedRrGetInterval, schedSetattrNocheck, schedSetschedulerNocheck } from '../src/syscalls.ts';
import { wakeUpProcess } from '../src/wakeup.ts';
import { doSetCpusAllowed, setCpusAllowedCommon } from '../src/affinity.ts';
import { Cpumask } from '../src/cpumask.ts';
import type { Task } from '../src/task.ts';
import { Rig, type RigStep } from './rig.ts';

const MS = 1_000_000;

/** A rig whose sums and lists are counted anew after every step. */
function checked(nrCpus: number): Rig {
  const rig = new Rig(nrCpus);
  rig.sim.afterStep(() => {
    checkScheduler(rig.s);
    checkRtDl(rig.s);
  });
  return rig;
}

/** An RT task that starts at an instant in ms. */
function rt(rig: Rig, comm: string, priority: number, cpus: number, atMs = 0, steps: readonly RigStep[] = []): Task {
  const p = rig.task(comm, steps, cpus);
  return rig.start(p, atMs * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, priority));
}

describe('the CPU of an RT wakeup (scheduler.md 11.3)', () => {
  /** CPU 0 runs `curr`, CPU 1 runs `other`, or nothing at priority 0. Where would p, which was on CPU 0, go? */
  function chosen(curr: number, bound: boolean, other: number, priority: number, flags: number = WF_TTWU): number {
    const rig = checked(2);
    if (other > 0) rt(rig, 'other', other, 0b10);
    const running = rt(rig, 'curr', curr, 0b01);
    const p = rt(rig, 'p', priority, 0b01, 0, ['sleep']);
    rig.runUntil(1 * MS);
    if (!bound) setCpusAllowedCommon(running, Cpumask.fromBits(0b11));
    setCpusAllowedCommon(p, Cpumask.fromBits(0b11));
    return p.schedClass.selectTaskRq(p, 0, flags);
  }

  test.each([
    ['stays where it can preempt one that can move', 40, false, 0, 50, 0],
    ['goes where it disturbs nobody if the one it could preempt is bound', 40, true, 0, 50, 1],
    ['goes to a lower CPU if it cannot preempt an equal one', 50, false, 0, 50, 1],
    ['goes to a lower CPU if it cannot preempt a higher one', 60, false, 0, 50, 1],
    ['goes where something lower of RT runs', 60, false, 40, 50, 1],
    ['stays if the other CPU runs its equal', 60, false, 50, 50, 0],
    ['stays if the other CPU runs something higher', 60, false, 70, 50, 0],
  ])('%s', (_, curr, bound, other, priority, cpu) => {
    expect(chosen(curr, bound, other, priority)).toBe(cpu);
  });

  test('is looked for at a fork as well, and at nothing else', () => {
    expect(chosen(60, false, 0, 50, WF_FORK)).toBe(1);
    expect(chosen(60, false, 0, 50, 0)).toBe(0);
  });
});

describe('a wakeup among equals', () => {
  /** A bound task wakes where an equal one runs. Does that one give way? */
  function givesWay(currCpus: number, wokenCpus: number, otherPriority: number): boolean {
    const rig = checked(2);
    if (otherPriority > 0) rt(rig, 'other', otherPriority, 0b10);
    const curr = rt(rig, 'curr', 50, 0b01);
    const p = rt(rig, 'p', 50, 0b01, 0, ['sleep']);
    rig.runUntil(1 * MS);
    const first = rig.s.rqs[0]!;
    expect(first.curr).toBe(curr);
    setCpusAllowedCommon(curr, Cpumask.fromBits(currCpus));
    setCpusAllowedCommon(p, Cpumask.fromBits(wokenCpus));
    curr.schedClass.wakeupPreempt(first, p, 0);
    const answer = curr.needResched;
    curr.needResched = false;
    return answer;
  }

  test('makes one way for a bound one if it can run elsewhere', () => {
    expect(givesWay(0b11, 0b01, 0)).toBe(true);
    expect(givesWay(0b11, 0b01, 40)).toBe(true);
  });

  test('changes nothing if the running one is bound, or has nowhere to go', () => {
    expect(givesWay(0b01, 0b01, 0)).toBe(false);
    expect(givesWay(0b11, 0b01, 60)).toBe(false);
  });

  test('changes nothing if the woken one can run elsewhere', () => {
    expect(givesWay(0b11, 0b11, 0)).toBe(false);
  });

  test('changes nothing if the running one is asked to give way already, or the woken one is no equal', () => {
    for (const [priority, asked] of [
      [50, true],
      [40, false],
    ] as const) {
      const rig = checked(2);
      const curr = rt(rig, 'curr', 50, 0b01);
      const p = rt(rig, 'p', priority, 0b01);
      rig.runUntil(1 * MS);
      setCpusAllowedCommon(curr, Cpumask.fromBits(0b11));
      curr.needResched = asked;
      curr.schedClass.wakeupPreempt(rig.s.rqs[0]!, p, 0);
      expect([curr.needResched, [...rig.s.rqs[0]!.rt]]).toEqual([asked, [curr, p]]);
      curr.needResched = false;
    }
  });

  test('makes way, too, if the woken one may use another CPU, but has nothing to gain there', () => {
    const rig = checked(3);
    rt(rig, 'higher', 90, 0b100);
    const curr = rt(rig, 'curr', 50, 0b001);
    const p = rt(rig, 'p', 50, 0b001, 0, ['sleep']);
    rig.runUntil(1 * MS);
    setCpusAllowedCommon(curr, Cpumask.fromBits(0b011));
    setCpusAllowedCommon(p, Cpumask.fromBits(0b101));
    curr.schedClass.wakeupPreempt(rig.s.rqs[0]!, p, 0);
    expect(curr.needResched).toBe(true);
    curr.needResched = false;
  });
});

describe('a wakeup', () => {
  /** CPU 0 runs `curr`, which may use both CPUs, when p wakes there. Is it asked to give way? */
  function asks(curr: number, woken: number): boolean {
    const rig = checked(2);
    const running = rt(rig, 'curr', curr, 0b01);
    const p = rt(rig, 'p', woken, 0b01, 0, ['sleep']);
    rig.runUntil(1 * MS);
    setCpusAllowedCommon(running, Cpumask.fromBits(0b11));
    let answer = false;
    rig.at(2 * MS, () => {
      wakeUpProcess(rig.s, p);
      answer = running.needResched;
    });
    rig.runUntil(2 * MS);
    return answer;
  }

  test('asks a task of lower priority to give way, one of higher priority never', () => {
    expect([asks(40, 50), asks(60, 50)]).toEqual([true, false]);
  });

  test('where a deadline task runs goes on to a CPU that runs something lower, if it may', () => {
    for (const [cpus, cpu] of [
      [0b11, 1],
      [0b01, 0],
    ] as const) {
      const rig = checked(2);
      const p = rt(rig, 'p', 50, 0b01, 0, ['sleep']);
      rig.start(rig.task('fair', [], 0b10));
      rig.runUntil(1 * MS);
      setCpusAllowedCommon(p, Cpumask.fromBits(cpus));
      const params: SchedAttr = { policy: SCHED_DEADLINE, runtime: 50 * MS, deadline: 100 * MS };
      const deadline = rig.task('deadline', [], 0b01);
      deadline.cpusMask = rig.s.rd.span;
      rig.start(deadline, 1 * MS, () => expect(schedSetattrNocheck(rig.s, deadline, params)).toBe(0));
      rig.runUntil(2 * MS);
      expect(rig.s.rqs[0]!.curr).toBe(deadline);
      rig.wake(p, 3 * MS);
      rig.runUntil(4 * MS);
      expect([p.cpu, p.onCpu]).toEqual([cpu, cpu === 1]);
    }
  });

  test('of a task that was asleep when it became RT asked nobody until then', () => {
    const rig = checked(1);
    const fair = rig.start(rig.task('fair'));
    const p = rig.start(rig.task('p', ['sleep']));
    let asked = false;
    const set = (atMs: number, priority: number): void =>
      rig.at(atMs * MS, () => {
        expect(schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, priority)).toBe(0);
        asked ||= rig.s.rqs[0]!.curr.needResched;
      });
    set(9, 1);
    set(10, 50);
    rig.runUntil(11 * MS);
    expect([asked, fair.onCpu]).toEqual([false, true]);
  });
});

test('the CPU time of RT tasks is counted to the ns, and nothing of it for those that wait', () => {
  const rig = checked(1);
  const fair = rig.start(rig.task('fair'));
  const low = rt(rig, 'low', 10, 1, 1);
  rt(rig, 'high', 20, 1, 4, [3 * MS + 1, 'sleep']);
  rig.at(5 * MS, () => void schedSetschedulerNocheck(rig.s, low, SCHED_FIFO, 11));
  rig.runUntil(9 * MS);
  const high = [...rig.s.tasks.values()].find((p) => p.comm === 'high')!;
  expect([fair, low, high].map((p) => p.se.sumExecRuntime)).toEqual([1 * MS, 4 * MS - 1, 3 * MS + 1]);
});

describe('the share of a CPU that RT tasks take', () => {
  /** The share in 1/1024 after stretches of ms with and without RT, by turns; half of it is of the last 32 ms. */
  function expected(...stretchesMs: number[]): number {
    let share = 0;
    stretchesMs.forEach((ms, i) => {
      const left = 0.5 ** (ms / 32);
      share = share * left + (i % 2 === 0 ? 0 : 1024 * (1 - left));
    });
    return share;
  }

  test.each([
    ['rises while one runs, and only since it runs', 40, 60, [40, 20]],
    ['counts all of the time for which one ran', 40, 88, [40, 43.5, 4.5]],
    ['sinks while none does', 40, 132, [40, 43.5, 48.5]],
  ])('%s', (_, fromMs, atMs, stretches) => {
    const rig = checked(1);
    rig.start(rig.task('fair'));
    rt(rig, 'p', 50, 1, fromMs, [43.5 * MS, 'sleep']);
    // the share is worked out when an RT task comes or goes, and at its ticks
    rt(rig, 'probe', 1, 1, atMs, [100, 'sleep']);
    rig.runUntil(atMs * MS + 200);
    expect(Math.abs(rig.s.rqs[0]!.avgRt.utilAvg - expected(...stretches))).toBeLessThan(15);
  });

  test('has nothing of what a task ran before it became RT', () => {
    const rig = checked(1);
    const p = rig.start(rig.task('p'));
    rig.at(42.5 * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, 1));
    rig.runUntil(60 * MS);
    expect(Math.abs(rig.s.rqs[0]!.avgRt.utilAvg - expected(42.5, 17.5))).toBeLessThan(15);
  });
});

test('a SCHED_RR task whose turn is over goes on unasked if it has no peer', () => {
  for (const peer of [false, true]) {
    const rig = checked(1);
    const p = rig.start(rig.task('p'), 0, () => void schedSetschedulerNocheck(rig.s, p, SCHED_RR, 10));
    rt(rig, 'other', peer ? 10 : 9, 1);
    let asked: boolean | null = null;
    rig.at(5 * MS, () => {
      p.rt.timeSlice = 1;
      p.schedClass.taskTick(p.rq, p);
      asked = p.needResched;
    });
    rig.runUntil(5 * MS);
    expect(asked).toBe(peer);
  }
});

test('a change of its CPUs leaves a waiting task its place among its peers', () => {
  const rig = checked(2);
  const peers = ['a', 'b', 'c'].map((comm) => rt(rig, comm, 50, 0b01));
  rig.runUntil(1 * MS);
  rig.at(1 * MS, () => doSetCpusAllowed(peers[1]!, Cpumask.fromBits(0b01)));
  rig.runUntil(2 * MS);
  expect([...rig.s.rqs[0]!.rt]).toEqual(peers);
});

test('SCHED_RR tasks that come, go, run and change their priority keep all counts right', () => {
  const rig = checked(2);
  const tasks = [0, 1, 2, 3].map((i) => {
    const p = rig.task(`rr${i}`, [7 * MS, 'sleep', 3 * MS, 'yield', 9 * MS, 'sleep'], 0b11);
    return rig.start(p, i * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_RR, 10 + (i % 2)));
  });
  for (let i = 0; i < 16; i++) {
    const p = tasks[i % 4]!;
    rig.at((5 + 3 * i) * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_RR, 10 + (i % 3)), i % 2);
    rig.wake(p, (6 + 3 * i) * MS, i % 2);
  }
  rig.runUntil(80 * MS);
  expect(tasks.every((p) => p.se.sumExecRuntime > 0)).toBe(true);
});

describe('a change of priority', () => {
  test('asks the running task to give way only if somebody better waits now', () => {
    const asked = (running: number, waiting: number, change: 'running' | 'waiting', to: number): boolean => {
      const rig = checked(1);
      const curr = rt(rig, 'curr', running, 1);
      const p = rt(rig, 'p', waiting, 1);
      let answer = false;
      rig.at(5 * MS, () => {
        schedSetschedulerNocheck(rig.s, change === 'running' ? curr : p, SCHED_FIFO, to);
        answer = curr.needResched;
      });
      rig.runUntil(5 * MS);
      return answer;
    };
    expect([59, 60, 61].map((to) => asked(60, 10, 'waiting', to))).toEqual([false, false, true]);
    expect([41, 40, 39].map((to) => asked(60, 40, 'running', to))).toEqual([false, false, true]);
    expect(asked(60, 40, 'running', 70)).toBe(false);
  });

  test('above the running task makes it give way, at or below does not', () => {
    for (const [priority, preempts] of [
      [61, true],
      [60, false],
      [59, false],
    ] as const) {
      const rig = checked(1);
      const curr = rt(rig, 'curr', 60, 1);
      const p = rt(rig, 'p', 10, 1);
      rig.at(5 * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, priority));
      rig.runUntil(6 * MS);
      expect([priority, rig.s.rqs[0]!.curr]).toEqual([priority, preempts ? p : curr]);
    }
  });

  test('of the running task below a waiting one makes it give way; above its equal it stays', () => {
    for (const [priority, stays] of [
      [41, true],
      [39, false],
    ] as const) {
      const rig = checked(1);
      const curr = rt(rig, 'curr', 60, 1);
      rt(rig, 'p', 40, 1);
      rig.at(5 * MS, () => void schedSetschedulerNocheck(rig.s, curr, SCHED_FIFO, priority));
      rig.runUntil(6 * MS);
      expect([priority, rig.s.rqs[0]!.curr === curr]).toEqual([priority, stays]);
    }
  });

  test('of the running task pulls what waits elsewhere and is better now', () => {
    const rig = checked(2);
    rt(rig, 'high', 80, 0b01);
    const waits = rt(rig, 'waits', 50, 0b01, 1);
    const curr = rt(rig, 'curr', 60, 0b10);
    rig.runUntil(4 * MS);
    expect(waits.onCpu).toBe(false);
    rig.at(5 * MS, () => setCpusAllowedAndTell(rig, waits), 0);
    rig.at(6 * MS, () => void schedSetschedulerNocheck(rig.s, curr, SCHED_FIFO, 20), 1);
    rig.runUntil(7 * MS);
    expect([waits.cpu, waits.onCpu, curr.onCpu]).toEqual([1, true, false]);
  });
});

/** Let a waiting RT task use both CPUs, as sched_setaffinity() does: it becomes one that can be pushed. */
function setCpusAllowedAndTell(rig: Rig, p: Task): void {
  p.schedClass.dequeueTask(p.rq, p, 0);
  setCpusAllowedCommon(p, Cpumask.fromBits(0b11));
  p.schedClass.enqueueTask(p.rq, p, 0);
  expect([...rig.s.rd.rtoMask]).toEqual([p.cpu]);
}

describe('a change of policy', () => {
  test('of the last RT task to SCHED_NORMAL pulls an RT task that waits elsewhere', () => {
    const rig = checked(2);
    rt(rig, 'high', 80, 0b01);
    const waits = rt(rig, 'waits', 50, 0b01, 1);
    const curr = rt(rig, 'curr', 60, 0b10);
    rig.at(5 * MS, () => setCpusAllowedAndTell(rig, waits), 0);
    rig.at(6 * MS, () => void schedSetschedulerNocheck(rig.s, curr, SCHED_NORMAL, 0), 1);
    rig.runUntil(7 * MS);
    expect([waits.cpu, waits.onCpu]).toEqual([1, true]);
  });

  test('of a waiting fair task to RT preempts the fair task that runs', () => {
    const rig = checked(1);
    rig.start(rig.task('fair'));
    const p = rig.start(rig.task('p'));
    rig.runUntil(1 * MS);
    const first = rig.s.rqs[0]!;
    const waiting = first.curr === p ? [...rig.s.tasks.values()].find((q) => q.comm === 'fair')! : p;
    rig.at(1.5 * MS, () => void schedSetschedulerNocheck(rig.s, waiting, SCHED_FIFO, 1));
    rig.runUntil(1.6 * MS);
    expect(first.curr).toBe(waiting);
  });

  test('of a waiting task to RT asks an RT task of its priority, or a better one, for nothing', () => {
    for (const priority of [50, 51, 49]) {
      const rig = checked(1);
      const curr = rt(rig, 'curr', 50, 1);
      const p = rig.start(rig.task('p'));
      let asked = false;
      rig.at(1 * MS, () => {
        schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, priority);
        asked = curr.needResched;
      });
      rig.runUntil(1 * MS);
      expect([priority, asked]).toEqual([priority, priority > 50]);
    }
  });

  test('of a waiting task to RT below the RT task that runs has it pushed to another CPU', () => {
    const rig = checked(2);
    rt(rig, 'high', 80, 0b01);
    rig.start(rig.task('fair', [], 0b10));
    const p = rig.start(rig.task('p', [], 0b01), 1 * MS);
    rig.runUntil(2 * MS);
    rig.at(2 * MS, () => {
      setCpusAllowedCommon(p, Cpumask.fromBits(0b11));
      schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, 50);
    });
    rig.runUntil(3 * MS);
    expect([p.cpu, p.onCpu]).toEqual([1, true]);
  });
});

test('sched_rr_get_interval() is 100 ms for SCHED_RR and 0 for SCHED_FIFO; for a fair task its slice in whole ticks', () => {
  const rig = checked(1);
  const rr = rig.start(rig.task('rr'), 0, () => void schedSetschedulerNocheck(rig.s, rr, SCHED_RR, 1));
  const fifo = rt(rig, 'fifo', 1, 1);
  const fair = rig.task('fair');
  fair.se.customSlice = true;
  fair.se.slice = 10 * MS;
  expect(schedRrGetInterval(fair)).toBe(0); // nothing of the class is queued
  rig.start(fair);
  rig.runUntil(1 * MS);
  expect([rr, fifo, fair].map(schedRrGetInterval)).toEqual([100 * MS, 0, 8 * MS]);
});

describe('a queue of RT tasks whose CPU goes offline', () => {
  test('offers no CPU to RT tasks and asks for no push until it is online again', () => {
    const rig = checked(2);
    rt(rig, 'other', 90, 0b10);
    rt(rig, 'high', 80, 0b01);
    const waits = rt(rig, 'waits', 50, 0b01, 1);
    rig.runUntil(2 * MS);
    rig.at(2 * MS, () => setCpusAllowedAndTell(rig, waits), 0);
    rig.runUntil(3 * MS);
    const { rd } = rig.s;
    const [first] = rig.s.rqs as [(typeof rig.s.rqs)[0]];
    expect([rd.cpupri.level(0), [...rd.rtoMask]]).toEqual([80, [0]]);
    setRqOffline(first);
    expect([rd.cpupri.level(0), [...rd.rtoMask]]).toEqual([CPUPRI_INVALID, []]);
    setRqOnline(first);
    expect([rd.cpupri.level(0), [...rd.rtoMask]]).toEqual([80, [0]]);
  });

  test('does not tell of its priorities meanwhile', () => {
    const rig = checked(1);
    const p = rt(rig, 'p', 50, 1);
    rig.runUntil(1 * MS);
    const [first] = rig.s.rqs as [(typeof rig.s.rqs)[0]];
    setRqOffline(first);
    p.schedClass.dequeueTask(first, p, 0);
    expect(rig.s.rd.cpupri.level(0)).toBe(CPUPRI_INVALID);
    p.schedClass.enqueueTask(first, p, 0);
    expect(rig.s.rd.cpupri.level(0)).toBe(CPUPRI_INVALID);
  });

  test('does not say meanwhile that somebody waits', () => {
    const rig = checked(2);
    rt(rig, 'other', 90, 0b10);
    rt(rig, 'high', 80, 0b01);
    const waits = rt(rig, 'waits', 50, 0b01, 1);
    rig.runUntil(2 * MS);
    const [first] = rig.s.rqs as [(typeof rig.s.rqs)[0]];
    setRqOffline(first);
    waits.schedClass.dequeueTask(first, waits, 0);
    setCpusAllowedCommon(waits, Cpumask.fromBits(0b11));
    waits.schedClass.enqueueTask(first, waits, 0);
    expect([first.rt.overloaded, rig.s.rd.rtoMask.empty]).toEqual([true, true]);
  });
});
