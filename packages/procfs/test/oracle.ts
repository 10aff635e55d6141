import { readFileSync } from 'node:fs';

/** What a freshly booted Linux 6.12.95 with 2 CPUs showed: lines of its /proc and sysfs. */
export const ORACLE: readonly string[] = readFileSync(new URL('./boot-ps.trace', import.meta.url), 'utf8').split('\n');

/** Lines from the first that matches, up to the next that matches the end, which is left out. */
export function block(first: RegExp, end: RegExp): string[] {
  const from = ORACLE.findIndex((line) => first.test(line));
  const length = ORACLE.slice(from + 1).findIndex((line) => end.test(line));
  return ORACLE.slice(from, from + 1 + length);
}

/** A text with every number replaced, and what pads it: two texts of one format are the same. */
export function shape(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/ *-?\d+(\.\d+)?/g, ' N'));
}
