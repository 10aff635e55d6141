import { beforeEach, describe, expect, test } from '@jest/globals';
import { Sim } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { PF_KTHREAD, SCHED_IDLE, WF_CURRENT_CPU, WF_FORK, WF_SYNC, WF_TTWU } from './constants.ts';
import { createScheduler, schedConfig } from './create.ts';
import { Cpumask } from './cpumask.ts';
import { fairSchedClass } from './fair.ts';
import { selectTaskRqFair } from './fair-select.ts';
import { selectTaskRq } from './migrate.ts';
import type { Scheduler } from './scheduler.ts';
import { Task } from './task.ts';

let s: Scheduler;
let pid: number;

/** A sleeping fair task that ran on the CPU. */
function sleeper(cpu: number): Task {
  const p = new Task(pid++, 'p', 0, null, s.possibleMask, s.rqs[cpu]!);
  p.schedClass = fairSchedClass;
  p.recentUsedCpu = cpu;
  return p;
}

/** Let a fair task run on the CPU, alone, for a long time. */
function runs(cpu: number): Task {
  const p = sleeper(cpu);
  const rq = s.rqs[cpu]!;
  rq.curr = p;
  p.onRq = 1;
  rq.nrRunning = rq.cfs.hNrQueued = rq.cfs.hNrRunnable = rq.cfs.nrRunning = 1;
  rq.cfs.avg.loadAvg = rq.cfs.avg.utilAvg = rq.cfs.avg.runnableAvg = 1024;
  p.se.avg.loadAvg = 1024;
  return p;
}

/** Run the selection on a CPU, as at a wakeup. */
function wake(p: Task, on: number, flags = 0): number {
  s.cpu = on;
  return selectTaskRqFair(p, p.cpu, WF_TTWU | flags);
}

beforeEach(() => {
  const sim = new Sim();
  s = createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus: 4 }));
  pid = 1;
  for (const { sd } of s.rqs) sd!.shared.nrIdleScan = 4;
});

describe('the CPU of a wakeup', () => {
  test('CC-SCHED-27: an idle previous CPU is kept', () => {
    runs(0);
    expect(wake(sleeper(1), 0)).toBe(1);
  });

  test('CC-SCHED-28: both busy: the next idle one from the target on', () => {
    runs(0);
    runs(1);
    expect(wake(sleeper(1), 0)).toBe(2);
    runs(2);
    expect(wake(sleeper(1), 0)).toBe(3);
  });

  test('CC-SCHED-29: an interrupt on an idle CPU pulls the wakee here', () => {
    runs(1);
    expect(wake(sleeper(1), 0)).toBe(0);
  });

  test('CC-SCHED-30: until the first balance no CPU is looked at', () => {
    for (const { sd } of s.rqs) sd!.shared.nrIdleScan = 0;
    runs(0);
    runs(1);
    expect(wake(sleeper(1), 0)).toBe(0);
  });

  test('only so many CPUs are looked at', () => {
    runs(0);
    runs(1);
    runs(2);
    for (const { sd } of s.rqs) sd!.shared.nrIdleScan = 2;
    expect(wake(sleeper(1), 0)).toBe(0);
    for (const { sd } of s.rqs) sd!.shared.nrIdleScan = 3;
    expect(wake(sleeper(1), 0)).toBe(3);
  });

  test('CC-SCHED-31: a bound kernel thread and what it wakes share a CPU', () => {
    const worker = runs(1);
    worker.flags |= PF_KTHREAD;
    worker.nrCpusAllowed = 1;
    expect(wake(sleeper(1), 1)).toBe(1);
    s.cpus[1]!.hardirq = 1;
    expect(wake(sleeper(1), 1)).toBe(2);
  });

  test('CC-SCHED-32: a fork goes to the next of equally idle CPUs', () => {
    const parent = runs(0);
    s.cpu = 0;
    const child = sleeper(0);
    expect(selectTaskRqFair(child, 0, WF_FORK)).toBe(1);
    s.rqs[1]!.cfs.avg.utilAvg = 10;
    expect(selectTaskRqFair(child, 0, WF_FORK)).toBe(2);
    child.cpusPtr = Cpumask.of(0);
    expect(selectTaskRqFair(child, 0, WF_FORK)).toBe(0);
    expect(parent.cpu).toBe(0);
  });

  test('a fork stays if no CPU is idler', () => {
    for (let cpu = 0; cpu < 4; cpu++) runs(cpu);
    s.cpu = 2;
    expect(selectTaskRqFair(sleeper(2), 2, WF_FORK)).toBe(2);
  });

  test('CC-SCHED-33: a CPU that is not allowed is repaired afterwards', () => {
    runs(0);
    const p = sleeper(1);
    p.cpusPtr = Cpumask.of(2).or(Cpumask.of(3));
    p.nrCpusAllowed = 2;
    expect(wake(p, 0)).toBe(1);
    expect(selectTaskRq(s, p, 1, WF_TTWU)).toBe(2);
  });

  test('a wakeup on its way makes a CPU busy', () => {
    runs(0);
    s.rqs[1]!.ttwuPending = true;
    expect(wake(sleeper(1), 0)).not.toBe(1);
  });

  test('a sync waker that is alone gives its CPU', () => {
    runs(0);
    runs(1);
    for (const { sd } of s.rqs) sd!.shared.nrIdleScan = 0;
    expect(wake(sleeper(1), 0, WF_SYNC)).toBe(0);
  });

  test('WF_CURRENT_CPU is obeyed if allowed', () => {
    runs(0);
    const p = sleeper(1);
    expect(wake(p, 0, WF_CURRENT_CPU)).toBe(0);
    p.cpusPtr = Cpumask.of(1).or(Cpumask.of(2));
    expect(wake(p, 0, WF_CURRENT_CPU)).toBe(1);
  });

  test('with both busy, the less loaded one; the scan starts behind it', () => {
    for (let cpu = 0; cpu < 4; cpu++) runs(cpu);
    s.rqs[3]!.cfs.avg.loadAvg = 4096;
    expect(wake(sleeper(3), 0)).toBe(0);
    s.rqs[3]!.cfs.avg.loadAvg = 1024;
    expect(wake(sleeper(3), 0)).toBe(0);
    s.rqs[3]!.cfs.avg.loadAvg = 900;
    expect(wake(sleeper(3), 0)).toBe(3);
  });

  test('the CPU before the last one', () => {
    runs(0);
    runs(1);
    const p = sleeper(1);
    p.recentUsedCpu = 3;
    expect(wake(p, 0)).toBe(3);
    expect(p.recentUsedCpu).toBe(1);
  });

  test('a CPU with nothing but SCHED_IDLE tasks is as good as idle', () => {
    runs(0);
    const idler = runs(1);
    idler.policy = SCHED_IDLE;
    s.rqs[1]!.cfs.hNrIdle = 1;
    expect(wake(sleeper(1), 0)).toBe(1);
  });

  test('tasks that wake many others are spread', () => {
    const waker = runs(0);
    runs(1);
    const p = sleeper(1);
    waker.wakeeFlips = 100;
    p.wakeeFlips = 10;
    s.rqs[1]!.cfs.avg.loadAvg = 4096;
    for (const { sd } of s.rqs) sd!.shared.nrIdleScan = 0;
    expect(wake(p, 0)).toBe(1);
    waker.wakeeFlips = 10;
    expect(wake(p, 0)).toBe(0);
  });

  test('flips halve after a second', () => {
    const waker = runs(0);
    waker.wakeeFlips = 8;
    s.jiffies = 251;
    wake(sleeper(1), 0);
    expect(waker.wakeeFlips).toBe(5);
  });
});
