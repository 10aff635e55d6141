import { describe, expect, test } from '@jest/globals';
import { parseScenario } from './parse.ts';
import { isPolling, movesThreads, usesTime } from './uses.ts';

const scenario = (main: string, rest = ''): ReturnType<typeof parseScenario> =>
  parseScenario(`main: ${main}\n${rest}`, 'x.yaml');

describe('a scenario', () => {
  test.each([
    ['[schedule]', false],
    ['[{ msleep: 4 }]', true],
    ['[{ busy: 5 }]', true],
    ['[{ repeat: 2, do: [{ if: { result: 0 }, then: [schedule], else: [{ usleep_range: 5 }] }] }]', true],
    ['[{ set_cpus_allowed: [self, 1] }]', false],
  ])('%s names times: %s', (main, expected) => expect(usesTime(scenario(main))).toBe(expected));

  test('names times in its functions, too, and by its users', () => {
    expect(usesTime(scenario('[{ kthread_run: [t, f] }]', 'functions: { f: [{ msleep: 1 }] }'))).toBe(true);
    expect(usesTime(scenario('[schedule]', 'users: [{ name: u, ops: [yield] }]'))).toBe(true);
  });

  test('moves threads if it has somewhere to move them to', () => {
    expect(movesThreads(scenario('[{ set_cpus_allowed: [self, 1] }]'))).toBe(true);
    expect(movesThreads(scenario('[{ set_cpus_allowed: [self, 1] }]', 'machine: { cpus: 1 }'))).toBe(false);
    expect(movesThreads(scenario('[schedule]'))).toBe(false);
  });
});

test.each([
  ['[cond_resched]', true],
  ['[cond_resched, yield]', true],
  ['[{ var_add: [v, 1] }]', false],
  ['[{ msleep: 4 }]', false],
])('a loop of %s only looks again: %s', (body, expected) => {
  const [loop] = scenario(`[{ while: { var: v, eq: 0 }, do: ${body} }]`, 'vars: { v: 0 }').main;
  expect(loop!.kind === 'while' && isPolling(loop!)).toBe(expected);
});
