import { describe, expect, it } from '@jest/globals';
import { TimerMachine } from '../test/timer-machine.ts';
import { callRcu } from './rcu.ts';

const MS = 1_000_000;

describe('call_rcu', () => {
  it('runs the callback on the same CPU in the fourth tick', () => {
    const m = new TimerMachine(2);
    m.at(5 * MS, 1, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['freed on cpu 1 in tick 5']);
  });

  it('lets a callback wait for the next grace period if one is under way', () => {
    const m = new TimerMachine(1);
    m.at(5 * MS, 0, () => callRcu(m.s, () => m.note('first')));
    m.at(9 * MS, 0, () => callRcu(m.s, () => m.note('second')));
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['first on cpu 0 in tick 5', 'second on cpu 0 in tick 7']);
  });

  it('lets the CPU idle without a tick afterwards', () => {
    const m = new TimerMachine(2);
    m.at(5 * MS, 1, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    expect(m.s.cpus[1]!.tick.stopped).toBe(true);
    expect(m.sim.nextAtNs).toBe(Infinity);
  });
});
