import { describe, expect, test } from '@jest/globals';
import {
  SCHED_FIFO,
  TASK_INTERRUPTIBLE,
  WaitQueueHead,
  schedSetschedulerNocheck,
  wakeUpProcess,
  type PreemptMode,
  type Task,
} from '@kernel-model/scheduler';
import '../../src/jest.ts';
import { timeline, trace, world, type World } from '../../src/index.ts';

/** A world with one CPU, and a SCHED_FIFO thread on it that sleeps until it is woken. */
function oneCpu(preempt: PreemptMode): { w: World; fifo: Task } {
  const w = world({ cpus: 1, preempt });
  const fifo = w.kthread('fifo', function* (k) {
    schedSetschedulerNocheck(w.s, k.current, SCHED_FIFO, 10);
    for (;;) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
    }
  });
  w.runUntilIdle();
  return { w, fifo };
}

describe('a thread that wakes somebody more urgent while it must not be preempted', () => {
  test('gives way where the outermost section ends, with full preemption (CC-SCHED-70)', () => {
    const { w, fifo } = oneCpu('full');
    w.run(function* (k) {
      k.preemptDisable();
      k.preemptDisable();
      yield* k.wakeUpProcess(fifo);
      w.mark('woken');
      yield* k.preemptEnable();
      w.mark('inner end');
      yield* k.preemptEnable();
      w.mark('outer end');
    });
    expect(w).toHaveTrace(trace`
      wakeup fifo on 0
      woken
      inner end
      switch main R+ -> fifo
      outer end
    `);
  });

  test('gives way at the next cond_resched(), with voluntary preemption (CC-SCHED-71)', () => {
    const { w, fifo } = oneCpu('voluntary');
    const result = w.run(function* (k) {
      k.preemptDisable();
      yield* k.wakeUpProcess(fifo);
      yield* k.preemptEnable();
      w.mark('enabled');
      yield* k.busy(1000);
      w.mark('done');
      return yield* k.condResched();
    });
    expect(w).toHaveTrace(trace`
      enabled
      done
      switch main R+ -> fifo
    `);
    expect(result).toBe(1);
  });

  test('gives way at the beginning of a call that may sleep, with voluntary preemption (CC-SCHED-71)', () => {
    const { w, fifo } = oneCpu('voluntary');
    w.run(function* (k) {
      yield* k.wakeUpProcess(fifo);
      w.mark('woken');
      yield* k.waitEvent(never(), () => true);
      w.mark('back');
    });
    expect(w).toHaveTrace(['woken', 'switch main R+ -> fifo', 'back']);
  });

  test('does not at such a call without preemption, only at cond_resched()', () => {
    const { w, fifo } = oneCpu('none');
    w.run(function* (k) {
      yield* k.wakeUpProcess(fifo);
      yield* k.waitEvent(never(), () => true);
      w.mark('not yet');
      yield* k.condResched();
      w.mark('back');
    });
    expect(w).toHaveTrace(['wakeup fifo on 0', 'not yet', 'switch main R+ -> fifo', 'back']);
  });
});

describe('cond_resched', () => {
  test('returns 0 with full preemption, which needs no such points (CC-SCHED-72)', () => {
    const { w } = oneCpu('full');
    const result = w.run(function* (k) {
      k.current.needResched = true;
      return yield* k.condResched();
    });
    expect(result).toBe(0);
  });

  test('returns 0 while preemption is disabled, and leaves need_resched set (CC-SCHED-73)', () => {
    const { w, fifo } = oneCpu('voluntary');
    const seen = w.run(function* (k) {
      k.preemptDisable();
      yield* k.wakeUpProcess(fifo);
      const result = yield* k.condResched();
      const { needResched } = k.current;
      yield* k.preemptEnable();
      return [result, needResched];
    });
    expect(seen).toEqual([0, true]);
  });

  test('returns 0 if nobody asked', () => {
    const { w } = oneCpu('voluntary');
    expect(w.run((k) => k.condResched())).toBe(0);
  });
});

describe('the tick', () => {
  test('wakes those whose timeout is over before the task that it interrupts gives way (CC-SCHED-75)', () => {
    const w = world({ cpus: 1, preempt: 'full' });
    w.kthread('sleeper', (k) => k.msleep(20));
    const hogs = ['A', 'B'].map((name) => w.create(name, (k) => k.busy(40_000)));
    w.clear();
    w.interrupt(() => hogs.forEach((p) => void wakeUpProcess(w.s, p)));
    w.runFor(70);
    const lines = w.trace;
    const waking = lines.indexOf('[0] waking sleeper');
    expect(lines[waking + 2]).toMatch(/^\[0\] switch [AB] R\+ -> /);
    expect(w.events.filter((e) => /sched_waking|sched_switch/.test(e.name)).length).toBeGreaterThan(4);
  });

  test('does not touch a thread that runs in the kernel with voluntary preemption: it runs to its end', () => {
    const w = world({ cpus: 1, preempt: 'voluntary' });
    const tasks = ['A', 'B'].map((name) => w.create(name, (k) => k.busy(20_000)));
    w.runUntilIdle();
    const start = Math.ceil(w.nowMs);
    w.runTo(start);
    w.interrupt(() => tasks.forEach((p) => void wakeUpProcess(w.s, p)));
    w.runUntilIdle();
    expect(w).toMatchTimeline(
      timeline`
        A  .....#####
        B  #####
      `,
      { columnMs: 4, fromMs: start, toMs: start + 40 },
    );
  });
});

function never(): WaitQueueHead {
  return new WaitQueueHead('never');
}
