import { describe, expect, test } from '@jest/globals';
import {
  Completion,
  ERESTARTSYS,
  MAX_SCHEDULE_TIMEOUT,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  TIF_SIGPENDING,
  complete,
  completeAll,
  completeNow,
  completionDone,
  reinitCompletion,
  tryWaitForCompletion,
  waitForCompletion,
  waitForCompletionInterruptible,
  waitForCompletionInterruptibleTimeout,
  waitForCompletionKillable,
  waitForCompletionKillableTimeout,
  waitForCompletionTimeout,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { SIGKILL } from '@kernel-model/signals';
import { world, type World } from '../../src/index.ts';

const JIFFY_MS = 4;

/** Each way to wait, with the state in which it sleeps, and what a success returns. */
const WAITS: [string, (s: Scheduler, c: Completion) => MaySleep<number | void>, number, number | undefined][] = [
  ['', waitForCompletion, TASK_UNINTERRUPTIBLE, undefined],
  ['_timeout', (s, c) => waitForCompletionTimeout(s, c, 100), TASK_UNINTERRUPTIBLE, 100],
  ['_interruptible', waitForCompletionInterruptible, TASK_INTERRUPTIBLE, 0],
  ['_interruptible_timeout', (s, c) => waitForCompletionInterruptibleTimeout(s, c, 100), TASK_INTERRUPTIBLE, 100],
  ['_killable', waitForCompletionKillable, TASK_KILLABLE, 0],
  ['_killable_timeout', (s, c) => waitForCompletionKillableTimeout(s, c, 100), TASK_KILLABLE, 100],
];

/** A user process that waits, asleep by now; `result` is null until the wait is over. */
function waiter(w: World, wait: () => MaySleep<number | void>): { p: Task; result: number | null | undefined } {
  const found = {
    p: null as unknown as Task,
    result: null as number | null | undefined,
  };
  found.p = w.process('D', function* () {
    found.result = (yield* wait()) as number | undefined;
  });
  w.runUntilIdle();
  return found;
}

describe.each(WAITS)('wait_for_completion%s', (_, wait, state, success) => {
  test('sleeps in its state, in the queue, until the completion, and takes the token', () => {
    const w = world();
    const c = new Completion('c');
    const found = waiter(w, () => wait(w.s, c));
    expect([found.p.state, found.p.waitsFor, [...c.wait]]).toEqual([state, 'c', [found.p]]);
    w.interrupt(() => completeNow(w.s, c));
    w.runUntilIdle();
    expect(found.result).toBe(success);
    expect([c.done, c.wait.first, found.p.waitsFor]).toEqual([0, null, '']);
  });

  test('does not sleep for a token that is there', () => {
    const w = world();
    const c = new Completion('c');
    c.done = 2;
    const found = waiter(w, () => wait(w.s, c));
    expect(found.result).toBe(success);
    expect(c.done).toBe(1);
  });
});

test.each([
  ['wait_for_completion', waitForCompletion, null],
  ['wait_for_completion_killable', waitForCompletionKillable, null],
  ['wait_for_completion_interruptible', waitForCompletionInterruptible, -ERESTARTSYS],
])('%s is ended by a signal that does not kill: %#', (_, wait, result) => {
  const w = world();
  const c = new Completion('c');
  const found = waiter(w, () => wait(w.s, c) as MaySleep<number | void>);
  found.p.tif |= TIF_SIGPENDING;
  w.wake(found.p);
  w.runUntilIdle();
  expect(found.result).toBe(result);
  expect([...c.wait]).toEqual(result === null ? [found.p] : []);
});

test.each([
  ['', waitForCompletionKillable],
  ['_timeout', (s: Scheduler, c: Completion) => waitForCompletionKillableTimeout(s, c, 100)],
])(
  'wait_for_completion_killable%s returns -ERESTARTSYS after SIGKILL, in TASK_RUNNING and out of the queue',
  (_, wait) => {
    const w = world();
    const c = new Completion('c');
    const seen: unknown[] = [];
    const p = w.process('D', function* (k) {
      const result = yield* wait(w.s, c);
      seen.push(result, k.current.state, k.current.waitsFor);
    });
    w.runUntilIdle();
    w.process('killer', (k) => k.sendSig(SIGKILL, p, 1));
    w.runUntilIdle();
    expect(seen).toEqual([-ERESTARTSYS, TASK_RUNNING, '']);
    expect([c.done, c.wait.first]).toEqual([0, null]);
  },
);

test.each([
  ['', (s: Scheduler, c: Completion) => waitForCompletionTimeout(s, c, 5)],
  ['_interruptible', (s: Scheduler, c: Completion) => waitForCompletionInterruptibleTimeout(s, c, 5)],
  ['_killable', (s: Scheduler, c: Completion) => waitForCompletionKillableTimeout(s, c, 5)],
])('wait_for_completion%s_timeout returns 0 when its jiffies are over, and has left the queue', (_, wait) => {
  const w = world();
  const c = new Completion('c');
  const [left, tookMs, state] = w.run(function* (k) {
    const before = w.nowMs;
    const result = yield* wait(w.s, c);
    return [result, w.nowMs - before, k.current.state];
  });
  expect([left, state, c.wait.first]).toEqual([0, TASK_RUNNING, null]);
  expect(tookMs).toBeGreaterThan(4 * JIFFY_MS);
  expect(tookMs).toBeLessThan(7 * JIFFY_MS);
});

test('a wait with a timeout returns what is left of it', () => {
  const w = world();
  const c = new Completion('c');
  const found = waiter(w, () => waitForCompletionTimeout(w.s, c, 100));
  w.runFor(10 * JIFFY_MS);
  w.interrupt(() => completeNow(w.s, c));
  w.runUntilIdle();
  expect(found.result).toBeGreaterThan(87);
  expect(found.result).toBeLessThan(92);
});

test('a task that is woken without a token stays in the queue once, and sleeps again', () => {
  const w = world();
  const c = new Completion('c');
  const found = waiter(w, () => waitForCompletion(w.s, c));
  for (let i = 0; i < 2; i++) {
    w.wake(found.p);
    w.runUntilIdle();
  }
  expect([found.result, [...c.wait], found.p.state]).toEqual([null, [found.p], TASK_UNINTERRUPTIBLE]);
});

test('complete_all() wakes every waiter in order, and reinit_completion() makes later ones wait again', () => {
  const w = world({ cpus: 1 });
  const c = new Completion('c');
  const released: string[] = [];
  for (const name of ['A', 'B', 'C', 'D']) {
    if (name === 'D') {
      expect(completionDone(c)).toBe(false);
      w.run(() => completeAll(w.s, c));
      expect(completionDone(c)).toBe(true);
      w.runUntilIdle();
      reinitCompletion(c);
    }
    w.kthread(name, function* (k) {
      yield* k.waitForCompletion(c);
      released.push(name);
    });
    w.runUntilIdle();
  }
  expect(released).toEqual(['A', 'B', 'C']);
  expect([completionDone(c), c.wait.first?.comm]).toEqual([false, 'D']);
});

test('try_wait_for_completion() takes a token if there is one, and never waits', () => {
  const w = world();
  const c = new Completion('c');
  const take = () => w.run(() => tryWaitForCompletion(w.s, c));
  expect(take()).toBe(false);
  w.run(() => complete(w.s, c));
  expect([take(), take(), c.done]).toEqual([true, false, 0]);
  w.run(() => completeAll(w.s, c));
  expect([take(), take()]).toEqual([true, true]);
});

test('a wait without end returns MAX_SCHEDULE_TIMEOUT, as schedule_timeout() does', () => {
  const w = world();
  const c = new Completion('c');
  const found = waiter(w, () => waitForCompletionTimeout(w.s, c, MAX_SCHEDULE_TIMEOUT));
  w.runFor(1000);
  w.interrupt(() => completeNow(w.s, c));
  w.runUntilIdle();
  expect(found.result).toBe(MAX_SCHEDULE_TIMEOUT);
});
