import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CALL_SPECS } from './calls.ts';
import { MAX_PROBLEMS, ScenarioError } from './errors.ts';
import { SCENARIO_KEYS, parseScenario } from './parse.ts';
import { MAX_SCENARIO_BYTES } from './utf8.ts';

const folder = new URL('../oracle/scenarios/', import.meta.url);
const texts = readdirSync(folder)
  .filter((_, i) => i % 10 === 0)
  .map((file) => readFileSync(new URL(file, folder), 'utf8'));
const RUNS = { seed: 20260101, numRuns: 400 };
/** Generous: a slow machine running all specs at once. A file that the parser handles badly takes minutes. */
const SLOW_MS = 10_000;

/** Parse, and hold the outcome to its promise: a scenario, or an error that points into the text. */
function outcome(source: string | Uint8Array): string {
  try {
    const scenario = parseScenario(source, 'junk.yaml');
    expect(scenario.main.length).toBeGreaterThan(0);
    return 'scenario';
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    expect(error.problems.length).toBeLessThanOrEqual(MAX_PROBLEMS);
    for (const p of error.problems) {
      expect(Number.isInteger(p.line) && p.line >= 1 && Number.isInteger(p.column) && p.column >= 1).toBe(true);
      expect(p.message).not.toBe('');
    }
    return error.message;
  }
}

/** Scraps of YAML and of scenarios: junk made of them comes further than random letters. */
const scrap = fc.oneof(
  fc.constantFrom(
    ...CALL_SPECS.keys(),
    ...SCENARIO_KEYS,
    'while',
    'do',
    'if',
    'then',
    'else',
    'repeat',
    'not',
    'var',
    'ge',
    'self',
    '__proto__',
    'constructor',
  ),
  fc.constantFrom(
    '- ',
    ': ',
    ':',
    '? ',
    '\n',
    '\n  ',
    '\n- ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '&a ',
    '*a',
    '!t ',
    '!!str ',
    '|\n',
    '>-\n',
    '"',
    "'",
    '#',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '<<',
    '@',
    '`',
    '\t',
    '\r',
    '\0',
    '\uFEFF',
    '\uD800',
    '~',
    '0x1F',
    '1e999',
    '-0',
    '.nan',
  ),
  fc.integer().map(String),
  fc.string({ maxLength: 4 }),
);

describe('any text whatsoever is a scenario or a ScenarioError', () => {
  test('random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void outcome(text)),
      RUNS,
    );
  });

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void outcome(bytes)),
      RUNS,
    );
  });

  test('scraps of scenarios', () => {
    const junk = fc.array(scrap, { maxLength: 60 }).map((scraps) => scraps.join(''));
    fc.assert(
      fc.property(junk, (text) => void outcome(text)),
      { ...RUNS, numRuns: 1500 },
    );
  });

  test('scenarios with a piece cut out, doubled or replaced, the same each time', () => {
    const mutation = fc.record({
      text: fc.constantFrom(...texts),
      at: fc.nat(),
      length: fc.nat({ max: 30 }),
      put: fc.array(scrap, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(mutation, ({ text, at, length, put }) => {
        const start = at % text.length;
        const mutated = text.slice(0, start) + put.join('') + text.slice(start + length);
        expect(outcome(mutated)).toBe(outcome(mutated));
      }),
      RUNS,
    );
  });
});

describe('a huge file is refused at once', () => {
  test('of ten megabytes, with one problem that names the limit', () => {
    const expected = `junk.yaml:1:1: the file has 10000000 bytes; a scenario may have at most ${MAX_SCENARIO_BYTES} (MAX_SCENARIO_BYTES)`;
    expect(outcome('main: [yield]\n'.padEnd(10_000_000, '#'))).toBe(expected);
    expect(outcome(new Uint8Array(10_000_000))).toBe(expected);
  });

  test('counted in bytes, whatever it is written in', () => {
    const head = 'main: [yield] # ';
    const fits = head + 'é'.repeat((MAX_SCENARIO_BYTES - head.length) / 2);
    expect(outcome(fits)).toBe('scenario');
    expect(outcome(`${fits}x`)).toContain('MAX_SCENARIO_BYTES');
    expect(outcome(new TextEncoder().encode(fits))).toBe('scenario');
    expect(outcome(new TextEncoder().encode(`${fits}x`))).toContain('MAX_SCENARIO_BYTES');
    const emoji = head + '😀'.repeat((MAX_SCENARIO_BYTES - head.length) / 4);
    expect(outcome(emoji)).toBe('scenario');
    expect(outcome(`${emoji}x`)).toContain('MAX_SCENARIO_BYTES');
  });

  const fill = (piece: string): string => piece.repeat(Math.floor(900_000 / piece.length));
  const bomb = `x: &a0 [${Array(9).fill('{repeat: 1, do: [yield]}').join()}]\n`;
  const levels = Array.from(
    { length: 9 },
    (_, i) => `x${i}: &a${i + 1} [${Array(9).fill(`{repeat: 1, do: *a${i}}`).join()}]\n`,
  ).join('');
  test.each([
    ['brackets', fill('[')],
    ['dashes', fill('- ')],
    ['question marks', fill('? ')],
    ['braces', fill('{a: ')],
    ['closing brackets', fill(']')],
    ['pairs of brackets', fill('[]')],
    ['anchors', fill('&a ')],
    ['ampersands', fill('&')],
    ['tags', fill('!t ')],
    ['aliases', fill('- *a\n')],
    ['keys', Array.from({ length: 60_000 }, (_, i) => `k${i}: 1\n`).join('')],
    ['documents', fill('---\n')],
    ['empty lines', fill('\n')],
    ['an open quote', `a: "${fill('a\n ')}`],
    ['bad escapes', `a: "${fill('\\x')}"`],
    ['wrong calls', `main:\n${fill('- mslep: 1\n')}`],
    ['wrong names', `main:\n${Array.from({ length: 15_000 }, (_, i) => `- kthread_stop: t${i}\n`).join('')}`],
    ['statements', `main:\n${'- yield\n'.repeat(25_000)}`],
    ['aliases of aliases', `${bomb}${levels}main: *a9`],
    ['aliases in lists', `x: &l [${'a,'.repeat(999)}a]\nusers: [${'*l,'.repeat(999)}*l]\nmain: [yield]`],
    [
      'a chain of conditions',
      `x: [&c0 {not: signal_pending}${Array.from({ length: 5000 }, (_, i) => `,&c${i + 1} {not: *c${i}}`).join('')}]\nmain: [{if: *c5000, then: []}]`,
    ],
  ])('of %s', (_, text) => {
    const start = performance.now();
    expect(outcome(text)).not.toBe('scenario');
    expect(performance.now() - start).toBeLessThan(SLOW_MS);
  });

  test('but one with many statements is not', () => {
    const start = performance.now();
    expect(outcome(`main:\n${'- msleep: 1\n'.repeat(15_000)}`)).toBe('scenario');
    expect(performance.now() - start).toBeLessThan(SLOW_MS);
  });
});
