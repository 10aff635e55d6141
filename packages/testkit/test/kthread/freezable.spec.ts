import { describe, expect, test } from '@jest/globals';
import { TASK_FROZEN, TASK_INTERRUPTIBLE, type Task } from '@kernel-model/scheduler';
import { __thawTask, freezeTask, setFreezable } from '@kernel-model/signals';
import { kthreadFreezableShouldStop } from '@kernel-model/kthread';
import '../../src/jest.ts';
import { world, type World } from '../../src/index.ts';

/** A thread that asks kthread_freezable_should_stop() in each round, and the answers to "was it frozen?". */
function freezable(w: World): { p: Task; answers: boolean[] } {
  const answers: boolean[] = [];
  const p = w.kthread('D', function* (k) {
    yield* setFreezable(w.machine.signals);
    const frozen = { wasFrozen: false };
    while (!(yield* kthreadFreezableShouldStop(w.kthreads, frozen))) {
      answers.push(frozen.wasFrozen);
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
    }
    answers.push(frozen.wasFrozen);
    return 4;
  });
  w.runUntilIdle();
  return { p, answers };
}

function freeze(w: World, on: boolean): void {
  const { freezer } = w.machine.signals;
  freezer.active = on ? 1 : 0;
  freezer.pmNosigFreezing = on;
}

describe('kthread_freezable_should_stop', () => {
  test('freezes the thread if it has to, and says so after the thaw', () => {
    const w = world();
    const { signals } = w.machine;
    const { p, answers } = freezable(w);
    freeze(w, true);
    w.interrupt(() => void freezeTask(signals, p));
    w.runUntilIdle();
    expect([p.state, answers]).toEqual([TASK_FROZEN, [false]]);
    freeze(w, false);
    w.interrupt(() => __thawTask(signals, p));
    w.runUntilIdle();
    expect([p.state, answers]).toEqual([TASK_INTERRUPTIBLE, [false, true]]);
  });

  test('need not say whether it froze', () => {
    const w = world();
    expect(w.run(() => kthreadFreezableShouldStop(w.kthreads))).toBe(false);
  });

  test('does not freeze a thread that is to stop already', () => {
    const w = world();
    const { p, answers } = freezable(w);
    const stopper = w.create('S', (k) => k.kthreadStop(p));
    freeze(w, true);
    w.wake(stopper);
    w.runUntilIdle();
    expect([w.exited(p), w.exited(stopper), answers]).toEqual([true, true, [false, false]]);
    freeze(w, false);
  });
});
