import { describe, expect, test } from '@jest/globals';
import {
  EBUSY,
  EINVAL,
  EOPNOTSUPP,
  EPERM,
  ESRCH,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
} from '../src/constants.ts';
import { SCHED_RESET_ON_FORK, SETPARAM_POLICY, type SchedAttr, type SchedCred } from '../src/sched-attr.ts';
import { canNice, setUserNice } from '../src/set-nice.ts';
import { stopSchedClass } from '../src/stop.ts';
import {
  schedGetattr,
  schedGetscheduler,
  schedRrGetInterval,
  schedSetFifo,
  schedSetNormal,
  schedSetattr,
  schedSetattrNocheck,
  schedSetscheduler,
  schedSetschedulerNocheck,
  sysSchedSetattr,
  sysSchedSetscheduler,
} from '../src/syscalls.ts';
import { taskNice, type Task } from '../src/task.ts';
import { Rig } from './rig.ts';

const MS = 1_000_000;
const USER: SchedCred = { sysNice: false, sameOwner: true, rlimitNice: 0, rlimitRtprio: 0 };

/** A sleeping task, and the machine; fn runs in an interrupt. */
function withSleeper(fn: (rig: Rig, p: Task) => void): void {
  const rig = new Rig(1);
  const p = rig.start(rig.task('p', ['sleep', 'sleep']));
  let ran = false;
  rig.at(1 * MS, () => {
    fn(rig, p);
    ran = true;
  });
  rig.runUntil(2 * MS);
  expect(ran).toBe(true);
}

describe('sched_setscheduler and sched_setattr', () => {
  test.each<[string, SchedAttr, number]>([
    ['CC-SCHED-57: FIFO 0', { policy: SCHED_FIFO, priority: 0 }, -EINVAL],
    ['RR 0', { policy: SCHED_RR, priority: 0 }, -EINVAL],
    ['CC-SCHED-57: NORMAL 5', { policy: SCHED_NORMAL, priority: 5 }, -EINVAL],
    ['IDLE 1', { policy: SCHED_IDLE, priority: 1 }, -EINVAL],
    ['FIFO 100', { policy: SCHED_FIFO, priority: 100 }, -EINVAL],
    ['unknown policy', { policy: 4 }, -EINVAL],
    ['SCHED_EXT is not built in', { policy: 7 }, -EINVAL],
    ['unknown flag', { policy: SCHED_NORMAL, flags: 0x80 }, -EINVAL],
    ['utilization clamp', { policy: SCHED_NORMAL, flags: 0x20 }, -EOPNOTSUPP],
    ['DEADLINE without a deadline', { policy: SCHED_DEADLINE, runtime: MS }, -EINVAL],
    ['DEADLINE with 1023 ns of runtime', { policy: SCHED_DEADLINE, runtime: 1023, deadline: MS }, -EINVAL],
    ['DEADLINE with 1024 ns of runtime', { policy: SCHED_DEADLINE, runtime: 1024, deadline: MS }, 0],
    ['runtime > deadline', { policy: SCHED_DEADLINE, runtime: 2 * MS, deadline: MS }, -EINVAL],
    ['deadline > period', { policy: SCHED_DEADLINE, runtime: MS, deadline: 3 * MS, period: 2 * MS }, -EINVAL],
    ['period below 100 us', { policy: SCHED_DEADLINE, runtime: 1024, deadline: 99_999 }, -EINVAL],
    ['period of 2^22 us', { policy: SCHED_DEADLINE, runtime: MS, deadline: 4_194_304_000 }, 0],
    ['period above 2^22 us', { policy: SCHED_DEADLINE, runtime: MS, deadline: 4_194_304_001 }, -EINVAL],
    ['DEADLINE with a priority', { policy: SCHED_DEADLINE, runtime: MS, deadline: 2 * MS, priority: 1 }, -EINVAL],
    ['too much DEADLINE bandwidth', { policy: SCHED_DEADLINE, runtime: MS, deadline: MS }, -EBUSY],
    ['the frequency changer is the kernel only', { policy: SCHED_NORMAL, flags: 0x10000000 }, -EINVAL],
    ['FIFO 99', { policy: SCHED_FIFO, priority: 99 }, 0],
  ])('%s', (_name, attr, result) => {
    withSleeper((rig, p) => expect(schedSetattr(rig.s, p, attr)).toBe(result));
  });

  test.each([
    [SCHED_FIFO, 99, 0],
    [SCHED_FIFO, 50, 49],
    [SCHED_RR, 1, 98],
    [SCHED_NORMAL, 0, 120],
    [SCHED_BATCH, 0, 120],
    [SCHED_IDLE, 0, 120],
  ])('policy %i with priority %i gives prio %i', (policy, priority, prio) => {
    withSleeper((rig, p) => {
      expect(schedSetschedulerNocheck(rig.s, p, policy, priority)).toBe(0);
      expect([p.prio, p.normalPrio, p.rtPriority, p.policy]).toEqual([prio, prio, priority, policy]);
    });
  });

  test('CC-SCHED-58: nice of a FIFO task is remembered; set_normal sets its own', () => {
    withSleeper((rig, p) => {
      schedSetFifo(rig.s, p);
      setUserNice(rig.s, p, 5);
      expect([p.prio, taskNice(p)]).toEqual([49, 5]);
      schedSetschedulerNocheck(rig.s, p, SCHED_NORMAL, 0);
      expect([p.prio, taskNice(p), p.se.load.weight]).toEqual([125, 5, 335]);
      schedSetNormal(rig.s, p, 0);
      expect([p.prio, p.se.load.weight]).toEqual([120, 1024]);
    });
  });

  test('CC-SCHED-59: the policy of a stopper cannot be changed', () => {
    withSleeper((rig, p) => {
      rig.s.rqs[0]!.stop = p;
      p.schedClass = stopSchedClass;
      expect(schedSetschedulerNocheck(rig.s, p, SCHED_NORMAL, 0)).toBe(-EINVAL);
      schedSetFifo(rig.s, p);
      expect(rig.s.reports.lines.map((x) => x.level)).toEqual(['warn']);
    });
  });

  test('CC-SCHED-61: a user may lower RT priority; raising needs the limit or the capability', () => {
    withSleeper((rig, p) => {
      schedSetschedulerNocheck(rig.s, p, SCHED_FIFO, 50);
      expect(schedSetscheduler(rig.s, p, SCHED_FIFO, 10, USER)).toBe(0);
      expect(schedSetscheduler(rig.s, p, SCHED_FIFO, 11, USER)).toBe(-EPERM);
      expect(schedSetscheduler(rig.s, p, SCHED_FIFO, 11, { ...USER, rlimitRtprio: 11 })).toBe(0);
      expect(schedSetscheduler(rig.s, p, SCHED_RR, 5, USER)).toBe(-EPERM);
      expect(schedSetscheduler(rig.s, p, SCHED_FIFO, 60, { ...USER, sysNice: true })).toBe(0);
      expect(schedSetscheduler(rig.s, p, SCHED_FIFO, 1, { ...USER, sameOwner: false })).toBe(-EPERM);
    });
  });

  test('a user may not lower nice, leave SCHED_IDLE, use a deadline or clear reset-on-fork beyond the limits', () => {
    withSleeper((rig, p) => {
      const { s } = rig;
      expect(schedSetattr(s, p, { policy: SCHED_NORMAL, nice: -1 }, USER)).toBe(-EPERM);
      expect(schedSetattr(s, p, { policy: SCHED_NORMAL, nice: -1 }, { ...USER, rlimitNice: 21 })).toBe(0);
      expect(schedSetattr(s, p, { policy: SCHED_DEADLINE, runtime: MS, deadline: 10 * MS }, USER)).toBe(-EPERM);
      expect(schedSetattr(s, p, { policy: SCHED_IDLE }, USER)).toBe(0);
      expect(schedSetattr(s, p, { policy: SCHED_NORMAL }, USER)).toBe(-EPERM);
      expect(schedSetattr(s, p, { policy: SCHED_IDLE, flags: 1 }, USER)).toBe(0);
      expect(schedSetattr(s, p, { policy: SCHED_IDLE }, USER)).toBe(-EPERM);
      expect([canNice(0, USER), canNice(-20), canNice(19, { ...USER, rlimitNice: 1 })]).toEqual([false, true, true]);
    });
  });

  test('CC-SCHED-62: a sleeper that is still queued really leaves before it becomes RT', () => {
    const rig = new Rig(4);
    const p = rig.start(rig.task('p', ['sleep', 3.6 * MS, 'sleep'], 1));
    rig.start(rig.task('hog', [], 1));
    rig.wake(p, 1 * MS);
    rig.runUntil(7.65 * MS);
    expect([p.onRq, p.se.schedDelayed]).toEqual([1, true]);
    rig.at(7.7 * MS, () => {
      schedSetFifo(rig.s, p);
      expect([p.onRq, p.se.schedDelayed, p.se.onRq, p.rt.onRq]).toEqual([0, false, false, false]);
      expect(rig.s.rqs[0]!.nrRunning).toBe(1);
    });
    rig.wake(p, 8.5 * MS);
    rig.runUntil(9 * MS);
    expect([p.prio, p.rt.onRq, p.onCpu]).toEqual([49, true, true]);
  });

  test('a slice can be asked for, within limits, and is kept by the old calls', () => {
    withSleeper((rig, p) => {
      const { s } = rig;
      schedSetattrNocheck(s, p, { policy: SCHED_NORMAL, runtime: 10 * MS });
      expect([p.se.customSlice, p.se.slice]).toEqual([true, 10 * MS]);
      schedSetschedulerNocheck(s, p, SCHED_BATCH, 0);
      expect([p.policy, p.se.customSlice, p.se.slice]).toEqual([SCHED_BATCH, true, 10 * MS]);
      schedSetattrNocheck(s, p, { policy: SCHED_NORMAL, runtime: 1 });
      expect(p.se.slice).toBe(100_000);
      schedSetattrNocheck(s, p, { policy: SCHED_NORMAL, runtime: 1000 * MS });
      expect(p.se.slice).toBe(100 * MS);
      schedSetNormal(s, p, 0);
      expect([p.se.customSlice, p.se.slice]).toEqual([false, 700_000]);
    });
  });

  test('SCHED_IDLE has the least weight and leaves nice and slice alone', () => {
    withSleeper((rig, p) => {
      setUserNice(rig.s, p, -5);
      schedSetattrNocheck(rig.s, p, { policy: SCHED_IDLE, nice: 7, runtime: 5 * MS });
      expect([p.se.load.weight, taskNice(p), p.se.customSlice]).toEqual([3, -5, false]);
    });
  });

  test('reset-on-fork by flag and by the old bit; keeping policy or parameters', () => {
    withSleeper((rig, p) => {
      const { s } = rig;
      expect(schedSetscheduler(s, p, SCHED_RR | SCHED_RESET_ON_FORK, 7)).toBe(0);
      expect(schedGetscheduler(p)).toBe(SCHED_RR | SCHED_RESET_ON_FORK);
      expect(schedSetscheduler(s, p, SETPARAM_POLICY, 8)).toBe(0);
      expect([p.policy, p.rtPriority, p.resetOnFork]).toEqual([SCHED_RR, 8, true]);
      expect(sysSchedSetattr(s, p.pid, { policy: SCHED_NORMAL, flags: 0x08, priority: 9 })).toBe(0);
      expect([p.policy, p.rtPriority]).toEqual([SCHED_RR, 9]);
      expect(sysSchedSetattr(s, p.pid, { policy: SCHED_RR, flags: 0x10 })).toBe(0);
      expect(schedGetattr(p)).toEqual({ policy: SCHED_RR, flags: 0, priority: 9 });
      expect(schedRrGetInterval(p)).toBe(100 * MS);
    });
  });

  test('the system calls look pids up and clamp nice', () => {
    withSleeper((rig, p) => {
      const { s } = rig;
      expect(sysSchedSetscheduler(s, 99999, SCHED_FIFO, 1)).toBe(-ESRCH);
      expect(sysSchedSetscheduler(s, -1, SCHED_FIFO, 1)).toBe(-EINVAL);
      expect(sysSchedSetscheduler(s, p.pid, -1, 1)).toBe(-EINVAL);
      expect(sysSchedSetattr(s, 99999, { policy: SCHED_NORMAL })).toBe(-ESRCH);
      expect(sysSchedSetattr(s, p.pid, { policy: SCHED_NORMAL, nice: 40 })).toBe(0);
      expect(taskNice(p)).toBe(19);
      expect(sysSchedSetscheduler(s, p.pid, SCHED_FIFO, 1)).toBe(0);
      expect(p.prio).toBe(98);
    });
  });
});

describe('sched_set_normal and sched_setattr from inside the kernel', () => {
  test.each([20, -21, 1_000_000])('nice %i has no weight: Linux reads one from beside its table', (nice) => {
    withSleeper((rig, p) => {
      expect(() => schedSetNormal(rig.s, p, nice)).toThrow(/nice value/);
      expect(() => schedSetattrNocheck(rig.s, p, { policy: SCHED_BATCH, nice })).toThrow(/nice value/);
      expect([p.policy, p.prio, p.se.load.weight]).toEqual([SCHED_NORMAL, 120, 1024]);
    });
  });

  test('an RT policy does not look at nice', () => {
    withSleeper((rig, p) => {
      expect(schedSetattrNocheck(rig.s, p, { policy: SCHED_FIFO, priority: 3, nice: 99 })).toBe(0);
    });
  });
});

describe('set_user_nice', () => {
  test('values that are out of range or the same change nothing', () => {
    withSleeper((rig, p) => {
      for (const nice of [20, -21, 0]) setUserNice(rig.s, p, nice);
      expect([p.prio, p.se.load.weight]).toEqual([120, 1024]);
      setUserNice(rig.s, p, -20);
      expect([p.prio, p.normalPrio, p.se.load.weight]).toEqual([100, 100, 88761]);
    });
  });

  // EX-E: A alone from 0, S woken at 1 ms, S runs from the tick at 4 ms
  test.each([
    [5, -56715, 1043285, true],
    [-5, 2671904, 3771904, false],
  ])('the lag of a running task is kept: nice %i', (nice, vruntime, deadline, resched) => {
    const rig = new Rig(4);
    const sleeper = rig.start(rig.task('S', ['sleep'], 1));
    rig.start(rig.task('A', [], 1));
    rig.wake(sleeper, 1 * MS);
    const v0 = -1_048_576;
    rig.at(5 * MS, () => {
      setUserNice(rig.s, sleeper, nice);
      expect([sleeper.se.vruntime - v0, sleeper.se.deadline - v0]).toEqual([vruntime, deadline]);
      expect(sleeper.needResched).toBe(resched);
    });
    rig.runUntil(5 * MS);
    expect(sleeper.onCpu).toBe(true);
    expect(rig.s.rqs[0]!.cfs.loadWeight).toBe(1024 + sleeper.se.load.weight);
  });
});
