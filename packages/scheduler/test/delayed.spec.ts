import { describe, expect, test } from '@jest/globals';
import { POINT } from '@kernel-model/sim';
import { Rig } from './rig.ts';
import { setCpusAllowedCommon } from '../src/affinity.ts';
import { checkScheduler } from '../src/checks.ts';
import { TASK_INTERRUPTIBLE, TASK_ON_RQ_QUEUED, TASK_PARKED, TASK_RUNNING } from '../src/constants.ts';
import { Cpumask } from '../src/cpumask.ts';
import { moveQueuedTask } from '../src/migrate.ts';
import { schedule } from '../src/schedule.ts';
import type { Task } from '../src/task.ts';
import { wakeUpProcess } from '../src/wakeup.ts';

const MS = 1_000_000;

/** A hog, and a sleeper with lag to pay: it sleeps since 7.6 ms, and stays queued on CPU 0. */
function delayedSleeper(state = TASK_INTERRUPTIBLE): { rig: Rig; hog: Task; p: Task } {
  const rig = new Rig(4);
  rig.sim.afterStep(() => checkScheduler(rig.s));
  const hog = rig.task('hog', [], 1);
  const p = rig.task('p', [], 1);
  p.body = (function* () {
    rig.s.cpus[0]!.owe(3_600_000, 0);
    yield POINT;
    p.state = state;
    yield* schedule(rig.s);
    rig.s.cpus[0]!.owe(100 * MS, 0);
    yield POINT;
  })();
  for (const [task, ns] of [
    [hog, 0],
    [p, 1 * MS],
  ] as const) {
    task.state = TASK_INTERRUPTIBLE;
    rig.wake(task, ns);
  }
  rig.runUntil(8 * MS - 1);
  return { rig, hog, p };
}

describe('a sleeper whose dequeue is delayed', () => {
  test('counts as queued and not as runnable, and keeps its sleeping state (INV-SCHED-18)', () => {
    const { rig, p } = delayedSleeper();
    const rq = rig.s.rqs[0]!;
    expect([p.se.schedDelayed, p.onRq, p.state]).toEqual([true, TASK_ON_RQ_QUEUED, TASK_INTERRUPTIBLE]);
    expect([rq.nrRunning, rq.cfs.hNrQueued, rq.cfs.hNrRunnable]).toEqual([2, 2, 1]);
  });

  test('wakes on its old, busy CPU, whoever wakes it, although others are idle (CC-SCHED-20)', () => {
    const { rig, p } = delayedSleeper();
    setCpusAllowedCommon(p, rig.s.possibleMask);
    rig.at(rig.sim.now, () => expect(wakeUpProcess(rig.s, p)).toBe(true), 2);
    rig.runUntil(rig.sim.now);
    expect([p.cpu, p.state, p.se.schedDelayed]).toEqual([0, TASK_RUNNING, false]);
  });

  test('moves to another CPU like any queued task, and stays delayed there (CC-SCHED-80)', () => {
    const { rig, p } = delayedSleeper();
    const there = rig.task('there', [], 0b10);
    there.state = TASK_INTERRUPTIBLE;
    rig.wake(there, rig.sim.now, 1);
    rig.runUntil(rig.sim.now);
    rig.at(rig.sim.now, () => {
      setCpusAllowedCommon(p, Cpumask.of(1));
      moveQueuedTask(rig.s.rqs[0]!, p, 1);
    });
    rig.runUntil(rig.sim.now);
    const { cfs } = rig.s.rqs[1]!;
    expect([p.cpu, p.se.schedDelayed, cfs.hNrQueued, cfs.hNrRunnable]).toEqual([1, true, 2, 1]);
    expect(rig.s.rqs[0]!.cfs.hNrQueued).toBe(1);
  });

  test('is left out when its CPU looks for the next task, and leaves for good (INV-SCHED-04, INV-SCHED-05)', () => {
    const { rig, hog, p } = delayedSleeper();
    rig.runUntil(12 * MS);
    expect([rig.s.rqs[0]!.curr, p.onRq, p.se.onRq]).toEqual([hog, 0, false]);
  });
});

describe('a task that parks', () => {
  test('leaves at once although it has lag to pay, and keeps the debt (CC-SCHED-42)', () => {
    const { rig, p } = delayedSleeper(TASK_PARKED);
    expect(rig.s.rqs[0]!.curr.comm).toBe('hog');
    expect([p.state, p.onRq, p.se.schedDelayed]).toEqual([TASK_PARKED, 0, false]);
    expect(p.se.vlag).toBeLessThan(0);
  });
});
