import { describe, expect, it } from '@jest/globals';
import { TimerMachine } from '../test/timer-machine.ts';
import { busy, usleepRange } from './schedule-timeout.ts';
import { addTimer, timerSetup } from './timer.ts';

const MS = 1_000_000;
const HOUR = 3600 * 1000 * MS;

function countSteps(m: TimerMachine): () => number {
  let steps = 0;
  m.sim.afterStep(() => void steps++);
  return () => steps;
}

describe('an idle CPU', () => {
  it('does not tick', () => {
    const m = new TimerMachine(8);
    const steps = countSteps(m);
    m.runUntil(HOUR);
    expect(steps()).toBe(0);
    expect(m.s.cpus.every((cpu) => cpu.tick.stopped)).toBe(true);
  });

  it('wakes for a timer, and only for that', () => {
    const m = new TimerMachine(1);
    const steps = countSteps(m);
    m.at(1000, 0, () => {
      const t = timerSetup(m.s, () => m.note('t'));
      t.expires = 10;
      addTimer(m.s, t);
    });
    m.runUntil(HOUR);
    expect(m.log).toEqual(['t on cpu 0 in tick 11']);
    expect(steps()).toBeLessThan(5);
  });

  it('sees how much time has passed as soon as it is interrupted', () => {
    const m = new TimerMachine(2);
    const seen: number[] = [];
    m.at(41 * MS, 1, () => seen.push(m.s.jiffies));
    m.runUntil(100 * MS);
    expect(seen).toEqual([10]);
  });
});

describe('a busy CPU', () => {
  it('ticks at the multiples of 4 ms and advances jiffies', () => {
    const m = new TimerMachine(1);
    m.spawn(1 * MS, 0, 'busy', () => busy(m.s, 20_000));
    m.runUntil(18 * MS);
    expect(m.s.jiffies).toBe(4);
  });

  it('goes on advancing jiffies when another one stops', () => {
    const m = new TimerMachine(2);
    m.spawn(1 * MS, 0, 'short', () => busy(m.s, 6000));
    m.spawn(1 * MS, 1, 'long', () => busy(m.s, 30_000));
    m.runUntil(26 * MS);
    expect(m.s.jiffies).toBe(6);
  });

  it('restarts its tick at a multiple of 4 ms when it was idle', () => {
    const m = new TimerMachine(1);
    m.spawn(1001.5 * MS, 0, 'busy', () => busy(m.s, 20_000));
    m.runUntil(1002 * MS);
    expect(m.s.cpus[0]!.tick.timer.expiresNs).toBe(1004 * MS);
    m.runUntil(1005 * MS);
    expect(m.s.cpus[0]!.tick.timer.expiresNs).toBe(1008 * MS);
  });

  it('sleeps in between for hrtimers without a tick', () => {
    const m = new TimerMachine(1);
    m.spawn(1000, 0, 'sleeper', function* () {
      yield* usleepRange(m.s, 100_000, 100_000);
      m.note('woken');
    });
    const steps = countSteps(m);
    m.runUntil(99 * MS);
    expect(steps()).toBeLessThan(5);
    m.runUntil(110 * MS);
    expect(m.log).toEqual(['woken on cpu 0 in tick 25']);
  });
});
