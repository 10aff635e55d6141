import { trace, world } from '@kernel-model/testkit';

const w = world({ cpus: 1 });
w.kthread('daemon', function* (k) {
  yield* k.busy(1000);
});
w.runFor(5);
const { pass } = { pass: w.trace.some((line) => line.includes('daemon')) };

export const result: unknown = [pass, trace`one`];
export const expected: unknown = [true, ['one']];
