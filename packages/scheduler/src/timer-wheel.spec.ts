import { describe, expect, it } from '@jest/globals';
import { TimerList, type TimerBucket } from './timer-list.ts';
import {
  TimerBase,
  collectExpiredTimers,
  forwardTimerBase,
  recalcNextExpiry,
  wheelExpiry,
  wheelIndex,
  wheelInsert,
  wheelLevel,
} from './timer-wheel.ts';

function put(base: TimerBase, expires: number): number {
  const at = wheelExpiry(expires, base.clk);
  const idx = wheelIndex(wheelLevel(expires, base.clk), at);
  wheelInsert(base, new TimerList(() => {}), idx);
  return at;
}

describe('the timer wheel', () => {
  it.each([
    [0, 1],
    [1, 2],
    [10, 11],
    [62, 63],
    [63, 64],
    [64, 72],
    [100, 104],
    [503, 504],
    [504, 512],
    [1000, 1024],
    [7500, 7680],
    [32_255, 32_256],
    [32_256, 32_768],
  ])('at clock 0 lets a timer for jiffy %i expire at %i', (expires, at) => {
    expect(wheelExpiry(expires, 0)).toBe(at);
  });

  it('rounds within the level that the distance from the clock gives', () => {
    expect(wheelExpiry(1000 + 62, 1000)).toBe(1063);
    expect(wheelExpiry(1000 + 63, 1000)).toBe(1064);
    expect(wheelExpiry(1001 + 63, 1001)).toBe(1072);
  });

  it('expires an overdue timer at once', () => {
    expect(wheelLevel(99, 100)).toBe(-1);
    expect(wheelExpiry(99, 100)).toBe(100);
  });

  it('cuts distances beyond its capacity', () => {
    expect(wheelExpiry(2 ** 40, 0)).toBe(63 * 2 ** 24);
  });

  it('never expires a timer early, nor later than a granule', () => {
    for (let clk = 0; clk < 600; clk += 7) {
      for (let delta = 0; delta < 40_000; delta += 131) {
        const late = wheelExpiry(clk + delta, clk) - (clk + delta);
        expect(late).toBeGreaterThan(0);
        expect(late).toBeLessThanOrEqual(8 ** wheelLevel(clk + delta, clk));
      }
    }
  });

  it('finds the first expiry on whatever level it is', () => {
    for (const clk of [0, 5, 8, 63, 64, 511, 4095]) {
      for (const delta of [0, 7, 62, 63, 70, 500, 504, 4031, 4032, 30_000, 300_000]) {
        const base = new TimerBase(0, clk);
        const at = put(base, clk + delta);
        recalcNextExpiry(base);
        expect({ clk, delta, at: base.nextExpiry, pending: base.timersPending }).toEqual({
          clk,
          delta,
          at,
          pending: true,
        });
      }
    }
  });

  it('prefers the earlier of two levels', () => {
    const base = new TimerBase(0, 0);
    const far = put(base, 70);
    base.clk = 60;
    const near = put(base, 61);
    recalcNextExpiry(base);
    expect([base.nextExpiry, near, far]).toEqual([62, 62, 72]);
    const out: TimerBucket[] = [];
    collectExpiredTimers(base, out);
    expect(out).toHaveLength(1);
    base.clk++;
    recalcNextExpiry(base);
    expect(base.nextExpiry).toBe(72);
  });

  it('does not move its clock past a timer', () => {
    const base = new TimerBase(0, 0);
    base.nextExpiry = put(base, 10);
    forwardTimerBase(base, 5);
    expect(base.clk).toBe(5);
    forwardTimerBase(base, 100);
    expect(base.clk).toBe(11);
  });

  it('has nothing to expect when it is empty', () => {
    const base = new TimerBase(0, 3);
    recalcNextExpiry(base);
    expect(base.timersPending).toBe(false);
  });
});
