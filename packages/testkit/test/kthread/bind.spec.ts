import { describe, expect, test } from '@jest/globals';
import {
  Cpumask,
  EINVAL,
  PF_NO_SETAFFINITY,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_PARKED,
  TASK_UNINTERRUPTIBLE,
  getTaskStruct,
  schedSetaffinity,
  setCpusAllowedCommon,
  setCpusAllowedPtr,
  type Task,
} from '@kernel-model/scheduler';
import {
  isErr,
  kthreadBind,
  kthreadBindMask,
  kthreadCreateOnCpu,
  kthreadIsPerCpu,
  kthreadSetPerCpu,
} from '@kernel-model/kthread';
import '../../src/jest.ts';
import { world, type Body } from '../../src/index.ts';

/** Sleep in a state until a wakeup. */
function sleeper(state: number): Body {
  return function* (k) {
    yield* k.setCurrentState(state);
    yield* k.schedule();
  };
}

describe('kthread_bind', () => {
  test('binds a thread that was never woken, and moves nothing until its first wakeup', () => {
    const w = world({ cpus: 2 });
    const p = w.create('D', sleeper(TASK_INTERRUPTIBLE));
    const before = p.cpu;
    const other = 1 - before;
    w.run(() => kthreadBind(w.kthreads, p, other));
    expect([p.cpusMask.equals(Cpumask.of(other)), p.flags & PF_NO_SETAFFINITY, p.cpu]).toEqual([
      true,
      PF_NO_SETAFFINITY,
      before,
    ]);
    w.clear();
    w.wake(p);
    w.runUntilIdle();
    expect(w).toHaveTrace([`migrate D ${before} -> ${other}`, `wakeup D on ${other}`, `[${other}] switch D S -> idle`]);
  });

  test.each([
    ['runs', 0],
    ['sleeps interruptibly', TASK_INTERRUPTIBLE],
  ])('warns and changes nothing if the thread %s (CC-K18, CC-SCHED-69)', (_, state) => {
    const w = world({ cpus: 2 });
    const p = w.kthread('D', function* (k) {
      if (state === 0) yield* k.busy(20_000);
      else yield* sleeper(state)(k);
    });
    w.runFor(1);
    w.run(() => kthreadBind(w.kthreads, p, 0));
    expect(w.log).toEqual([expect.stringContaining('WARNING: kthread_bind: D')]);
    expect([p.cpusMask.equals(w.s.possibleMask), p.flags & PF_NO_SETAFFINITY]).toEqual([true, 0]);
  });

  test.each([
    ['TASK_UNINTERRUPTIBLE', TASK_UNINTERRUPTIBLE],
    ['TASK_KILLABLE', TASK_KILLABLE],
    ['TASK_IDLE', TASK_IDLE],
  ])('succeeds silently on a thread that sleeps in %s somewhere in its function (CC-K19)', (_, state) => {
    const w = world({ cpus: 2 });
    const p = w.kthread('D', sleeper(state));
    w.runUntilIdle();
    w.run(() => kthreadBind(w.kthreads, p, 0));
    expect(w.log).toEqual([]);
    expect(p.cpusMask.equals(Cpumask.of(0))).toBe(true);
  });

  test('is lost, all but PF_NO_SETAFFINITY, when the thread wakes while its CPU is offline (CC-K20)', () => {
    const w = world({ cpus: 2 });
    const p = w.create('D', sleeper(TASK_INTERRUPTIBLE));
    w.run(() => kthreadBind(w.kthreads, p, 1));
    w.runUntilIdle();
    w.s.onlineMask = w.s.activeMask = Cpumask.of(0);
    w.wake(p);
    w.runUntilIdle();
    expect([p.cpu, p.cpusMask.equals(w.s.possibleMask), p.flags & PF_NO_SETAFFINITY]).toEqual([
      0,
      true,
      PF_NO_SETAFFINITY,
    ]);
  });

  test('keeps user space from moving the thread, not the kernel (CC-K23, CC-SCHED-67)', () => {
    const w = world({ cpus: 2 });
    const p = w.create('D', sleeper(TASK_INTERRUPTIBLE));
    w.run(() => kthreadBind(w.kthreads, p, 0));
    expect(w.run(() => schedSetaffinity(w.s, p, Cpumask.of(1)))).toBe(-EINVAL);
    expect(p.cpusMask.equals(Cpumask.of(0))).toBe(true);
    expect(w.run(() => setCpusAllowedPtr(w.s, p, Cpumask.of(1)))).toBe(0);
    expect(p.cpusMask.equals(Cpumask.of(1))).toBe(true);
    expect(p.flags & PF_NO_SETAFFINITY).toBe(PF_NO_SETAFFINITY);
  });
});

test('a thread that was bound in any way keeps PF_NO_SETAFFINITY until it is gone (INV-K13)', () => {
  const w = world({ cpus: 2 });
  const bound = (p: Task): boolean => (p.flags & PF_NO_SETAFFINITY) !== 0;
  const { kthreads } = w;
  const loop: Body = function* (k) {
    while (!(yield* k.kthreadShouldStop())) {
      if (yield* k.kthreadShouldPark()) yield* k.kthreadParkme();
      else yield* sleeper(TASK_INTERRUPTIBLE)(k);
    }
  };
  for (const bind of [
    (p: Task) => kthreadBind(kthreads, p, 1),
    (p: Task) => kthreadBindMask(kthreads, p, w.s.possibleMask),
  ]) {
    const p = w.create('D', loop);
    const seen = [bound(p)];
    w.run(function* (k) {
      yield* bind(p);
      kthreadSetPerCpu(kthreads, p, 1);
      yield* k.wakeUpProcess(p);
      seen.push(bound(p));
      yield* k.kthreadPark(p);
      seen.push(bound(p));
      yield* k.kthreadUnpark(p);
      seen.push(bound(p));
      kthreadSetPerCpu(kthreads, p, -1);
      seen.push(bound(p));
      yield* k.kthreadStop(p);
    });
    w.runUntilIdle();
    expect([...seen, bound(p), w.exited(p)]).toEqual([false, true, true, true, true, true, true]);
  }
});

describe('a thread that belongs to its CPU', () => {
  test.each([
    ['is bound again by kthread_unpark() before it runs (CC-K21)', true],
    ['is only called so by kthread_set_per_cpu(): kthread_create_on_cpu() alone does not bind again (CC-K22)', false],
  ])('%s', (_, perCpu) => {
    const w = world({ cpus: 2 });
    const ranOn: number[] = [];
    const p = w.run(function* (k) {
      const made = yield* kthreadCreateOnCpu(
        w.kthreads,
        function* () {
          ranOn.push(k.current.cpu);
          return 0;
        },
        null,
        1,
        'D/%u',
      );
      if (isErr(made)) throw new Error('no thread');
      getTaskStruct(made);
      if (perCpu) kthreadSetPerCpu(w.kthreads, made, 1);
      yield* k.kthreadPark(made);
      return made;
    });
    expect([p.comm, kthreadIsPerCpu(p), p.state]).toEqual(['D/1', perCpu, TASK_PARKED]);
    // what select_fallback_rq() does while the CPU is offline
    setCpusAllowedCommon(p, w.s.possibleMask);
    w.run((k) => k.kthreadUnpark(p));
    w.runUntilIdle();
    expect(p.cpusMask.equals(perCpu ? Cpumask.of(1) : w.s.possibleMask)).toBe(true);
    expect(ranOn).toHaveLength(1);
    if (perCpu) expect(ranOn).toEqual([1]);
  });

  test('is not what a user process can be: nothing happens', () => {
    const w = world();
    kthreadSetPerCpu(w.kthreads, w.machine.init, 0);
    expect([kthreadIsPerCpu(w.machine.init), w.log]).toEqual([false, []]);
  });

  test('is not bound again, nor said to be awake, by an unpark that nobody has waited for', () => {
    const w = world({ cpus: 2 });
    const p = w.create('D', sleeper(TASK_INTERRUPTIBLE));
    w.run(() => kthreadBind(w.kthreads, p, 1));
    kthreadSetPerCpu(w.kthreads, p, 1);
    w.wake(p);
    w.runUntilIdle();
    w.run((k) => k.kthreadUnpark(p));
    w.runUntilIdle();
    expect([p.state, w.log]).toEqual([TASK_INTERRUPTIBLE, []]);
  });

  test('stops belonging to it with a negative CPU, and warns if it was never bound', () => {
    const w = world();
    const p = w.create('D', sleeper(TASK_INTERRUPTIBLE));
    kthreadSetPerCpu(w.kthreads, p, -1);
    expect(w.log).toEqual([expect.stringContaining('is not bound')]);
    w.run(() => kthreadBind(w.kthreads, p, 0));
    kthreadSetPerCpu(w.kthreads, p, 0);
    expect(kthreadIsPerCpu(p)).toBe(true);
    kthreadSetPerCpu(w.kthreads, p, -1);
    expect(kthreadIsPerCpu(p)).toBe(false);
    expect(w.log).toHaveLength(1);
  });
});
