import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
// #region example
import { boot } from '@kernel-model/machine';
import { formatTrace, TraceRecorder } from '@kernel-model/trace';

const machine = boot({ cpus: 2 });
const { kernel: k } = machine;
const recorder = new TraceRecorder(machine.hub);
let result: number | null = null;
machine.post(function* () {
  const p = yield* k.kthreadRun(
    function* () {
      while (!(yield* k.kthreadShouldStop())) yield* k.scheduleTimeoutInterruptible(25);
      return 42;
    },
    null,
    'daemon',
  );
  if (typeof p === 'number') return; // an errno, negative as in Linux
  yield* k.msleep(200);
  result = yield* k.kthreadStop(p);
});
machine.runFor(1e9); // ns of virtual time
const text = formatTrace(recorder.events(), 2); // what a real kernel would have traced
// #endregion

test('the example of the README of kthread is run here', () => {
  const self = readFileSync(new URL('readme.spec.ts', import.meta.url), 'utf8');
  const code = self.slice(self.indexOf('example\n') + 8, self.indexOf('// #endregion'));
  expect(readFileSync(new URL('../../../kthread/README.md', import.meta.url), 'utf8')).toContain(code);
  expect(result).toBe(42);
  expect(text).toContain('sched_kthread_stop_ret: ret=42');
});
