import { describe, expect, test } from '@jest/globals';
import {
  EBUSY,
  ENOSYS,
  PF_EXITING,
  TASK_INTERRUPTIBLE,
  TASK_PARKED,
  TASK_UNINTERRUPTIBLE,
  TIF_NOTIFY_SIGNAL,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { KTHREAD_SHOULD_PARK, kthreadPark, kthreadParkme, toKthread } from '@kernel-model/kthread';
import '../../src/jest.ts';
import { trace, world, type Body, type World } from '../../src/index.ts';

/** A thread that parks when asked to, and counts how often it came back. */
function parker(turns: { count: number }): Body {
  return function* (k) {
    while (!(yield* k.kthreadShouldStop())) {
      if (yield* k.kthreadShouldPark()) {
        yield* k.kthreadParkme();
        turns.count++;
        continue;
      }
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      if (!(yield* k.kthreadShouldPark()) && !(yield* k.kthreadShouldStop())) yield* k.schedule();
    }
  };
}

function parkedBy(w: World, p: Task): () => number | null {
  let result: number | null = null;
  w.kthread('S', function* (k) {
    result = yield* k.kthreadPark(p);
  });
  return () => result;
}

describe('kthread_park', () => {
  test('returns 0 when the thread is off its CPU in TASK_PARKED (INV-K10)', () => {
    const w = world({ cpus: 2 });
    const p = w.kthread('D', parker({ count: 0 }));
    w.runUntilIdle();
    w.clear();
    const seen = w.run(function* (k) {
      const result = yield* k.kthreadPark(p);
      return [result, p.state, p.onCpu, p.onRq];
    });
    expect(seen).toEqual([0, TASK_PARKED, false, 0]);
    expect(w).toHaveTrace(trace`
      waking D
      wait_task D
    `);
    expect(w).toHaveTrace('switch D P -> idle');
    expect(w.log).toEqual([]);
  });

  test('returns -EBUSY for a thread that is asked already, and warns once (CC-K37)', () => {
    const w = world();
    const p = w.kthread('D', parker({ count: 0 }));
    w.runUntilIdle();
    expect(w.run((k) => k.kthreadPark(p))).toBe(0);
    expect(w.run((k) => k.kthreadPark(p))).toBe(-EBUSY);
    expect(w.run((k) => k.kthreadPark(p))).toBe(-EBUSY);
    expect(w.log).toEqual([expect.stringMatching(/^WARNING: kthread_park: D .* asked to park already$/)]);
  });

  test('returns -ENOSYS for an exiting thread, and warns (CC-K38)', () => {
    const w = world();
    const p = w.kthread('D', function* () {});
    w.runUntilIdle();
    expect(p.flags & PF_EXITING).not.toBe(0);
    expect(w.run((k) => k.kthreadPark(p))).toBe(-ENOSYS);
    expect(w.log).toEqual([expect.stringContaining('is exiting')]);
  });

  test('parks a thread that was never woken before its function is called (CC-K39)', () => {
    const w = world();
    let ran = 0;
    const p = w.create('D', function* () {
      ran++;
    });
    expect(w.run((k) => k.kthreadPark(p))).toBe(0);
    expect([p.state, ran]).toEqual([TASK_PARKED, 0]);
  });

  test('hangs on a thread that never parks, even when that thread exits (CC-K41)', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      yield* k.msleep(100);
    });
    w.runUntilIdle();
    const result = parkedBy(w, p);
    w.runFor(500);
    expect([result(), w.exited(p)]).toEqual([null, true]);
    expect(w.machine.blocked()[0]).toMatchObject({ state: 'D', waitsFor: 'D to park' });
  });

  test('wakes an uninterruptible sleeper once, and leaves the rest to it (CC-K45)', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
      yield* k.schedule();
      yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
      yield* k.schedule();
      yield* k.kthreadParkme();
    });
    w.runUntilIdle();
    w.clear();
    const result = parkedBy(w, p);
    w.runFor(50);
    expect([result(), p.state]).toEqual([null, TASK_UNINTERRUPTIBLE]);
    expect(w.trace.filter((line) => line.endsWith(' waking D'))).toHaveLength(1);
    w.wake(p);
    w.runFor(5);
    expect([result(), p.state]).toEqual([0, TASK_PARKED]);
  });

  test('of the current thread only sets the bit; a token of its parking stays behind (CC-K44)', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      yield* kthreadPark(w.kthreads, k.current);
      yield* kthreadParkme(w.kthreads);
      for (;;) yield* k.busy(1000);
    });
    w.runUntilIdle();
    expect([p.state, toKthread(p)!.parked.done]).toEqual([TASK_PARKED, 1]);
    w.run((k) => k.kthreadUnpark(p));
    w.runFor(1);
    // the token answers the next kthread_park(), while the thread still runs
    expect(w.run((k) => k.kthreadPark(p))).toBe(0);
    expect([p.onCpu, w.log]).toEqual([true, [expect.stringContaining('is not parked')]]);
  });
});

describe('a parked thread', () => {
  test('is not woken by wake_up_process() (INV-K11)', () => {
    const w = world();
    const turns = { count: 0 };
    const p = w.kthread('D', parker(turns));
    w.runUntilIdle();
    w.run((k) => k.kthreadPark(p));
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(false));
    w.runFor(5);
    expect([p.state, turns.count]).toEqual([TASK_PARKED, 0]);
  });

  test('starts its function at kthread_unpark(), without any wake_up_process() (CC-K40)', () => {
    const w = world();
    let ran = 0;
    const p = w.create('D', function* () {
      ran++;
    });
    w.run((k) => k.kthreadPark(p));
    w.run((k) => k.kthreadUnpark(p));
    w.runUntilIdle();
    expect(ran).toBe(1);
  });

  test('sleeps on through TIF_NOTIFY_SIGNAL (CC-K46)', () => {
    const w = world();
    const turns = { count: 0 };
    const p = w.kthread('D', parker(turns));
    w.runUntilIdle();
    p.tif |= TIF_NOTIFY_SIGNAL;
    w.run((k) => k.kthreadPark(p));
    w.runFor(50);
    expect([p.state, turns.count, p.nvcsw > 0]).toEqual([TASK_PARKED, 0, true]);
  });

  test('parks again when it is woken while still asked to, and answers again (CC-K43, INV-K12)', () => {
    const w = world({ cpus: 1 });
    const turns = { count: 0 };
    const p = w.kthread('D', parker(turns));
    w.runUntilIdle();
    w.run(function* (k) {
      yield* k.kthreadPark(p);
      // on one CPU it cannot run between the two
      yield* k.kthreadUnpark(p);
      yield* k.kthreadPark(p);
    });
    expect([p.state, turns.count, toKthread(p)!.parked.done]).toEqual([TASK_PARKED, 0, 0]);
    w.run((k) => k.kthreadUnpark(p));
    w.runUntilIdle();
    expect(turns.count).toBe(1);
  });
});

describe('kthread_unpark', () => {
  test('does nothing to a thread that nobody asked to park (CC-K42)', () => {
    const w = world();
    const turns = { count: 0 };
    const p = w.kthread('D', parker(turns));
    w.runUntilIdle();
    w.clear();
    w.run((k) => k.kthreadUnpark(p));
    w.runUntilIdle();
    expect(w).not.toHaveTrace('waking D');
    expect([p.state, turns.count]).toEqual([TASK_INTERRUPTIBLE, 0]);
  });

  test('alone clears SHOULD_PARK, and does not wait for the thread (INV-K09)', () => {
    const w = world({ cpus: 1 });
    const turns = { count: 0 };
    const p = w.kthread('D', parker(turns));
    w.runUntilIdle();
    const seen = w.run(function* (k) {
      yield* k.kthreadPark(p);
      const asked = toKthread(p)!.flags & KTHREAD_SHOULD_PARK;
      yield* k.kthreadUnpark(p);
      return [asked !== 0, toKthread(p)!.flags & KTHREAD_SHOULD_PARK, turns.count];
    });
    expect(seen).toEqual([true, 0, 0]);
  });
});

describe('kthread_parkme', () => {
  test('returns at once, and answers nobody, if nobody asked', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      yield* k.kthreadParkme();
    });
    w.runUntilIdle();
    expect([w.exited(p), toKthread(p)!.parked.done]).toEqual([true, 0]);
    expect(w).not.toHaveTrace('switch D P -> idle');
  });
});
