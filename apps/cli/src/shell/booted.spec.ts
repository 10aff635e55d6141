import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { formatStack, formatTaskStat, kernelStack, procTaskName, taskStat, wchan } from '@kernel-model/procfs';
import { Shell } from './shell.ts';

const REAL = readFileSync(new URL('../../../../packages/procfs/test/boot-ps.trace', import.meta.url), 'utf8').split(
  '\n',
);

/** Fields of /proc/PID/stat, numbered as in proc(5), that depend on what the machine has done since. */
const HISTORY: readonly number[] = [14, 15, 22, 39];

/** A worker is known by its number, whatever it worked for last. */
function plainName(name: string): string {
  return name.replace(/^(kworker\/[u\d][^-+]*).*/, '$1');
}

/** Fields 3 and up. */
function fields(stat: string): string[] {
  const [, rest] = /\) (.*)$/m.exec(stat)!;
  return rest!.split(' ').map((field, i) => (HISTORY.includes(i + 3) ? '*' : field));
}

const stats = new Map<string, string[]>();
const stacks = new Map<string, { readonly wchan: string; readonly stack: string }>();
for (const line of REAL) {
  const stat = /^\d+ \((.*)\) [A-Z] /.exec(line);
  if (stat !== null) stats.set(plainName(stat[1]!), fields(line));
  const stack = /^(\S+) wchan=(\S+) cls=\d stack: (.*) $/.exec(line);
  if (stack !== null) stacks.set(plainName(stack[1]!), { wchan: stack[2]!, stack: stack[3]! });
}

describe('a machine that has booted', () => {
  const shell = new Shell({ stdout: { write: () => 0 }, stderr: { write: () => 0 } });
  shell.runLine('run 3s');
  // rcu_preempt was busy when the real machine was looked at
  const threads = [...shell.machine.sched.tasks.values()].filter(
    (p) => stats.has(plainName(procTaskName(p))) && p.comm !== 'init' && p.comm !== 'rcu_preempt',
  );

  test('has kernel threads of the real one', () => {
    expect(threads.length).toBeGreaterThan(40);
  });

  test.each(threads.map((p) => [plainName(procTaskName(p)), p] as const))('shows %s as Linux does', (name, p) => {
    expect(fields(formatTaskStat(taskStat(p)))).toEqual(stats.get(name));
    const stack = formatStack(kernelStack(p)).trimEnd().replaceAll('\n', ' ');
    expect({ wchan: wchan(p), stack }).toEqual(stacks.get(name));
  });
});
