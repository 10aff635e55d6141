import { describe, expect, test } from '@jest/globals';
import {
  Completion,
  EXIT_DEAD,
  PF_EXITING,
  SCHED_FIFO,
  TASK_DEAD,
  schedSetschedulerNocheck,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadCompleteAndExit, toKthread } from '@kernel-model/kthread';
import '../../src/jest.ts';
import { trace, world } from '../../src/index.ts';

describe('an exiting kernel thread', () => {
  test('tells its stopper first, is reaped at once, and freed after a grace period (INV-K06, INV-K07, INV-K14)', () => {
    const w = world({ cpus: 2 });
    let seen: unknown[] = [];
    w.process('C', function* (k) {
      const p = yield* k.kthreadCreate(
        function* () {
          while (!(yield* k.kthreadShouldStop())) yield* k.scheduleTimeoutInterruptible(100);
          return 1;
        },
        null,
        'D',
      );
      if (typeof p === 'number') return;
      yield* k.wakeUpProcess(p);
      yield* k.msleep(10);
      yield* k.kthreadStop(p);
      seen = [p.freed, toKthread(p)!.result];
      yield* k.msleep(100);
      seen.push(p.freed, p.exitState, p.state, w.s.tasks.has(p.pid));
    });
    w.runFor(200);
    expect(w).toHaveTrace(trace`
      stop D
      waking C
      exit D
      free D
    `);
    expect(seen).toEqual([false, 1, true, EXIT_DEAD, TASK_DEAD, false]);
  });

  test('completes what it was given, if anything, before it ends', () => {
    const w = world();
    const c = new Completion('c');
    const [none, some] = [null, c].map((comp) => w.kthread('D', () => kthreadCompleteAndExit(w.kthreads, comp, 7))) as [
      Task,
      Task,
    ];
    w.runUntilIdle();
    expect([none, some].map((p) => [w.exited(p), toKthread(p)!.result])).toEqual([
      [true, 7],
      [true, 7],
    ]);
    expect(c.done).toBe(1);
  });

  test('can still be found by its pid when kthread_stop() returns, if the stopper is quick', () => {
    const w = world({ cpus: 1 });
    const p = w.kthread('D', function* (k) {
      while (!(yield* k.kthreadShouldStop())) yield* k.scheduleTimeoutInterruptible(100);
    });
    w.runUntilIdle();
    // full preemption is not needed: the stopper is let in by an interrupt that comes right after complete()
    let found: boolean | null = null;
    const { exited } = toKthread(p)!;
    let tokens = 0;
    Object.defineProperty(exited, 'done', {
      get: () => tokens,
      set: (n: number) => {
        tokens = n;
        if (found === null)
          w.s.cpus[0]!.interruptNow(() => (found = w.s.tasks.has(p.pid) && (p.flags & PF_EXITING) !== 0));
      },
    });
    w.run(function* (k) {
      schedSetschedulerNocheck(w.s, k.current, SCHED_FIFO, 1);
      yield* k.kthreadStop(p);
    });
    expect(found).toBe(true);
    w.runUntilIdle();
    expect(w.s.tasks.has(p.pid)).toBe(false);
  });

  test('has a reference of its own until then: a put too many is reported at once', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      while (!(yield* k.kthreadShouldStop())) yield* k.scheduleTimeoutInterruptible(100);
    });
    w.runUntilIdle();
    w.run(function* (k) {
      k.getTaskStruct(p);
      k.putTaskStruct(p);
    });
    const tooMany = (): void =>
      w.run(function* (k) {
        for (let n = p.usage; n > 0; n--) k.putTaskStruct(p);
      });
    expect(tooMany).toThrow(expect.objectContaining({ code: 'TASK_FREED_ALIVE' }));
  });

  test('never has an address space of its own (INV-K15)', () => {
    const w = world();
    const p = w.kthread('D', function* (k) {
      expect(k.current.mm).toBeNull();
      yield* k.msleep(10);
    });
    w.runUntilIdle();
    expect(p.mm).toBeNull();
  });
});
