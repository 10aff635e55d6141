import { describe, expect, it } from '@jest/globals';
import type { MaySleep } from '@kernel-model/sim';
import { TimerMachine } from '../test/timer-machine.ts';
import { MAX_SCHEDULE_TIMEOUT, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE } from './constants.ts';
import {
  busy,
  msleep,
  msleepInterruptible,
  scheduleTimeout,
  scheduleTimeoutInterruptible,
  usleepRange,
} from './schedule-timeout.ts';
import type { Task } from './task.ts';
import { wakeUpProcess } from './wakeup.ts';

const MS = 1_000_000;

/** Run a body 20 us after the first tick. @returns what it returned, and how long it took in ns */
function timed<T>(body: (m: TimerMachine) => MaySleep<T>, disturb?: (m: TimerMachine, p: Task) => void): [T, number] {
  const m = new TimerMachine(1);
  const result: [T, number][] = [];
  m.spawn(4.02 * MS - 50_000, 0, 'sleeper', function* () {
    const begin = m.sim.now;
    disturb?.(m, m.s.current);
    const value = yield* body(m);
    result.push([value, m.sim.now - begin]);
  });
  m.runUntil(2000 * MS);
  return result[0]!;
}

describe('msleep', () => {
  it.each([
    [1, 2],
    [4, 2],
    [5, 3],
    [8, 3],
    [40, 11],
  ])('of %i ms ends in the %ith tick after', (ms, ticks) => {
    const [, ns] = timed((m) => msleep(m.s, ms));
    expect(Math.floor((ns + 0.02 * MS) / (4 * MS))).toBe(ticks);
  });

  it('goes on when it is woken early', () => {
    const [, ns] = timed(
      (m) => msleep(m.s, 40),
      (m, p) => m.at(10 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(ns).toBeGreaterThan(40 * MS);
  });

  it('interruptible returns what is left after a signal', () => {
    const [left] = timed(
      (m) => msleepInterruptible(m.s, 40),
      (m, p) =>
        m.at(14 * MS, 0, () => {
          p.tif |= 1;
          wakeUpProcess(m.s, p);
        }),
    );
    expect(left).toBe(32);
  });
});

describe('schedule_timeout', () => {
  it('returns 0 when the time was over', () => {
    const [left] = timed((m) => scheduleTimeoutInterruptible(m.s, 5));
    expect(left).toBe(0);
  });

  it('returns the jiffies that were left when it was woken', () => {
    const [left] = timed(
      (m) => scheduleTimeoutInterruptible(m.s, 100),
      (m, p) => m.at(44.1 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(left).toBe(90);
  });

  it('does not sleep in TASK_RUNNING', () => {
    const [left, ns] = timed((m) => scheduleTimeout(m.s, 100));
    expect(left).toBe(100);
    expect(ns).toBeLessThan(MS);
  });

  it('without end needs no timer', () => {
    const [left, ns] = timed(
      function* (m) {
        m.s.current.state = TASK_INTERRUPTIBLE;
        return yield* scheduleTimeout(m.s, MAX_SCHEDULE_TIMEOUT);
      },
      (m, p) => m.at(1000 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(left).toBe(MAX_SCHEDULE_TIMEOUT);
    expect(ns).toBeGreaterThan(990 * MS);
  });

  it('of a negative time complains and returns at once', () => {
    const [value] = timed(function* (m) {
      m.s.current.state = TASK_UNINTERRUPTIBLE;
      const left = yield* scheduleTimeout(m.s, -5);
      return [left, m.s.current.state, m.s.reports.lines[0]!.text];
    });
    expect(value).toEqual([0, 0, 'schedule_timeout: wrong timeout value fffffffffffffffb']);
  });
});

describe('usleep_range', () => {
  it('ends at its exact instant, but for interrupt, wakeup and switch', () => {
    const [, ns] = timed((m) => usleepRange(m.s, 300, 300));
    expect(ns).toBeGreaterThanOrEqual(300_000);
    expect(ns).toBeLessThan(330_000);
  });
});

describe('a busy wait', () => {
  it('takes a little more than its pieces', () => {
    const [, ns] = timed((m) => busy(m.s, 100));
    expect(ns).toBe(20 * 5100);
  });

  it('that is no multiple of a piece ends with a short one', () => {
    const [, ns] = timed((m) => busy(m.s, 7));
    expect(ns).toBe(5100 + 2100);
  });
});
