import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { CompareSummary, compareTraces, failed, formatComparison, KINDS, type JudgedFile } from './index.ts';

const oracle = new URL('../../scenario/oracle/', import.meta.url);
const names = readdirSync(new URL('traces/', oracle)).map((file) => file.replace(/\.trace\.gz$/, ''));
const read = (name: string): string => gunzipSync(readFileSync(new URL(`traces/${name}.trace.gz`, oracle))).toString();
const judged = JSON.parse(readFileSync(new URL('judged.json', oracle), 'utf8')) as JudgedFile;
const flush = read('kworker-queue-flush');
const order = read('completion-order');

/** The trace with the nth line that contains a text changed. */
function changed(containing: string, nth: number, change: (line: string) => string, text: string = flush): string {
  let seen = 0;
  return text
    .split('\n')
    .map((line) => (line.includes(containing) && seen++ === nth ? change(line) : line))
    .join('\n');
}

describe('a real trace', () => {
  test.each(names)('%s is the same as itself', (name) => {
    const text = read(name);
    const result = compareTraces(text, text);
    expect([result.same, result.kinds, result.bad]).toEqual([true, KINDS, []]);
  });

  test('differs from the next one, in what it is judged by', () => {
    const summary = new CompareSummary();
    names.forEach((name, i) => {
      summary.add(name, compareTraces(read(name), read(names[(i + 1) % names.length]!), judged[name]));
    });
    // the line that compare.py --all prints for these pairs
    expect(summary.text().trimEnd().split('\n').at(-1)).toBe(
      'calls 1/196 timing 0/162 tasks 11/201 cpu 123/204 cpus 159/210 tlb 0/11 works 130/190 all 3/210',
    );
  });
});

describe('a changed trace', () => {
  test('differs in its calls if a result differs, and then its timing does not count as the same', () => {
    const { differences } = compareTraces(
      flush,
      changed(' < ', 0, (line) => line.replace(/= 0$/, '= -12')),
    );
    expect(differences.calls).toHaveLength(1);
    expect(differences.calls[0]).toMatch(/^main #\d+: real '< .* = 0', model '< .* = -12'$/);
    expect(differences.timing).toEqual(['calls differ']);
    expect(differences.tasks).toEqual([]);
  });

  test('may be late by a tick and 1 ms, not more', () => {
    const late = (us: number) => (line: string) =>
      line.replace(/ (\d+)\.(\d{6}):/, (_, s: string, f: string) => {
        const at = Number(s) * 1_000_000 + Number(f) + us;
        return ` ${Math.floor(at / 1_000_000)}.${String(at % 1_000_000).padStart(6, '0')}:`;
      });
    expect(compareTraces(order, changed('km main > ', 1, late(4_900), order)).bad).toEqual([]);
    const { differences, bad } = compareTraces(order, changed('km main > ', 1, late(5_100), order));
    expect(bad).toEqual(['timing']);
    expect(differences.timing[0]).toMatch(/^main #1 '> .*': real \d+\.\d{3} ms, model \d+\.\d{3} ms$/);
  });

  test('differs in tasks, tlb, works or cpus if an event is missing or elsewhere', () => {
    const gone = (): string => '';
    const bad = (text: string): readonly string[] => compareTraces(flush, text).bad;
    expect(bad(changed('sched_kthread_stop:', 0, gone))).toEqual(['tasks']);
    expect(bad(changed('kw_fn', 0, gone))).toEqual(['works']);
    const extra = '          <idle>-0       [000] d..2. $1: tlb_flush: pages:-1 reason:flush on task switch (0)\n$&';
    expect(bad(changed('kw_fn', 0, (line) => line.replace(/^.* ([\d.]+): .*$/, extra)))).toEqual(['tlb']);
    const moved = changed('next_comm=km_main', 1, (line) => line.replace(/\[00(\d)\]/, (_, cpu) => `[00${1 - cpu}]`));
    expect(bad(moved)).toEqual(['cpus']);
  });

  test('counts only in the projections and for the tasks that the scenario is judged by', () => {
    const text = changed('sched_kthread_stop:', 0, () => '');
    expect(compareTraces(flush, text, { kinds: ['calls', 'works'] }).same).toBe(true);
    expect(compareTraces(flush, text, { kinds: ['tasks'], tasks: ['km_main'] }).same).toBe(true);
    expect(compareTraces(flush, text, { kinds: ['tasks'], tasks: ['demo_worker'] }).same).toBe(false);
  });

  test('that holds no scenario differs in everything, with the reason', () => {
    const result = compareTraces(flush, 'nothing\n', { kinds: ['calls', 'tasks'], tasks: [] }, { model: 'm.trace' });
    expect(result.bad).toEqual(['calls', 'tasks']);
    expect(result.differences.tasks).toEqual(['m.trace: no mark "km main > fn main"']);
  });
});

describe('a summary', () => {
  test('lists what differs and adds up the rest', () => {
    const summary = new CompareSummary();
    summary.add('a', compareTraces(flush, flush));
    summary.add('b', failed('no file', { kinds: ['calls', 'tlb'] }));
    summary.add('c', failed('not judged', { kinds: [] }));
    expect(summary.text()).toBe(
      'b: calls: no file; tlb: no file\n' +
        'calls 1/2 timing 1/1 tasks 1/1 cpu 1/1 cpus 1/1 tlb 1/2 works 1/1 all 1/2\n',
    );
  });

  test('of one pair has a line for each projection', () => {
    expect(formatComparison(compareTraces(flush, flush))).toBe(KINDS.map((kind) => `${kind}: same\n`).join(''));
  });
});
