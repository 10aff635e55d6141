import { describe, expect, test } from '@jest/globals';
import { EBUSY, EINVAL, EPERM, SCHED_DEADLINE, SCHED_FIFO, SCHED_NORMAL } from '../src/constants.ts';
import { schedRtHandler } from '../src/dl-bw.ts';
import type { SchedAttr } from '../src/sched-attr.ts';
import { schedSetattr, schedSetattrNocheck, schedSetschedulerNocheck } from '../src/syscalls.ts';
import type { Task } from '../src/task.ts';
import { Rig, type RigStep } from './rig.ts';

const MS = 1_000_000;

function attr(runtimeMs: number, deadlineMs: number, periodMs = 0): SchedAttr {
  return { policy: SCHED_DEADLINE, runtime: runtimeMs * MS, deadline: deadlineMs * MS, period: periodMs * MS };
}

/** A started deadline task. */
function dl(rig: Rig, comm: string, params: SchedAttr, options: DlOptions = {}): Task {
  const p = rig.task(comm, options.steps, options.cpus);
  return rig.start(p, (options.atMs ?? 0) * MS, () => expect(schedSetattrNocheck(rig.s, p, params)).toBe(0));
}

interface DlOptions {
  readonly steps?: readonly RigStep[];
  readonly cpus?: number;
  readonly atMs?: number;
}

describe('constant bandwidth server', () => {
  test('a hog of 10 ms every 100 ms is stopped by the tick, and pays back what it overran', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'hog', attr(10, 100));
    rig.runUntil(12 * MS + 1);
    expect(p.dl).toMatchObject({ throttled: true, runtime: -2 * MS, onDlRq: false });
    rig.runUntil(100 * MS + 1);
    expect(p.dl).toMatchObject({ throttled: false, runtime: 8 * MS, deadline: 200 * MS });
    rig.runUntil(350 * MS);
    expect(rig.timeline()).toEqual([
      'hog 0-12',
      'swapper/0 12-100',
      'hog 100-108',
      'swapper/0 108-200',
      'hog 200-212',
      'swapper/0 212-300',
      'hog 300-308',
      'swapper/0 308-350',
    ]);
  });

  test('CC-SCHED-54: a yield gives up the rest of the period', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(10, 100), { steps: [3 * MS, 'yield'] });
    rig.runUntil(99 * MS);
    expect(p.dl.yielded).toBe(true);
    rig.runUntil(100 * MS + 1);
    expect(p.dl).toMatchObject({ yielded: false, runtime: 10 * MS, deadline: 200 * MS });
    expect(rig.timeline()).toEqual(['p 0-3', 'swapper/0 3-100', 'p 100-100.000001']);
  });

  test('a wakeup goes on with deadline and budget if these fit, else starts a new period', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(40, 100), { steps: [20 * MS, 'sleep', 5 * MS, 'sleep', 'sleep'] });
    rig.wake(p, 40 * MS);
    rig.runUntil(41 * MS);
    expect(p.dl).toMatchObject({ deadline: 100 * MS });
    rig.wake(p, 90 * MS);
    rig.runUntil(91 * MS);
    expect(p.dl).toMatchObject({ deadline: 190 * MS, runtime: 40 * MS });
  });

  test('with a deadline before the end of the period, the budget shrinks to what fits', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(40, 80, 200), { steps: [10 * MS, 'sleep', 'sleep'] });
    rig.wake(p, 60 * MS);
    rig.runUntil(60 * MS + 1);
    expect(p.dl.deadline).toBe(80 * MS);
    expect(p.dl.runtime).toBe(Math.floor((p.dl.dlDensity * 20 * MS) / 2 ** 20));
  });

  test('and a wakeup after the deadline waits for the next period', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(40, 80, 200), { steps: [10 * MS, 'sleep'] });
    rig.wake(p, 100 * MS);
    rig.runUntil(150 * MS);
    expect(p.dl).toMatchObject({ throttled: true, runtime: 0, onDlRq: false });
    rig.runUntil(201 * MS);
    expect(p.onCpu).toBe(true);
    expect(rig.timeline().at(-1)).toBe('p 200-201');
    expect(p.dl).toMatchObject({ deadline: 280 * MS });
  });

  test('INV-SCHED-26: a throttled task that blocks and wakes stays off the queue', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(10, 100), { steps: [5 * MS, 'yield', 'sleep'] });
    rig.runUntil(50 * MS);
    expect([p.onRq, p.dl.throttled, p.dl.onDlRq]).toEqual([1, true, false]);
  });

  test('an overrun is remembered for who asked', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', { ...attr(10, 100), flags: 0x04 });
    rig.runUntil(13 * MS);
    expect(p.dl.overrun).toBe(true);
  });

  test('reclaiming: alone on the CPU, a task uses what nobody reserved', () => {
    const rig = new Rig(1);
    dl(rig, 'p', { ...attr(10, 100), flags: 0x02 });
    rig.runUntil(99 * MS);
    // 10 % of its own and the fair server's 5 % make 15 % of 95 %: 10 ms last for 63
    expect(rig.timeline()).toEqual(['p 0-64', 'swapper/0 64-99']);
  });
});

describe('earliest deadline first', () => {
  test('the earlier deadline preempts, the later waits', () => {
    const rig = new Rig(1);
    dl(rig, 'late', attr(20, 200), { steps: [10 * MS, 'sleep'] });
    dl(rig, 'early', attr(20, 100), { atMs: 2, steps: [5 * MS, 'sleep'] });
    dl(rig, 'later', attr(20, 300), { atMs: 3, steps: [5 * MS, 'sleep'] });
    rig.runUntil(25 * MS);
    expect(rig.timeline()).toEqual(['late 0-2', 'early 2-7', 'late 7-15', 'later 15-20', 'swapper/0 20-25']);
  });

  test('deadline beats RT', () => {
    const rig = new Rig(1);
    const hog = rig.task('hog');
    rig.start(hog, 0, () => schedSetschedulerNocheck(rig.s, hog, SCHED_FIFO, 99));
    dl(rig, 'p', attr(20, 100), { atMs: 1, steps: [5 * MS, 'sleep'] });
    rig.runUntil(10 * MS);
    expect(rig.timeline()).toEqual(['hog 0-1', 'p 1-6', 'hog 6-10']);
  });

  test('a task that has to wait is pushed to a CPU without deadline tasks, and others pull', () => {
    const rig = new Rig(2);
    const a = dl(rig, 'a', attr(50, 200), { cpus: 0b01, steps: [10 * MS, 'sleep'] });
    const b = dl(rig, 'b', attr(50, 300), { cpus: 0b10, steps: [5 * MS, 'sleep'] });
    const c = dl(rig, 'c', attr(50, 400), { atMs: 1, steps: [20 * MS, 'sleep'] });
    rig.runUntil(4 * MS);
    expect([a.onCpu, b.onCpu, c.onCpu]).toEqual([true, true, false]);
    rig.runUntil(6 * MS);
    expect([c.cpu, c.onCpu]).toEqual([1, true]);
    expect(rig.s.rd.dloMask.empty).toBe(true);
  });
});

describe('admission control', () => {
  test('CC-SCHED-53: a whole CPU is not to be had', () => {
    const rig = new Rig(1);
    const fair = rig.start(rig.task('fair'));
    rig.at(1 * MS, () => {
      expect(rig.s.rd.dlBw.totalBw).toBe(52428);
      expect(schedSetattrNocheck(rig.s, fair, attr(10, 10))).toBe(-EBUSY);
      expect(schedSetattrNocheck(rig.s, fair, attr(9, 10))).toBe(0);
      expect(rig.s.rd.dlBw.totalBw).toBe(52428 + 943718);
      expect(schedSetattrNocheck(rig.s, fair, attr(5, 10))).toBe(0);
      expect(rig.s.rd.dlBw.totalBw).toBe(52428 + 524288);
    });
    rig.runUntil(2 * MS);
    expect(fair.policy).toBe(SCHED_DEADLINE);
  });

  test('the bandwidth of a task that leaves the class is free at its 0-lag time', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(50, 100));
    rig.at(10 * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_NORMAL, 0));
    rig.runUntil(11 * MS);
    expect(rig.s.rd.dlBw.totalBw).toBe(524288 + 52428);
    rig.runUntil(21 * MS);
    expect(rig.s.rd.dlBw.totalBw).toBe(52428);
    expect(rig.s.rqs[0]!.dl).toMatchObject({ runningBw: 52428, thisBw: 52428 });
    expect(p.dl.dlRuntime).toBe(0);
  });

  test('a blocked task is active until its 0-lag time', () => {
    const rig = new Rig(1);
    const p = dl(rig, 'p', attr(50, 100), { steps: [10 * MS, 'sleep'] });
    rig.runUntil(11 * MS);
    expect(p.dl.nonContending).toBe(true);
    const server = 52428;
    expect(rig.s.rqs[0]!.dl.runningBw).toBe(524288 + server);
    rig.runUntil(21 * MS);
    expect(p.dl.nonContending).toBe(false);
    expect(rig.s.rqs[0]!.dl).toMatchObject({ runningBw: server, thisBw: 524288 + server });
    rig.wake(p, 30 * MS);
    rig.runUntil(31 * MS);
    expect(rig.s.rqs[0]!.dl).toMatchObject({ runningBw: 524288 + server, thisBw: 524288 + server });
  });

  test('a user needs a mask that covers the root domain; the kernel does not', () => {
    const rig = new Rig(2);
    const bound = rig.start(rig.task('bound', [], 0b01));
    rig.at(1 * MS, () => {
      expect(schedSetattr(rig.s, bound, attr(1, 10))).toBe(-EPERM);
      expect(schedSetattrNocheck(rig.s, bound, attr(1, 10))).toBe(0);
    });
    rig.runUntil(2 * MS);
  });

  test('the limit is set by sched_rt_runtime_us', () => {
    const rig = new Rig(1);
    const { s } = rig;
    const p = dl(rig, 'p', attr(50, 100));
    rig.at(1 * MS, () => {
      expect(schedRtHandler(s, 1_000_000, 1_000_001)).toBe(-EINVAL);
      expect(schedRtHandler(s, 1_000_000, 400_000)).toBe(-EBUSY);
      expect(schedRtHandler(s, 1_000_000, -1)).toBe(0);
      expect(schedSetattrNocheck(s, p, attr(100, 100))).toBe(0);
    });
    rig.runUntil(2 * MS);
    expect(s.rd.dlBw.bw).toBe(-1);
  });
});
