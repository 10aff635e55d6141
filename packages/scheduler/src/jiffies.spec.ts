import { describe, expect, it } from '@jest/globals';
import { MAX_JIFFY_OFFSET, jiffiesToMsecs, msecsToJiffies, nsecsToJiffies, usecsToJiffies } from './jiffies.ts';

describe('jiffies at 250 Hz', () => {
  it.each([
    [0, 0],
    [1, 1],
    [4, 1],
    [5, 2],
    [8, 2],
    [9, 3],
    [1000, 250],
    [30_001, 7501],
    [-1, MAX_JIFFY_OFFSET],
  ])('hold %i ms in %i of them', (ms, jiffies) => {
    expect(msecsToJiffies(ms)).toBe(jiffies);
  });

  it.each([
    [0, 0],
    [1, 1],
    [4000, 1],
    [4001, 2],
  ])('hold %i us in %i of them', (us, jiffies) => {
    expect(usecsToJiffies(us)).toBe(jiffies);
  });

  it('are rounded down from nanoseconds', () => {
    expect(nsecsToJiffies(3_999_999)).toBe(0);
    expect(nsecsToJiffies(8_000_000)).toBe(2);
  });

  it('last 4 ms each', () => {
    expect(jiffiesToMsecs(25)).toBe(100);
  });
});
