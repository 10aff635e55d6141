import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { failures, story } from './lost-wakeup.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('the example of the README', () => {
  it('is the file that is run here, and says what the README says', () => {
    const readme = read('../README.md');
    const code = read('lost-wakeup.ts')
      .replaceAll('export const', 'const')
      .replace('../src/index.ts', '@kernel-model/explore')
      .trimEnd();
    expect(readme).toContain(code);
    expect(readme).toContain(story);
    expect(failures).toHaveLength(1);
  });
});
