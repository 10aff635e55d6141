import { describe, expect, it } from '@jest/globals';
import {
  ERESTARTSYS,
  ESRCH,
  EPERM,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  TIF_NOTIFY_SIGNAL,
  TIF_SIGPENDING,
  WaitQueueHead,
  msleep,
  scheduleTimeoutIdle,
  scheduleTimeoutInterruptible,
  schedule,
  setCurrentState,
  waitEvent,
  waitEventInterruptible,
  waitEventKillable,
  wakeUp,
  wakeUpProcess,
} from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import {
  SIGNAL_GROUP_EXIT,
  SIG_BLOCK,
  SIG_DFL,
  SIG_IGN,
  SIG_KTHREAD,
  SIG_UNBLOCK,
  SigSet,
  allowKernelSignal,
  allowSignal,
  disallowSignal,
  fatalSignalPending,
  flushSignals,
  forceSig,
  ignoreSignals,
  kernelDequeueSignal,
  kernelSigaction,
  kill,
  sendSig,
  setNotifySignal,
  signalPending,
  signalState,
  sigprocmask,
  taskSigpending,
  tkill,
} from './index.ts';

/** The last field of the last signal_generate. */
function lastResult(w: World): number {
  w.hub.flush();
  return Number(/res=(\d)/.exec(w.log.at(-1) ?? '')?.[1]);
}

describe('a kernel thread', () => {
  it('starts with 64 ignored signals, none blocked, none pending (SF-I1)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', () => msleep(w.s, 1000));
      const { group, blocked, pending } = signalState(t);
      for (let sig = 1; sig <= 64; sig++) expect(group.action(sig).handler).toBe(SIG_IGN);
      expect([blocked.empty, pending.signal.empty, group.sharedPending.signal.empty, group.flags]).toEqual([
        true,
        true,
        true,
        0,
      ]);
    });
  });

  it('has its table from ignore_signals, which leaves the blocked set alone (SF-I1)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', () => msleep(w.s, 1000));
      const state = signalState(t);
      state.blocked.add(15);
      state.pending.signal.add(15);
      t.tif |= TIF_SIGPENDING;
      yield* ignoreSignals(w.sigs, t);
      expect(state.group.action(64).handler).toBe(SIG_IGN);
      expect(state.blocked.toArray()).toEqual([15]);
      expect(state.pending.signal.empty).toBe(true);
      expect(taskSigpending(t)).toBe(false);
    });
  });

  it('does not notice kill -9: rc 0, res=1, no flag, no wakeup (SF-C1)', () => {
    const w = new World();
    w.run(function* () {
      let woken = 0;
      const t = yield* w.kthread('k', function* () {
        for (;;) {
          yield* setCurrentState(w.s, TASK_INTERRUPTIBLE);
          yield* schedule(w.s);
          woken++;
        }
      });
      yield* msleep(w.s, 4);
      expect(yield* kill(w.sigs, t.pid, 9)).toBe(0);
      yield* msleep(w.s, 4);
      expect(woken).toBe(0);
      expect(t.tif).toBe(0);
      expect(w.log).toEqual([`signal_generate sig=9 errno=0 code=0 comm=k pid=${t.pid} grp=1 res=1`]);
    });
  });

  it('cannot be signalled by somebody else: -EPERM and no trace (SF-C2)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', () => msleep(w.s, 1000));
      let error = 0;
      yield* w.process('u', function* () {
        signalState(w.s.current).group.uid = 1000;
        error = yield* kill(w.sigs, t.pid, 9);
      });
      yield* msleep(w.s, 8);
      expect(error).toBe(-EPERM);
      expect(w.log.filter((line) => line.includes('comm=k'))).toEqual([]);
    });
  });

  it('answers kill -0 without a trace; a pid that is gone is -ESRCH (SF-C3)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', () => msleep(w.s, 1000));
      expect(yield* kill(w.sigs, t.pid, 0)).toBe(0);
      expect(yield* kill(w.sigs, 999, 9)).toBe(-ESRCH);
      expect(yield* tkill(w.sigs, 999, 9)).toBe(-ESRCH);
      expect(w.log).toEqual([]);
    });
  });

  it('that allowed SIGKILL sleeps again in a killable wait after kill(2), and wakes for send_sig (SF-C4, SF-C5)', () => {
    const w = new World();
    w.run(function* () {
      const h = new WaitQueueHead('h');
      let tests = 0;
      let result = 1;
      const taken: number[] = [];
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 9);
        result = yield* waitEventKillable(w.s, h, () => {
          tests++;
          return false;
        });
        taken.push(
          yield* kernelDequeueSignal(w.sigs),
          yield* kernelDequeueSignal(w.sigs),
          yield* kernelDequeueSignal(w.sigs),
        );
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      const before = tests;
      yield* kill(w.sigs, t.pid, 9);
      yield* msleep(w.s, 4);
      const state = signalState(t);
      expect(tests - before).toBe(1);
      expect(t.state).toBe(TASK_KILLABLE);
      expect(taskSigpending(t)).toBe(true);
      expect(state.group.sharedPending.signal.toString()).toBe('0000000000000100');
      expect(fatalSignalPending(t)).toBe(false);
      expect(yield* sendSig(w.sigs, 9, t, 1)).toBe(0);
      expect(state.pending.signal.toString()).toBe('0000000000000100');
      expect(fatalSignalPending(t)).toBe(true);
      yield* msleep(w.s, 4);
      expect(result).toBe(-ERESTARTSYS);
      expect(taken).toEqual([9, 9, 0]);
    });
  });

  it('takes a standard signal that was sent twice once (SF-C6)', () => {
    const w = new World();
    w.run(function* () {
      const taken: number[] = [];
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 15);
        yield* msleep(w.s, 8);
        taken.push(yield* kernelDequeueSignal(w.sigs), yield* kernelDequeueSignal(w.sigs));
      });
      yield* msleep(w.s, 4);
      yield* kill(w.sigs, t.pid, 15);
      expect(lastResult(w)).toBe(0);
      yield* kill(w.sigs, t.pid, 15);
      expect(lastResult(w)).toBe(2);
      yield* msleep(w.s, 20);
      expect(taken).toEqual([15, 0]);
    });
  });

  it('takes a private and a shared signal of one number both (SF-C7)', () => {
    expect(dequeued([15], ['private 15', 'shared 15'])).toEqual([15, 15]);
  });

  it('takes three real-time signals as one: it queues no entries (SF-C8, SF-I4)', () => {
    expect(dequeued([40], ['private 40', 'private 40', 'private 40'])).toEqual([40]);
  });

  it('takes its own signals before those of the process (SF-C9)', () => {
    expect(dequeued([15, 40], ['shared 15', 'private 40'])).toEqual([40, 15]);
  });

  it('takes faults first, then the lowest number (SF-C10, SF-I7)', () => {
    expect(dequeued([10, 11, 15], ['private 15', 'private 11'])).toEqual([11, 15]);
    expect(dequeued([10, 15], ['private 15', 'private 10'])).toEqual([10, 15]);
  });

  it('that listens to the kernel alone is not reached by users (SF-C11)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', function* () {
        yield* allowKernelSignal(w.sigs, 10);
        yield* waitEventInterruptible(w.s, new WaitQueueHead('h'), () => false);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      yield* kill(w.sigs, t.pid, 10);
      expect(lastResult(w)).toBe(1);
      yield* sendSig(w.sigs, 10, t, 0);
      expect(lastResult(w)).toBe(1);
      expect(signalPending(t)).toBe(false);
      yield* sendSig(w.sigs, 10, t, 1);
      expect(lastResult(w)).toBe(0);
      expect(signalPending(t)).toBe(true);
    });
  });

  it('that listens to the kernel alone hears the idle task, which has no pid (SF-C12)', () => {
    const w = new World();
    let t: ReturnType<typeof w.s.tasks.get>;
    w.run(function* () {
      t = yield* w.kthread('k', function* () {
        yield* allowKernelSignal(w.sigs, 10);
        yield* waitEventInterruptible(w.s, new WaitQueueHead('h'), () => false);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      const idle = w.s.cpus.findIndex((c) => c.rq.curr === c.rq.idle);
      expect(idle).not.toBe(-1);
      w.s.cpus[idle]!.callFunction(() => {
        for (const _ of sendSig(w.sigs, 10, t!, 0)) throw new Error('a handler does not stop');
      });
      yield* msleep(w.s, 4);
      expect(lastResult(w)).toBe(0);
    });
  });

  it('with a signal that it never takes cannot sleep interruptibly (SF-C13), but otherwise (SF-C14)', () => {
    const w = new World();
    w.run(function* () {
      const left: number[] = [];
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 15);
        yield* msleep(w.s, 12);
        left.push(yield* scheduleTimeoutInterruptible(w.s, 10), yield* scheduleTimeoutInterruptible(w.s, 10));
        left.push(yield* scheduleTimeoutIdle(w.s, 10));
      });
      yield* msleep(w.s, 4);
      yield* sendSig(w.sigs, 15, t, 1);
      yield* msleep(w.s, 200);
      expect(left).toEqual([10, 10, 0]);
    });
  });

  it('finds its condition true although a signal is pending (SF-C15)', () => {
    const w = new World();
    w.run(function* () {
      let result = 1;
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 15);
        yield* msleep(w.s, 12);
        result = yield* waitEventInterruptible(w.s, new WaitQueueHead('h'), () => true);
      });
      yield* msleep(w.s, 4);
      yield* sendSig(w.sigs, 15, t, 1);
      yield* msleep(w.s, 40);
      expect(result).toBe(0);
    });
  });

  it('forgets a pending signal that it disallows (SF-C16)', () => {
    const w = new World();
    w.run(function* () {
      let after: unknown = null;
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 15);
        yield* msleep(w.s, 12);
        const before = signalPending(w.s.current);
        yield* disallowSignal(w.sigs, 15);
        const { pending, group } = signalState(w.s.current);
        after = [before, signalPending(w.s.current), pending.signal.empty, group.sharedPending.signal.empty];
      });
      yield* msleep(w.s, 4);
      yield* sendSig(w.sigs, 15, t, 1);
      yield* kill(w.sigs, t.pid, 15);
      yield* msleep(w.s, 40);
      expect(after).toEqual([true, false, true, true]);
    });
  });

  it('does not find what was sent before it allowed the signal (SF-C17)', () => {
    const w = new World();
    w.run(function* () {
      let sig = -1;
      const t = yield* w.kthread('k', function* () {
        yield* msleep(w.s, 12);
        yield* allowSignal(w.sigs, 15);
        sig = yield* kernelDequeueSignal(w.sigs);
      });
      yield* sendSig(w.sigs, 15, t, 1);
      yield* msleep(w.s, 40);
      expect(sig).toBe(0);
    });
  });

  it('keeps a blocked signal although it ignores it, silently, until it unblocks it (SF-C18)', () => {
    const w = new World();
    w.run(function* () {
      const seen: boolean[] = [];
      const t = yield* w.kthread('k', function* () {
        yield* sigprocmask(w.sigs, SIG_BLOCK, SigSet.of(15));
        yield* msleep(w.s, 12);
        seen.push(signalPending(w.s.current));
        yield* sigprocmask(w.sigs, SIG_UNBLOCK, SigSet.of(15));
        seen.push(signalPending(w.s.current));
      });
      yield* msleep(w.s, 4);
      yield* sendSig(w.sigs, 15, t, 0);
      expect(lastResult(w)).toBe(0);
      expect(signalState(t).pending.signal.toArray()).toEqual([15]);
      yield* msleep(w.s, 40);
      expect(seen).toEqual([false, true]);
    });
  });

  it('is not stopped by SIGSTOP, which still takes away a pending SIGCONT (SF-C19, SF-I5)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 18);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      yield* kill(w.sigs, t.pid, 18);
      expect(signalState(t).group.sharedPending.signal.toArray()).toEqual([18]);
      yield* kill(w.sigs, t.pid, 19);
      expect(lastResult(w)).toBe(1);
      expect(signalState(t).group.sharedPending.signal.empty).toBe(true);
    });
  });

  it('with the default action gets a group exit that does not end it (SF-C20) and drops every later signal (SF-C21)', () => {
    const w = new World();
    w.run(function* () {
      let alive = false;
      const t = yield* w.kthread('k', function* () {
        yield* kernelSigaction(w.sigs, 15, SIG_DFL);
        yield* sendSig(w.sigs, 15, w.s.current, 1);
        yield* msleep(w.s, 8);
        alive = true;
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      const state = signalState(t);
      expect(state.group.flags).toBe(SIGNAL_GROUP_EXIT);
      expect(state.pending.signal.toArray()).toEqual([9, 15]);
      expect(fatalSignalPending(t)).toBe(true);
      yield* sendSig(w.sigs, 9, t, 1);
      expect(lastResult(w)).toBe(1);
      yield* msleep(w.s, 20);
      expect(alive).toBe(true);
    });
  });

  it('with the default action of a core-dump signal gets the bit alone (A7)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', function* () {
        yield* kernelSigaction(w.sigs, 3, SIG_DFL);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      yield* sendSig(w.sigs, 3, t, 1);
      expect(signalState(t).group.flags).toBe(0);
      expect(signalState(t).pending.signal.toArray()).toEqual([3]);
      expect(taskSigpending(t)).toBe(true);
    });
  });

  it('with the default action of an ignore-class signal ignores it (A7)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', () => msleep(w.s, 1000));
      signalState(t).group.action(17).handler = SIG_DFL;
      yield* sendSig(w.sigs, 17, t, 1);
      expect(lastResult(w)).toBe(1);
    });
  });

  it('that forces SIGSEGV on itself lives on with the bit pending (SF-C22)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', function* () {
        yield* forceSig(w.sigs, 11);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      const state = signalState(t);
      expect(state.group.action(11).handler).toBe(SIG_DFL);
      expect(state.pending.signal.toArray()).toEqual([11]);
      expect(taskSigpending(t)).toBe(true);
      expect(state.group.flags).toBe(0);
      expect(w.log).toEqual([`signal_generate sig=11 errno=0 code=128 comm=k pid=${t.pid} grp=0 res=0`]);
    });
  });

  it('that is asked to stop comes back from an interruptible wait without a signal, for good (SF-C23)', () => {
    const w = new World();
    w.run(function* () {
      let seen: unknown = null;
      const t = yield* w.kthread('k', function* () {
        const h = new WaitQueueHead('h');
        const first = yield* waitEventInterruptible(w.s, h, () => false);
        yield* flushSignals(w.sigs, w.s.current);
        const again = yield* waitEventInterruptible(w.s, h, () => false);
        seen = [first, again, signalPending(w.s.current), taskSigpending(w.s.current), fatalSignalPending(w.s.current)];
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      setNotifySignal(w.sigs, t);
      yield* msleep(w.s, 4);
      expect(seen).toEqual([-ERESTARTSYS, -ERESTARTSYS, true, false, false]);
      expect(t.tif).toBe(TIF_NOTIFY_SIGNAL);
    });
  });

  it('in an uninterruptible wait is woken once by a stop, looks, and sleeps again (SF-C24)', () => {
    const w = new World();
    w.run(function* () {
      let tests = 0;
      const t = yield* w.kthread('k', () =>
        waitEvent(w.s, new WaitQueueHead('h'), () => {
          tests++;
          return false;
        }),
      );
      yield* msleep(w.s, 4);
      const before = tests;
      setNotifySignal(w.sigs, t);
      wakeUpProcess(w.s, t);
      yield* msleep(w.s, 4);
      expect(tests - before).toBe(1);
      expect(t.state).toBe(TASK_UNINTERRUPTIBLE);
    });
  });

  it('is in the walk of kill -1, with one ignored signal each (SF-C27)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.kthread('a', () => msleep(w.s, 1000));
      const b = yield* w.kthread('b', () => msleep(w.s, 1000));
      yield* kill(w.sigs, -1, 9);
      w.hub.flush();
      expect(w.log).toEqual([
        `signal_generate sig=9 errno=0 code=0 comm=a pid=${a.pid} grp=1 res=1`,
        `signal_generate sig=9 errno=0 code=0 comm=b pid=${b.pid} grp=1 res=1`,
      ]);
    });
  });

  it('that has begun to exit drops signals: its group is exiting (SF-C28)', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.kthread('k', function* () {});
      signalState(t).group.action(15).handler = SIG_KTHREAD;
      const { exitSignals } = w.s.hooks;
      let result = -1;
      w.s.connect({
        exitSignals(p) {
          exitSignals(p);
          if (p !== t) return;
          for (const _ of sendSig(w.sigs, 15, p, 1)) throw new Error('unexpected');
          result = lastResult(w);
        },
      });
      yield* msleep(w.s, 8);
      expect(result).toBe(1);
      expect(signalState(t).pending.signal.empty).toBe(true);
    });
  });
});

describe('an interruptible sleep of a kernel thread', () => {
  it('ends with a signal that it allowed, and stays with one that it ignores (SF-I2)', () => {
    const w = new World();
    w.run(function* () {
      const h = new WaitQueueHead('h');
      const results: number[] = [];
      const t = yield* w.kthread('k', function* () {
        yield* allowSignal(w.sigs, 10);
        results.push(yield* waitEventInterruptible(w.s, h, () => false));
        results.push(yield* kernelDequeueSignal(w.sigs));
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 4);
      yield* sendSig(w.sigs, 15, t, 1);
      yield* msleep(w.s, 4);
      expect(t.state).toBe(TASK_INTERRUPTIBLE);
      yield* sendSig(w.sigs, 10, t, 0);
      yield* msleep(w.s, 4);
      expect(results).toEqual([-ERESTARTSYS, 10]);
      expect(signalPending(t)).toBe(false);
      yield* wakeUp(w.s, h);
    });
  });

  it('sends -ESRCH to who signals a thread that is reaped', () => {
    const w = new World();
    w.run(function* () {
      signalState(w.s.current).group.action(17).handler = SIG_IGN;
      const t = yield* w.kthread('k', function* () {});
      yield* msleep(w.s, 8);
      expect(t.state).not.toBe(TASK_RUNNING);
      expect(yield* sendSig(w.sigs, 15, t, 1)).toBe(-ESRCH);
    });
  });
});

/** What a kernel thread that allows some signals takes, after others were sent to it. */
function dequeued(allowed: readonly number[], sent: readonly string[]): number[] {
  const w = new World();
  const taken: number[] = [];
  w.run(function* () {
    const t = yield* w.kthread('k', function* () {
      for (const sig of allowed) yield* allowSignal(w.sigs, sig);
      yield* msleep(w.s, 12);
      for (;;) {
        const sig = yield* kernelDequeueSignal(w.sigs);
        if (sig === 0) return;
        taken.push(sig);
      }
    });
    yield* msleep(w.s, 4);
    for (const text of sent) {
      const [where, sig] = text.split(' ');
      if (where === 'private') yield* sendSig(w.sigs, Number(sig), t, 1);
      else yield* kill(w.sigs, t.pid, Number(sig));
      expect(lastResult(w)).toBe(0);
    }
    expect(signalState(t).pending.list).toEqual([]);
    yield* msleep(w.s, 40);
  });
  return taken;
}
