import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { ROOT } from './world.ts';

const SCRIPT = join(ROOT, 'examples/choice/choice.mjs');

/** Latencies in us. */
interface Row {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

function run(): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function rowOf(text: string, name: string): Row {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))!;
  const [p50, p99, max] = line.slice(name.length).trim().split(/ +/).map(Number);
  return { p50: p50!, p99: p99!, max: max! };
}

let out: string;
beforeAll(() => {
  out = run();
});

test('a FIFO worker of its own waits only for the next point where the running task lets go', () => {
  const fifo = rowOf(out, 'FIFO kthread_worker');
  for (const name of ['shared per-CPU', 'highpri', 'unbound']) {
    const other = rowOf(out, name);
    expect(other.max).toBeGreaterThan(10 * fifo.max);
    expect(other.p99).toBeGreaterThan(fifo.p99);
  }
  // a hog computes 200 us at a time
  expect(fifo.max).toBeLessThan(250);
});

test('a shared per-CPU queue is the worst: it waits for the works before it, too', () => {
  const shared = rowOf(out, 'shared per-CPU');
  for (const name of ['highpri', 'unbound', 'FIFO kthread_worker']) {
    const other = rowOf(out, name);
    expect(shared.p50).toBeGreaterThan(5 * other.p50);
    expect(shared.p99).toBeGreaterThan(other.p99);
    expect(shared.max).toBeGreaterThan(other.max);
  }
});

test('high priority keeps the tail of an unbound queue away from all but a few', () => {
  const highpri = rowOf(out, 'highpri');
  expect(rowOf(out, 'unbound').p99).toBeGreaterThan(10 * highpri.p99);
  // a fair task that is owed time keeps the CPU until a tick finds that its slice is over
  expect(highpri.max).toBeGreaterThan(1000);
  expect(highpri.max).toBeLessThan(5000);
});

test('each histogram has all completions', () => {
  const histograms = out.split('\n\n').slice(1);
  expect(histograms).toHaveLength(4);
  for (const text of histograms) {
    const counts = [...text.matchAll(/ us +(\d+)/g)].map(([, n]) => Number(n));
    expect(counts.reduce((a, b) => a + b)).toBe(500);
  }
});
