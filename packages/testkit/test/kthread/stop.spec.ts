import { describe, expect, test } from '@jest/globals';
import {
  Completion,
  EINTR,
  ERESTARTSYS,
  TASK_FROZEN,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_UNINTERRUPTIBLE,
  TIF_NOTIFY_SIGNAL,
  WaitQueueHead,
  doExit,
  putTaskStruct,
  type Task,
} from '@kernel-model/scheduler';
import { __thawTask, freezeTask, setFreezable, tryToFreeze } from '@kernel-model/signals';
import {
  KTHREAD_SHOULD_PARK,
  KTHREAD_SHOULD_STOP,
  kthreadCompleteAndExit,
  kthreadExit,
  kthreadShouldStopOrPark,
  kthreadStopPut,
  toKthread,
} from '@kernel-model/kthread';
import '../../src/jest.ts';
import { trace, world, type Body, type World } from '../../src/index.ts';

/** The loop of a well-behaved thread. */
const daemon: Body = function* (k) {
  while (!(yield* k.kthreadShouldStop())) {
    yield* k.setCurrentState(TASK_INTERRUPTIBLE);
    if (!(yield* k.kthreadShouldStop())) yield* k.schedule();
  }
  return 42;
};

/** Start to stop a thread, and say what kthread_stop() returned; null as long as it has not. */
function stopper(w: World, p: Task, name = 'S'): () => number | null {
  let result: number | null = null;
  w.kthread(name, function* (k) {
    result = yield* k.kthreadStop(p);
  });
  return () => result;
}

test.each([
  [0, false],
  [KTHREAD_SHOULD_STOP, true],
  [KTHREAD_SHOULD_PARK, true],
])('kthread_should_stop_or_park() with flags %i is %s', (flags, answer) => {
  const w = world();
  const seen = w.run(function* (k) {
    toKthread(k.current)!.flags |= flags;
    const result = yield* kthreadShouldStopOrPark(w.kthreads);
    toKthread(k.current)!.flags = 0;
    return result;
  });
  expect(seen).toBe(answer);
});

test('kthread_should_stop_or_park() of a user process is false', () => {
  const w = world();
  let seen: boolean | null = null;
  w.process('user', function* () {
    seen = yield* kthreadShouldStopOrPark(w.kthreads);
  });
  w.runUntilIdle();
  expect(seen).toBe(false);
});

describe('kthread_stop', () => {
  test('wakes the thread, waits for its exit and returns its result', () => {
    const w = world({ cpus: 1 });
    const p = w.kthread('D', daemon);
    w.runUntilIdle();
    w.clear();
    expect(w.run((k) => k.kthreadStop(p))).toBe(42);
    expect(w).toHaveTrace(trace`
      stop D
      waking D
      switch main D -> D
      waking main
      exit D
      stop_ret 42
    `);
  });

  test('returns -EINTR for a thread that was never woken, and its function is not called (CC-K24)', () => {
    const w = world();
    let called = false;
    const p = w.create('D', function* () {
      called = true;
    });
    expect(w.run((k) => k.kthreadStop(p))).toBe(-EINTR);
    expect(called).toBe(false);
  });

  test('lets a thread that was parked before its first run call its function once (CC-K25)', () => {
    const w = world();
    const saw: boolean[] = [];
    const p = w.create('D', function* (k) {
      saw.push(yield* k.kthreadShouldStop());
      return 5;
    });
    w.run((k) => k.kthreadPark(p));
    expect(w.run((k) => k.kthreadStop(p))).toBe(5);
    expect(saw).toEqual([true]);
  });

  test('ends wait_event_interruptible() with -ERESTARTSYS although no signal came (CC-K26)', () => {
    const w = world();
    const queue = new WaitQueueHead('never');
    const p = w.kthread('D', (k) => k.waitEventInterruptible(queue, () => false));
    w.runUntilIdle();
    expect(w.run((k) => k.kthreadStop(p))).toBe(-ERESTARTSYS);
  });

  test('keeps every later interruptible sleep of the thread from sleeping (CC-K27, CC-SCHED-08)', () => {
    const w = world();
    const left: number[] = [];
    const p = w.kthread('D', function* (k) {
      while (!(yield* k.kthreadShouldStop())) yield* k.scheduleTimeoutInterruptible(1000);
      left.push(yield* k.scheduleTimeoutInterruptible(2500));
    });
    w.runUntilIdle();
    const before = w.nowMs;
    w.run((k) => k.kthreadStop(p));
    expect(left[0]).toBeGreaterThanOrEqual(2499);
    expect(w.nowMs - before).toBeLessThan(10);
    expect(p.tif & TIF_NOTIFY_SIGNAL).not.toBe(0);
  });

  test.each([
    ['TASK_UNINTERRUPTIBLE', TASK_UNINTERRUPTIBLE],
    ['TASK_KILLABLE', TASK_KILLABLE],
    ['TASK_IDLE', TASK_IDLE],
  ])('does not end a later sleep in %s (CC-SCHED-08, the other side)', (_, state) => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      while (!(yield* k.kthreadShouldStop())) {
        yield* k.setCurrentState(TASK_INTERRUPTIBLE);
        yield* k.schedule();
      }
      yield* k.setCurrentState(state);
      yield* k.schedule();
      return 3;
    });
    w.runUntilIdle();
    const result = stopper(w, p);
    w.runFor(50);
    expect([p.state, result()]).toEqual([state, null]);
    w.wake(p);
    w.runFor(5);
    expect(result()).toBe(3);
  });

  test('hangs on a thread whose wait_event() condition stays false, and returns once it holds (CC-K28)', () => {
    const w = world();
    const queue = new WaitQueueHead('data');
    let ready = false;
    const p = w.kthread('D', function* (k) {
      yield* k.waitEvent(queue, () => ready);
      return 8;
    });
    w.runUntilIdle();
    w.clear();
    const result = stopper(w, p);
    w.runFor(100);
    // woken once, asleep again
    expect(w).toHaveTrace(trace`
      waking D
      switch D D -> idle
    `);
    expect([result(), p.state]).toEqual([null, TASK_UNINTERRUPTIBLE]);
    ready = true;
    w.run((k) => k.wakeUp(queue));
    w.runFor(5);
    expect(result()).toBe(8);
  });

  test('never returns if the function never looks (CC-K29)', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      for (;;) yield* k.msleep(10);
    });
    w.runUntilIdle();
    const result = stopper(w, p);
    w.runFor(1000);
    expect(result()).toBeNull();
    expect(w.machine.blocked()).toContainEqual(expect.objectContaining({ state: 'D', waitsFor: 'D to exit' }));
  });

  test('returns the result of a thread that has exited, to a caller who holds a reference; the second call hangs (CC-K30)', () => {
    const w = world();
    const p = w.kthread('D', function* () {
      return 9;
    });
    w.runFor(100);
    expect([w.exited(p), p.freed]).toEqual([true, false]);
    expect(w.run((k) => k.kthreadStop(p))).toBe(9);
    const again = stopper(w, p);
    w.runFor(1000);
    expect(again()).toBeNull();
  });

  test('uses freed memory if the thread has exited and nobody holds a reference (CC-K31)', () => {
    const w = world();
    const p = w.kthread('D', function* () {});
    w.runUntilIdle();
    putTaskStruct(w.s, p);
    w.runFor(100);
    expect(p.freed).toBe(true);
    expect(() => w.run((k) => k.kthreadStop(p))).toThrow(expect.objectContaining({ code: 'KTHREAD_USE_AFTER_FREE' }));
  });

  test('returns what kthread_exit() was given, cut to 32 bits (CC-K32)', () => {
    const w = world();
    const p = w.kthread('D', () => kthreadExit(w.kthreads, 0x1_2345_6789));
    w.runUntilIdle();
    expect(w.run((k) => k.kthreadStop(p))).toBe(0x2345_6789);
  });

  test('returns 0 for a thread that ended through do_exit() (CC-K33)', () => {
    const w = world();
    const p = w.kthread('D', () => doExit(w.s, 9));
    w.runUntilIdle();
    expect(w.run((k) => k.kthreadStop(p))).toBe(0);
    expect(p.exitCode).toBe(9);
  });

  test('finds a completion done before the exit of kthread_complete_and_exit() (CC-K34)', () => {
    const w = world();
    const comp = new Completion('comp');
    const p = w.kthread('D', () => kthreadCompleteAndExit(w.kthreads, comp, 33));
    w.runFor(1);
    expect(w).toHaveTrace('exit D');
    expect(comp.done).toBe(1);
    const q = w.create('E', () => kthreadCompleteAndExit(w.kthreads, comp, 33));
    w.kthread('W', function* (k) {
      yield* k.waitForCompletion(comp);
      yield* k.waitForCompletion(comp);
    });
    w.runUntilIdle();
    w.wake(q);
    w.runUntilIdle();
    expect(w).toHaveTrace(['waking W', 'exit E']);
    expect(w.run((k) => k.kthreadStop(p))).toBe(33);
    expect(w.run((k) => k.kthreadStop(q))).toBe(33);
  });

  test('of the current thread waits for itself (CC-K35)', () => {
    const w = world();
    const p = w.kthread('D', (k) => k.kthreadStop(k.current));
    w.runFor(1000);
    expect([p.state, p.waitsFor, w.exited(p)]).toEqual([TASK_UNINTERRUPTIBLE, 'D to exit', false]);
  });

  test('of a frozen thread returns only after the thaw (CC-K36)', () => {
    const w = world();
    const { signals } = w.machine;
    const p = w.kthread('D', function* (k) {
      yield* setFreezable(signals);
      while (!(yield* k.kthreadShouldStop())) {
        yield* k.setCurrentState(TASK_INTERRUPTIBLE);
        if (!(yield* k.kthreadShouldStop())) yield* k.schedule();
        yield* tryToFreeze(signals);
      }
      return 6;
    });
    w.runUntilIdle();
    const { freezer } = signals;
    freezer.active++;
    freezer.pmNosigFreezing = true;
    w.interrupt(() => expect(freezeTask(signals, p)).toBe(true));
    w.runUntilIdle();
    expect(p.state).toBe(TASK_FROZEN);
    const result = stopper(w, p);
    w.runFor(40);
    expect([result(), p.state]).toEqual([null, TASK_FROZEN]);
    freezer.active--;
    freezer.pmNosigFreezing = false;
    w.interrupt(() => __thawTask(signals, p));
    w.runUntilIdle();
    expect(result()).toBe(6);
  });

  test('leaves SHOULD_STOP set for good, and its own reference dropped (INV-K08)', () => {
    const w = world();
    const p = w.kthread('D', daemon);
    w.runUntilIdle();
    const { usage } = p;
    w.run((k) => k.kthreadStop(p));
    w.runFor(100);
    expect(toKthread(p)!.flags & KTHREAD_SHOULD_STOP).not.toBe(0);
    // the reference that life itself holds is gone, the one of kthread_stop() too
    expect(p.usage).toBe(usage - 1);
  });
});

describe('kthread_stop_put', () => {
  test('drops the reference of its caller: the thread is freed after the grace period', () => {
    const w = world();
    const p = w.kthread('D', daemon);
    w.runUntilIdle();
    expect(w.run(() => kthreadStopPut(w.kthreads, p))).toBe(42);
    w.runFor(100);
    expect(p.freed).toBe(true);
    expect(w).toHaveTrace('free D');
  });
});
