import { describe, expect, test } from '@jest/globals';
import {
  Cpumask,
  TASK_DEAD,
  TASK_FROZEN,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_NEW,
  TASK_PARKED,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  WaitQueueHead,
  doExit,
  kernelClone,
  setCpusAllowedCommon,
  stopOneCpuNowait,
  waitEventFreezable,
  wakeUpProcess,
  wakeUpState,
  type Task,
} from '@kernel-model/scheduler';
import { __thawTask, freezeTask, setFreezable } from '@kernel-model/signals';
import '../../src/jest.ts';
import { trace, world, type World } from '../../src/index.ts';

function sleeper(w: World, state: number, name = 'D'): Task {
  const p = w.kthread(name, function* (k) {
    yield* k.setCurrentState(state);
    yield* k.schedule();
  });
  w.runUntilIdle();
  return p;
}

describe('wake_up_process', () => {
  test('does nothing to a running task (CC-SCHED-15, INV-SCHED-12)', () => {
    const w = world({ cpus: 2 });
    const p = w.kthread('D', (k) => k.busy(10_000));
    w.runFor(1);
    w.clear();
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(false), 1 - p.cpu);
    w.runFor(1);
    expect(w.traceOf('D')).toEqual([]);
  });

  test('only takes back the state of a task that has not left its CPU yet (CC-SCHED-16)', () => {
    const w = world({ cpus: 2 });
    const p = w.kthread('D', function* (k) {
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.busy(2000);
      yield* k.schedule();
    });
    w.runFor(1);
    w.clear();
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(true), 1 - p.cpu);
    expect([p.state, p.needResched]).toEqual([TASK_RUNNING, false]);
    w.runUntilIdle();
    const [cpu, waker] = [p.cpu, 1 - p.cpu];
    expect(w.traceOf('D')).toEqual([
      `[${waker}] waking D`,
      `[${waker}] wakeup D on ${cpu}`,
      `[${cpu}] exit D`,
      `[${cpu}] switch D X -> idle`,
    ]);
  });

  test.each([
    ['TASK_PARKED', TASK_PARKED],
    ['TASK_DEAD', TASK_DEAD],
    ['TASK_FROZEN with nothing to give back', TASK_FROZEN],
  ])('does not wake a task in %s (CC-SCHED-17)', (_, state) => {
    // the state is set by hand
    const w = world({ invariants: false });
    const p = sleeper(w, TASK_UNINTERRUPTIBLE);
    p.state = state;
    w.clear();
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(false));
    expect([p.state, w.trace]).toEqual([state, []]);
  });

  test('does not wake a task that is being made (CC-SCHED-17)', () => {
    const w = world();
    let woken: boolean | null = null;
    w.process('P', function* () {
      yield* kernelClone(w.s, {
        name: 'child',
        kthread: false,
        fn: () => doExit(w.s, 0),
        prepare: (p) => {
          expect(p.state).toBe(TASK_NEW);
          woken = wakeUpProcess(w.s, p);
          return -1;
        },
      });
    });
    w.runUntilIdle();
    expect(woken).toBe(false);
  });

  test('of a frozen sleeper says yes, and takes effect when it thaws (CC-SCHED-18)', () => {
    const w = world();
    const { signals } = w.machine;
    const { freezer } = signals;
    const queue = new WaitQueueHead('q');
    let ready = false;
    const p = w.kthread('D', function* () {
      yield* setFreezable(signals);
      yield* waitEventFreezable(w.s, queue, () => ready);
    });
    w.runUntilIdle();
    freezer.active++;
    freezer.pmNosigFreezing = true;
    w.interrupt(() => void freezeTask(signals, p));
    expect([p.state, p.savedState & TASK_INTERRUPTIBLE]).toEqual([TASK_FROZEN, TASK_INTERRUPTIBLE]);
    w.clear();
    ready = true;
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(true));
    expect([p.state, p.savedState, w.traceOf('D')]).toEqual([TASK_FROZEN, TASK_RUNNING, []]);
    w.interrupt(() => expect(wakeUpProcess(w.s, p)).toBe(false));
    freezer.active--;
    freezer.pmNosigFreezing = false;
    w.interrupt(() => __thawTask(signals, p));
    w.runUntilIdle();
    expect(w.exited(p)).toBe(true);
  });

  test.each([
    ['TASK_INTERRUPTIBLE', TASK_INTERRUPTIBLE],
    ['TASK_UNINTERRUPTIBLE', TASK_UNINTERRUPTIBLE],
    ['TASK_KILLABLE', TASK_KILLABLE],
    ['TASK_IDLE', TASK_IDLE],
  ])('wakes a sleeper in %s once: the second call finds it awake (CC-SCHED-19, CC-SCHED-21)', (_, state) => {
    const w = world();
    const p = sleeper(w, state);
    w.interrupt(() => {
      expect([wakeUpProcess(w.s, p), wakeUpProcess(w.s, p)]).toEqual([true, false]);
    }, p.cpu);
    w.runUntilIdle();
    expect(w.exited(p)).toBe(true);
  });

  test('matches a state by its bits: an uninterruptible sleeper is left alone by an interruptible wakeup', () => {
    const w = world();
    const p = sleeper(w, TASK_UNINTERRUPTIBLE);
    w.clear();
    w.interrupt(() => expect(wakeUpState(w.s, p, TASK_INTERRUPTIBLE)).toBe(false));
    expect(w.trace).toEqual([]);
  });

  test('of the current task only stores the state, and says so in the trace (CC-SCHED-82)', () => {
    const w = world();
    w.run(function* (k) {
      const p = k.current;
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      w.clear();
      expect(wakeUpProcess(w.s, p)).toBe(true);
      expect([p.state, p.needResched]).toEqual([TASK_RUNNING, false]);
      yield* k.schedule();
      w.machine.hub.flush();
      expect(w.trace).toEqual([`[${p.cpu}] waking main`, `[${p.cpu}] wakeup main on ${p.cpu}`]);
    });
  });
});

describe('a wakeup onto another, idle CPU', () => {
  test('is left for that CPU to do (INV-SCHED-13, INV-SCHED-14)', () => {
    const w = world({ cpus: 2 });
    const p = sleeper(w, TASK_INTERRUPTIBLE);
    setCpusAllowedCommon(p, Cpumask.of(1));
    w.clear();
    w.wake(p, 0);
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      [0] waking D
      [1] wakeup D on 1
      [1] switch idle R -> D
    `);
  });

  test('is done at once, by the waker, for the stopper (CC-SCHED-22)', () => {
    const w = world({ cpus: 2 });
    let ranOn = -1;
    w.interrupt(() => void stopOneCpuNowait(w.s, 1, () => (ranOn = w.s.cpu)), 0);
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      [0] waking migration/1
      [0] wakeup migration/1 on 1
      [1] switch idle R -> migration/1
    `);
    expect(ranOn).toBe(1);
  });
});

describe('a new task', () => {
  test('is placed on another CPU without sched_migrate_task, and woken without sched_waking (CC-SCHED-81)', () => {
    const w = world({ cpus: 4 });
    const p = w.create('D', function* () {});
    const fork = w.trace.find((line) => line.endsWith('fork kthreadd -> D'))!;
    expect(fork.slice(0, 3)).not.toBe(`[${p.cpu}]`);
    expect(w).toHaveTrace(`wakeup_new D on ${p.cpu}`);
    expect(w).not.toHaveTrace('waking D');
    expect(w.trace.filter((line) => line.includes('migrate D'))).toEqual([]);
  });
});
