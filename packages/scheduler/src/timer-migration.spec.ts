import { describe, expect, it } from '@jest/globals';
import { TimerMachine } from '../test/timer-machine.ts';
import { busy } from './schedule-timeout.ts';
import { addTimer, timerSetup } from './timer.ts';

const MS = 1_000_000;

function armAt(m: TimerMachine, ns: number, cpu: number, name: string, jiffies: number): void {
  m.at(ns, cpu, () => {
    const t = timerSetup(m.s, () => m.note(name));
    t.expires = m.s.jiffies + jiffies;
    addTimer(m.s, t);
  });
}

describe('the timer of an idle CPU', () => {
  it('is run by the CPU that is active', () => {
    const m = new TimerMachine(4);
    armAt(m, 1000, 3, 't', 3);
    m.spawn(1 * MS, 1, 'busy', () => busy(m.s, 40_000));
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 1 in tick 4']);
  });

  it('is run by the CPU itself if nobody else is active', () => {
    const m = new TimerMachine(4);
    armAt(m, 1000, 3, 't', 3);
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 3 in tick 4']);
  });

  it('is run by the last CPU that went idle', () => {
    const m = new TimerMachine(4);
    m.spawn(1 * MS, 1, 'busy', () => busy(m.s, 40_000));
    armAt(m, 5 * MS, 3, 't', 20);
    m.runUntil(200 * MS);
    expect(m.log).toEqual(['t on cpu 1 in tick 22']);
  });

  it('is handed on when the CPU in charge goes idle before another', () => {
    const m = new TimerMachine(4);
    m.spawn(1 * MS, 1, 'short', () => busy(m.s, 10_000));
    m.spawn(2 * MS, 2, 'long', () => busy(m.s, 80_000));
    armAt(m, 5 * MS, 3, 't', 10);
    m.runUntil(200 * MS);
    expect(m.log).toEqual(['t on cpu 2 in tick 12']);
  });

  it('is its own again as soon as it is busy', () => {
    const m = new TimerMachine(4);
    m.spawn(1 * MS, 1, 'busy', () => busy(m.s, 80_000));
    armAt(m, 5 * MS, 3, 't', 10);
    m.spawn(20 * MS, 3, 'busy too', () => busy(m.s, 60_000));
    m.runUntil(200 * MS);
    expect(m.log).toEqual(['t on cpu 3 in tick 12']);
  });

  it('is found across groups of eight CPUs', () => {
    const m = new TimerMachine(20);
    m.spawn(1 * MS, 9, 'busy', () => busy(m.s, 40_000));
    armAt(m, 2 * MS, 19, 't', 3);
    armAt(m, 2 * MS, 2, 'u', 5);
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['t on cpu 9 in tick 4', 'u on cpu 9 in tick 6']);
  });

  it('is never lost, nor late but by a tick that a CPU loses when it leaves idle just then', () => {
    for (const nrCpus of [1, 2, 8, 9, 20]) {
      const m = new TimerMachine(nrCpus);
      const random = m.sim.random('timers');
      let armed = 0;
      const late: number[] = [];
      for (let i = 0; i < 150; i++) {
        const ns = random.below(1000) * MS + random.below(MS);
        const cpu = random.below(nrCpus);
        if (i % 3 === 0) {
          const us = random.below(20_000);
          m.spawn(ns, cpu, `busy${i}`, () => busy(m.s, us));
          continue;
        }
        const jiffies = random.below(60);
        m.at(ns, cpu, () => {
          armed++;
          const due = m.s.jiffies + jiffies + 1;
          const t = timerSetup(m.s, () => late.push(m.s.jiffies - due));
          t.expires = m.s.jiffies + jiffies;
          addTimer(m.s, t);
        });
      }
      m.runUntil(2000 * MS);
      expect(late).toHaveLength(armed);
      expect(late.filter((ticks) => ticks !== 0).length).toBeLessThanOrEqual(1);
      expect(Math.min(0, ...late)).toBe(0);
      expect(Math.max(0, ...late)).toBeLessThanOrEqual(1);
    }
  });
});
