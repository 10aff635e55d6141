import { describe, expect, it } from '@jest/globals';
import { EXIT_ZOMBIE, TIF_SIGPENDING, msleep, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { World } from '../test/world.ts';
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  KernelSiginfo,
  PIDTYPE_TGID,
  SA_NODEFER,
  SA_ONESHOT,
  SIGNAL_UNKILLABLE,
  SIG_DFL,
  SI_QUEUE,
  TASK_STOPPED,
  doSendSigInfo,
  getSignal,
  kill,
  sendSig,
  signalDelivered,
  signalPending,
  signalState,
  tkill,
} from './index.ts';

/** A user task that loops through user mode and handles signals as they come; `handled` gets their numbers. */
function* userLoop(w: World, handled: number[] = []): MaySleep<void> {
  for (;;) {
    yield* msleep(w.s, 4);
    if (!signalPending(w.s.current)) continue;
    const ksig = yield* getSignal(w.sigs);
    if (ksig === null) continue;
    yield* signalDelivered(w.sigs, ksig);
    handled.push(ksig.sig);
  }
}

describe('a user process', () => {
  it('is ended by SIGTERM on its way to user mode, with the signal as its status', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', () => userLoop(w));
      yield* msleep(w.s, 8);
      yield* kill(w.sigs, t.pid, 15);
      yield* msleep(w.s, 40);
      expect(t.exitState).toBe(EXIT_ZOMBIE);
      expect(t.exitCode).toBe(15);
      expect(w.log.slice(0, 2)).toEqual([
        `signal_generate sig=15 errno=0 code=0 comm=u pid=${t.pid} grp=1 res=0`,
        'signal_deliver sig=9 errno=0 code=0 sa_handler=0 sa_flags=0',
      ]);
    });
  });

  it('is ended by a fault with its own number: a core dump comes first, so no group exit is announced', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', () => userLoop(w));
      yield* sendSig(w.sigs, 11, t, 1);
      yield* msleep(w.s, 40);
      expect(t.exitCode).toBe(11);
    });
  });

  it('dies as a whole: one SIGKILL ends every thread', () => {
    const w = new World();
    w.run(function* () {
      const threads: Task[] = [];
      const t = yield* w.process('u', function* () {
        threads.push(yield* w.thread('u2', () => userLoop(w)), yield* w.thread('u3', () => userLoop(w)));
        yield* userLoop(w);
      });
      yield* msleep(w.s, 8);
      yield* tkill(w.sigs, threads[0]!.pid, 9);
      yield* msleep(w.s, 60);
      expect(threads.map((p) => p.exitCode)).toEqual([9, 9]);
      expect(t.exitCode).toBe(9);
      expect(t.exitState).toBe(EXIT_ZOMBIE);
    });
  });

  it('queues each real-time signal', () => {
    const w = new World();
    w.run(function* () {
      const handled: number[] = [];
      const t = yield* w.process('u', () => userLoop(w, handled));
      signalState(t).group.action(40).handler = 0x1000;
      for (let i = 0; i < 3; i++) yield* kill(w.sigs, t.pid, 40);
      yield* msleep(w.s, 40);
      expect(handled).toEqual([40]);
      expect(signalState(t).group.sharedPending.list.length).toBe(2);
    });
  });

  it('loses the information of a signal, or the signal itself, when its queue is full', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', () => msleep(w.s, 1000));
      const { group } = signalState(t);
      group.rlimitSigpending = 0;
      group.action(40).handler = 0x1000;
      yield* kill(w.sigs, t.pid, 40);
      expect(yield* doSendSigInfo(w.sigs, 40, new KernelSiginfo(40, SI_QUEUE, 1, 0), t, PIDTYPE_TGID)).toBe(-11);
      w.hub.flush();
      expect(w.log.map((line) => line.slice(-5))).toEqual(['res=4', 'res=3']);
    });
  });

  it('runs a handler with its signal blocked, unless the action says otherwise', () => {
    const w = new World();
    w.run(function* () {
      const handled: number[] = [];
      const t = yield* w.process('u', () => userLoop(w, handled));
      const { group, blocked } = signalState(t);
      group.action(10).handler = group.action(12).handler = 0x1000;
      group.action(10).mask.add(15);
      group.action(12).flags = SA_NODEFER | SA_ONESHOT;
      yield* kill(w.sigs, t.pid, 10);
      yield* kill(w.sigs, t.pid, 12);
      yield* msleep(w.s, 40);
      expect(handled).toEqual([10, 12]);
      expect(blocked.toArray()).toEqual([10, 15]);
      expect(group.action(12).handler).toBe(SIG_DFL);
    });
  });

  it('that is unkillable ignores a default action, except SIGKILL from the kernel', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', () => userLoop(w));
      signalState(t).group.flags = SIGNAL_UNKILLABLE;
      yield* kill(w.sigs, t.pid, 15);
      yield* kill(w.sigs, t.pid, 9);
      expect(signalPending(t)).toBe(false);
      yield* sendSig(w.sigs, 9, t, 1);
      yield* msleep(w.s, 40);
      expect(t.exitCode).toBe(9);
    });
  });

  it('stops with all its threads on SIGSTOP and goes on with SIGCONT; its parent is told both', () => {
    const w = new World();
    w.run(function* () {
      signalState(w.s.current).group.action(17).handler = 0x1000;
      const threads: Task[] = [];
      const t = yield* w.process('u', function* () {
        threads.push(yield* w.thread('u2', () => userLoop(w)));
        yield* userLoop(w);
      });
      yield* msleep(w.s, 8);
      yield* kill(w.sigs, t.pid, 19);
      yield* msleep(w.s, 40);
      expect([t.state, threads[0]!.state]).toEqual([TASK_STOPPED, TASK_STOPPED]);
      expect(told(w)).toMatchObject({ code: CLD_STOPPED, status: 19 });
      yield* kill(w.sigs, t.pid, 18);
      yield* msleep(w.s, 40);
      expect(t.state & TASK_STOPPED).toBe(0);
      expect(told(w)).toMatchObject({ code: CLD_CONTINUED, status: 18 });
      expect(t.exitState).toBe(0);
    });
  });

  it('that is stopped is ended by SIGKILL', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', () => userLoop(w));
      yield* kill(w.sigs, t.pid, 19);
      yield* msleep(w.s, 40);
      yield* kill(w.sigs, t.pid, 15);
      yield* msleep(w.s, 40);
      expect(t.state).toBe(TASK_STOPPED);
      yield* kill(w.sigs, t.pid, 9);
      yield* msleep(w.s, 40);
      expect(t.exitCode).toBe(9);
    });
  });

  it('never sees global init die: SIGKILL to pid 1 is dropped', () => {
    const w = new World();
    w.run(function* () {
      yield* kill(w.sigs, 1, 9);
      expect(signalPending(w.s.current)).toBe(false);
    });
  });
});

/** What the current task was told about its child. */
function told(w: World): KernelSiginfo | undefined {
  const { sharedPending } = signalState(w.s.current).group;
  const [info] = sharedPending.list;
  sharedPending.flush();
  w.s.current.tif &= ~TIF_SIGPENDING;
  return info;
}
