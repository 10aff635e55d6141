import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the example of the README is a spec that is run here', () => {
  const code = read('lost-wakeup.spec.ts')
    .replace('../src/index.ts', '@kernel-model/testkit')
    .replace('../src/jest.ts', '@kernel-model/testkit/jest');
  expect(read('../README.md')).toContain(code);
});
