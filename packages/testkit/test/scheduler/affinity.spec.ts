import { describe, expect, test } from '@jest/globals';
import {
  Cpumask,
  EINVAL,
  TASK_INTERRUPTIBLE,
  TASK_UNINTERRUPTIBLE,
  setCpusAllowedCommon,
  type Task,
} from '@kernel-model/scheduler';
import '../../src/jest.ts';
import { trace, world, type Body, type World } from '../../src/index.ts';

const CPU0 = Cpumask.of(0);
const CPU1 = Cpumask.of(1);

/** A thread that runs on CPU 0 from now on, free to go elsewhere. */
function runningOn0(w: World, body: Body): Task {
  const p = w.create('K', body);
  setCpusAllowedCommon(p, CPU0);
  w.runUntilIdle();
  w.wake(p);
  w.runFor(1);
  setCpusAllowedCommon(p, w.s.possibleMask);
  w.clear();
  return p;
}

/** Start a caller of set_cpus_allowed_ptr() on the last CPU. @returns its result, null as long as it waits, and the caller */
function mover(w: World, p: Task, mask: Cpumask): { result: () => number | null; caller: Task } {
  let result: number | null = null;
  const caller = w.create('caller', function* (k) {
    result = yield* k.setCpusAllowedPtr(p, mask);
  });
  const last = w.s.nrCpus - 1;
  setCpusAllowedCommon(caller, Cpumask.of(last));
  w.wake(caller, last);
  return { result: () => result, caller };
}

describe('set_cpus_allowed_ptr', () => {
  test('lets the stopper move a running thread, at its next preemption point (CC-SCHED-63, INV-SCHED-29)', () => {
    const w = world({ cpus: 2 });
    const p = runningOn0(w, function* (k) {
      for (let i = 0; i < 30; i++) {
        yield* k.busy(100);
        yield* k.condResched();
      }
    });
    const { result } = mover(w, p, CPU1);
    w.runUntil(() => result() !== null);
    expect([result(), p.cpu]).toEqual([0, 1]);
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      [1] waking migration/0
      [1] wakeup migration/0 on 0
      [1] switch caller D -> idle
      [0] switch K R+ -> migration/0
      [0] migrate K 0 -> 1
      [0] waking caller
      [1] exit K
    `);
    expect(w).not.toHaveTrace('wakeup K on 1');
  });

  test('waits as long as the thread runs in the kernel without such a point (CC-SCHED-64)', () => {
    const w = world({ cpus: 2, preempt: 'voluntary' });
    const p = runningOn0(w, function* (k) {
      for (let i = 0; i < 200; i++) yield* k.busy(100);
      yield* k.condResched();
      yield* k.busy(1000);
    });
    const { result, caller } = mover(w, p, CPU1);
    w.runFor(15);
    expect([result(), caller.state, p.cpu]).toEqual([null, TASK_UNINTERRUPTIBLE, 0]);
    w.runUntil(() => result() !== null);
    expect([result(), p.cpu]).toEqual([0, 1]);
  });

  test('does not wait for such a point with full preemption (CC-SCHED-64, the other side)', () => {
    const w = world({ cpus: 3, preempt: 'full' });
    const p = runningOn0(w, function* (k) {
      for (let i = 0; i < 200; i++) yield* k.busy(100);
    });
    const { result } = mover(w, p, CPU1);
    w.runFor(1);
    expect([result(), p.cpu]).toEqual([0, 1]);
  });

  test('moves the current thread off its own CPU from within (CC-SCHED-65)', () => {
    const w = world({ cpus: 2 });
    const p = runningOn0(w, function* (k) {
      yield* k.busy(2000);
      expect(k.current.cpu).toBe(0);
      expect(yield* k.setCpusAllowedPtr(k.current, CPU1)).toBe(0);
      expect(k.current.cpu).toBe(1);
    });
    w.runUntilIdle();
    expect(w.traceOf('K').slice(0, 2)).toEqual(['[0] switch K R+ -> migration/0', '[0] migrate K 0 -> 1']);
    expect(p.cpu).toBe(1);
  });

  test('leaves a sleeper where it is: it moves when it wakes (CC-SCHED-66)', () => {
    const w = world({ cpus: 3 });
    const p = w.create('K', function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
    });
    setCpusAllowedCommon(p, CPU0);
    w.wake(p);
    w.runUntilIdle();
    w.clear();
    expect(w.run((k) => k.setCpusAllowedPtr(p, Cpumask.of(2)))).toBe(0);
    expect([p.cpu, w.traceOf('K')]).toEqual([0, []]);
    w.wake(p);
    w.runUntilIdle();
    expect(w).toHaveTrace(['waking K', 'migrate K 0 -> 2', 'wakeup K on 2']);
  });

  test('moves a queued thread by itself, without the stopper', () => {
    const w = world({ cpus: 2 });
    const hog = runningOn0(w, (k) => k.busy(5000));
    const p = w.create('Q', (k) => k.busy(100));
    setCpusAllowedCommon(p, CPU0);
    w.wake(p);
    w.clear();
    const { result } = mover(w, p, CPU1);
    w.runUntil(() => result() !== null);
    expect([result(), p.cpu, hog.onCpu]).toEqual([0, 1, true]);
    expect(w).toHaveTrace('[1] migrate Q 0 -> 1');
    expect(w).not.toHaveTrace('waking migration/0');
  });

  test('refuses CPUs that are all offline (CC-SCHED-68)', () => {
    const w = world({ cpus: 3 });
    const p = w.create('K', function* () {});
    w.s.onlineMask = w.s.activeMask = Cpumask.first(2);
    expect(w.run((k) => k.setCpusAllowedPtr(p, Cpumask.of(2)))).toBe(-EINVAL);
    expect(p.cpusMask.equals(w.s.possibleMask)).toBe(true);
  });

  test.each([
    ['accepts', 'kernel thread', 0],
    ['refuses', 'user task', -EINVAL],
  ])('%s a CPU that is online and not active, for a %s (CC-SCHED-68)', (_, kind, result) => {
    const w = world({ cpus: 3 });
    const body: Body = (k) => k.msleep(1000);
    const p = kind === 'user task' ? w.process('K', body) : w.kthread('K', body);
    w.runFor(1);
    w.s.activeMask = Cpumask.first(2);
    expect(w.run((k) => k.setCpusAllowedPtr(p, Cpumask.of(2)))).toBe(result);
    w.s.activeMask = w.s.possibleMask;
  });
});
