const UNITS: readonly (readonly [ns: number, name: string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'us'],
  [1, 'ns'],
];

/** A span in the largest unit that keeps it above 1, with as many digits as it needs, three at most: `12.5 ms`. */
export function formatSpan(ns: number): string {
  const [size, name] = UNITS.find(([unit]) => ns >= unit) ?? UNITS[3]!;
  return `${Number((ns / size).toFixed(3))} ${name}`;
}

/**
 * Two lines above a picture: labels, and the ticks that they belong to. Labels are spans since the left edge, in steps
 * of 1, 2 or 5.
 * @param width columns of the picture
 * @param spanNs what the picture shows, in ns
 */
export function timeAxis(width: number, spanNs: number): readonly [labels: string, ticks: string] {
  const step = stepNs((spanNs / width) * 10);
  const labels: string[] = new Array<string>(width).fill(' ');
  const ticks: string[] = new Array<string>(width).fill(' ');
  for (let ns = 0; ns < spanNs; ns += step) {
    const column = Math.round((ns / spanNs) * width);
    const label = ns === 0 ? '0' : formatSpan(ns);
    if (column >= width) break;
    ticks[column] = '|';
    if (column + label.length > width) break;
    for (let i = 0; i < label.length; i++) labels[column + i] = label[i]!;
  }
  return [labels.join('').trimEnd(), ticks.join('').trimEnd()];
}

/** The least of 1, 2, 5, 10, 20, 50 ... ns that is not below this. */
function stepNs(least: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const digit of [1, 2, 5]) if (digit * decade >= least) return digit * decade;
  }
}
