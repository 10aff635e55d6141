// What is concluded from rounds: medians and their confidence intervals, of numbers whose distribution nobody knows.

/** @param {number[]} values not empty @returns {number} */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Each value divided by the one that was measured in the same round.
 * @param {number[]} values
 * @param {number[]} base of the same length
 */
export function ratios(values, base) {
  if (values.length !== base.length) throw new RangeError(`${values.length} values, but ${base.length} to divide by`);
  return values.map((value, round) => value / base[round]);
}

/**
 * The narrowest interval between two of the values, equally far from both ends, that holds the median of the
 * distribution with at least this confidence: the sign test turned round. It assumes nothing of the distribution but
 * that the values are independent.
 * @param {number[]} values
 * @returns {{low: number, high: number, confidence: number} | null} null if the values are too few for any such interval
 */
export function medianInterval(values, confidence = 0.95) {
  const sorted = values.toSorted((a, b) => a - b);
  let found = null;
  // P(the median lies below the smallest value) = 2^-n; below the next one, so much more
  let tail = 0;
  let term = 0.5 ** sorted.length;
  for (let i = 0; i < sorted.length >> 1; i++) {
    tail += term;
    if (1 - 2 * tail < confidence) break;
    found = { low: sorted[i], high: sorted.at(-1 - i), confidence: 1 - 2 * tail };
    term *= (sorted.length - i) / (i + 1);
  }
  return found;
}

/** Rounds that {@link medianInterval} needs at least. */
export function roundsFor(confidence = 0.95) {
  return Math.ceil(1 - Math.log2(1 - confidence));
}

/**
 * What pairs of runs say of a change.
 * @param {number[]} changes cost after the change divided by the cost before it, one a pair
 * @param {number} limit the ratio above which the change is too slow
 * @returns {'slower' | 'faster' | 'same' | 'unclear'} slower: above the limit, and faster: below its inverse, with
 *   95 % confidence; same: within both; unclear: these rounds can't tell
 */
export function judge(changes, limit) {
  const interval = medianInterval(changes);
  if (interval === null) return 'unclear';
  if (interval.low > limit) return 'slower';
  if (interval.high < 1 / limit) return 'faster';
  return interval.high <= limit && interval.low >= 1 / limit ? 'same' : 'unclear';
}
