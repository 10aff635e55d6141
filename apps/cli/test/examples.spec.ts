import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT, kmodel } from './world.ts';

/** What the commands that the examples name come to. */
const STATUS: Readonly<Record<string, { readonly run: number; readonly explore: number }>> = {
  'abba-deadlock': { run: 0, explore: 1 },
  'lazy-tlb': { run: 0, explore: 0 },
  'lost-wakeup': { run: 0, explore: 1 },
  'missed-flag': { run: 1, explore: 1 },
  'nice-share': { run: 0, explore: 0 },
  'no-barrier': { run: 0, explore: 0 },
  'no-lost-wakeup': { run: 0, explore: 0 },
  'stop-after-exit': { run: 1, explore: 1 },
  'stop-and-return': { run: 0, explore: 0 },
  'wait-event': { run: 0, explore: 0 },
};
const names = Object.keys(STATUS);

test('every example is named here and in the README of the repository', () => {
  const files = readdirSync(join(ROOT, 'examples')).filter((file) => file.endsWith('.yaml'));
  expect(files.sort()).toEqual(names.map((name) => `${name}.yaml`));
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(names.filter((name) => !readme.includes(`examples/${name}.yaml`))).toEqual([]);
});

test.each(names)('examples/%s.yaml does what it says', (name) => {
  const file = join(ROOT, 'examples', `${name}.yaml`);
  expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^# npx kmodel|^#   npx kmodel \\w+ examples/${name}`, 'm'));
  expect(kmodel(['run', file]).status).toBe(STATUS[name]!.run);
  expect(kmodel(['explore', file]).status).toBe(STATUS[name]!.explore);
});
