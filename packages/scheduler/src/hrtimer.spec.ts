import { describe, expect, it } from '@jest/globals';
import { TimerMachine } from '../test/timer-machine.ts';
import { HrTimer, hrtimerCancel, hrtimerForward, hrtimerStart } from './hrtimer.ts';

const INTERRUPT_NS = 2000;

describe('an hrtimer', () => {
  it('fires at its instant, after the cost of the interrupt, on the CPU for which it was armed', () => {
    const m = new TimerMachine(2);
    const fired: number[] = [];
    const timer = new HrTimer(m.s, (cpu) => fired.push(cpu.id, m.sim.now));
    hrtimerStart(timer, 123_456, 1);
    expect(timer.active).toBe(true);
    m.runUntil(1_000_000);
    expect(fired).toEqual([1, 123_456 + INTERRUPT_NS]);
    expect(timer.active).toBe(false);
  });

  it('fires in order of expiry, then of arming', () => {
    const m = new TimerMachine(1);
    const order: string[] = [];
    const timer = (name: string): HrTimer => new HrTimer(m.s, () => order.push(name));
    hrtimerStart(timer('b'), 2000, 0);
    hrtimerStart(timer('c'), 2000, 0);
    hrtimerStart(timer('a'), 1000, 0);
    m.runUntil(1_000_000);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('on several CPUs at one instant fires in ascending order of CPUs', () => {
    const m = new TimerMachine(4);
    const order: number[] = [];
    for (const cpu of [2, 0, 3, 1]) hrtimerStart(new HrTimer(m.s, () => order.push(cpu)), 5000, cpu);
    m.runUntil(1_000_000);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('with a window is taken along by an interrupt within it, but programs one only for its end', () => {
    const m = new TimerMachine(1);
    const fired: string[] = [];
    const timer = (name: string): HrTimer => new HrTimer(m.s, () => fired.push(`${name} ${m.sim.now}`));
    hrtimerStart(timer('lazy'), 100_000, 0, 60_000);
    hrtimerStart(timer('exact'), 50_000, 0);
    hrtimerStart(timer('lone'), 300_000, 0, 60_000);
    m.runUntil(1_000_000);
    expect(fired).toEqual(['exact 52000', 'lazy 52000', 'lone 302000']);
  });

  it('can be cancelled, and moved', () => {
    const m = new TimerMachine(1);
    const fired: number[] = [];
    const gone = new HrTimer(m.s, () => fired.push(-1));
    hrtimerStart(gone, 1000, 0);
    expect(hrtimerCancel(gone)).toBe(true);
    expect(hrtimerCancel(gone)).toBe(false);
    const moved = new HrTimer(m.s, () => fired.push(m.sim.now));
    hrtimerStart(moved, 1000, 0);
    hrtimerStart(moved, 9000, 0);
    m.runUntil(1_000_000);
    expect(fired).toEqual([9000 + INTERRUPT_NS]);
  });

  it('goes on in whole intervals', () => {
    const m = new TimerMachine(1);
    const fired: number[] = [];
    const timer: HrTimer = new HrTimer(m.s, () => {
      fired.push(m.sim.now);
      hrtimerForward(timer, m.sim.now, 10_000);
      if (fired.length < 3) hrtimerStart(timer, timer.expiresNs, 0);
    });
    hrtimerStart(timer, 10_000, 0);
    m.runUntil(1_000_000);
    expect(fired).toEqual([12_000, 22_000, 32_000]);
    timer.expiresNs = 0;
    expect(hrtimerForward(timer, 35_000, 10_000)).toBe(4);
    expect(timer.expiresNs).toBe(40_000);
    expect(hrtimerForward(timer, 35_000, 10_000)).toBe(0);
  });
});
