import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HANGS, TestDir, WELL, kmodel } from './world.ts';

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

const loop = (body: string): string =>
  `vars: { v: 0 }\nmain:\n  - while: { not: { var: v, ge: 1 } }\n    do: ${body}\n`;

/** For each: what is in the file, and what is said about it after `FILE:`. */
const FILES: readonly (readonly [what: string, text: string | Uint8Array, said: RegExp])[] = [
  ['an unknown call', 'main:\n  - kthread_runn: [t, f]\n', /^2:5: .*kthread_runn.*did you mean kthread_run\?/],
  ['a wrong argument', 'main:\n  - msleep: soon\n', /^2:13: .*milliseconds/],
  ['a wrong number of arguments', 'completions: [c]\nmain:\n  - complete: [c, 1]\n', /^3:5: complete takes 1 argument/],
  ['a missing function', 'main:\n  - kthread_run: [t, nowhere]\n', /^2:22: there is no function "nowhere"/],
  ['a CPU that the machine has not', 'machine: { cpus: 2 }\nmain_cpu: 5\nmain: [schedule]\n', /^2:11: .*5/],
  ['a cycle', 'main: &m\n  - repeat: 2\n    do: *m\n', /^3:9: /],
  ['10 MB', `# ${'x'.repeat(10e6)}\nmain: [schedule]\n`, /^1:1: .*too large|^1:1: .*bytes/],
  ['invalid UTF-8', new Uint8Array([...Buffer.from('main:\n  - print: '), 0xff, 0xfe, 0x0a]), /^2:12: .*UTF-8/],
  ['no YAML', 'main: [schedule\n', /^\d+:\d+: /],
  ['nothing', '', /^1:1: .*empty/],
  ['a list', '- main\n', /^1:1: /],
  ['no main', 'vars: { v: 0 }\n', /^1:1: .*main/],
  ['an endless loop in which no time passes', loop('[preempt_disable, preempt_enable]'), /^3:5: .*(endless|never end)/],
];

describe('a file with', () => {
  test.each(FILES)('%s is refused with one clear message, and nothing is written', (_what, text, said) => {
    const bad = dir.file('bad.yaml', text);
    const good = dir.file('good.yaml', WELL);
    for (const args of [
      ['run', good, bad, '--out-dir', dir.at('out')],
      ['run', bad, '--trace', dir.at('trace')],
      ['explore', bad, '--json'],
      ['replay', bad, '--schedule', 'k1:', '--trace', dir.at('trace')],
    ]) {
      const ran = kmodel(args);
      expect({ status: ran.status, out: ran.out }).toEqual({ status: 2, out: '' });
      expect(ran.err.startsWith(`${bad}:`)).toBe(true);
      expect(ran.err.slice(bad.length + 1)).toMatch(said);
      expect(ran.err.length).toBeLessThan(1000);
    }
    expect(readdirSync(dir.path).sort()).toEqual(['bad.yaml', 'good.yaml']);
  });

  test('a loop that never ends while time passes runs into the limit of time', () => {
    const ran = kmodel(['run', dir.file('loop.yaml', loop('[{ msleep: 1000 }]')), '--limit', '10s']);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain('not finished at the limit, 11.');
  });

  test('a loop that hardly takes time runs into the limit of time', () => {
    const ran = kmodel(['run', dir.file('loop.yaml', loop('[cond_resched]')), '--limit', '100ms']);
    expect(ran.status).toBe(1);
    expect(ran.err).toMatch(/km_main \(pid \d+, R\) runs on CPU 0/);
  });
});

describe('bad usage is 2, one message and nothing else:', () => {
  const usage = (args: readonly string[], said: RegExp | string, expected = 2): void => {
    const before = readdirSync(dir.path);
    const ran = kmodel(args);
    expect({ status: ran.status, out: ran.out }).toEqual({ status: expected, out: '' });
    expect(ran.err).toMatch(said);
    expect(readdirSync(dir.path)).toEqual(before);
  };

  test('no such file', () => usage(['run', dir.at('none.yaml')], /none\.yaml: cannot read it: there is no such file/));
  test('a directory', () => usage(['run', dir.path], /: cannot read it: this is a directory/));
  test('a file as a directory on the way', () => {
    usage(['run', `${dir.file('a.yaml', WELL)}/b.yaml`], /cannot read it: a part of the path is a file/);
  });
  test('several unreadable files, each named', () => {
    usage(['run', dir.at('a.yaml'), dir.at('b.yaml')], /a\.yaml: .*\n.*b\.yaml: .*\n$/);
  });
  test('two files for one trace', () => {
    const files = [dir.file('a.yaml', WELL), dir.file('b.yaml', WELL)];
    usage(['run', ...files, '--trace', dir.at('t')], /--out-dir/);
  });
  test('two files with one name', () => {
    const file = dir.file('a.yaml', WELL);
    usage(
      ['run', file, dir.file('a.yml', HANGS), '--out-dir', dir.at('o')],
      /a\.yaml and .*a\.yml would both be written/,
    );
    usage(['run', file, file, '--out-dir', dir.at('o')], /would both be written/);
  });
  test('both outputs', () => {
    usage(['run', dir.file('a.yaml', WELL), '--out-dir', dir.at('o'), '--trace', dir.at('t')], /not both/);
  });
  test('an out-dir that is a file', () => {
    const file = dir.file('a.yaml', WELL);
    usage(['run', file, '--out-dir', file], /cannot write it: this is a file, not a directory/);
  });
  test('a trace that is a directory, or in one that is not there', () => {
    const file = dir.file('a.yaml', WELL);
    usage(['run', file, '--trace', dir.path], /this is a directory.*--out-dir/);
    usage(['run', file, '--trace', dir.at('no/t')], /no: cannot write it: there is no such file or directory/);
    usage(['replay', file, '--schedule', 'k1:', '--trace', dir.path], /this is a directory/);
  });
  test.each([
    [[], /Usage: kmodel/],
    [['fly'], /unknown command 'fly'/],
    [['run'], /missing required argument 'file'/],
    [['run', 'x', '--sede', '1'], /unknown option '--sede'.*\n.*--seed/],
    [['run', 'x', '--seed', '1.5'], /'1.5' is invalid.*whole number/],
    [['run', 'x', '--seed'], /argument missing/],
    [['run', 'x', '--cpus', '0'], /from 1 to 64/],
    [['run', 'x', '--cpus', '65'], /from 1 to 64/],
    [['run', 'x', '--preempt', 'lazy'], /Allowed choices are none, voluntary, full/],
    [['run', 'x', '--host', 'big'], /Allowed choices are serial, parallel/],
    [['run', 'x', '--limit', '10'], /a time with its unit/],
    [['run', 'x', '--events', 'sched_swich'], /There is no event "sched_swich". There are: .*sched_switch/],
    [['explore', 'x', '--strategy', 'luck'], /Allowed choices are dpor, dfs, pct, random/],
    [['explore', 'x', '--max-executions', '0'], /whole number from 1/],
    [['explore', 'x', 'y'], /too many arguments/],
    [['replay', 'x'], /required option '--schedule <s>'/],
  ])('%j', (args, said) => usage(args, said));

  test('help and version are 0', () => {
    expect(kmodel(['--help'])).toMatchObject({ status: 0, err: '' });
    expect(kmodel(['help', 'explore']).out).toContain('--max-executions');
    expect(kmodel(['--version'])).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('a name with a quote in it is harmless', () => {
    const file = dir.file(`it's.yaml`, WELL);
    expect(kmodel(['run', file, '--out-dir', dir.at('o')]).status).toBe(0);
    expect(existsSync(dir.at(`o/it's.trace`))).toBe(true);
  });
});
