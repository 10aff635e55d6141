import { describe, expect, test } from '@jest/globals';
import { Rig } from '../test/rig.ts';
import { TimerMachine } from '../test/timer-machine.ts';
import {
  PF_WQ_WORKER,
  SCHED_FIFO,
  TASK_FROZEN,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
} from './constants.ts';
import {
  addNrRunning,
  baseSlice,
  preemptible,
  queueBalanceCallback,
  runBalanceCallbacks,
  signalPendingState,
} from './core.ts';
import { schedule } from './schedule.ts';
import { setUserNice } from './set-nice.ts';
import { schedSetschedulerNocheck } from './syscalls.ts';
import { TIF_NOTIFY_SIGNAL, TIF_SIGPENDING } from './task.ts';
import { wakeUpProcess } from './wakeup.ts';

const MS = 1_000_000;

test.each([
  [1, 700_000],
  [2, 1_400_000],
  [3, 1_400_000],
  [4, 2_100_000],
  [7, 2_100_000],
  [8, 2_800_000],
  [64, 2_800_000],
])('the default slice grows with the logarithm of the CPUs, up to eight: %i CPUs, %i ns (9.1)', (cpus, ns) => {
  expect(baseSlice(cpus)).toBe(ns);
});

describe('signal_pending_state', () => {
  test.each([
    ['nothing pending', 0, false, TASK_INTERRUPTIBLE, false],
    ['a signal', TIF_SIGPENDING, false, TASK_INTERRUPTIBLE, true],
    ['kthread_stop()', TIF_NOTIFY_SIGNAL, false, TASK_INTERRUPTIBLE, true],
    ['a signal', TIF_SIGPENDING, false, TASK_UNINTERRUPTIBLE, false],
    ['a signal', TIF_SIGPENDING, false, TASK_KILLABLE, false],
    ['SIGKILL', TIF_SIGPENDING, true, TASK_KILLABLE, true],
    ['SIGKILL', TIF_SIGPENDING, true, TASK_INTERRUPTIBLE, true],
    ['SIGKILL', TIF_SIGPENDING, true, TASK_UNINTERRUPTIBLE, false],
    ['SIGKILL', TIF_SIGPENDING, true, TASK_RUNNING, false],
  ])('%s: tif %i, fatal %s, state %i: %s', (_, tif, fatal, state, answer) => {
    const rig = new Rig(1);
    const p = rig.task('p');
    rig.s.connect({ fatalSignalPending: () => fatal });
    p.tif = tif;
    expect(signalPendingState(rig.s, state, p)).toBe(answer);
  });
});

describe('the load average', () => {
  /** Tasks that count for the load while a task sleeps in this state, and once it is awake again. */
  function counted(state: number): [asleep: number, awake: number] {
    const m = new TimerMachine(2);
    const sum = () => m.s.rqs.reduce((total, rq) => total + rq.nrUninterruptible, 0);
    let asleep = -1;
    m.spawn(1 * MS, 0, 'p', function* () {
      const p = m.s.current;
      p.state = state;
      m.at(5 * MS, 1, () => {
        asleep = sum();
        wakeUpProcess(m.s, p);
      });
      yield* schedule(m.s);
    });
    m.runUntil(20 * MS);
    return [asleep, sum()];
  }

  test.each([
    ['TASK_UNINTERRUPTIBLE', TASK_UNINTERRUPTIBLE, 1],
    ['TASK_KILLABLE', TASK_KILLABLE, 1],
    ['TASK_INTERRUPTIBLE', TASK_INTERRUPTIBLE, 0],
    ['TASK_IDLE', TASK_IDLE, 0],
    ['TASK_FROZEN on top', TASK_UNINTERRUPTIBLE | TASK_FROZEN, 0],
  ])('counts a sleeper in %s as it should, and only while it sleeps (6.3)', (_, state, count) => {
    expect(counted(state)).toEqual([count, 0]);
  });

  test('a sleeper that waits for I/O is counted where it sleeps, until it is woken', () => {
    const m = new TimerMachine(2);
    const seen: number[][] = [];
    const note = () => seen.push(m.s.rqs.map((rq) => rq.nrIowait));
    m.spawn(1 * MS, 0, 'p', function* () {
      const p = m.s.current;
      p.inIowait = true;
      p.state = TASK_UNINTERRUPTIBLE;
      m.at(5 * MS, p.cpu, () => {
        note();
        wakeUpProcess(m.s, p);
      });
      yield* schedule(m.s);
      p.inIowait = false;
      note();
    });
    m.runUntil(20 * MS);
    expect(seen.map((counts) => counts.reduce((a, b) => a + b))).toEqual([1, 0]);
    expect(seen[1]).toEqual([0, 0]);
  });
});

test('a CPU with two tasks makes its root domain overloaded, one with one does not', () => {
  const { s } = new Rig(2);
  s.rd.overloaded = false;
  addNrRunning(s.rqs[0]!, 1);
  addNrRunning(s.rqs[1]!, 1);
  expect(s.rd.overloaded).toBe(false);
  addNrRunning(s.rqs[1]!, 1);
  expect(s.rd.overloaded).toBe(true);
  s.rd.overloaded = false;
  addNrRunning(s.rqs[1]!, 1); // it was more than one before
  expect(s.rd.overloaded).toBe(false);
  addNrRunning(s.rqs[0]!, 2);
  expect(s.rd.overloaded).toBe(true);
});

test('balance callbacks run once each, what was queued last first, and what they queue as well', () => {
  const rq = new Rig(1).s.rqs[0]!;
  const ran: string[] = [];
  const a = () => void ran.push('a');
  const b = () => {
    ran.push('b');
    if (ran.length === 1) queueBalanceCallback(rq, b);
  };
  for (const fn of [a, a, b]) queueBalanceCallback(rq, fn);
  runBalanceCallbacks(rq);
  runBalanceCallbacks(rq);
  expect(ran).toEqual(['b', 'b', 'a']);
});

test.each([
  [0, 0, true],
  [1, 0, false],
  [0, 1, false],
])('with preemption disabled %i times and bottom halves %i times, preemptible() is %s', (preempt, bh, answer) => {
  const p = new Rig(1).task('p');
  p.preemptCount = preempt;
  p.bhDisableCount = bh;
  expect(preemptible(p)).toBe(answer);
});

test('the tick tells the workqueue about its workers, and about no other task', () => {
  const rig = new Rig(2);
  const told: string[] = [];
  rig.s.connect({ wqWorkerTick: (p) => void told.push(p.comm) });
  const worker = rig.task('worker', [10 * MS], 1);
  worker.flags |= PF_WQ_WORKER;
  rig.start(worker);
  rig.start(rig.task('other', [10 * MS], 2));
  rig.runUntil(9 * MS);
  expect(told).toEqual(['worker', 'worker']);
});

describe('a switch', () => {
  test('is voluntary when the task goes to sleep, and involuntary when it is preempted or yields', () => {
    const rig = new Rig(1);
    const p = rig.start(rig.task('p', [1 * MS, 'sleep', 2 * MS, 'yield', 10 * MS]));
    const other = rig.start(rig.task('other'), 1 * MS + 1);
    rig.wake(p, 3 * MS);
    const ran = [rig.s.rqs[0]!.curr.comm];
    rig.sim.afterStep(() => void (rig.s.rqs[0]!.curr.comm !== ran.at(-1) && ran.push(rig.s.rqs[0]!.curr.comm)));
    rig.runUntil(3 * MS);
    expect([p.nvcsw, p.nivcsw]).toEqual([1, 0]);
    rig.runUntil(40 * MS);
    expect(p.nvcsw).toBe(1);
    expect(p.nivcsw).toBe(ran.slice(0, -1).filter((comm) => comm === 'p').length - 1);
    expect(other.nvcsw).toBe(0);
    expect(rig.s.rqs[0]!.nrSwitches).toBe(ran.length - 1);
  });

  test('adds what the next task has waited since it was queued, whatever happened to it meanwhile', () => {
    const rig = new Rig(1);
    const fifo = rig.task('fifo', [3 * MS, 'sleep']);
    rig.start(fifo, 0, () => void schedSetschedulerNocheck(rig.s, fifo, SCHED_FIFO, 1));
    const p = rig.start(rig.task('p'), 1 * MS);
    rig.at(2 * MS, () => setUserNice(rig.s, p, 1));
    rig.runUntil(4 * MS);
    expect([p.runDelayNs, p.nrTimeslices, rig.s.rqs[0]!.runDelayNs]).toEqual([2 * MS, 1, 2 * MS]);
  });
});

test('who sleeps, and does not wait for a disk, is none of nr_iowait', () => {
  const rig = new Rig(1);
  const [plain, disk] = [rig.start(rig.task('plain', ['sleep'])), rig.task('disk', ['sleep'])];
  disk.inIowait = true;
  rig.start(disk);
  rig.runUntil(1 * MS);
  expect([plain.onRq, disk.onRq, rig.s.rqs[0]!.nrIowait]).toEqual([0, 0, 1]);
});
