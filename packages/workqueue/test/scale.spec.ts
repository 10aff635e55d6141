import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import type { MaySleep } from '@kernel-model/sim';
import { WQ_UNBOUND, WorkStruct, flushWorkqueue, queueWork } from '../src/index.ts';
import { World } from './world.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;
const heap = (): number => {
  gc();
  return process.memoryUsage().heapUsed;
};

/**
 * Queue n works at once and run them.
 * @returns us of CPU time a work, and bytes a work that were taken while all of them were queued, and left when they had run
 */
function load(n: number, flags: number): { us: number; queued: number; left: number } {
  const m = new World({ unchecked: true, silent: true });
  const result = { us: 0, queued: 0, left: 0 };
  m.run(function* () {
    const q = yield* m.wq('q', flags, 1);
    let ran = 0;
    // one function for all of them: V8 keeps a map for each generator function that was called
    const f = function* (): MaySleep<void> {
      ran++;
    };
    const works = Array.from({ length: n }, () => new WorkStruct(f));
    const before = heap();
    let start = process.cpuUsage().user;
    for (const work of works) yield* queueWork(m.w, q, work);
    result.us += process.cpuUsage().user - start;
    result.queued = (heap() - before) / n;
    start = process.cpuUsage().user;
    yield* flushWorkqueue(m.w, q);
    result.us = (result.us + process.cpuUsage().user - start) / n;
    result.left = (heap() - before) / n;
    expect(ran).toBe(n);
  });
  return result;
}

describe.each([
  ['a per-CPU queue', 0],
  ['an unbound queue', WQ_UNBOUND],
])('100,000 works on %s', (_name, flags) => {
  test('cost as much each as 10,000 do, and no memory beyond their own', () => {
    load(10_000, flags);
    const small = load(10_000, flags);
    const large = load(100_000, flags);
    // quadratic, it would be ten times as much
    expect(large.us).toBeLessThan(4 * small.us);
    // links and flags are in the works: a list beside them would take at least 8 bytes a work
    expect(large.queued).toBeLessThan(8);
    expect(large.left).toBeLessThan(8);
  });
});
