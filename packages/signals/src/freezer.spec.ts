import { describe, expect, it } from '@jest/globals';
import {
  EBUSY,
  PF_NOFREEZE,
  TASK_FREEZABLE,
  TASK_FROZEN,
  TASK_INTERRUPTIBLE,
  TIF_SIGPENDING,
  WaitQueueHead,
  msleep,
  schedule,
  scheduleTimeoutInterruptible,
  scheduleTimeoutUninterruptible,
  setCurrentState,
  waitEvent,
  waitEventFreezable,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { World } from '../test/world.ts';
import {
  __refrigerator,
  freezeKernelThreads,
  freezeTask,
  freezeProcesses,
  freezing,
  frozen,
  getSignal,
  recalcSigpending,
  setFreezable,
  signalPending,
  signalState,
  suspendFreezeProcesses,
  thawKernelThreads,
  thawProcesses,
  tryToFreeze,
} from './index.ts';

/** A user task that passes through user mode every 4 ms. */
function* user(w: World): MaySleep<void> {
  for (;;) {
    yield* scheduleTimeoutInterruptible(w.s, 1);
    if (signalPending(w.s.current)) yield* getSignal(w.sigs);
  }
}

describe('the first phase of a freeze', () => {
  it('freezes user tasks and leaves kernel threads alone (SF-C29, SF-I10)', () => {
    const w = new World();
    w.run(function* () {
      let loops = 0;
      const u = yield* w.process('u', () => user(w));
      const k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        for (;;) {
          loops++;
          yield* scheduleTimeoutInterruptible(w.s, 1);
          yield* tryToFreeze(w.sigs);
        }
      });
      yield* msleep(w.s, 8);
      expect(yield* freezeProcesses(w.sigs)).toBe(0);
      expect([frozen(u), frozen(k)]).toEqual([true, false]);
      const before = loops;
      yield* msleep(w.s, 40);
      expect(loops).toBeGreaterThan(before);
      expect(yield* freezeKernelThreads(w.sigs)).toBe(0);
      expect(frozen(k)).toBe(true);
      const frozenAt = loops;
      yield* msleep(w.s, 40);
      expect(loops).toBe(frozenAt);
      yield* thawProcesses(w.sigs);
      yield* msleep(w.s, 40);
      expect([frozen(u), frozen(k)]).toEqual([false, false]);
      expect(loops).toBeGreaterThan(frozenAt);
      expect(w.sigs.freezer.active).toBe(0);
    });
  });

  it('fails after 20 s for a user task in an uninterruptible sleep, and thaws everything (SF-C39)', () => {
    const w = new World();
    w.run(function* () {
      const u = yield* w.process('u', () => user(w));
      yield* w.process('d', () => waitEvent(w.s, new WaitQueueHead('nothing'), () => false));
      yield* msleep(w.s, 8);
      const startNs = w.sim.now;
      expect(yield* freezeProcesses(w.sigs)).toBe(-EBUSY);
      expect(Math.round((w.sim.now - startNs) / 1e9)).toBe(20);
      expect(w.sigs.freezer.active).toBe(0);
      yield* msleep(w.s, 8);
      expect(frozen(u)).toBe(false);
      const lines = w.s.reports.lines.map((l) => l.text);
      expect(lines[1]).toMatch(
        /^Freezing user space processes failed after 20\.0\d\d seconds \(1 tasks refusing to freeze, wq_busy=0\):$/,
      );
      expect(lines[2]).toBe('task:d               state:D pid:3, waits for nothing');
    });
  });

  it('is given up for a wakeup event (SF-C38)', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('d', () => waitEvent(w.s, new WaitQueueHead('nothing'), () => false));
      yield* w.kthread('button', function* () {
        yield* msleep(w.s, 100);
        w.sigs.freezer.wakeupPending = true;
      });
      expect(yield* freezeProcesses(w.sigs)).toBe(-EBUSY);
      const text = w.s.reports.lines[1]!.text;
      expect(text).toContain('Freezing user space processes aborted after 0.1');
      expect(w.sigs.freezer.pmFreezing).toBe(false);
    });
  });

  it('reports how long it took', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('u', () => user(w));
      yield* msleep(w.s, 8);
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      expect(w.s.reports.lines.map((l) => l.text.replace(/\d\.\d+/, 'N'))).toEqual([
        'Freezing user space processes',
        'Freezing user space processes completed (elapsed N seconds)',
        'Freezing remaining freezable tasks',
        'Freezing remaining freezable tasks completed (elapsed N seconds)',
      ]);
      yield* thawProcesses(w.sigs);
    });
  });
});

describe('a freezable wait', () => {
  it('freezes in place; a wakeup is remembered once and takes effect at the thaw (SF-C30, SF-I11)', () => {
    const w = new World();
    w.run(function* () {
      let ready = false;
      let passed = false;
      const k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        yield* waitEventFreezable(w.s, new WaitQueueHead('h'), () => ready);
        passed = true;
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      yield* suspendFreezeProcesses(w.sigs);
      expect([k.state, k.savedState]).toEqual([TASK_FROZEN, TASK_INTERRUPTIBLE | TASK_FREEZABLE]);
      ready = true;
      expect(wakeUpProcess(w.s, k)).toBe(true);
      expect(k.savedState).toBe(0);
      expect(wakeUpProcess(w.s, k)).toBe(false);
      yield* msleep(w.s, 40);
      expect(passed).toBe(false);
      yield* thawProcesses(w.sigs);
      yield* msleep(w.s, 8);
      expect(passed).toBe(true);
    });
  });

  it('that nobody woke sleeps on after the thaw, without having run (SF-C31)', () => {
    const w = new World();
    w.run(function* () {
      let tests = 0;
      const k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        yield* waitEventFreezable(w.s, new WaitQueueHead('h'), () => {
          tests++;
          return false;
        });
      });
      yield* msleep(w.s, 8);
      const before = tests;
      yield* suspendFreezeProcesses(w.sigs);
      yield* thawProcesses(w.sigs);
      yield* msleep(w.s, 8);
      expect(k.state).toBe(TASK_INTERRUPTIBLE | TASK_FREEZABLE);
      expect(tests).toBe(before);
    });
  });

  it('of a task whose dequeue was delayed counts as asleep (SF-C35)', () => {
    const w = new World();
    w.run(function* () {
      const k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        yield* waitEventFreezable(w.s, new WaitQueueHead('h'), () => false);
      });
      yield* msleep(w.s, 8);
      k.onRq = 1;
      k.se.schedDelayed = true;
      w.sigs.freezer.active = 1;
      w.sigs.freezer.pmNosigFreezing = true;
      expect(freezeTask(w.sigs, k)).toBe(false);
      expect(frozen(k)).toBe(true);
      k.onRq = 0;
      k.se.schedDelayed = false;
      yield* thawProcesses(w.sigs);
    });
  });
});

describe('the refrigerator', () => {
  it('is not left for a wakeup: who stops a frozen thread waits for the thaw (SF-C32)', () => {
    const w = new World();
    w.run(function* () {
      let stop = false;
      let left = false;
      const k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        while (!left) {
          yield* scheduleTimeoutInterruptible(w.s, 1);
          if (freezing(w.sigs, w.s.current)) left = yield* __refrigerator(w.sigs, () => stop);
        }
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      yield* suspendFreezeProcesses(w.sigs);
      expect(frozen(k)).toBe(true);
      stop = true;
      expect(wakeUpProcess(w.s, k)).toBe(false);
      yield* msleep(w.s, 8);
      expect(left).toBe(false);
      yield* thawProcesses(w.sigs);
      yield* msleep(w.s, 8);
      expect(left).toBe(true);
    });
  });

  it('is not entered by a thread that has to stop and asked to look (SF-C32)', () => {
    const w = new World();
    w.run(function* () {
      let was: boolean | null = null;
      w.sigs.freezer.active = 1;
      w.sigs.freezer.pmNosigFreezing = true;
      const k = yield* w.kthread('k', function* () {
        w.s.current.flags &= ~PF_NOFREEZE;
        was = yield* __refrigerator(w.sigs, () => true);
      });
      yield* msleep(w.s, 8);
      expect(was).toBe(false);
      expect(k.exitState).not.toBe(0);
    });
  });

  it('complains about who comes in a state that it cannot give back', () => {
    const w = new World();
    w.run(function* () {
      yield* w.kthread('k', function* () {
        yield* setCurrentState(w.s, 0x40);
        yield* __refrigerator(w.sigs, () => false);
      });
      yield* msleep(w.s, 8);
      expect(w.s.reports.lines[0]!.text).toContain('enters the refrigerator in state 0x40');
    });
  });
});

describe('a freezable kernel thread', () => {
  it('in a plain interruptible sleep is woken early and freezes when it looks (SF-C33)', () => {
    const w = new World();
    w.run(function* () {
      let seen: unknown = null;
      const k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        const left = yield* scheduleTimeoutInterruptible(w.s, 1000);
        seen = [left > 0, freezing(w.sigs, w.s.current), signalPending(w.s.current)];
        yield* tryToFreeze(w.sigs);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      expect(seen).toEqual([true, true, false]);
      expect(frozen(k)).toBe(true);
      yield* thawProcesses(w.sigs);
    });
  });

  it('that never looks makes the second phase fail after 20 s; only kernel threads are thawed then (SF-C33, SF-C38)', () => {
    const w = new World();
    w.run(function* () {
      const u = yield* w.process('u', () => user(w));
      yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        for (;;) yield* scheduleTimeoutInterruptible(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      expect(yield* freezeProcesses(w.sigs)).toBe(0);
      expect(yield* freezeKernelThreads(w.sigs)).toBe(-EBUSY);
      expect(frozen(u)).toBe(true);
      expect(w.sigs.freezer.pmFreezing).toBe(true);
      expect(w.sigs.freezer.pmNosigFreezing).toBe(false);
      yield* thawProcesses(w.sigs);
      yield* msleep(w.s, 8);
      expect(frozen(u)).toBe(false);
    });
  });

  it('in an uninterruptible sleep is woken too (SF-C34)', () => {
    const w = new World();
    w.run(function* () {
      let left = 0;
      yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        left = yield* scheduleTimeoutUninterruptible(w.s, 1000);
        yield* tryToFreeze(w.sigs);
      });
      yield* msleep(w.s, 8);
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      expect(left).toBeGreaterThan(0);
      yield* thawProcesses(w.sigs);
    });
  });

  it('that becomes freezable during the second phase freezes there (SF-C41)', () => {
    const w = new World();
    w.run(function* () {
      let was: boolean | null = null;
      const k = yield* w.kthread('k', function* () {
        yield* msleep(w.s, 40);
        was = yield* setFreezable(w.sigs);
      });
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      yield* msleep(w.s, 80);
      expect(frozen(k)).toBe(true);
      yield* thawProcesses(w.sigs);
      yield* msleep(w.s, 8);
      expect(was).toBe(true);
    });
  });
});

describe('the freezer', () => {
  it('never touches a thread that did not ask to be freezable (SF-I9)', () => {
    const w = new World();
    w.run(function* () {
      let woken = 0;
      const k = yield* w.kthread('k', function* () {
        for (;;) {
          yield* setCurrentState(w.s, TASK_INTERRUPTIBLE | TASK_FREEZABLE);
          yield* schedule(w.s);
          woken++;
        }
      });
      yield* msleep(w.s, 8);
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      expect([frozen(k), woken]).toEqual([false, 0]);
      yield* thawProcesses(w.sigs);
    });
  });

  it('never freezes a victim of the OOM killer (SF-I13)', () => {
    const w = new World();
    w.run(function* () {
      const u = yield* w.process('u', () => user(w));
      signalState(u).oomVictim = true;
      yield* msleep(w.s, 8);
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      expect(frozen(u)).toBe(false);
      yield* thawProcesses(w.sigs);
    });
  });

  it('keeps the flag that brings a user task to the freezer while there is no signal (SF-C40)', () => {
    const w = new World();
    w.run(function* () {
      const u = yield* w.process('u', () => msleep(w.s, 1000));
      u.tif |= TIF_SIGPENDING;
      w.sigs.freezer.active = 1;
      w.sigs.freezer.pmFreezing = true;
      recalcSigpending(w.sigs, u);
      expect(signalPending(u)).toBe(true);
      w.sigs.freezer.pmFreezing = false;
      w.sigs.freezer.active = 0;
      recalcSigpending(w.sigs, u);
      expect(signalPending(u)).toBe(false);
    });
  });

  it('waits for busy workqueues and thaws them before threads (SF-C36, SF-C37, SF-I14)', () => {
    const w = new World();
    w.run(function* () {
      const calls: string[] = [];
      let busy = 3;
      let k: Task | null = null;
      w.sigs.freezer.hooks = {
        freezeWorkqueuesBegin: () => void calls.push('begin'),
        freezeWorkqueuesBusy: () => {
          calls.push(`busy ${busy}`);
          return busy-- > 0;
        },
        thawWorkqueues: () => void calls.push(`thaw, k ${frozen(k!) ? 'frozen' : 'runs'}`),
      };
      k = yield* w.kthread('k', function* () {
        yield* setFreezable(w.sigs);
        yield* waitEventFreezable(w.s, new WaitQueueHead('h'), () => false);
      });
      yield* msleep(w.s, 8);
      expect(yield* suspendFreezeProcesses(w.sigs)).toBe(0);
      yield* thawKernelThreads(w.sigs);
      yield* thawProcesses(w.sigs);
      expect(calls).toEqual(['begin', 'busy 3', 'busy 2', 'busy 1', 'busy 0', 'thaw, k frozen', 'thaw, k runs']);
    });
  });

  it('leaves frozen tasks out of the load and of the sight of khungtaskd: no uninterruptible bit (SF-C42)', () => {
    const w = new World();
    w.run(function* () {
      const u = yield* w.process('u', () => user(w));
      yield* msleep(w.s, 8);
      yield* freezeProcesses(w.sigs);
      expect(u.state).toBe(TASK_FROZEN);
      expect(w.s.rqs.reduce((n, rq) => n + rq.nrUninterruptible, 0)).toBe(0);
      yield* thawProcesses(w.sigs);
    });
  });
});
