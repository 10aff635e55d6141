import { describe, expect, test } from '@jest/globals';
import { RandomStream } from '@kernel-model/sim';
import {
  Completion,
  MAX_SCHEDULE_TIMEOUT,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  TIF_SIGPENDING,
  UINT_MAX,
  WaitQueueEntry,
  WaitQueueHead,
  complete,
  completeAll,
  completeNow,
  prepareToWait,
  prepareToWaitExclusive,
  scheduleTimeout,
  tryWaitForCompletion,
  waitForCompletionTimeout,
} from '@kernel-model/scheduler';
import '../../src/jest.ts';
import { trace, world, type World } from '../../src/index.ts';

/** Threads that wait for a completion, one token each, queued in this order; the names of those that got one. */
function waiters(w: World, c: Completion, names: readonly string[]): string[] {
  const released: string[] = [];
  for (const name of names) {
    w.kthread(name, function* (k) {
      yield* k.waitForCompletion(c);
      released.push(name);
    });
    w.runUntilIdle();
  }
  return released;
}

describe('a completion', () => {
  test('that was completed twice lets two waits pass and blocks the third (CC-K47, CC-SCHED-23)', () => {
    const w = world();
    const c = new Completion('c');
    let passed = 0;
    const p = w.kthread('D', function* (k) {
      yield* complete(w.s, c);
      yield* complete(w.s, c);
      expect(c.done).toBe(2);
      for (let i = 0; i < 3; i++) {
        yield* k.waitForCompletion(c);
        passed++;
      }
    });
    w.runUntilIdle();
    expect([passed, c.done, p.state, p.waitsFor]).toEqual([2, 0, TASK_UNINTERRUPTIBLE, 'c']);
    expect(p.nvcsw).toBe(2); // the sleep at its creation, and this one
  });

  test('stays done for good after complete_all(), whatever follows (CC-K48, CC-SCHED-24)', () => {
    const w = world();
    const c = new Completion('c');
    let passed = 0;
    w.kthread('D', function* (k) {
      yield* completeAll(w.s, c);
      yield* complete(w.s, c);
      for (let i = 0; i < 3; i++) {
        yield* k.waitForCompletion(c);
        passed++;
      }
    });
    w.runUntilIdle();
    expect([passed, c.done]).toEqual([3, UINT_MAX]);
  });

  test.each([
    [1, 1],
    [0, 0],
  ])('with %i tokens answers wait_for_completion_timeout(0) with %i (CC-K49)', (done, answer) => {
    const w = world();
    const c = new Completion('c');
    c.done = done;
    expect(w.run(() => waitForCompletionTimeout(w.s, c, 0))).toBe(answer);
    expect(c.done).toBe(0);
  });

  test('releases its waiters in order, whatever woke them in between (CC-K50)', () => {
    const w = world();
    const c = new Completion('c');
    const released = waiters(w, c, ['A', 'B', 'C']);
    const a = c.wait.first!;
    w.wake(a);
    w.runUntilIdle();
    expect([released, c.wait.first]).toEqual([[], a]);
    for (let i = 0; i < 3; i++) {
      w.interrupt(() => completeNow(w.s, c));
      w.runUntilIdle();
    }
    expect(released).toEqual(['A', 'B', 'C']);
  });

  test('whose token a latecomer takes sends the woken waiter to the end of the queue (CC-K51)', () => {
    const w = world({ cpus: 1 });
    const c = new Completion('c');
    const released = waiters(w, c, ['A', 'B']);
    w.run(function* (k) {
      yield* complete(w.s, c);
      // A is awake and has not run yet
      yield* k.waitForCompletion(c);
      released.push('X');
    });
    w.runUntilIdle();
    expect(released).toEqual(['X']);
    expect([...c.wait].map((p) => p.comm)).toEqual(['B', 'A']);
  });
});

test('a completion has as many tokens as were given and not taken, until complete_all() (INV-K16)', () => {
  const w = world({ cpus: 1 });
  const c = new Completion('c');
  const random = new RandomStream(7, 'tokens');
  let given = 0;
  let taken = 0;
  for (const name of ['a', 'b', 'c']) {
    w.kthread(name, function* (k) {
      for (let i = 0; i < 40; i++) {
        const before = given;
        if (random.below(2) === 0) {
          given++;
          yield* complete(w.s, c);
        } else if (random.below(2) === 0) {
          if (yield* tryWaitForCompletion(w.s, c)) taken++;
        } else if ((yield* waitForCompletionTimeout(w.s, c, 1 + random.below(3))) > 0) taken++;
        if (given === before) yield* k.busy(random.below(3));
        expect(c.done).toBe(given - taken);
      }
    });
  }
  w.runUntilIdle();
  expect(taken).toBeGreaterThan(20);
  expect(given).toBeGreaterThanOrEqual(taken);
  w.run(() => completeAll(w.s, c));
  w.run(() => tryWaitForCompletion(w.s, c));
  expect(c.done).toBe(UINT_MAX);
});

describe('a wait queue', () => {
  test('wakes those that are not exclusive, last come first, and then one exclusive waiter (CC-K52, CC-SCHED-25)', () => {
    const w = world({ cpus: 1 });
    const queue = new WaitQueueHead('q');
    for (const name of ['A', 'B', 'C', 'd', 'e']) {
      w.kthread(name, function* (k) {
        const entry = new WaitQueueEntry(k.current);
        const wait = name < 'a' ? prepareToWait : prepareToWaitExclusive;
        yield* wait(w.s, queue, entry, TASK_INTERRUPTIBLE);
        yield* k.schedule();
      });
      w.runUntilIdle();
    }
    w.clear();
    w.run((k) => k.wakeUp(queue));
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      waking C
      waking B
      waking A
      waking d
    `);
    expect(w).not.toHaveTrace('waking e');
    expect([queue.first?.task.comm, queue.first?.next]).toEqual(['e', null]);
  });

  test('wakes everybody with wake_up_all(): exclusive waiters first come first (CC-SCHED-25)', () => {
    const w = world({ cpus: 1 });
    const queue = new WaitQueueHead('q');
    for (const name of ['d', 'e', 'f']) {
      w.kthread(name, function* (k) {
        yield* prepareToWaitExclusive(w.s, queue, new WaitQueueEntry(k.current), TASK_INTERRUPTIBLE);
        yield* k.schedule();
      });
      w.runUntilIdle();
    }
    w.clear();
    w.run((k) => k.wakeUpAll(queue));
    expect(w).toHaveTrace(['waking d', 'waking e', 'waking f']);
    expect(queue.first).toBeNull();
  });

  test('returns 0 from wait_event_interruptible() if the condition holds, although a signal is pending (CC-K53)', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const results: number[] = [];
    w.kthread('D', function* (k) {
      k.current.tif |= TIF_SIGPENDING;
      results.push(yield* k.waitEventInterruptible(queue, () => true));
      let asked = 0;
      results.push(yield* k.waitEventInterruptible(queue, () => ++asked > 1));
      results.push(yield* k.waitEventInterruptible(queue, () => false));
    });
    w.runUntilIdle();
    expect(results).toEqual([0, 0, -512]);
  });
});

describe('schedule_timeout', () => {
  test('returns 0 for a negative time, and complains (CC-K54)', () => {
    const w = world();
    const state = w.run(function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      const left = yield* k.scheduleTimeout(-3);
      return [left, k.current.state];
    });
    expect(state).toEqual([0, TASK_RUNNING]);
    expect(w.log).toHaveLength(1);
  });

  test('does not sleep in TASK_RUNNING, and returns what it was given (CC-K54)', () => {
    const w = world();
    const [left, took] = w.run(function* (k) {
      const before = w.nowMs;
      const rest = yield* k.scheduleTimeout(5);
      return [rest, w.nowMs - before];
    });
    expect(left).toBe(5);
    expect(took).toBeLessThan(1);
  });

  test.each([1, 5, 60])('never wakes before %i jiffies have passed, and leaves TASK_RUNNING (INV-K18)', (jiffies) => {
    const w = world();
    const [left, took, state] = w.run(function* (k) {
      const before = k.jiffies;
      const rest = yield* k.scheduleTimeoutInterruptible(jiffies);
      return [rest, k.jiffies - before, k.current.state];
    });
    expect([left, state]).toEqual([0, TASK_RUNNING]);
    expect(took).toBeGreaterThanOrEqual(jiffies);
    expect(took).toBeLessThanOrEqual(jiffies + 2);
  });

  test('without a limit sleeps until it is woken, and returns the limit', () => {
    const w = world();
    let left = 0;
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
      left = yield* scheduleTimeout(w.s, MAX_SCHEDULE_TIMEOUT);
    });
    w.runFor(1000);
    expect(left).toBe(0);
    w.wake(p);
    w.runUntilIdle();
    expect(left).toBe(MAX_SCHEDULE_TIMEOUT);
  });
});

describe('a thread that waits for a condition', () => {
  test('loses a wakeup that falls between its test and its setting the state (CC-SCHED-26)', () => {
    const w = world({ cpus: 1 });
    let data = false;
    const p = w.kthread('D', function* (k) {
      if (!data) {
        yield* k.busy(1000);
        yield* k.setCurrentState(TASK_INTERRUPTIBLE);
        yield* k.schedule();
      }
    });
    w.runFor(0.5);
    data = true;
    w.wake(p);
    w.runFor(100);
    expect([data, p.state]).toEqual([true, TASK_INTERRUPTIBLE]);
  });

  test('does not lose it if it sets the state first (CC-SCHED-26, the other side)', () => {
    const w = world({ cpus: 1 });
    let data = false;
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      if (!data) {
        yield* k.busy(1000);
        yield* k.schedule();
      }
      yield* k.setCurrentState(TASK_RUNNING);
    });
    w.runFor(0.5);
    data = true;
    w.wake(p);
    w.runFor(100);
    expect(w.exited(p)).toBe(true);
  });
});
