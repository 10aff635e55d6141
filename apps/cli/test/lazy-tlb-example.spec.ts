import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from './world.ts';

test('examples/lazy-tlb shows what lazy mode saves', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'examples/lazy-tlb/lazy-tlb.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const saved = (what: string): number => Number(new RegExp(`^${what} .* (-?\\d+)$`, 'm').exec(stdout)![1]);
  expect(saved('switches of address space')).toBeGreaterThan(0);
  // without a PCID of its own, every switch is a flush
  expect(saved('flushes of everything')).toBe(saved('switches of address space'));
});
