import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judge, median, medianInterval, ratios, roundsFor } from './statistics.mjs';

const values = fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('the median', () => {
  test('is the middle value, or lies between the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 100, 2])).toBe(3);
  });

  test('compares numbers as numbers, and leaves the list as it was', () => {
    const list = [100, 9, 20];
    expect(median(list)).toBe(20);
    expect(list).toEqual([100, 9, 20]);
  });
});

describe('ratios', () => {
  test('divide what was measured in the same round, so that a slow round disturbs none', () => {
    expect(ratios([20, 200], [10, 100])).toEqual([2, 2]);
  });

  test('need a partner for every value', () => {
    expect(() => ratios([1, 2], [1])).toThrow('2 values, but 1 to divide by');
  });
});

describe('the interval of the median', () => {
  // order statistics whose coverage textbooks give: n, which value from each end, confidence
  test.each([
    [6, 1, 0.9688],
    [8, 1, 0.9922],
    [9, 2, 0.9609],
    [12, 3, 0.9614],
    [20, 6, 0.9586],
  ])('of %i values goes from value %i of each end and is right in %d of all cases', (n, from, confidence) => {
    const list = Array.from({ length: n }, (_, i) => n - i);
    const interval = medianInterval(list);
    expect(interval).toMatchObject({ low: from, high: n + 1 - from });
    expect(interval.confidence).toBeCloseTo(confidence, 4);
  });

  test('does not exist for fewer values than roundsFor() says', () => {
    expect(roundsFor(0.95)).toBe(6);
    expect(medianInterval([1, 2, 3, 4, 5])).toBeNull();
    expect(medianInterval([1, 2, 3, 4, 5, 6])).not.toBeNull();
  });

  test('holds the median of the values, and moves with them', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0.25, 2, 8), (list, factor) => {
        const interval = medianInterval(list);
        if (interval === null) return list.length < 6;
        const scaled = medianInterval(list.map((value) => value * factor));
        const middle = median(list);
        return (
          interval.low <= middle &&
          middle <= interval.high &&
          interval.confidence >= 0.95 &&
          scaled.low === interval.low * factor &&
          scaled.high === interval.high * factor
        );
      }),
    );
  });
});

describe('a change', () => {
  const around = (ratio) => Array.from({ length: 12 }, (_, i) => ratio * (1 + (i - 5.5) / 100));

  test.each([
    [1.3, 'slower'],
    [0.7, 'faster'],
    [1, 'same'],
    [1.1, 'unclear'],
  ])('by %d is %s under a limit of 1.1', (ratio, verdict) => {
    expect(judge(around(ratio), 1.1)).toBe(verdict);
  });

  test('is not slower because of a few bad rounds', () => {
    expect(judge([...around(1).slice(3), 4, 5, 6], 1.1)).not.toBe('slower');
  });

  test('is unclear after too few rounds, however slow it looks', () => {
    expect(judge([3, 3, 3, 3, 3], 1.1)).toBe('unclear');
  });

  test('is judged wrongly in at most a twentieth of all cases if there is none', () => {
    const { random } = dice(7);
    let wrong = 0;
    for (let i = 0; i < 2000; i++) {
      const noise = Array.from({ length: 12 }, () => 0.5 + random());
      if (['slower', 'faster'].includes(judge(noise, 1))) wrong++;
    }
    expect(wrong / 2000).toBeLessThanOrEqual(0.05);
  });
});

/** mulberry32 */
function dice(seed) {
  let a = seed;
  return {
    random() {
      a = (a + 0x6d2b79f5) | 0;
      let t = Math.imul(a ^ (a >>> 15), 1 | a);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}
