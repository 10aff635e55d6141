import { expect, test } from '@jest/globals';
import { TASK_INTERRUPTIBLE } from '@kernel-model/scheduler';
import { timeline, trace, world, type Body } from '../src/index.ts';
import '../src/jest.ts';

/** A daemon that serves one request, and looks for it before it says that it will sleep. */
function daemon(box: { request: boolean }): Body {
  return function* (k) {
    if (!box.request) {
      yield* k.busy(1000); // a wakeup that comes here finds the daemon running
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
    }
    yield* k.busy(3000);
  };
}

test('the daemon sleeps through a request that comes between its test and its sleep', () => {
  const w = world({ cpus: 1 });
  const box = { request: false };
  const p = w.kthread('daemon', daemon(box));
  w.runFor(0.5);
  box.request = true;
  w.wake(p);
  w.runTo(10);
  expect(w).toHaveTrace(trace`
    wakeup daemon on 0
    [0] switch daemon S -> idle
  `);
  expect(w).toMatchTimeline(
    timeline`
      daemon  #zzzzzzzzz
    `,
    { toMs: 10 },
  );
});
