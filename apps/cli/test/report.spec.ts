import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT, TestDir, WELL, kmodel } from './world.ts';

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

const oracle = (name: string): string =>
  gunzipSync(readFileSync(join(ROOT, `packages/analysis/oracle/${name}.txt.gz`))).toString();

describe('kmodel report', () => {
  test('prints what perf prints', () => {
    const trace = dir.file('sched.txt', oracle('sched.script'));
    expect(kmodel(['report', 'latency', trace])).toEqual({ status: 0, err: '', out: oracle('sched.latency') });
    expect(kmodel(['report', 'timehist', trace]).out).toBe(oracle('sched.timehist'));
    expect(kmodel(['report', 'map', trace]).out).toBe(oracle('sched.map'));
  });

  test('kwork takes what to tell, the classes and the trace', () => {
    const trace = dir.file('kwork.txt', oracle('kwork.script'));
    expect(kmodel(['report', 'kwork', trace, '-k', 'workqueue']).out).toBe(oracle('kwork.workqueue.report'));
    expect(kmodel(['report', 'kwork', 'top', trace]).out).toBe(oracle('kwork.top'));
  });

  test('reads what kmodel run writes', () => {
    const trace = dir.at('well.trace');
    kmodel(['run', dir.file('well.yaml', WELL), '--trace', trace, '--events', 'all']);
    for (const report of ['latency', 'timehist', 'map', 'kwork']) {
      const { status, out, err } = kmodel(['report', report, trace]);
      expect({ report, status, err }).toEqual({ report, status: 0, err: '' });
      expect(out).toMatch(report === 'kwork' ? /\(s\)SCHED:7/ : /kthreadd/);
    }
  });

  test('--json prints the same figures, with their units in their names', () => {
    const trace = dir.file('sched.txt', oracle('sched.script'));
    const parse = (...args: string[]): never => JSON.parse(kmodel(['report', ...args, trace, '--json']).out) as never;
    const latency = parse('latency') as { rows: object[] };
    // as perf has it: TOTAL: 12654.015 ms, 1905
    expect(latency).toMatchObject({ count: 1905, runtimeNs: 12_654_015_282 });
    expect(latency.rows[0]).toMatchObject({ comm: 'busybox', tasks: 3, count: 9 });
    const { rows, summary } = parse('timehist') as { rows: object[]; summary: object };
    expect([rows.length, rows[1]]).toEqual([2609, expect.objectContaining({ comm: 'migration/0', delayNs: 112531 })]);
    expect(parse('timehist', '-s')).toEqual({ summary });
    expect(parse('map')).toMatchObject({ rows: { length: 2609 } });
    expect(parse('kwork', 'timehist')).toEqual({ runs: [] });
  });

  test('counts lines that cannot be read and events that were lost, and goes on', () => {
    const text = `what is this
CPU:1 [LOST 7 EVENTS]
 x-1 [000] d.... 1.000001: sched_waking: comm=a pid=97 prio=120 target_cpu=000
`;
    const file = dir.file('t', text);
    const { status, err } = kmodel(['report', 'latency', file]);
    expect(status).toBe(0);
    expect(err).toBe(
      `${file}: 1 of 3 lines could not be read; the first is line 1: what is this\n` +
        `${file}: the recording lost 7 events in 1 places; the first is line 2\n`,
    );
  });

  test.each([
    ['nothing', '', /is empty/],
    ['no trace', 'a\nb\n', /is no trace: none of its 2 lines is an event/],
    ['a trace.dat', '\x17\x08Dtracing6', /trace-cmd report -N/],
    ['a perf.data', 'PERFILE2', /perf script --ns/],
    ['something compressed', new Uint8Array([0x1f, 0x8b, 8]), /gzip -dc/],
  ])('%s is refused with one message', (_what, content, said) => {
    const { status, out, err } = kmodel(['report', 'latency', dir.file('t', content)]);
    expect({ status, out, lines: err.split('\n').length }).toEqual({ status: 2, out: '', lines: 2 });
    expect(err).toMatch(said);
  });

  test.each([
    [['report'], /Usage: kmodel report/],
    [['report', 'latency'], /missing required argument 'trace'/],
    [['report', 'latency', 'nowhere.trace'], /nowhere.trace: cannot read it: there is no such file/],
    [['report', 'kwork', 'often', 'x'], /kwork takes one of report, latency, timehist, top/],
    [['report', 'kwork', '-k', 'timer', 'x'], /It takes some of irq,softirq,workqueue/],
    [['report', 'kwork', 'top', '-k', 'irq', 'x'], /leave out -k/],
    [['report', 'map', '--cpus', '0', 'x'], /from 1 to 4096/],
  ])('%j is bad usage', (args, said) => {
    const { status, out, err } = kmodel(args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(said);
  });
});
