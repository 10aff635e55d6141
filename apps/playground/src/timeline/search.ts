/** The first index in [from, to) whose value is greater than `x`; `to` if none is. Values ascend. */
export function firstAbove(values: Float64Array, x: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** As {@link firstAbove}, for an answer that is near `from`: looks 1, 2, 4, ... ahead. */
export function firstAboveNear(values: Float64Array, x: number, from: number, to: number): number {
  let step = 1;
  let low = from;
  while (low + step < to && values[low + step - 1]! <= x) {
    low += step;
    step *= 2;
  }
  return firstAbove(values, x, low, Math.min(low + step, to));
}
