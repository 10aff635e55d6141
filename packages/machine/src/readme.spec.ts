import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
// #region example
import { boot } from './index.ts';
import { Completion } from '@kernel-model/scheduler';

const machine = boot({ cpus: 4, preempt: 'voluntary' });
const { kernel: k } = machine;
const seen: string[] = [];
machine.hub.events$.subscribe((e) => seen.push(`${e.at} [${e.cpu}] ${e.comm}: ${e.name} ${e.text}`));

const never = new Completion('a completion that nobody completes');
machine.post(function* () {
  yield* k.kthreadRun(() => k.waitForCompletionTimeout(never, 1000), null, 'waiter');
});
machine.runFor(100e6); // 100 ms of virtual time
const waiting = machine.blocked()[0]!; // of those who wait, uninterruptible sleepers come first
const story = `${waiting.task.comm} ${waiting.state} ${waiting.waitsFor}`;
// #endregion

test('the example of the README is run here', () => {
  const self = readFileSync(new URL('readme.spec.ts', import.meta.url), 'utf8');
  const code = self
    .slice(self.indexOf('example\n') + 8, self.indexOf('// #endregion'))
    .replace('./index.ts', '@kernel-model/machine');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(code);
  expect(readme).toContain(story);
  expect(story).toBe('waiter D a completion that nobody completes');
  expect(seen.filter((line) => line.includes('sched_process_fork'))).toHaveLength(1);
});
