import { describe, expect, it } from '@jest/globals';
import {
  ERESTARTSYS,
  TASK_INTERRUPTIBLE,
  WaitQueueHead,
  msleep,
  schedule,
  setCurrentState,
  waitEventFreezable,
  waitEventInterruptible,
} from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import {
  allowSignal,
  frozen,
  kernelDequeueSignal,
  sendSig,
  setFreezable,
  signalPending,
  suspendFreezeProcesses,
  thawProcesses,
} from './index.ts';

describe('in whatever order things happen', () => {
  it('a signal that a kernel thread allowed ends its wait and is taken once', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const w = new World(seed);
      w.run(function* () {
        const taken: number[] = [];
        let ready = false;
        const t = yield* w.kthread('k', function* () {
          yield* allowSignal(w.sigs, 10);
          ready = true;
          expect(yield* waitEventInterruptible(w.s, new WaitQueueHead('h'), () => false)).toBe(-ERESTARTSYS);
          taken.push(yield* kernelDequeueSignal(w.sigs), yield* kernelDequeueSignal(w.sigs));
          yield* msleep(w.s, 1000);
        });
        while (!ready) yield* msleep(w.s, 4);
        yield* sendSig(w.sigs, 10, t, 0);
        while (taken.length < 2) yield* msleep(w.s, 4);
        expect(taken).toEqual([10, 0]);
      });
    }
  });

  it('a signal between set_current_state() and schedule() is not lost: the sleep does not happen', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const w = new World(seed);
      w.run(function* () {
        let awake = false;
        const t = yield* w.kthread('k', function* () {
          yield* allowSignal(w.sigs, 10);
          yield* setCurrentState(w.s, TASK_INTERRUPTIBLE);
          if (!signalPending(w.s.current)) yield* schedule(w.s);
          awake = true;
          yield* msleep(w.s, 1000);
        });
        while (!awake) {
          yield* sendSig(w.sigs, 10, t, 0);
          yield* msleep(w.s, 4);
        }
      });
    }
  });

  it('a freeze catches a thread that waits freezably, however it comes to its wait', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const w = new World(seed);
      w.run(function* () {
        const t = yield* w.kthread('k', function* () {
          yield* setFreezable(w.sigs);
          yield* waitEventFreezable(w.s, new WaitQueueHead('h'), () => false);
        });
        expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
        yield* msleep(w.s, 40);
        // a thread that has not become freezable yet freezes when it does
        expect(frozen(t)).toBe(true);
        yield* thawProcesses(w.sigs);
      });
    }
  });
});
