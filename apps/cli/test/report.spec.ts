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
    expect(kmodel(['report', 'map', trace]).out).toBe(oracle('sched.map'));
  });

  test('kwork takes what to tell, the classes and the trace', () => {
    const trace = dir.file('kwork.txt', oracle('kwork.script').split('\n').slice(0, 2000).join('\n'));
    const { status, out } = kmodel(['report', 'kwork', trace]);
    expect({ status, out }).toEqual({
      status: 0,
      out: expect.stringMatching(/Total Runtime[^]*\(s\)RCU:9[^]*\(w\)0x/),
    });
    expect(kmodel(['report', 'kwork', 'report', trace]).out).toBe(out);
    expect(kmodel(['report', 'kwork', 'latency', '-k', 'softirq', trace]).out).not.toContain('(w)');
    expect(kmodel(['report', 'kwork', 'timehist', '-k', 'irq', trace]).out).toContain('virtio0-req.0:25');
    expect(kmodel(['report', 'kwork', 'top', trace]).out).toContain('4 cpus');
  });

  test('reads what kmodel run writes', () => {
    const trace = dir.at('well.trace');
    const sleeps = WELL.replace('main:', 'main:\n  - msleep: 5');
    kmodel(['run', dir.file('well.yaml', sleeps), '--trace', trace, '--events', 'all']);
    for (const report of ['latency', 'timehist', 'map', 'kwork']) {
      const { status, out, err } = kmodel(['report', report, trace]);
      expect({ report, status, err }).toEqual({ report, status: 0, err: '' });
      expect(out).toMatch(report === 'kwork' ? /\(s\)TIMER:1/ : /kthreadd/);
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

  test('wq has a line for each function of a queue', () => {
    const trace = dir.file('kwork.txt', oracle('kwork.script').split('\n').slice(0, 2000).join('\n'));
    expect(kmodel(['report', 'wq', trace]).out).toMatch(
      /^workqueue +function +queued .*\n- +0xffffffff8149e520 +1 +1 +0 /,
    );
    expect(JSON.parse(kmodel(['report', 'wq', '--json', trace]).out)).toHaveProperty('rows.0.runTotalNs');
  });

  test('lint is content with what kmodel run writes, and names line, rule and function of what it is not', () => {
    const trace = dir.at('well.trace');
    kmodel(['run', dir.file('well.yaml', WELL), '--trace', trace]);
    const clean = kmodel(['report', 'lint', trace]);
    expect(clean).toEqual({
      status: 0,
      err: '',
      out: expect.stringMatching(/^ok .*: \d+ events, and Linux 6.12 explains/),
    });
    const lines = readFileSync(trace, 'utf8').split('\n');
    const i = lines.findIndex((line) => line.includes('sched_switch'));
    const bad = dir.file('bad.trace', [...lines.slice(0, i), lines[i], ...lines.slice(i)].join('\n'));
    const { status, out } = kmodel(['report', 'lint', bad]);
    expect(status).toBe(1);
    expect(out.split('\n')[0]).toMatch(new RegExp(`^${bad}:${i + 2}: prev-not-current: CPU \\d runs`));
    expect(out.split('\n')[1]).toMatch(/ms|s on CPU \d; rule: .* \(kernel\/sched\/core.c __schedule\(\)\)$/);
    const json = JSON.parse(kmodel(['report', 'lint', '--json', bad]).out) as { findings: object[] };
    expect(json.findings[0]).toMatchObject({
      rule: 'prev-not-current',
      line: i + 2,
      linux: expect.stringContaining('__schedule'),
    });
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
        `${file}: the recording lost 7 events in 1 places; the first is line 2\n` +
        `${file}: there is no sched_switch in it: was it recorded?\n`,
    );
  });

  const SWITCH = 'prev_comm=a prev_pid=7 prev_prio=120 prev_state=S ==> next_comm=b next_pid=8 next_prio=120';
  const at = (time: string, event: string): string => `  a-7  [001] d....  ${time}: ${event}\n`;

  test('asks whether the events that it needs were recorded', () => {
    const file = dir.file('t', at('1.000001', `sched_switch: ${SWITCH}`));
    const missing = (...args: string[]): string => kmodel(['report', ...args, file]).err;
    expect(missing('map')).toBe('');
    expect(missing('latency')).toBe(`${file}: there is no sched_waking or sched_wakeup in it: was it recorded?\n`);
    expect(missing('kwork', 'top')).toBe('');
    expect(missing('kwork')).toMatch(/no irq_handler_entry or softirq_entry or workqueue_execute_start in it/);
    expect(missing('wq')).toMatch(/no workqueue_execute_start or/);
  });

  test('says which events it does not understand, and takes them for missing', () => {
    const strange = SWITCH.replace('prev_pid=7', 'prev_pid=0x7 (7)');
    const file = dir.file(
      't',
      at('1.000001', `sched_switch: ${strange}`) + at('1.000002', 'my_event: x').replace('a-7', 'b-8'),
    );
    const { status, err } = kmodel(['report', 'lint', file]);
    expect([status, err]).toEqual([
      0,
      `${file}: 1 events have texts that are not known, and do not count; the first is line 1\n`,
    ]);
  });

  test('says when the instants go back, as in several traces one behind the other', () => {
    const file = dir.file('t', at('5.000000', 'x: y') + at('4.999500', 'x: y') + at('3.000000', 'x: y'));
    expect(kmodel(['report', 'lint', file]).err).toMatch(/^\S+: line 3 is older than the one above it/);
  });

  test('forgets at a hole who ran and who waited', () => {
    const rows = (hole: string): string => {
      const text =
        at('1.000001', `sched_switch: ${SWITCH}`) +
        at('1.000002', 'sched_waking: comm=a pid=7 prio=120 target_cpu=001') +
        hole +
        at(
          '3.000000',
          'sched_switch: prev_comm=c prev_pid=9 prev_prio=120 prev_state=S ==> next_comm=a next_pid=7 next_prio=120',
        );
      const { out } = kmodel(['report', 'latency', '--json', dir.file('t', text)]);
      const { rows: all, switchBugs } = JSON.parse(out) as {
        rows: { comm: string; maxDelayNs: number }[];
        switchBugs: number;
      };
      return `${all.map(({ comm, maxDelayNs }) => `${comm} ${maxDelayNs}`).join()} ${switchBugs}`;
    };
    expect(rows('')).toBe('a 1999998000,b 0 1');
    for (const hole of ['CPU:1 [LOST 3 EVENTS]\n', '##### CPU 1 buffer started ####\n'])
      expect(rows(hole)).toBe('b 0 0');
    expect(rows('CPU:0 [LOST EVENTS]\n')).toBe('a 1999998000,b 0 1');
  });

  test.each([
    ['nothing', '', /is empty/],
    ['no trace', 'a\nb\n', /is no trace: none of its 2 lines is an event/],
    ['a trace.dat', '\x17\x08Dtracing6', /trace-cmd report -N/],
    ['a perf.data', 'PERFILE2', /perf script --ns/],
    ['a trace with the wrong clock', '  a-7  [001] d....    1000123: x: y\n', /echo mono > trace_clock/],
    ['text of Windows', '\xff\xfe#\0', /iconv -f UTF-16/],
    ['a page without a trace', '<!DOCTYPE html>\n<p>\n', /is no trace/],
    ['something compressed', new Uint8Array([0x1f, 0x8b, 8]), /gzip -dc/],
  ])('%s is refused with one message', (_what, content, said) => {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    const { status, out, err } = kmodel(['report', 'latency', dir.file('t', bytes)]);
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
