// A Jest test of a daemon of one's own, with the testkit's matchers.
import { expect, test } from '@jest/globals';
import { timeline, trace, world } from '@kernel-model/testkit';
import '@kernel-model/testkit/jest';

test('the daemon works, sleeps, and works again', () => {
  const w = world({ cpus: 1 });
  w.kthread('daemon', function* (k) {
    yield* k.busy(2000);
    yield* k.msleep(3);
    yield* k.busy(1000);
  });
  w.runTo(12);
  expect(w).toHaveTrace(trace`
    [0] switch daemon D -> idle
    wakeup daemon on 0
  `);
  expect(w).not.toHaveTrace(trace`
    wakeup nobody on 0
  `);
  expect(() =>
    expect(w).toMatchTimeline(timeline`
      daemon  z
    `),
  ).toThrow(/The tasks ran like this/);
});
