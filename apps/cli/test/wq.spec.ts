import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WqStats } from '@kernel-model/workqueue';
import { HANGS, TestDir, kmodel } from './world.ts';

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

const functions = 'functions:\n  f:\n    - busy: 2000\n    - msleep: 20\n';
const queues = 'workqueues: { q: {}, r: {} }\nworks: { a: { fn: f }, b: { fn: f } }\n';
const TWO = `${queues}${functions}main:
  - alloc_workqueue: q
  - alloc_workqueue: r
  - queue_work_on: [1, q, a]
  - queue_work_on: [1, r, b]
  - busy: 40000
  - flush_workqueue: q
  - destroy_workqueue: q
`;

/** What --json prints. */
interface Json {
  readonly file: string;
  readonly outcome: { readonly kind: string };
  readonly tookNs: number;
  readonly intervals: readonly { readonly tookNs: number; readonly queues: readonly WqStats[] }[];
  readonly end: readonly WqStats[];
  readonly destroyed: readonly WqStats[];
}

function json(...args: string[]): Json {
  return JSON.parse(kmodel(['wq', dir.file('two.yaml', TWO), '--json', ...args]).out) as Json;
}

describe('kmodel wq', () => {
  test('shows a table at the end, with every queue that exists, and those that were destroyed', () => {
    const { status, out, err } = kmodel(['wq', dir.file('two.yaml', TWO)]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    const [end, destroyed] = out.split('\n\n');
    expect(end).toMatch(
      /^at the end, after \d+\.\d{3} ms\n {28}total {3}infl {2}CPUtime CPUitsv CMW\/RPR {2}mayday rescued\n/,
    );
    expect(end).toMatch(/^events_unbound +\d+ +0 +0\.0 +- +\d+ +- +-$/m);
    expect(end).toMatch(/^r +1 +0 +0\.0 +0 +0 +- +-$/m);
    expect(end).not.toMatch(/^q /m);
    expect(destroyed).toMatch(/^destroyed before\n.*\nq +\d+ +0 /);
  });

  test('with --interval shows one for each, of virtual time', () => {
    const file = dir.file('two.yaml', TWO);
    const after = (...args: string[]): number[] =>
      [...kmodel(['wq', file, ...args]).out.matchAll(/^after (\d+\.\d{3}) ms$/gm)].map(([, ms]) => Number(ms));
    const times = after('--interval', '5ms');
    expect(times.length).toBeGreaterThan(3);
    // the first comes within 5 ms, the others every 5 ms, give or take a step
    times.slice(1).forEach((ms, i) => expect(Math.abs(ms - times[i]! - 5)).toBeLessThan(4.1));
    expect(after('--interval', '5')).toEqual(times);
    expect(after()).toEqual([]);
  });

  test('with --json gives the counters: the works in flight are those that were started and not completed', () => {
    const { outcome, tookNs, intervals, end, destroyed } = json('--interval', '5');
    expect(outcome).toEqual({ kind: 'ok' });
    expect(tookNs).toBeGreaterThan(20e6);
    const early = intervals[0]!.queues.filter((q) => 'qr'.includes(q.name));
    expect(early.map((q) => [q.name, q.started, q.completed])).toEqual([
      ['q', 1, 0],
      ['r', 1, 0],
    ]);
    expect(end.find((q) => q.name === 'r')).toMatchObject({ started: 1, completed: 1, cmWakeup: 0 });
    expect(destroyed.map((q) => q.name)).toEqual(['q']);
    // a slept, so the worker for b was woken
    expect(destroyed[0]!.cmWakeup).toBe(1);
    expect(destroyed[0]!.completed).toBe(destroyed[0]!.started);
  });

  test('gives the same bytes twice', () => {
    expect(json('--interval', '5')).toEqual(json('--interval', '5'));
  });

  test('has the exit status of run, with the same report', () => {
    const file = dir.file('hangs.yaml', HANGS);
    const ran = kmodel(['wq', file]);
    expect(ran.status).toBe(1);
    expect(ran.err).toBe(kmodel(['run', file]).err);
    expect(ran.out).toMatch(/^at the end/);
    const json = JSON.parse(kmodel(['wq', file, '--json']).out) as Json;
    expect(json).toMatchObject({ outcome: { kind: 'hang' }, intervals: [], destroyed: [] });
  });

  test('refuses an interval that is none', () => {
    for (const text of ['0', 'x', '5 apples']) {
      expect(kmodel(['wq', dir.file('two.yaml', TWO), '--interval', text]).status).not.toBe(0);
    }
  });
});
