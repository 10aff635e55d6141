import { describe, expect, it } from '@jest/globals';
import type { Chooser } from '@kernel-model/sim';
import { TimerMachine } from '../test/timer-machine.ts';
import { msleep } from './schedule-timeout.ts';
import { TIMER_PINNED } from './timer-list.ts';
import {
  addTimer,
  addTimerOn,
  modTimer,
  timerDelete,
  timerDeleteSync,
  timerPending,
  timerReduce,
  timerSetup,
  timerShutdown,
  timerTryToDelSync,
} from './timer.ts';

const MS = 1_000_000;

/** Lets time pass only when nothing else can happen. */
const PATIENT: Chooser = { choose: () => 0, access() {}, pick: () => 0 };

describe('a timer of the wheel', () => {
  it('armed for 2 jiffies fires in the third tick', () => {
    const m = new TimerMachine(1);
    m.at(4.02 * MS, 0, () => {
      const t = timerSetup(m.s, () => m.note('t'));
      t.expires = m.s.jiffies + 2;
      addTimer(m.s, t);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 0 in tick 4']);
  });

  it('of one bucket fires before those that were armed earlier', () => {
    const m = new TimerMachine(1);
    m.at(1000, 0, () => {
      for (const name of ['first', 'second', 'third'])
        addTimer(
          m.s,
          timerSetup(m.s, () => m.note(name)),
        );
    });
    m.runUntil(100 * MS);
    expect(m.log.map((line) => line.split(' ')[0])).toEqual(['third', 'second', 'first']);
  });

  it('is not pending while its function runs, and may arm itself again', () => {
    const m = new TimerMachine(1);
    let rounds = 0;
    m.at(1000, 0, () => {
      const t = timerSetup(m.s, () => {
        expect(timerPending(t)).toBe(false);
        expect(timerTryToDelSync(m.s, t)).toBe(-1);
        m.note('t');
        if (++rounds < 3) modTimer(m.s, t, m.s.jiffies);
      });
      addTimer(m.s, t);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 0 in tick 1', 't on cpu 0 in tick 2', 't on cpu 0 in tick 3']);
  });

  it('moves when it is modified, and tells whether it was pending', () => {
    const m = new TimerMachine(1);
    m.at(1000, 0, () => {
      const t = timerSetup(m.s, () => m.note('t'));
      expect(modTimer(m.s, t, 5)).toBe(0);
      expect(modTimer(m.s, t, 10)).toBe(1);
      expect(timerReduce(m.s, t, 12)).toBe(1);
      expect(t.expires).toBe(10);
      expect(timerReduce(m.s, t, 7)).toBe(1);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 0 in tick 8']);
  });

  it('does not fire once it is deleted or shut down', () => {
    const m = new TimerMachine(1);
    m.at(1000, 0, () => {
      const t = timerSetup(m.s, () => m.note('t'));
      expect(timerDelete(m.s, t)).toBe(false);
      modTimer(m.s, t, 5);
      expect(timerDeleteSync(m.s, t)).toBe(true);
      modTimer(m.s, t, 5);
      expect(timerShutdown(m.s, t)).toBe(true);
      expect(modTimer(m.s, t, 5)).toBe(0);
      expect(timerPending(t)).toBe(false);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual([]);
  });

  it('for another CPU runs there, also if that has to be woken for it', () => {
    const m = new TimerMachine(2);
    m.at(1000, 0, () => {
      const t = timerSetup(m.s, () => m.note('t'));
      t.expires = 5;
      addTimerOn(m.s, t, 1);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 1 in tick 6']);
  });

  it('that is added while pending is refused with a warning', () => {
    const m = new TimerMachine(1);
    m.at(1000, 0, () => {
      const t = timerSetup(m.s, () => m.note('t'));
      modTimer(m.s, t, 3);
      t.expires = 9;
      addTimer(m.s, t);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 0 in tick 4']);
    expect(m.s.reports.lines.map((line) => line.level)).toEqual(['warn']);
  });

  it('that is pinned runs on its idle CPU, whoever else is active', () => {
    const m = new TimerMachine(2);
    m.at(1000, 1, () => {
      const t = timerSetup(m.s, () => m.note('pinned'), TIMER_PINNED);
      t.expires = 3;
      addTimer(m.s, t);
    });
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['pinned on cpu 1 in tick 4']);
  });
});

describe('on an explored machine a timer', () => {
  it('fires as an event of the future, at its jiffy, without a tick before or after', () => {
    const m = new TimerMachine(2, PATIENT);
    let steps = 0;
    m.sim.afterStep(() => void steps++);
    m.at(0, 1, () => {
      const late = timerSetup(m.s, () => m.note('late'));
      modTimer(m.s, late, 20);
      const soon = timerSetup(m.s, () => m.note('soon'));
      modTimer(m.s, soon, 5);
    });
    m.spawn(0, 0, 'sleeper', function* () {
      yield* msleep(m.s, 40);
      m.note('slept');
    });
    m.runUntil(Infinity);
    expect(m.log).toEqual(['soon on cpu 1 in tick 6', 'slept on cpu 0 in tick 11', 'late on cpu 1 in tick 21']);
    expect(steps).toBeLessThan(20);
  });
});
