import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from './world.ts';

test('examples/eras shows who makes a thread', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'examples/eras/eras.mjs')], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const [head, first, second, third, ...rest] = stdout.split('\n') as [string, string, string, string, ...string[]];
  expect(head).toMatch(/^era +thread +call +caller +start +forked by +child of$/);
  // only in the first era does the thread inherit from the caller
  expect(first).toMatch(/^kernel_thread .* modprobe, nice 5, with its mm$/);
  expect(second).toMatch(/^keventd .* kworker\/\d:\d, nice 0$/);
  expect(third).toMatch(/^kthreadd .* kthreadd, nice 0$/);
  expect(rest).toEqual(['']);
});
