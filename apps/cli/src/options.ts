import { InvalidArgumentError } from 'commander';
import { DEFAULT_EVENTS } from '@kernel-model/runner';
import { EVENTS } from '@kernel-model/trace';

/** For an option that can be given again: the values, in order. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 };

/** For an option that takes a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const n = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(n >= min && n <= max)) throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
    return n;
  };
}

/** For an option that takes a span of virtual time: a number and a unit. @returns ns */
export function timeSpan(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,9})?)(ns|us|ms|s|min|h)$/.exec(text);
  const ns = match === null ? 0 : Math.round(Number(match[1]) * UNITS[match[2]!]!);
  if (ns < 1) throw new InvalidArgumentError('It takes a time with its unit: 500us, 10ms, 1.5s, 24h.');
  return ns;
}

/** For an option that selects tracepoints: `default`, `all`, or names, `sched_*` and `default` among them. @returns names */
export function eventNames(text: string): readonly string[] {
  const all = EVENTS.map((def) => def.name);
  return text.split(',').flatMap((word) => {
    if (word === 'default') return DEFAULT_EVENTS;
    if (word === 'all') return all;
    const pattern = new RegExp(`^${word.replace(/[^\w*]/g, '').replaceAll('*', '.*')}$`);
    const names = all.filter((name) => pattern.test(name));
    if (names.length > 0) return names;
    throw new InvalidArgumentError(`There is no event "${word}". There are: ${all.join(', ')}.`);
  });
}
