import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TestDir, WELL, kmodel } from './world.ts';

let dir: TestDir;
let trace: string;
beforeEach(() => {
  dir = new TestDir();
  trace = dir.at('well.trace');
  kmodel(['run', dir.file('well.yaml', WELL), '--trace', trace]);
});
afterEach(() => dir.remove());

describe('kmodel convert', () => {
  test('--to ftrace gives a tracefs trace back as it was', () => {
    const converted = kmodel(['convert', trace, '--to', 'ftrace']);
    expect(converted).toEqual({ status: 0, err: '', out: readFileSync(trace, 'utf8') });
  });

  test('--to ftrace puts the text of perf into that of the kernel', () => {
    const perf = ` kworker/0:1-mm_      10 [000]    15.934327420: sched:sched_switch: kworker/0:1:10 [120] W ==> swapper/0:0 [120]\n`;
    const { out } = kmodel(['convert', dir.file('t', perf), '--to', 'ftrace']);
    expect(out.split('\n').at(-2)).toBe(
      ' kworker/0:1-mm_-10      [000] .....    15.934327: sched_switch: prev_comm=kworker/0:1 prev_pid=10 prev_prio=120 prev_state=I ==> next_comm=swapper/0 next_pid=0 next_prio=120',
    );
    expect(out).toContain('entries-written: 1/1   #P:1\n');
  });

  test('--to ftrace says what is missing, where it is', () => {
    const lines = readFileSync(trace, 'utf8').split('\n');
    const first = lines.findIndex((line) => !line.startsWith('#'));
    lines.splice(first + 5, 0, '##### CPU 1 buffer started ####');
    lines.splice(first + 3, 0, 'CPU:1 [LOST 3 EVENTS]');
    const holed = lines.join('\n');
    const { out, err } = kmodel(['convert', dir.file('t', holed), '--to', 'ftrace']);
    expect(out).toBe(holed);
    expect(err).toMatch(/lost 3 events in 1 places/);
  });

  test('--to chrome writes JSON, and --to perfetto packets, into a file', () => {
    expect(kmodel(['convert', trace, '--to', 'chrome', '-o', dir.at('c.json')])).toEqual({
      status: 0,
      out: '',
      err: '',
    });
    expect(JSON.parse(readFileSync(dir.at('c.json'), 'utf8'))).toHaveProperty('traceEvents');
    expect(kmodel(['convert', trace, '--to', 'perfetto', '-o', dir.at('p')])).toEqual({ status: 0, out: '', err: '' });
    expect(readFileSync(dir.at('p'))[0]).toBe(10); // field 1, with a length: a packet
    expect(readdirSync(dir.path).sort()).toEqual(['c.json', 'p', 'well.trace', 'well.yaml']);
  });

  test('bad input leaves no file behind', () => {
    const { status, out } = kmodel(['convert', dir.file('bad', 'a\n'), '--to', 'chrome', '-o', dir.at('out')]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(readdirSync(dir.path)).not.toContain('out');
  });

  test.each([
    [['convert', 'x'], /required option '--to <format>'/],
    [['convert', 'x', '--to', 'pdf'], /Allowed choices are perfetto, chrome, ftrace/],
    [['convert', 'nowhere', '--to', 'chrome'], /nowhere: cannot read it/],
    [['convert', 'TRACE', '--to', 'chrome', '-o', '/'], /\/: cannot write it: this is a directory/],
    [['convert', 'TRACE', '--to', 'chrome', '-o', 'no/where/x'], /no\/where\/x: cannot write it: there is no such/],
    [['convert', 'TRACE', '--to', 'chrome', '-o', ''], /--output takes the name of a file/],
  ])('%j is bad usage', (args, said) => {
    const { status, out, err } = kmodel(args.map((arg) => (arg === 'TRACE' ? trace : arg)));
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(said);
  });

  test('bytes are not written to a terminal', () => {
    expect(kmodel(['convert', trace, '--to', 'perfetto'], { tty: true }).err).toMatch(/give -o FILE/);
  });
});
