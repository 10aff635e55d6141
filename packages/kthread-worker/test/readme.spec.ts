import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { log } from './readme-example.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the example of the README', () => {
  test('is the file that is run here, and says what the README says', () => {
    const code = read('readme-example.ts')
      .replace('export const', 'const')
      .replace('../src/index.ts', '@kernel-model/kthread-worker')
      .trimEnd();
    const readme = read('../README.md');
    expect(readme).toContain(code);
    expect(log.slice(0, 3)).toEqual([true, false, true]);
    expect(log).toHaveLength(4);
    expect(readme).toContain(log[3]);
  });
});
