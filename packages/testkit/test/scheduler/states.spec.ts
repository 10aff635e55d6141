import { describe, expect, test } from '@jest/globals';
import {
  SCHED_FIFO,
  TASK_INTERRUPTIBLE,
  TASK_ON_RQ_QUEUED,
  TASK_RUNNING,
  TIF_NOTIFY_SIGNAL,
  schedSetschedulerNocheck,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import '../../src/jest.ts';
import { world, type World } from '../../src/index.ts';

/** A SCHED_FIFO thread that sleeps until it is woken and then runs for a moment. */
function urgent(w: World, us = 100): Task {
  const p = w.kthread('fifo', function* (k) {
    schedSetschedulerNocheck(w.s, k.current, SCHED_FIFO, 10);
    for (;;) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
      yield* k.busy(us);
    }
  });
  w.runUntilIdle();
  return p;
}

describe('a thread in TASK_INTERRUPTIBLE that is preempted before its schedule()', () => {
  test('stays queued, prints R+, and a wakeup saves it from sleeping (CC-SCHED-04)', () => {
    const w = world({ cpus: 1, preempt: 'full' });
    const fifo = urgent(w);
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.busy(2000);
      yield* k.schedule();
    });
    w.runFor(1);
    w.clear();
    w.wake(fifo);
    w.runUntil(() => w.s.rqs[0]!.curr === fifo);
    expect(w).toHaveTrace('[0] switch D R+ -> fifo');
    expect([p.state, p.onRq, p.onCpu, p.nivcsw > 0]).toEqual([TASK_INTERRUPTIBLE, TASK_ON_RQ_QUEUED, false, true]);
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(true));
    expect([p.state, p.cpu]).toEqual([TASK_RUNNING, 0]);
    w.runUntilIdle();
    expect(w.traceOf('D')).toEqual([
      '[0] switch D R+ -> fifo',
      '[0] waking D',
      '[0] wakeup D on 0',
      '[0] switch fifo S -> D',
      '[0] exit D',
      '[0] switch D X -> idle',
    ]);
  });

  test('sleeps in its schedule() if nobody woke it (CC-SCHED-04, the other side)', () => {
    const w = world({ cpus: 1, preempt: 'full' });
    const fifo = urgent(w);
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.busy(2000);
      yield* k.schedule();
    });
    w.runFor(1);
    w.wake(fifo);
    w.runUntilIdle();
    expect(w).toHaveTrace(['switch D R+ -> fifo', 'switch fifo S -> D', 'switch D S -> idle']);
    expect([p.state, p.onRq]).toEqual([TASK_INTERRUPTIBLE, 0]);
  });
});

describe('yield()', () => {
  test('prints R, and counts as an involuntary switch (CC-SCHED-05)', () => {
    const w = world({ cpus: 1 });
    const tasks = ['A', 'B'].map((name) =>
      w.create(name, function* (k) {
        yield* k.busy(500);
        yield* k.yieldCpu();
        yield* k.busy(500);
      }),
    );
    w.runUntilIdle();
    w.clear();
    w.interrupt(() => {
      for (const p of tasks) wakeUpProcess(w.s, p);
    });
    const before = tasks.map((p) => [p.nvcsw, p.nivcsw] as const);
    w.runUntilIdle();
    // B goes first: it left with more lag when it was made
    expect(w).toHaveTrace(['switch idle R -> B', 'switch B R -> A', 'switch A R -> B']);
    // the voluntary switch is the exit
    expect(tasks.map((p) => [p.nvcsw, p.nivcsw])).toEqual(before.map(([v, i]) => [v + 1, i + 1]));
  });
});

describe('schedule()', () => {
  test('that a signal keeps from sleeping prints R, and counts as voluntary, if somebody else is picked (CC-SCHED-09)', () => {
    const w = world({ cpus: 1 });
    const other = w.create('other', (k) => k.busy(1000));
    const p = w.kthread('D', function* (k) {
      k.current.tif |= TIF_NOTIFY_SIGNAL;
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.busy(20_000);
      yield* k.schedule();
      yield* k.busy(1000);
    });
    w.runFor(1);
    const before = [p.nvcsw, p.nivcsw];
    w.wake(other);
    w.runUntil(() => !p.onCpu);
    expect(w.trace.at(-1)).toBe('[0] switch D R -> other');
    expect([p.nvcsw, p.nivcsw, p.state]).toEqual([before[0]! + 1, before[1]!, TASK_RUNNING]);
  });

  test('goes round again if it is asked to reschedule as it comes back (CC-SCHED-10)', () => {
    const w = world({ cpus: 1 });
    const fifo = urgent(w);
    let back = false;
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
      back = true;
    });
    w.runUntilIdle();
    const { contextSwitchMm } = w.s.hooks;
    let armed = true;
    w.s.connect({
      contextSwitchMm(prev, next, cpu) {
        contextSwitchMm.call(w.s.hooks, prev, next, cpu);
        if (next !== p || !armed) return;
        armed = false;
        // an interrupt in the middle of the switch to D
        w.s.cpus[0]!.interruptNow(() => {
          wakeUpProcess(w.s, fifo);
          expect(p.needResched).toBe(true);
        });
      },
    });
    w.clear();
    w.wake(p);
    w.runUntil(() => w.s.rqs[0]!.curr === fifo);
    expect([w.trace.at(-1), back]).toEqual(['[0] switch D R -> fifo', false]);
    w.runUntilIdle();
    expect(back).toBe(true);
  });

  test('with nobody else does nothing but take need_resched back (CC-SCHED-11, INV-SCHED-11, INV-SCHED-31)', () => {
    const w = world({ cpus: 1 });
    w.run(function* (k) {
      const p = k.current;
      p.needResched = true;
      const before = [p.nvcsw, p.nivcsw, w.s.rqs[0]!.nrSwitches];
      w.clear();
      yield* k.schedule();
      expect([p.nvcsw, p.nivcsw, w.s.rqs[0]!.nrSwitches, p.needResched]).toEqual([...before, false]);
      expect(w.trace).toEqual([]);
    });
  });
});

describe('an idle CPU', () => {
  test('that is asked to reschedule for nothing stays idle, without a switch (CC-SCHED-14)', () => {
    const w = world({ cpus: 1 });
    const { idle, nrSwitches } = w.s.rqs[0]!;
    w.interrupt(() => void (idle.needResched = true));
    w.runFor(1);
    expect([w.s.rqs[0]!.curr, idle.needResched, w.s.rqs[0]!.nrSwitches]).toEqual([idle, false, nrSwitches]);
    expect(w.trace).toEqual([]);
  });
});
