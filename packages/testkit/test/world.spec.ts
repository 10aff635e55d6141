import { describe, expect, test } from '@jest/globals';
import { TASK_INTERRUPTIBLE } from '@kernel-model/scheduler';
import '../src/jest.ts';
import { timeline, trace, world } from '../src/index.ts';

describe('a world', () => {
  test('runs the code of a daemon and shows what happened', () => {
    const w = world({ cpus: 1 });
    const daemon = w.kthread('daemon', function* (k) {
      while (!(yield* k.kthreadShouldStop())) {
        yield* k.setCurrentState(TASK_INTERRUPTIBLE);
        yield* k.schedule();
      }
      return 7;
    });
    w.runUntilIdle();
    w.clear();
    const result = w.run((k) => k.kthreadStop(daemon));
    expect(result).toBe(7);
    expect(w).toHaveTrace(trace`
      stop daemon
      [0] waking daemon
      [0] wakeup daemon on 0
      switch main D -> daemon
      exit daemon
      stop_ret 7
    `);
    expect(w).not.toHaveTrace('migrate daemon 0 -> 1');
  });

  test('draws who ran when', () => {
    const w = world({ cpus: 1 });
    w.kthread('A', function* (k) {
      yield* k.busy(3000);
      yield* k.msleep(3);
      yield* k.busy(2000);
    });
    w.runTo(20);
    expect(w).toMatchTimeline(
      timeline`
        A  ###zzzzz##
      `,
      { toMs: 20 },
    );
  });
});
