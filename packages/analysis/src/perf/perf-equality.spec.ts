import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readTrace, type TraceEvent } from '@kernel-model/trace';
import { describe, expect, test } from '@jest/globals';
import {
  collect,
  formatKwork,
  formatKworkRun,
  formatKworkTop,
  formatLatency,
  formatMapRow,
  Kwork,
  KworkTimehist,
  KworkTop,
  kworkRunHead,
  SchedLatency,
  SchedMap,
  SchedTimehist,
  TimehistText,
  type KworkClass,
} from '../index.ts';

const oracle = (name: string): string =>
  gunzipSync(readFileSync(new URL(`../../oracle/${name}.txt.gz`, import.meta.url))).toString();
const recording = (name: string): readonly TraceEvent[] => readTrace(oracle(name)).events;

describe('on a recording of a real machine, perf 6.12.95 and this package print the same bytes:', () => {
  const events = recording('sched.script');

  test('perf sched latency', () => {
    expect(formatLatency(collect(events, new SchedLatency({ names: 'perf' })))).toBe(oracle('sched.latency'));
  });

  test('perf sched latency -p', () => {
    const report = collect(events, new SchedLatency({ names: 'perf', perPid: true }));
    expect(formatLatency(report)).toBe(oracle('sched.latency-per-pid'));
  });

  test('perf sched timehist', () => {
    const timehist = new SchedTimehist({ names: 'perf' });
    const text = new TimehistText();
    const rows = events.map((event) => timehist.take(event)).filter((row) => row !== null);
    expect(text.head() + rows.map((row) => text.row(row)).join('')).toBe(oracle('sched.timehist'));
  });

  test('perf sched timehist -s, but for the order of tasks, which is that of a hash table', () => {
    const timehist = new SchedTimehist({ names: 'perf' });
    for (const event of events) timehist.take(event);
    const lines = new TimehistText().summary(timehist.result()).split('\n');
    expect(lines.sort()).toEqual(oracle('sched.timehist-summary').split('\n').sort());
  });

  test('perf sched map', () => {
    const map = new SchedMap({ names: 'perf' });
    const rows = [...events.flatMap((event) => map.take(event)), ...map.end()];
    expect(rows.map(formatMapRow).join('')).toBe(oracle('sched.map'));
  });
});

describe('on another one, perf kwork 6.12.95 and this package print the same bytes:', () => {
  const events = recording('kwork.script');
  // perf counts the records that are no events, too, and a text does not have those
  const withoutPercent = (text: string): string => text.replace(/INFO: [\d.]+%/, 'INFO:');

  describe.each<KworkClass>(['irq', 'softirq', 'workqueue'])('-k %s', (name) => {
    test.each(['report', 'latency'] as const)('%s', (measure) => {
      const text = formatKwork(collect(events, new Kwork(measure, [name])));
      expect(withoutPercent(text)).toBe(withoutPercent(oracle(`kwork.${name}.${measure}`)));
    });

    test('timehist', () => {
      const timehist = new KworkTimehist([name]);
      const runs = events.map((event) => timehist.take(event)).filter((run) => run !== null);
      const text = kworkRunHead() + runs.map(formatKworkRun).join('');
      const expected = oracle(name === 'softirq' ? 'kwork.softirq.timehist.first-2000' : `kwork.${name}.timehist`);
      expect(name === 'softirq' ? text.slice(0, expected.length) : text).toBe(expected);
    });
  });

  test('top', () => {
    expect(formatKworkTop(collect(events, new KworkTop()))).toBe(oracle('kwork.top'));
  });
});
