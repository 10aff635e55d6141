import { describe, expect, test } from '@jest/globals';
import {
  EAGAIN,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_NORMAL,
  doExit,
  kernelClone,
  schedSetattrNocheck,
  taskNice,
  type SchedAttr,
  type Task,
} from '@kernel-model/scheduler';
import { forkSignals } from '@kernel-model/signals';
import '../../src/jest.ts';
import { world } from '../../src/index.ts';

/** What a process with these attributes gets when it forks. */
function forkWith(attr: SchedAttr): Task | number {
  const w = world({ cpus: 2 });
  let child: Task | number = 0;
  w.process('P', function* (k) {
    const parent = k.current;
    expect(schedSetattrNocheck(w.s, parent, attr)).toBe(0);
    child = yield* kernelClone(w.s, {
      name: 'child',
      kthread: false,
      fn: () => doExit(w.s, 0),
      prepare: (p) => (forkSignals(p, parent), 0),
    });
  });
  w.runUntilIdle();
  return child;
}

describe('a forked task', () => {
  test('inherits policy and priority', () => {
    const child = forkWith({ policy: SCHED_FIFO, priority: 20 });
    expect(child).toMatchObject({ policy: SCHED_FIFO, rtPriority: 20, prio: 79, resetOnFork: false });
  });

  test('inherits a slice that its parent asked for (CC-SCHED-45)', () => {
    const child = forkWith({ policy: SCHED_NORMAL, nice: 0, runtime: 8_000_000 }) as Task;
    expect([child.se.customSlice, child.se.slice]).toEqual([true, 8_000_000]);
  });

  test.each([
    ['SCHED_FIFO becomes SCHED_NORMAL 0', { policy: SCHED_FIFO, priority: 20 }],
    ['SCHED_DEADLINE becomes SCHED_NORMAL 0', { policy: SCHED_DEADLINE, runtime: 1e6, deadline: 1e7, period: 1e7 }],
    [
      'a slice of its own and a negative nice value are lost (CC-SCHED-45)',
      { policy: SCHED_NORMAL, nice: -5, runtime: 8e6 },
    ],
  ])('of a parent with reset-on-fork starts afresh: %s', (_, attr) => {
    const child = forkWith({ ...attr, flags: SCHED_FLAG_RESET_ON_FORK }) as Task;
    expect(child).toMatchObject({ policy: SCHED_NORMAL, rtPriority: 0, prio: 120, resetOnFork: false });
    expect([taskNice(child), child.se.customSlice, child.se.slice, child.schedClass.name]).toEqual([
      0,
      false,
      1_400_000,
      'fair',
    ]);
  });

  test('keeps a positive nice value through reset-on-fork', () => {
    expect(taskNice(forkWith({ policy: SCHED_NORMAL, nice: 5, flags: SCHED_FLAG_RESET_ON_FORK }) as Task)).toBe(5);
  });

  test('cannot inherit a reservation: -EAGAIN', () => {
    expect(forkWith({ policy: SCHED_DEADLINE, runtime: 1e6, deadline: 1e7, period: 1e7 })).toBe(-EAGAIN);
  });
});
