import { POINT, type Chooser, type MaySleep, type Point, type Sleep, type Step } from '@kernel-model/sim';
import { describe, expect, test } from '@jest/globals';
import { Rig } from '../test/rig.ts';
import { setCpusAllowedCommon } from './affinity.ts';
import { PF_WQ_WORKER, SCHED_FIFO, TASK_INTERRUPTIBLE, TASK_RUNNING, TASK_UNINTERRUPTIBLE } from './constants.ts';
import { Cpumask } from './cpumask.ts';
import {
  __setCurrentState,
  condResched,
  migrateDisable,
  needResched,
  schedule,
  setCurrentState,
  smpMb,
} from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { schedSetschedulerNocheck } from './syscalls.ts';
import type { Task } from './task.ts';

const MS = 1_000_000;

/** A task that runs this in the kernel, and then burns CPU time in user mode. */
function kernelTask(rig: Rig, comm: string, fn: () => MaySleep<unknown>): Task {
  const p = rig.task(comm);
  const rest = p.body;
  p.inUser = false;
  p.body = (function* (): Generator<Point | Sleep, void, void> {
    yield* fn();
    p.inUser = true;
    yield* { [Symbol.iterator]: () => rest } as MaySleep<void>;
  })();
  return p;
}

/** Burn CPU time where nobody is preempted. */
function* burn(rig: Rig, ns: number): MaySleep<void> {
  rig.s.cpus[rig.s.cpu]!.owe(ns, 0);
  yield POINT;
}

describe('cond_resched', () => {
  /** What it returns after 3 ms in the kernel, and when, if an RT task that runs for 1 ms wakes at an instant. */
  function answers(wakesAtMs: number): { returned: number[]; atMs: number } {
    const rig = new Rig(2);
    const seen = { returned: [] as number[], atMs: 0 };
    const rt = rig.task('rt', ['sleep', 1 * MS, 'sleep'], 0b01);
    rig.start(rt, 0, () => void schedSetschedulerNocheck(rig.s, rt, SCHED_FIFO, 1));
    rig.runUntil(0);
    const p = kernelTask(rig, 'p', function* () {
      yield* burn(rig, 3 * MS);
      seen.returned.push(yield* condResched(rig.s));
      seen.atMs = rig.sim.now / MS;
      seen.returned.push(yield* condResched(rig.s));
    });
    setCpusAllowedCommon(p, Cpumask.of(0));
    rig.start(p);
    // its interrupt comes into the queue behind the end of what p burns
    rig.at(1 * MS, () => rig.wake(rt, wakesAtMs * MS), 1);
    rig.runUntil(10 * MS);
    return seen;
  }

  test('lets run who was woken, and says so', () => {
    expect(answers(2)).toEqual({ returned: [1, 0], atMs: 4 });
  });

  test('sees a wakeup of its own instant', () => {
    expect(answers(3)).toEqual({ returned: [1, 0], atMs: 4 });
  });

  test('does nothing if nobody wants the CPU', () => {
    expect(answers(5)).toEqual({ returned: [0, 0], atMs: 3 });
  });
});

describe('schedule', () => {
  test('tells the workqueues when a worker goes to sleep and runs again, not when it yields, and of nobody else', () => {
    const rig = new Rig(1);
    const { s } = rig;
    const told: string[] = [];
    s.connect({
      wqWorkerSleeping: (p) => void told.push(`${p.comm} sleeps`),
      wqWorkerRunning: (p) => void told.push(`${p.comm} runs`),
    });
    const fn = function* (): MaySleep<void> {
      yield* schedule(s);
      told.push('slept not');
      s.current.state = TASK_INTERRUPTIBLE;
      yield* schedule(s);
    };
    const worker = kernelTask(rig, 'worker', fn);
    worker.flags |= PF_WQ_WORKER;
    rig.start(worker);
    rig.start(kernelTask(rig, 'plain', fn), 1 * MS);
    rig.wake(worker, 2 * MS);
    rig.runUntil(3 * MS);
    expect(told).toEqual(['worker runs', 'slept not', 'worker sleeps', 'slept not', 'worker runs']);
  });
});

describe('the state of the current task', () => {
  test.each([
    ['set_current_state', setCurrentState],
    ['__set_current_state', __setCurrentState],
  ])('is what %s makes it', (_, set) => {
    const rig = new Rig(1);
    const states: number[] = [];
    const p = kernelTask(rig, 'p', function* () {
      yield* set(rig.s, TASK_INTERRUPTIBLE);
      states.push(p.state);
      yield* smpMb(rig.s);
      yield* set(rig.s, TASK_RUNNING);
      states.push(p.state);
    });
    rig.start(p);
    rig.runUntil(1 * MS);
    expect(states).toEqual([TASK_INTERRUPTIBLE, TASK_RUNNING]);
  });
});

/** The lane that is due and comes first acts; store buffers keep what they have as long as anything else can happen. */
const BUFFERED: Chooser = {
  memory: 'tso',
  choose: (choices) =>
    Math.max(
      0,
      choices.findIndex((choice) => !choice.drains),
    ),
  access() {},
  pick: () => 0,
};

describe('with store buffers, the state of a task as others see it', () => {
  /** What memory has right after the store, and after what follows it. */
  function seen(set: (s: Scheduler, state: number) => Step<void>, then: (s: Scheduler) => Step<void>): number[] {
    const rig = new Rig(1, BUFFERED);
    const states: number[] = [];
    const p = kernelTask(rig, 'p', function* () {
      yield* set(rig.s, TASK_INTERRUPTIBLE);
      states.push(p.state);
      yield* then(rig.s);
      states.push(p.state);
      yield* setCurrentState(rig.s, TASK_RUNNING);
    });
    rig.start(p);
    rig.sim.run(() => states.length === 2, 1 * MS);
    return states;
  }

  test('is changed at once by set_current_state()', () => {
    expect(seen(setCurrentState, smpMb)).toEqual([TASK_INTERRUPTIBLE, TASK_INTERRUPTIBLE]);
  });

  test('is changed by __set_current_state() when a barrier follows', () => {
    expect(seen(__setCurrentState, smpMb)).toEqual([TASK_RUNNING, TASK_INTERRUPTIBLE]);
  });

  test('may still be what it was if none does', () => {
    expect(seen(__setCurrentState, (s) => __setCurrentState(s, TASK_UNINTERRUPTIBLE))).toEqual([
      TASK_RUNNING,
      TASK_RUNNING,
    ]);
  });
});

test('migrate_disable nests: the CPU has one pinned task more, however often it is called', () => {
  const rig = new Rig(1);
  const seen: number[][] = [];
  const p = kernelTask(rig, 'p', function* () {
    for (let i = 0; i < 2; i++) {
      migrateDisable(rig.s);
      seen.push([p.migrateDisabled, p.rq.nrPinned]);
    }
    yield* smpMb(rig.s);
  });
  rig.start(p);
  rig.runUntil(1 * MS);
  expect(seen).toEqual([
    [1, 1],
    [2, 1],
  ]);
});

test('need_resched is true once the CPU has something better to do', () => {
  const rig = new Rig(1);
  const seen: boolean[] = [];
  const rt = rig.task('rt');
  const p = kernelTask(rig, 'p', function* () {
    seen.push(needResched(rig.s));
    yield* burn(rig, 3 * MS);
    seen.push(needResched(rig.s));
  });
  rig.start(p);
  rig.start(rt, 2 * MS, () => void schedSetschedulerNocheck(rig.s, rt, SCHED_FIFO, 1));
  rig.runUntil(4 * MS);
  expect(seen).toEqual([false, true]);
});
