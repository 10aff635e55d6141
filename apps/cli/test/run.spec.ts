import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readTrace } from '@kernel-model/trace';
import { HANGS, TestDir, WELL, kmodel } from './world.ts';

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

describe('kmodel run', () => {
  test('of a scenario that comes to its end is 0, and says where the trace is', () => {
    const file = dir.file('well.yaml', WELL);
    const out = dir.at('well.trace');
    const ran = kmodel(['run', file, '--trace', out]);
    expect(ran).toMatchObject({ status: 0, err: '' });
    expect(ran.out).toMatch(/^ok .*well\.yaml: \d+\.\d{3} ms, \d+ events -> .*well\.trace\n$/);
    const trace = readFileSync(out, 'utf8');
    const { events, errors } = readTrace(trace);
    expect(errors).toEqual([]);
    expect(trace).toContain(`# entries-in-buffer/entries-written: ${events.length}/${events.length}   #P:2\n`);
    expect(trace).toContain('tracing_mark_write: km main > fn main\n');
    expect(trace.trimEnd()).toMatch(/tracing_mark_write: km main < fn main = 0$/);
  });

  test('of one that hangs is 1: the trace is there, and the report says who waits for what since when', () => {
    const file = dir.file('hangs.yaml', HANGS);
    const ran = kmodel(['run', file, '--trace', dir.at('hangs.trace')]);
    expect(ran.status).toBe(1);
    expect(ran.err).toMatch(/^hung .*hangs\.yaml: km_main \(pid \d+, D\) waits for completion never\n/);
    expect(ran.err).toMatch(/nothing is left to happen\n/);
    expect(ran.err).toMatch(/km_main .* waits for completion never since \d+\.\d{6} s\n/);
    expect(readFileSync(dir.at('hangs.trace'), 'utf8')).toContain('km main > wait_for_completion never');
  });

  test('of one that does not end in time is 1, and says who runs', () => {
    const file = dir.file('long.yaml', 'main:\n  - busy: 100000\n');
    const ran = kmodel(['run', file, '--limit', '20ms']);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain('not finished at the limit');
    expect(ran.err).toMatch(/km_main \(pid \d+, R\) runs on CPU 0/);
  });

  test('of one that breaks a rule is 1, with the rule, the task and what Linux would do', () => {
    const functions = 'functions:\n  f:\n    - return: 0\n';
    const file = dir.file(
      'gone.yaml',
      `${functions}main:\n  - kthread_run: [t, f]\n  - msleep: 40\n  - kthread_stop: t\n`,
    );
    const ran = kmodel(['run', file, '--trace', dir.at('t')]);
    expect(ran.status).toBe(1);
    expect(ran.err).toMatch(/^oops .*gone\.yaml: kthread_stop: the task t \(pid \d+\) was freed/);
    expect(ran.err).toContain('Linux: use after free');
    expect(ran.err).toMatch(/KTHREAD_USE_AFTER_FREE at \d+\.\d{6} s, by km_main/);
    expect(existsSync(dir.at('t'))).toBe(true);
  });

  test('of one at which the kernel complains and goes on is 0, with what it prints', () => {
    const functions =
      'functions:\n  f:\n    - while: { not: kthread_should_stop }\n      do: [kthread_parkme, { msleep: 4 }]\n';
    const main = 'main:\n  - kthread_run: [t, f]\n  - kthread_park: t\n  - kthread_park: t\n  - kthread_stop: t\n';
    const ran = kmodel(['run', dir.file('twice.yaml', functions + main)]);
    expect(ran.status).toBe(0);
    expect(ran.err).toMatch(/^the kernel complained .*twice\.yaml: WARNING: kthread_park/);
  });

  test('without a place for the trace says how to keep it', () => {
    const ran = kmodel(['run', dir.file('well.yaml', WELL)]);
    expect(ran.status).toBe(0);
    expect(ran.out).toMatch(/ok .*\n.*--trace FILE/);
  });

  test('with --trace - prints the trace and nothing else', () => {
    const ran = kmodel(['run', dir.file('well.yaml', WELL), '--trace', '-']);
    expect(ran.out).toMatch(/^# tracer: nop\n/);
    expect(readTrace(ran.out).errors).toEqual([]);
    expect(ran.err).toMatch(/^ok /);
  });

  test('with --out-dir makes the directory and names traces after the files, also of those that fail', () => {
    const files = [dir.file('a.b.yaml', WELL), dir.file('c.yml', HANGS)];
    const ran = kmodel(['run', ...files, '--out-dir', dir.at('x/y')]);
    expect(ran.status).toBe(1);
    expect(readdirSync(dir.at('x/y')).sort()).toEqual(['a.b.trace', 'c.trace']);
  });

  test('of many shows a sum, and on a terminal how far it is', () => {
    const files = Array.from({ length: 12 }, (_, i) => dir.file(`s${i}.yaml`, WELL));
    const ran = kmodel(['run', ...files, '--out-dir', dir.at('out')], { tty: true });
    expect(ran.out).toMatch(/^12 scenarios: 12 ok, 0 failed, \d+ events -> .*out\n$/);
    expect(ran.err).toContain('12/12 s11');
    expect(kmodel(['run', ...files, '--out-dir', dir.at('out')]).err).toBe('');
  });

  test('gives the same bytes twice, with a seed and without', () => {
    const file = dir.file('well.yaml', WELL);
    for (const seed of [[], ['--seed', '7']]) {
      const once = kmodel(['run', file, '--trace', '-', ...seed]);
      expect(kmodel(['run', file, '--trace', '-', ...seed])).toEqual(once);
    }
  });

  test('takes the machine from the command line', () => {
    const file = dir.file('well.yaml', WELL);
    expect(kmodel(['run', file, '--cpus', '4', '--trace', '-']).out).toContain('#P:4');
    for (const preempt of ['none', 'voluntary', 'full']) {
      expect(kmodel(['run', file, '--preempt', preempt, '--host', 'parallel']).status).toBe(0);
    }
    const pinned = dir.file('pinned.yaml', 'main:\n  - set_cpus_allowed: [self, 8]\n');
    expect(kmodel(['run', pinned, '--cpus', '4']).status).toBe(0);
  });

  test('records what a recorded trace has, unless it is told otherwise', () => {
    const file = dir.file('well.yaml', 'main:\n  - msleep: 8\n');
    const names = (...args: string[]): Set<string> =>
      new Set(readTrace(kmodel(['run', file, '--trace', '-', ...args]).out).events.map((event) => event.name));
    expect(names()).toEqual(new Set(['tracing_mark_write', 'sched_switch', 'sched_waking', 'sched_wakeup']));
    expect(names('--events', 'all')).toContain('softirq_entry');
    expect([...names('--events', 'sched_sw*,softirq_entry')].sort()).toEqual(['sched_switch', 'softirq_entry']);
    expect(names('--events', 'default,softirq_raise')).toContain('softirq_raise');
  });

  test('records how long tasks slept with --schedstats, and says so to who asks for it without', () => {
    const file = dir.file('well.yaml', 'main:\n  - msleep: 8\n');
    const ask = ['run', file, '--trace', '-', '--events', 'sched_stat_blocked'];
    expect(kmodel([...ask, '--schedstats']).out).toMatch(
      /sched_stat_blocked: comm=km_main pid=\d+ delay=\d{7,8} \[ns\]/,
    );
    const without = kmodel(ask);
    expect(without.out).not.toContain('sched_stat_blocked');
    expect(without.err).toContain('sched_stat_blocked: the kernel tells these only with --schedstats.\n');
    expect(kmodel(['run', file, '--trace', '-', '--events', 'all']).err).not.toContain('schedstats');
  });

  test('has colours on a terminal, unless NO_COLOR is set', () => {
    const file = dir.file('well.yaml', WELL);
    expect(kmodel(['run', file], { tty: true }).out).toContain('\x1b[32mok');
    expect(kmodel(['run', file], { tty: true, env: { NO_COLOR: '1' } }).out).not.toContain('\x1b');
    expect(kmodel(['run', file]).out).not.toContain('\x1b');
  });

  test('replaces a trace that was there, whole', () => {
    mkdirSync(dir.at('out'));
    const file = dir.file('well.yaml', WELL);
    dir.file('out/well.trace', 'x'.repeat(1e6));
    expect(kmodel(['run', file, '--out-dir', dir.at('out')]).status).toBe(0);
    expect(readFileSync(dir.at('out/well.trace'), 'utf8')).toMatch(/^# tracer: nop\n/);
    expect(readdirSync(dir.at('out'))).toEqual(['well.trace']);
  });
});
