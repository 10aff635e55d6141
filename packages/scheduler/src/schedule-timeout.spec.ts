import { describe, expect, it } from '@jest/globals';
import type { MaySleep } from '@kernel-model/sim';
import { TimerMachine } from '../test/timer-machine.ts';
import {
  EINTR,
  MAX_SCHEDULE_TIMEOUT,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
} from './constants.ts';
import {
  busy,
  msleep,
  msleepInterruptible,
  scheduleHrtimeout,
  scheduleHrtimeoutRange,
  scheduleTimeout,
  scheduleTimeoutIdle,
  scheduleTimeoutInterruptible,
  scheduleTimeoutKillable,
  scheduleTimeoutUninterruptible,
  udelay,
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
  it.each([
    ['interruptible', scheduleTimeoutInterruptible, TASK_INTERRUPTIBLE],
    ['killable', scheduleTimeoutKillable, TASK_KILLABLE],
    ['uninterruptible', scheduleTimeoutUninterruptible, TASK_UNINTERRUPTIBLE],
    ['idle', scheduleTimeoutIdle, TASK_IDLE],
  ])('_%s sleeps in its state', (_, wait, state) => {
    let seen = 0;
    const [left] = timed(
      (m) => wait(m.s, 10),
      (m, p) => m.at(20 * MS, 0, () => void (seen = p.state)),
    );
    expect([seen, left]).toEqual([state, 0]);
  });

  it('that was ended by a wakeup leaves no timer behind: the next sleep has its whole time', () => {
    const [value] = timed(
      function* (m) {
        const first = yield* scheduleTimeoutInterruptible(m.s, 10);
        const begin = m.sim.now;
        const second = yield* scheduleTimeoutInterruptible(m.s, 100);
        return [first, second, m.sim.now - begin > 396 * MS];
      },
      (m, p) => m.at(14 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(value).toEqual([8, 0, true]);
  });

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

describe('schedule_hrtimeout', () => {
  it('returns 0 at its instant, in TASK_RUNNING', () => {
    const [value] = timed(function* (m) {
      const atNs = m.sim.now + 700_000;
      m.s.current.state = TASK_INTERRUPTIBLE;
      const result = yield* scheduleHrtimeout(m.s, atNs);
      return [result, m.s.current.state, m.sim.now >= atNs, m.sim.now - atNs < 30_000];
    });
    expect(value).toEqual([0, TASK_RUNNING, true, true]);
  });

  it('returns -EINTR when somebody wakes the task, and its timer is gone', () => {
    const [value, ns] = timed(
      function* (m) {
        m.s.current.state = TASK_INTERRUPTIBLE;
        const first = yield* scheduleHrtimeout(m.s, m.sim.now + 50 * MS);
        m.s.current.state = TASK_INTERRUPTIBLE;
        return [first, yield* scheduleHrtimeout(m.s, m.sim.now + 100 * MS)];
      },
      (m, p) => m.at(14 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(value).toEqual([-EINTR, 0]);
    expect(ns).toBeGreaterThan(105 * MS);
  });

  it('without end is ended by a wakeup only: -EINTR', () => {
    const [value, ns] = timed(
      function* (m) {
        m.s.current.state = TASK_UNINTERRUPTIBLE;
        return yield* scheduleHrtimeoutRange(m.s, Infinity, 0);
      },
      (m, p) => m.at(1000 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(value).toBe(-EINTR);
    expect(ns).toBeGreaterThan(990 * MS);
  });

  it('with a window may share a later interrupt, but not later than the window', () => {
    const [, ns] = timed(function* (m) {
      m.s.current.state = TASK_UNINTERRUPTIBLE;
      yield* scheduleHrtimeoutRange(m.s, m.sim.now + 300_000, 200_000);
    });
    expect(ns).toBeGreaterThanOrEqual(300_000);
    expect(ns).toBeLessThan(530_000);
  });
});

describe('msleep_interruptible', () => {
  it('sleeps again when it is woken without a signal, and returns 0 at its end', () => {
    const [left, ns] = timed(
      (m) => msleepInterruptible(m.s, 40),
      (m, p) => m.at(14 * MS, 0, () => void wakeUpProcess(m.s, p)),
    );
    expect(left).toBe(0);
    expect(ns).toBeGreaterThan(40 * MS);
  });

  it('does not sleep if a signal is pending', () => {
    const [left, ns] = timed((m) => {
      m.s.current.tif |= 1;
      return msleepInterruptible(m.s, 40);
    });
    expect(left).toBe(40);
    expect(ns).toBeLessThan(MS);
  });
});

describe('usleep_range', () => {
  it('sleeps uninterruptibly, and sleeps again when it is woken early', () => {
    let seen = 0;
    const [, ns] = timed(
      (m) => usleepRange(m.s, 5000, 5000),
      (m, p) =>
        m.at(6 * MS, 0, () => {
          seen = p.state;
          wakeUpProcess(m.s, p);
        }),
    );
    expect(seen).toBe(TASK_UNINTERRUPTIBLE);
    expect(ns).toBeGreaterThanOrEqual(5 * MS);
  });

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

  it.each([
    ['busy', busy],
    ['udelay', udelay],
  ])('of 0 us (%s) takes no time', (_, wait) => {
    const [, ns] = timed((m) => wait(m.s, 0));
    expect(ns).toBe(0);
  });

  it('of 1 us takes 1 us longer than its set-up', () => {
    const [, one] = timed((m) => udelay(m.s, 1));
    const [, six] = timed((m) => udelay(m.s, 6));
    expect([one, six]).toEqual([1100, 6100]);
  });

  it('that is no multiple of a piece ends with a short one', () => {
    const [, ns] = timed((m) => busy(m.s, 7));
    expect(ns).toBe(5100 + 2100);
  });
});
