/**
 * A number with a fixed number of digits as C's `%.3f` prints it. Unlike Number.toFixed(), which rounds up what lies
 * exactly between two results, C takes the even one.
 */
export function fixed(value: number, digits: number): string {
  const doubled = value * 10 ** digits * 2;
  const exact = Number.isInteger(value * 2 ** (digits + 1));
  if (!exact || doubled % 2 !== 1) return value.toFixed(digits);
  const down = (doubled - 1) / 2;
  return ((down % 2 === 0 ? down : down + 1) / 10 ** digits).toFixed(digits);
}

/** An instant in ns as perf prints it: seconds with six digits, cut off. */
export function secondsText(ns: number): string {
  const s = Math.floor(ns / 1e9);
  const us = Math.floor((ns - s * 1e9) / 1000);
  return `${s}.${String(us).padStart(6, '0')}`;
}

/** A span in ns as perf's timehist prints it: milliseconds right-aligned, a point, microseconds, cut off. */
export function millisText(ns: number, width: number): string {
  const ms = Math.floor(ns / 1e6);
  const us = Math.floor((ns - ms * 1e6) / 1000);
  return `${String(ms).padStart(width)}.${String(us).padStart(3, '0')}`;
}

/** A dashed line. */
export function dashes(n: number): string {
  return '-'.repeat(n);
}
