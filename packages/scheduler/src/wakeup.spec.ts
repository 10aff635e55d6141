import { describe, expect, test } from '@jest/globals';
import { Rig } from '../test/rig.ts';
import { setCpusAllowedCommon } from './affinity.ts';
import { TASK_UNINTERRUPTIBLE } from './constants.ts';
import { Cpumask } from './cpumask.ts';
import type { Task } from './task.ts';
import { wakeUpProcess, wakeUpState } from './wakeup.ts';

const US = 1000;
const MS = 1_000_000;

/** A rig of two CPUs, on one of which a task sleeps since 0. */
function sleeper(cpu: number): { rig: Rig; p: Task } {
  const rig = new Rig(2);
  const p = rig.start(rig.task('p', ['sleep'], 1 << cpu));
  rig.runUntil(0);
  return { rig, p };
}

describe('a wakeup', () => {
  test('is told whether somebody slept in one of the states', () => {
    const { rig, p } = sleeper(0);
    const answers: boolean[] = [];
    rig.at(1 * MS, () => {
      answers.push(wakeUpState(rig.s, p, TASK_UNINTERRUPTIBLE), wakeUpProcess(rig.s, p), wakeUpProcess(rig.s, p));
    });
    rig.runUntil(1 * MS);
    expect(answers).toEqual([false, true, false]);
  });

  test.each([
    ['on its own CPU, which idles, queues the task', 0, false, true],
    ['of a task of another CPU that is busy queues it', 1, true, true],
    ['of a task of another CPU that idles leaves that to the CPU itself', 1, false, false],
  ])('%s', (_, cpu, busy, atOnce) => {
    const { rig, p } = sleeper(cpu);
    if (busy) rig.start(rig.task('busy', [], 1 << cpu), 500 * US);
    const seen: boolean[] = [];
    rig.at(1 * MS, () => {
      wakeUpProcess(rig.s, p);
      seen.push(p.onRq === 1, rig.s.rqs[cpu]!.ttwuPending);
    });
    rig.runUntil(1 * MS);
    expect(seen).toEqual([atOnce, !atOnce]);
    expect([p.onRq, rig.s.rqs[cpu]!.ttwuPending]).toEqual([1, false]);
  });

  test('that moves a task makes it a cold one where it waits', () => {
    const rig = new Rig(2);
    const p = rig.start(rig.task('p', [1 * MS, 'sleep'], 0b01));
    rig.start(rig.task('busy', [], 0b10), 2 * MS);
    rig.runUntil(3 * MS);
    expect(p.se.execStart).toBeGreaterThan(0);
    setCpusAllowedCommon(p, Cpumask.fromBits(0b10));
    p.se.vlag = -3 * MS;
    rig.wake(p, 3 * MS);
    rig.runUntil(3 * MS);
    expect([p.cpu, p.onRq, p.onCpu, p.se.execStart]).toEqual([1, 1, false, 0]);
  });

  test('of one that waited for a disk takes it out of nr_iowait, also where it goes elsewhere', () => {
    for (const cpus of [0b01, 0b10]) {
      const rig = new Rig(2);
      const p = rig.task('p', ['sleep'], 0b01);
      p.inIowait = true;
      rig.start(p);
      rig.runUntil(1 * MS);
      const waiting = (): number[] => rig.s.rqs.map((rq) => rq.nrIowait);
      expect([p.onRq, waiting()]).toEqual([0, [1, 0]]);
      setCpusAllowedCommon(p, Cpumask.fromBits(cpus));
      rig.wake(p, 3 * MS);
      rig.runUntil(3 * MS);
      expect([p.cpu, p.onRq, waiting()]).toEqual([cpus - 1, 1, [0, 0]]);
    }
  });
});

describe('the average of the stretches for which a CPU idles, when a wakeup ends one', () => {
  /** avg_idle after a stretch, given what it was before. */
  function after(beforeNs: number, idleNs: number, maxCostNs = 500 * US): number {
    const { rig, p } = sleeper(0);
    const [rq] = rig.s.rqs as [(typeof rig.s.rqs)[0]];
    rig.runUntil(1 * MS);
    rq.avgIdle = beforeNs;
    rq.maxIdleBalanceCost = maxCostNs;
    rq.idleStamp = 1 * MS;
    rig.wake(p, 1 * MS + idleNs);
    rig.runUntil(1 * MS + idleNs);
    expect(rq.idleStamp).toBe(0);
    return rq.avgIdle;
  }

  test('moves an eighth of the way there, rounded towards where it was', () => {
    expect(after(100 * US, 300 * US)).toBe(125 * US);
    expect(after(300 * US, 100 * US)).toBe(275 * US);
    expect([after(100 * US, 100 * US + 15), after(100 * US, 100 * US - 15)]).toEqual([100 * US + 1, 100 * US - 1]);
  });

  test('is at most twice what looking for work has ever cost', () => {
    expect(after(900 * US, 50 * MS)).toBe(1000 * US);
    expect(after(900 * US, 50 * MS, 40 * US)).toBe(80 * US);
  });

  test('stays what it is if the CPU did not idle', () => {
    const { rig, p } = sleeper(0);
    rig.start(rig.task('busy', [], 0b01), 500 * US);
    rig.runUntil(1 * MS);
    const [rq] = rig.s.rqs as [(typeof rig.s.rqs)[0]];
    rq.avgIdle = 123_456;
    rig.wake(p, 2 * MS);
    rig.runUntil(2 * MS);
    expect([p.onRq, rq.avgIdle]).toEqual([1, 123_456]);
  });
});
