import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { leastTimeNs, parseScenario } from '@kernel-model/scenario';
import { readTrace } from '@kernel-model/trace';
import { ROOT, TestDir, kmodel } from './world.ts';

const DAY = readFileSync(join(ROOT, 'examples/busy-day/busy-day.yaml'), 'utf8');
const DAY_NS = 86_400e9;
const MINUTES = 1440;

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

test('examples/busy-day is about a day, and its first minute as busy as a day of 11 million events', () => {
  expect(Math.abs(leastTimeNs(parseScenario(DAY, 'busy-day.yaml')) - DAY_NS)).toBeLessThan(DAY_NS / 20);
  const minute = dir.file('minute.yaml', DAY.replace(`repeat: ${MINUTES}`, 'repeat: 1'));
  const ran = kmodel(['run', minute, '--trace', dir.at('trace'), '--buffer-size', '1024']);
  expect(ran).toMatchObject({ status: 0, err: '' });
  const trace = readFileSync(dir.at('trace'), 'utf8');
  const { events } = readTrace(trace);
  const head = /entries-written: (\d+)\/(\d+) {3}#P:8\n/.exec(trace)!;
  expect(events.length).toBe(Number(head[1]));
  expect(Number(head[2]) * MINUTES).toBeGreaterThan(10e6);
  expect(new Set(events.map(({ cpu }) => cpu)).size).toBe(8);
});
