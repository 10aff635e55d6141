import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readTrace } from '@kernel-model/trace';
import { ROOT, TestDir, WELL, kmodel } from './world.ts';

const LOST = join(ROOT, 'examples/lost-wakeup.yaml');
const NO_BARRIER = join(ROOT, 'examples/no-barrier.yaml');
const NOT_LOST = join(ROOT, 'examples/no-lost-wakeup.yaml');

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

interface Found {
  readonly executions: number;
  readonly steps: number;
  readonly exhausted: boolean;
  readonly failures: readonly { readonly kind: string; readonly message: string; readonly schedule: string }[];
}

function found(args: readonly string[]): Found & { readonly status: number } {
  const { status, out, err } = kmodel(['explore', '--json', ...args]);
  expect(err).toBe('');
  return { status, ...(JSON.parse(out) as Found) };
}

describe('kmodel explore', () => {
  test('finds the lost wakeup: 1, the schedule, the story and the command that replays it', () => {
    const { status, out, err } = kmodel(['explore', LOST]);
    expect({ status, err }).toEqual({ status: 1, err: '' });
    expect(out).toMatch(
      /^hang: km_main \(pid \d+, D\) waits for completion done; sleeper \(pid \d+, S\) waits for a wakeup\n/,
    );
    expect(out).toMatch(/cpu1 sleeper +read var\.go\n/);
    expect(out).toMatch(/cpu0 km_main +write var\.go +<- cpu1 sleeper has to wait\n/);
    expect(out).toMatch(/npx kmodel replay \S+lost-wakeup\.yaml --schedule k1:\S+\n/);
    expect(out).toMatch(
      /\n1 failure in \d+ executions, \d+ steps, dpor: the search ended at the first; --all goes on\n$/,
    );
  });

  test.each(['dpor', 'dfs', 'pct', 'random'])('finds it with %s, and the schedule shows it again', (strategy) => {
    const { status, failures } = found([LOST, '--strategy', strategy, '--max-executions', '20000']);
    expect(status).toBe(1);
    expect(failures).toHaveLength(1);
    const [{ kind, message, schedule }] = failures as [Found['failures'][0]];
    expect(kind).toBe('hang');
    const again = kmodel(['replay', LOST, '--schedule', schedule]);
    expect(again.status).toBe(1);
    expect(again.err).toContain(message);
    const marks = readTrace(again.out).events.map((event) => event.text);
    expect(marks).toContain('km sleeper > schedule self');
    expect(marks).not.toContain('km sleeper < schedule self = 0');
  });

  test('with store buffers finds the wakeup that is lost without a barrier; the schedule says what memory was like', () => {
    expect(found([NO_BARRIER])).toMatchObject({ status: 0, exhausted: true, failures: [] });
    expect(found([NOT_LOST, '--memory', 'tso'])).toMatchObject({ status: 0, exhausted: true, failures: [] });
    const { status, out } = kmodel(['explore', NO_BARRIER, '--memory', 'tso']);
    expect(status).toBe(1);
    expect(out).toMatch(/cpu1 sleeper +read var\.go\n/);
    expect(out).toMatch(/what cpu1 sleeper stored to sleeper\.state in step \d+ reached memory in step \d+\n/);
    expect(out).toMatch(/1 failure in \d+ executions, \d+ steps, dpor, memory tso: /);
    const [, schedule] = /--schedule (k1tso:\S+)\n/.exec(out)!;
    expect(kmodel(['replay', NO_BARRIER, '--schedule', schedule!]).status).toBe(1);
    expect(kmodel(['explore', NO_BARRIER, '--memory', 'rmo'])).toMatchObject({ status: 2, out: '' });
  });

  test('covers every interleaving of the swapped version, and finds nothing: 0', () => {
    expect(found([NOT_LOST])).toMatchObject({ status: 0, exhausted: true, failures: [] });
    expect(kmodel(['explore', NOT_LOST]).out).toMatch(
      /^no failure in \d+ executions, .*every interleaving was covered\n$/,
    );
  });

  test('covers the interleavings within a bound', () => {
    expect(found([NOT_LOST, '--bound', '1'])).toMatchObject({ status: 0, exhausted: true });
    expect(kmodel(['explore', NOT_LOST, '--bound', '1']).out).toContain('dfs: every interleaving with at most 1');
    // the race needs two preemptions
    expect(found([LOST, '--bound', '1'])).toMatchObject({ status: 0, exhausted: true });
    expect(found([LOST, '--bound', '2']).status).toBe(1);
    expect(found([LOST, '--bound', '2', '--strategy', 'dpor']).status).toBe(1);
    expect(found([LOST, '--bound', '2', '--strategy', 'pct']).status).toBe(1);
  });

  test('stops after so many executions, and says that there are more', () => {
    expect(found([NOT_LOST, '--max-executions', '5'])).toMatchObject({ status: 0, executions: 5, exhausted: false });
    expect(kmodel(['explore', NOT_LOST, '--max-executions', '5']).out).toContain('there are more');
  });

  test('says what it assumes about time, if the scenario names times', () => {
    const file = dir.file('timed.yaml', WELL.replace('  - kthread_stop', '  - msleep: 4\n  - kthread_stop'));
    expect(kmodel(['explore', file]).out).toMatch(/and once before; --early-timers 2 tries more/);
    expect(kmodel(['explore', file, '--early-timers', '0']).out).toMatch(/and only then; --early-timers 1 tries more/);
  });

  test('gives the same answer twice', () => {
    for (const strategy of ['dpor', 'random']) {
      const args = ['explore', LOST, '--strategy', strategy, '--seed', '3'];
      expect(kmodel(args)).toEqual(kmodel(args));
    }
  });

  test('tells progress on a terminal only', () => {
    expect(kmodel(['explore', NOT_LOST], { tty: true }).err).toContain('exploring');
    expect(kmodel(['explore', NOT_LOST]).err).toBe('');
  });

  test('names the machine in the command that replays', () => {
    const out = kmodel(['explore', LOST, '--cpus', '3', '--preempt', 'full', '--seed', '2']).out;
    expect(out).toMatch(/--schedule \S+ --cpus 3 --preempt full --seed 2\n/);
  });
});

describe('kmodel replay', () => {
  const schedule = found([LOST]).failures[0]!.schedule;

  test('writes the trace to a file', () => {
    const ran = kmodel(['replay', LOST, '--schedule', schedule, '--trace', dir.at('t')]);
    expect(ran).toMatchObject({ status: 1, out: '' });
  });

  test('of a schedule that is well is 0', () => {
    const ran = kmodel(['replay', LOST, '--schedule', 'k1:']);
    expect(ran.status).toBe(0);
    expect(ran.err).toMatch(/lost-wakeup\.yaml: ok after \d+ steps\n$/);
    expect(ran.out).toContain('km sleeper < fn sleeper = 0');
  });

  test.each([
    ['nonsense', 'Not a schedule: expected "k1:" at character 1'],
    ['k2:0', 'version'],
    ['k1:0.x', 'at character 6'],
    ['k1:0x0', 'choices in all'],
    ['k1:99', 'does not fit: at choice 1 lane 99 was expected; the choices are lane 0'],
    ['k1:0x5000', 'does not fit'],
  ])('of %s is 2, and says where it is wrong', (text, said) => {
    const ran = kmodel(['replay', LOST, '--schedule', text]);
    expect({ status: ran.status, out: ran.out }).toEqual({ status: 2, out: '' });
    expect(ran.err).toContain(said);
  });
});

// What the search leaves out must not matter: each strategy comes to the same verdict.
describe('dpor agrees with the exhaustive search:', () => {
  const TWO = (body: string, main: string): string =>
    `vars: { a: 0, b: 0 }\nmutexes: [m, n]\ncompletions: [c, d]\n${body}${main}`;
  const thread = (name: string, ...calls: string[]): string =>
    `  ${name}:\n${calls.map((call) => `    - ${call}\n`).join('')}`;
  const MAIN = 'main:\n  - kthread_run: [t, f]\n';
  test.each([
    [
      'a handshake',
      TWO(
        'functions:\n' + thread('f', 'wait_for_completion: c', 'complete: d'),
        `${MAIN}  - complete: c\n  - wait_for_completion: d\n`,
      ),
      0,
    ],
    [
      'a handshake that is asked for twice',
      TWO(
        'functions:\n' + thread('f', 'wait_for_completion: c', 'wait_for_completion: c', 'complete: d'),
        `${MAIN}  - complete: c\n  - wait_for_completion: d\n`,
      ),
      1,
    ],
    [
      'a flag that is looked at once',
      TWO(
        'functions:\n' + thread('f', 'if: { var: a, ge: 1 }\n      then: [{ complete: d }]'),
        `${MAIN}  - var_set: [a, 1]\n  - wait_for_completion: d\n`,
      ),
      1,
    ],
  ])('%s', (_name, text, status) => {
    const file = dir.file('s.yaml', text);
    for (const strategy of ['dpor', 'dfs']) expect(found([file, '--strategy', strategy]).status).toBe(status);
  });
});
