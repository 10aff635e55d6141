import type { Point, Sleep } from '@kernel-model/sim';
import { describe, expect, test } from '@jest/globals';
import { SCHED_FIFO, SCHED_NORMAL, SCHED_RR, TASK_INTERRUPTIBLE, TASK_RUNNING } from '../src/constants.ts';
import { schedule } from '../src/schedule.ts';
import { cpuStopShouldRun, cpuStopperThread, schedSetStopTask } from '../src/stopper.ts';
import { schedSetFifo, schedSetFifoLow, schedSetschedulerNocheck } from '../src/syscalls.ts';
import type { Task } from '../src/task.ts';
import { Rig, type RigStep } from './rig.ts';

const MS = 1_000_000;

/** A started RT task. */
function rt(rig: Rig, comm: string, priority: number, options: RtOptions = {}): Task {
  const p = rig.task(comm, options.steps, options.cpus);
  return rig.start(p, (options.atMs ?? 0) * MS, () => {
    expect(schedSetschedulerNocheck(rig.s, p, options.policy ?? SCHED_FIFO, priority)).toBe(0);
  });
}

interface RtOptions {
  readonly steps?: readonly RigStep[];
  readonly cpus?: number;
  readonly atMs?: number;
  readonly policy?: number;
}

describe('RT on one CPU', () => {
  test('CC-SCHED-46: the preempted task resumes before its peers', () => {
    const rig = new Rig(1);
    rt(rig, 'a', 50);
    rt(rig, 'b', 50);
    rt(rig, 'c', 60, { atMs: 5, steps: [2 * MS, 'sleep'] });
    rig.runUntil(20 * MS);
    expect(rig.timeline()).toEqual(['a 0-5', 'c 5-7', 'a 7-20']);
  });

  test('CC-SCHED-47: SCHED_RR alone in its list gets a new turn without a reschedule', () => {
    const rig = new Rig(1);
    const a = rt(rig, 'a', 10, { policy: SCHED_RR });
    rt(rig, 'low', 5, { policy: SCHED_RR });
    rig.runUntil(50 * MS);
    let asked = false;
    rig.sim.afterStep(() => void (asked ||= a.needResched));
    rig.runUntil(96 * MS + 1);
    expect(a.rt.timeSlice).toBe(1);
    rig.runUntil(100 * MS + 1);
    expect([a.rt.timeSlice, asked, rig.s.rqs[0]!.curr]).toEqual([25, false, a]);
  });

  test('SCHED_RR peers take turns of 25 ticks; SCHED_FIFO among them does not give way', () => {
    const rig = new Rig(1);
    rt(rig, 'a', 10, { policy: SCHED_RR });
    rt(rig, 'b', 10, { policy: SCHED_RR });
    rig.runUntil(350 * MS);
    expect(rig.timeline()).toEqual(['a 0-100', 'b 100-200', 'a 200-300', 'b 300-350']);
    rt(rig, 'f', 10, { atMs: 350 });
    rig.runUntil(900 * MS);
    expect(rig.timeline().slice(3)).toEqual(['b 300-400', 'a 400-500', 'f 500-900']);
  });

  test('CC-SCHED-48: a preempted SCHED_RR task keeps what is left of its turn', () => {
    const rig = new Rig(1);
    const a = rt(rig, 'a', 10, { policy: SCHED_RR });
    rt(rig, 'b', 10, { policy: SCHED_RR });
    rt(rig, 'c', 80, { atMs: 89, steps: [30 * MS, 'sleep'] });
    rig.runUntil(119 * MS - 1);
    expect(a.rt.timeSlice).toBe(3);
    rig.runUntil(140 * MS);
    expect(rig.timeline()).toEqual(['a 0-89', 'c 89-119', 'a 119-128', 'b 128-140']);
  });

  test('CC-SCHED-49: lowered goes to the head, raised to the tail', () => {
    const rig = new Rig(1);
    const a = rt(rig, 'a', 50);
    const b = rt(rig, 'b', 50);
    const low = rt(rig, 'l', 40);
    const set = (atMs: number, priority: number): void => {
      rig.at(atMs * MS, () => void schedSetschedulerNocheck(rig.s, a, SCHED_FIFO, priority));
    };
    const order = (): Task[] => [...rig.s.rqs[0]!.rt];
    set(5, 40);
    rig.runUntil(6 * MS);
    expect(order()).toEqual([b, a, low]);
    set(7, 50);
    rig.runUntil(8 * MS);
    expect(order()).toEqual([b, a, low]);
    expect(rig.timeline()).toEqual(['a 0-5', 'b 5-8']);
    set(9, 50);
    rig.runUntil(10 * MS);
    expect(order()).toEqual([b, a, low]);
  });

  test('CC-SCHED-50: a FIFO hog is never throttled while no fair task is runnable', () => {
    const rig = new Rig(1);
    rt(rig, 'hog', 99);
    rig.runUntil(5000 * MS);
    expect(rig.timeline()).toEqual(['hog 0-5000']);
  });

  test('CC-SCHED-51: a sleeping task becomes RT without being queued', () => {
    const rig = new Rig(1);
    const p = rig.start(rig.task('p', ['sleep']));
    rig.at(5 * MS, () => schedSetFifo(rig.s, p));
    rig.runUntil(6 * MS);
    expect([p.onRq, p.prio, p.rt.onList, rig.s.rqs[0]!.nrRunning]).toEqual([0, 49, false, 0]);
    rt(rig, 'peer', 50, { atMs: 7 });
    rig.wake(p, 8 * MS);
    rig.runUntil(9 * MS);
    expect([...rig.s.rqs[0]!.rt].map((t) => t.comm)).toEqual(['peer', 'p']);
  });

  test('CC-SCHED-52: a running fair task that becomes FIFO 1 keeps running, and fair tasks cannot preempt it', () => {
    const rig = new Rig(1);
    const p = rig.start(rig.task('p'));
    rig.at(1 * MS, () => schedSetFifoLow(rig.s, p));
    rig.start(rig.task('fair'), 2 * MS);
    rig.runUntil(500 * MS);
    expect([p.prio, p.needResched]).toEqual([98, false]);
    expect(rig.timeline()).toEqual(['p 0-500']);
    rig.at(501 * MS, () => void schedSetschedulerNocheck(rig.s, p, SCHED_NORMAL, 0));
    rig.runUntil(502 * MS);
    expect(rig.s.rqs[0]!.rt.rtNrRunning).toBe(0);
    expect(rig.s.rd.cpupri.level(0)).toBe(0);
  });

  test('a yield goes behind the peers', () => {
    const rig = new Rig(1);
    rt(rig, 'a', 50, { steps: [3 * MS, 'yield'] });
    rt(rig, 'b', 50, { steps: [3 * MS, 'yield'] });
    rig.runUntil(10 * MS);
    expect(rig.timeline()).toEqual(['a 0-3', 'b 3-6', 'a 6-10']);
  });
});

describe('RT on several CPUs', () => {
  test('an RT task wakes up where it was, even beside idle CPUs, if a fair task runs there', () => {
    const rig = new Rig(2);
    rig.start(rig.task('fair', [], 1));
    const p = rt(rig, 'p', 50, { steps: ['sleep'] });
    rig.runUntil(2 * MS);
    const { cpu } = p;
    rig.start(rig.task('other', [], 1 << cpu), 3 * MS);
    rig.wake(p, 5 * MS);
    rig.runUntil(10 * MS);
    expect(p.cpu).toBe(cpu);
    expect(rig.s.rqs[cpu]!.curr).toBe(p);
  });

  test('a woken task that may not preempt goes to a CPU that runs something lower', () => {
    const rig = new Rig(2);
    const p = rt(rig, 'p', 40, { steps: ['sleep'] });
    rig.runUntil(1 * MS);
    rt(rig, 'high', 50, { atMs: 2, cpus: 1 << p.cpu });
    rig.wake(p, 5 * MS);
    const before = p.cpu;
    rig.runUntil(10 * MS);
    expect(p.cpu).toBe(1 - before);
    expect(rig.s.rqs[p.cpu]!.curr).toBe(p);
  });

  test('a preempted task is pushed to a CPU that runs something lower', () => {
    const rig = new Rig(2);
    rig.start(rig.task('fair', [], 0b10));
    const low = rt(rig, 'low', 10);
    rig.runUntil(1 * MS);
    rt(rig, 'high', 20, { atMs: 2, cpus: 1 << low.cpu });
    rig.runUntil(3 * MS);
    expect(low.onCpu).toBe(true);
    expect(rig.s.rd.rtoMask.empty).toBe(true);
  });

  test('a CPU whose RT task blocks has the waiting ones of others pushed to it', () => {
    const rig = new Rig(2);
    rt(rig, 'block', 90, { cpus: 0b10, steps: [5 * MS, 'sleep'] });
    rt(rig, 'high', 50, { cpus: 0b01 });
    const low = rt(rig, 'low', 10);
    rig.runUntil(4 * MS);
    expect([...rig.s.rd.rtoMask]).toEqual([low.cpu]);
    rig.runUntil(6 * MS);
    expect(low.cpu).toBe(1);
    expect(rig.timeline(1).at(-1)).toBe('low 5-6');
    expect(rig.s.rd.rtoMask.empty).toBe(true);
  });

  test('of two tasks of one priority the movable one makes way for the bound one', () => {
    const rig = new Rig(2);
    const bound = rt(rig, 'b', 50, { cpus: 0b01, steps: [1 * MS, 'sleep'] });
    const blocker = rt(rig, 'x', 90, { cpus: 0b10, steps: [3 * MS, 'sleep'] });
    const movable = rt(rig, 'm', 50, { atMs: 2 });
    rig.wake(bound, 5 * MS);
    rig.runUntil(4 * MS);
    expect([movable.cpu, blocker.onCpu]).toEqual([0, false]);
    rig.runUntil(6 * MS);
    expect([bound.onCpu, movable.onCpu]).toEqual([true, true]);
    expect(bound.cpu).not.toBe(movable.cpu);
  });
});

describe('tasks that may not migrate', () => {
  test('a waiting one has the running one pushed away by migration/N', () => {
    const rig = new Rig(2);
    const { s } = rig;
    const stopper = rig.task('migration/0', [], 0b01);
    const pinned = rt(rig, 'pinned', 40, { cpus: 0b11 });
    const high = rt(rig, 'high', 50, { atMs: 2 });
    const block = rt(rig, 'block', 90, { cpus: 0b10, steps: [5 * MS, 'sleep'] });
    stopper.body = (function* (): Generator<Point | Sleep, void, void> {
      for (;;) {
        s.current.state = TASK_INTERRUPTIBLE;
        if (cpuStopShouldRun(s, 0)) {
          s.current.state = TASK_RUNNING;
          yield* cpuStopperThread(s, 0);
        } else yield* schedule(s);
      }
    })();
    rig.at(0, () => {
      schedSetStopTask(s, 0, stopper);
      s.stoppers[0]!.enabled = true;
    });
    rig.start(stopper, 0);
    rig.at(1 * MS, () => void (pinned.migrateDisabled = 1));
    rig.runUntil(4 * MS);
    expect([pinned.cpu, pinned.onCpu, high.cpu, block.onCpu]).toEqual([0, false, 0, true]);
    rig.runUntil(6 * MS);
    expect([pinned.cpu, pinned.onCpu, high.cpu, high.onCpu]).toEqual([0, true, 1, true]);
    expect(s.rqs[0]!.pushBusy).toBe(false);
  });
});
