import { describe, expect, it } from '@jest/globals';
import { EXIT_DEAD, EXIT_ZOMBIE, doExit, msleep, type Task } from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import {
  CLD_EXITED,
  ECHILD,
  SA_NOCLDWAIT,
  SIG_DFL,
  SIG_IGN,
  dequeueSignal,
  disallowSignal,
  kernelSigaction,
  kernelWait,
  kill,
  setChildSubreaper,
  signalPending,
  signalState,
} from './index.ts';

describe('a child that exits', () => {
  it('is reaped at once, without a signal, if its parent ignores SIGCHLD as kthreadd does (SF-C25, SF-I8)', () => {
    const w = new World();
    w.run(function* () {
      signalState(w.s.current).group.action(17).handler = SIG_IGN;
      const t = yield* w.kthread('k', function* () {});
      const states = watchExitState(w, t);
      yield* msleep(w.s, 8);
      expect(t.exitState).toBe(EXIT_DEAD);
      expect(states).not.toContain(EXIT_ZOMBIE);
      expect(w.s.tasks.has(t.pid)).toBe(false);
      expect(w.log).toEqual([]);
      expect(yield* kernelWait(w.sigs, t.pid)).toBe(-ECHILD);
    });
  });

  it('stays a zombie, with its parent told, until it is waited for', () => {
    const w = new World();
    w.run(function* () {
      const t = yield* w.process('u', function* () {
        return 3 << 8;
      });
      signalState(w.s.current).group.action(17).handler = 0x1000;
      yield* msleep(w.s, 8);
      expect(t.exitState).toBe(EXIT_ZOMBIE);
      expect(w.log).toEqual(['signal_generate sig=17 errno=0 code=1 comm=main pid=1 grp=1 res=0']);
      expect(signalPending(w.s.current)).toBe(true);
      const info = dequeueSignal(w.sigs, signalState(w.s.current).blocked);
      expect(info).toMatchObject({ signo: 17, code: CLD_EXITED, pid: t.pid, status: 3 });
      expect(yield* kernelWait(w.sigs, -1)).toBe(3 << 8);
      expect(t.exitState).toBe(EXIT_DEAD);
      expect(w.s.tasks.has(t.pid)).toBe(false);
    });
  });

  it('is reaped at once but with a signal if the parent has SA_NOCLDWAIT', () => {
    const w = new World();
    w.run(function* () {
      const action = signalState(w.s.current).group.action(17);
      action.handler = 0x1000;
      action.flags = SA_NOCLDWAIT;
      const t = yield* w.process('u', function* () {});
      yield* msleep(w.s, 8);
      expect(t.exitState).toBe(EXIT_DEAD);
      expect(signalState(w.s.current).group.sharedPending.signal.toArray()).toEqual([17]);
    });
  });

  it('of a worker that waits for it is a zombie until then; afterwards the worker ignores SIGCHLD again (SF-C26)', () => {
    const w = new World();
    w.run(function* () {
      let status = -1;
      const worker = yield* w.kthread('kworker/0:0', function* () {
        yield* kernelSigaction(w.sigs, 17, SIG_DFL);
        const helper = yield* w.process('helper', function* () {
          yield* msleep(w.s, 8);
          return 1 << 8;
        });
        status = yield* kernelWait(w.sigs, helper.pid);
        yield* disallowSignal(w.sigs, 17);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 40);
      expect(status).toBe(1 << 8);
      expect(signalState(worker).group.action(17).handler).toBe(SIG_IGN);
    });
  });
});

describe('a thread group', () => {
  it('tells the parent when its last thread exits, not when its leader does', () => {
    const w = new World();
    w.run(function* () {
      let thread: Task | null = null;
      const leader = yield* w.process('u', function* () {
        thread = yield* w.thread('u2', () => msleep(w.s, 40));
        return 0;
      });
      yield* msleep(w.s, 20);
      expect(leader.exitState).toBe(EXIT_ZOMBIE);
      expect(w.log).toEqual([]);
      yield* msleep(w.s, 60);
      expect(thread).toMatchObject({ exitState: EXIT_DEAD });
      expect(leader.exitState).toBe(EXIT_ZOMBIE);
      expect(w.log).toEqual(['signal_generate sig=17 errno=0 code=1 comm=main pid=1 grp=1 res=1']);
      expect(yield* kernelWait(w.sigs, leader.pid)).toBe(0);
    });
  });

  it('hands a shared signal on when the thread that was chosen for it exits', () => {
    const w = new World();
    w.run(function* () {
      let second: Task | null = null;
      const leader = yield* w.process('u', function* () {
        signalState(w.s.current).group.action(10).handler = 0x1000;
        second = yield* w.thread('u2', () => msleep(w.s, 1000));
        yield* msleep(w.s, 20);
        yield* doExit(w.s, 0);
      });
      yield* msleep(w.s, 8);
      yield* kill(w.sigs, leader.pid, 10);
      expect(signalPending(leader)).toBe(true);
      expect(signalPending(second!)).toBe(false);
      yield* msleep(w.s, 60);
      expect(signalPending(second!)).toBe(true);
    });
  });
});

describe('the children of a process that exits', () => {
  it('get pid 1 as their parent, which is told of their end', () => {
    const w = new World();
    w.run(function* () {
      const init = w.s.current;
      w.sigs.childReaper = init;
      const made: Task[] = [];
      yield* w.process('parent', function* () {
        made.push(yield* w.process('child', () => msleep(w.s, 20)));
        yield* msleep(w.s, 8);
      });
      yield* msleep(w.s, 4);
      expect(made[0]!.parent!.comm).toBe('parent');
      yield* msleep(w.s, 60);
      expect(made[0]!.parent === init).toBe(true);
      expect(made[0]!.exitState).toBe(EXIT_ZOMBIE);
      expect(w.log.filter((line) => line.includes('comm=main'))).toHaveLength(2);
      expect(yield* kernelWait(w.sigs, made[0]!.pid)).toBe(0);
    });
  });

  it('that are zombies already are told to pid 1 then, or reaped at once if it ignores that', () => {
    for (const [handler, state] of [
      [0x1000, EXIT_ZOMBIE],
      [SIG_IGN, EXIT_DEAD],
    ] as const) {
      const w = new World();
      w.run(function* () {
        w.sigs.childReaper = w.s.current;
        signalState(w.s.current).group.action(17).handler = handler;
        const made: Task[] = [];
        yield* w.process('parent', function* () {
          signalState(w.s.current).group.action(17).handler = SIG_DFL;
          made.push(yield* w.process('child', function* () {}));
          yield* msleep(w.s, 20);
        });
        yield* msleep(w.s, 12);
        expect(made[0]!.exitState).toBe(EXIT_ZOMBIE);
        yield* msleep(w.s, 40);
        expect(made[0]!.exitState).toBe(state);
        expect(w.s.tasks.has(made[0]!.pid)).toBe(state === EXIT_ZOMBIE);
      });
    }
  });

  it('go to the nearest ancestor that takes orphans, and past one that has exited', () => {
    const w = new World();
    w.run(function* () {
      w.sigs.childReaper = w.s.current;
      signalState(w.s.current).group.action(17).handler = SIG_IGN;
      const made: Task[] = [];
      const parents: string[] = [];
      const note = (): number => parents.push(made[0]!.parent!.comm);
      yield* w.process('far', function* () {
        setChildSubreaper(w.sigs, w.s.current, true);
        yield* w.process('near', function* () {
          const near = w.s.current;
          yield* w.process('parent', function* () {
            made.push(yield* w.process('orphan', () => msleep(w.s, 200)));
            setChildSubreaper(w.sigs, near, true);
            yield* msleep(w.s, 8);
          });
          yield* msleep(w.s, 30);
          note();
        });
        yield* msleep(w.s, 60);
        note();
      });
      yield* msleep(w.s, 100);
      note();
      expect(parents).toEqual(['near', 'far', 'main']);
    });
  });

  it('stay in the process if it has another thread: its parent is told nothing', () => {
    const w = new World();
    w.run(function* () {
      w.sigs.childReaper = w.s.current;
      const made: Task[] = [];
      const leader = yield* w.process('u', function* () {
        yield* w.thread('u2', function* () {
          made.push(yield* w.process('child', () => msleep(w.s, 200)));
        });
        yield* msleep(w.s, 40);
      });
      yield* msleep(w.s, 30);
      expect(made[0]!.parent === leader).toBe(true);
      expect(w.log).toEqual([]);
    });
  });

  it("are nobody's on a machine without pid 1: they are reaped at once", () => {
    const w = new World();
    w.run(function* () {
      signalState(w.s.current).group.action(17).handler = SIG_IGN;
      const made: Task[] = [];
      yield* w.process('parent', function* () {
        made.push(yield* w.process('child', () => msleep(w.s, 20)));
      });
      yield* msleep(w.s, 60);
      expect(made[0]!.exitState).toBe(EXIT_DEAD);
    });
  });
});

function watchExitState(w: World, p: Task): number[] {
  const states: number[] = [];
  w.sim.afterStep(() => states.push(p.exitState));
  return states;
}
