import { describe, expect, test } from '@jest/globals';
import { guardLoops, type SourceProblem } from './guard-loops.ts';

/** Run a module's code with a guard that ends it after so many rounds. @returns the rounds of each kind */
function rounds(source: string, atMost: number): { plain: number; generator: number } {
  const seen = { plain: 0, generator: 0 };
  const g = {
    left: 0,
    *spin() {
      if (++seen.generator >= atMost) throw new Error('enough');
    },
    over() {
      if (++seen.plain >= atMost) throw new Error('enough');
    },
  };
  try {
    new Function('g', guardLoops(source, 'g'))(g);
  } catch (error) {
    if ((error as Error).message !== 'enough') throw error;
  }
  return seen;
}

describe('a guarded loop', () => {
  test.each([
    'while (true);',
    'while (true) {}',
    'for (;;) {}',
    'for (;;) for (;;);',
    'do ; while (true)',
    'do { continue } while (true)',
    'outer: for (;;) { for (;;) { continue outer } }',
    'for (const x of { *[Symbol.iterator]() { let i = 0; for (;;) yield i++; } });',
    'const a = [1]; for (const x of a) a.push(x);',
    'const f = () => { while (true); }; f();',
    'const f = function* () { for (;;) yield 1; }; for (const x of f());',
    'function* f() { const h = () => { for (;;); }; h(); } f().next();',
    'for (;;) { try { for (;;); } catch {} }',
    'class A { static { for (;;); } }',
  ])('comes to an end: %s', (source) => {
    const { plain, generator } = rounds(source, 50);
    expect(plain + generator).toBeGreaterThanOrEqual(50);
  });

  test('yields in a generator only, where the kernel can take the CPU away', () => {
    expect(rounds('function* f() { for (let i = 0; i < 7; i++); } f().next();', 50)).toEqual({
      plain: 0,
      generator: 7,
    });
    expect(rounds('function* f() { [1, 2].map(() => { for (let i = 0; i < 3; i++); }); } f().next();', 50)).toEqual({
      plain: 6,
      generator: 0,
    });
  });

  test('does what it did', () => {
    const source =
      'let n = 0; for (let i = 0; i < 5; i++) if (i % 2) n += i; else n -= 1; do n++; while (n < 9)\nreturn n;';
    const g = { left: 1e9 };
    // a module cannot return: the last line is added to what was prepared
    const [loops, last] = source.split('\n') as [string, string];

    expect(new Function('g', `${guardLoops(loops, 'g')}\n${last}`)(g)).toBe(9);
    expect(g.left).toBe(1e9 - 13);
  });
});

test('lines stay where they are, and what follows stays in its line', () => {
  const source = '#!/usr/bin/env node\nfor (;;)\n  for (;;)\n    f();\n\nthrow 1; // é\n';
  const guarded = guardLoops(source, 'guard').split('\n');
  expect(guarded).toHaveLength(source.split('\n').length);
  expect(guarded[3]).toMatch(/^ {4}.*f\(\);/);
  expect(guarded[5]).toBe('throw 1; // é');
});

test('source without loops is left as it is', () => {
  const source = "import { x } from './x.js';\nexport default { *f() { yield* x(); } };\n";
  expect(guardLoops(source, 'guard')).toBe(source);
});

test('what is no module is refused, with its place', () => {
  let problem: Partial<SourceProblem> = {};
  try {
    guardLoops('export default {\n  name: "x"\n  threads: []\n};', 'guard');
  } catch (error) {
    problem = error as SourceProblem;
  }
  expect(problem).toBeInstanceOf(SyntaxError);
  expect(problem.loc).toEqual({ line: 3, column: 2 });
});
