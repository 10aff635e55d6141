import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readTrace } from '@kernel-model/trace';
import { describe, expect, test } from '@jest/globals';
import { formatSpan, renderTimeline, timeAxis } from './index.ts';

const sw = (us: number, cpu: number, prev: string, state: string, next: string): string => {
  const [a, b] = [prev, next].map((name) => (name === '-' ? 0 : name.charCodeAt(0)));
  return `x-1 [00${cpu}] ..... 0.${String(us).padStart(6, '0')}: sched_switch: prev_comm=${prev} prev_pid=${a} prev_prio=120 prev_state=${state} ==> next_comm=${next} next_pid=${b} next_prio=120\n`;
};
const wake = (us: number, name: string): string =>
  `x-1 [000] ..... 0.${String(us).padStart(6, '0')}: sched_waking: comm=${name} pid=${name.charCodeAt(0)} prio=120 target_cpu=000\n`;

// one column is 10 us below
const { events } = readTrace(
  sw(0, 0, '-', 'R', 'a') +
    sw(0, 1, '-', 'R', 'b') +
    sw(50, 1, 'b', 'D', '-') +
    wake(100, 'c') +
    sw(120, 0, 'a', 'R+', 'c') +
    wake(150, 'b') +
    sw(152, 1, '-', 'R', 'b') +
    sw(160, 1, 'b', 'P', '-') +
    sw(180, 0, 'c', 'X', 'a') +
    sw(220, 0, 'a', 'S', '-') +
    sw(240, 0, '-', 'R', 'b'),
);

describe('a timeline', () => {
  test('has a lane for each CPU and each task that ran', () => {
    expect(renderTimeline(events, { width: 24 })).toBe(
      `        0         100 us
        |         |         |
CPU 0   AAAAAAAAAAAACCCCCCAAAA..
CPU 1   BBBBB..........B........
A a-97  ############------####..
B b-98  #####DDDDDDDDDD#PPPPPPPP
C c-99            --######      

a column is 10 us, the left edge 0.000000 s
# running  : ran for less than half of the column  - runnable  . asleep  D uninterruptible  P parked  T stopped
`,
    );
  });

  test('shows the part, the CPUs and the tasks that are asked for', () => {
    const text = renderTimeline(events, { width: 10, fromNs: 100_000, toNs: 200_000, cpus: [1], tasks: ['c', 98] });
    expect(text.split('\n').slice(2, 5)).toEqual([
      'CPU 1   .....C....', //
      'B c-99  --######  ',
      'C b-98  DDDDD#PPPP',
    ]);
  });

  test('marks a column in which a task ran for a moment', () => {
    const lines = renderTimeline(events, { width: 6 }).split('\n');
    expect(lines.slice(2, 4)).toEqual(['CPU 0   AAACCA', 'CPU 1   BB.B..']);
    expect(lines.slice(5, 6)).toEqual(['B b-98  #:D:PP']);
  });

  test('is painted in runs of one kind', () => {
    const text = renderTimeline(events, { width: 24, tasks: ['a'], paint: (piece, part) => `<${part} ${piece}>` });
    expect(text.split('\n')[4]).toBe(
      '<label A a-97  ><running ############><runnable ------><running ####><sleeping ..>',
    );
  });

  test('of nothing says so', () => {
    expect(renderTimeline([])).toBe('no events\n');
  });

  test('of a real trace keeps its width', () => {
    const file = new URL('../../scenario/oracle/traces/kthread-park-unpark.trace.gz', import.meta.url);
    const text = renderTimeline(readTrace(gunzipSync(readFileSync(file)).toString()).events, { width: 60 });
    const lanes = text.split('\n').slice(2, 7);
    expect(lanes.map((line) => line.length)).toEqual(lanes.map(() => 60 + 'B kthreadd-2   '.length));
    expect(lanes.at(-1)).toMatch(/pk-710 .*P{5}/);
  });
});

test.each([
  [0.5, '0.5 ns'],
  [1, '1 ns'],
  [12_500, '12.5 us'],
  [400_541, '400.541 us'],
  [2e6, '2 ms'],
  [3.25e9, '3.25 s'],
])('a span of %d ns is %s', (ns, text) => {
  expect(formatSpan(ns)).toBe(text);
});

test('an axis has a tick every ten columns or a little more, in round steps', () => {
  expect(timeAxis(40, 3e6)).toEqual(['0            1 ms          2 ms', '|            |             |']);
});
