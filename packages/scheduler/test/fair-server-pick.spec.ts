import { describe, expect, test } from '@jest/globals';
import { Rig } from './rig.ts';
import { checkScheduler } from '../src/checks.ts';
import { SCHED_FIFO } from '../src/constants.ts';
import { schedSetschedulerNocheck } from '../src/syscalls.ts';
import type { Task } from '../src/task.ts';

const MS = 1_000_000;

/** A FIFO hog, and a fair task beside it, which the fair server lets run from 950 ms on. */
function starving(): { rig: Rig; hog: Task; fair: Task } {
  const rig = new Rig(1);
  rig.sim.afterStep(() => checkScheduler(rig.s));
  const hog = rig.task('hog');
  schedSetschedulerNocheck(rig.s, hog, SCHED_FIFO, 10);
  rig.start(hog);
  const fair = rig.start(rig.task('fair'));
  return { rig, hog, fair };
}

describe('a fair task that runs on the account of the fair server', () => {
  test('is picked through the deadline class, and stays of the fair class (INV-SCHED-07, CC-SCHED-07)', () => {
    const { rig, fair } = starving();
    const rq = rig.s.rqs[0]!;
    rig.runUntil(960 * MS);
    expect([rq.curr, fair.schedClass.name, rq.curr.dlServer]).toEqual([fair, 'fair', rq.dl.fairServer]);
    // the hog, the task and the server: not only fair tasks are queued, so the short way to pick is not taken
    expect([rq.nrRunning, rq.cfs.hNrQueued]).toEqual([3, 1]);
  });

  test('is asked to give way when an RT task wakes, and is picked again as long as the server has runtime (CC-SCHED-06)', () => {
    const { rig, fair } = starving();
    const late = rig.task('late');
    schedSetschedulerNocheck(rig.s, late, SCHED_FIFO, 50);
    let asked = false;
    rig.start(late, 970 * MS, () => (asked = fair.needResched));
    rig.runUntil(1010 * MS);
    expect(asked).toBe(true);
    expect(rig.timeline().slice(-3)).toEqual(['hog 0-950', 'fair 950-1000', 'late 1000-1010']);
  });
});
