import { describe, expect, test } from '@jest/globals';
import {
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_UNINTERRUPTIBLE,
  checkSchedstatRequired,
  cpuIdleNs,
  cpuIowaitNs,
  schedSetFifo,
  yieldCpu,
  type Task,
} from '@kernel-model/scheduler';
import { World } from '../../src/index.ts';

/** The events of a task whose name begins so, without `sched_`, with their delay in ms if they have one. */
function told(w: World, name: RegExp, p: Task): string[] {
  return w.events
    .filter((e) => name.test(e.name) && (e.fields as { readonly pid?: number }).pid === p.pid)
    .map((e) => {
      const { delay } = e.fields as { readonly delay?: number };
      return e.name.slice(6) + (delay === undefined ? '' : ` ${Math.round(delay / 1e6)}`);
    });
}

/** Bind a thread that has not run. */
function onlyOn(w: World, cpu: number, p: Task): Task {
  w.run((k) => k.kthreadBind(p, cpu));
  return p;
}

/** A thread that sleeps once in a state, is woken after 20 ms, and what was told of that. */
function sleepIn(state: number, io = false): string[] {
  const w = new World({ cpus: 1, schedstats: true });
  const p = w.kthread('sleeper', function* (k) {
    yield* k.setCurrentState(state);
    yield* io ? k.ioSchedule() : k.schedule();
  });
  w.runUntilIdle();
  w.clear();
  w.runFor(20);
  w.wake(p);
  w.runUntilIdle();
  return told(w, /^sched_(waking|stat_(sleep|iowait|blocked)|wakeup)$/, p);
}

describe('with schedstats', () => {
  test('a sleeper tells how long it slept between sched_waking and sched_wakeup', () => {
    expect(sleepIn(TASK_INTERRUPTIBLE)).toEqual(['waking', 'stat_sleep 20', 'wakeup']);
  });

  test.each([
    ['UNINTERRUPTIBLE', TASK_UNINTERRUPTIBLE],
    ['KILLABLE', TASK_KILLABLE],
    ['IDLE', TASK_IDLE],
  ])('a sleep in %s is one in which it is blocked', (_name, state) => {
    expect(sleepIn(state)).toEqual(['waking', 'stat_blocked 20', 'wakeup']);
  });

  test('io_schedule() tells of the wait for I/O first, which is a part of the other', () => {
    expect(sleepIn(TASK_UNINTERRUPTIBLE, true)).toEqual(['waking', 'stat_iowait 20', 'stat_blocked 20', 'wakeup']);
    expect(sleepIn(TASK_INTERRUPTIBLE, true)).toEqual(['waking', 'stat_sleep 20', 'wakeup']);
  });

  test.each(['fair', 'rt'])('who waits for the CPU tells how long when its turn comes: %s', (name) => {
    const w = new World({ cpus: 1, schedstats: true });
    const p = w.create('waiter', function* () {});
    if (name === 'rt') schedSetFifo(w.s, p);
    // of a priority that is not preempted: else the next pick would take the clock of the wakeup
    w.kthread('hog', function* (k) {
      schedSetFifo(w.s, k.current);
      yield* k.busy(10_000);
    });
    w.runFor(1);
    w.clear();
    w.wake(p);
    const began = w.nowMs;
    w.runUntilIdle();
    const got = w.events.find(({ fields }) => 'next_pid' in fields && fields.next_pid === p.pid)!;
    const waited = got.at / 1e6 - w.sinceNs / 1e6 - began;
    expect(waited).toBeGreaterThan(5);
    expect(told(w, /^sched_stat_wait$/, p)).toEqual([`stat_wait ${Math.round(waited)}`]);
  });

  test('wakeups, switches and yields of a CPU are counted', () => {
    const w = new World({ cpus: 2, schedstats: true });
    const [rq] = w.s.rqs;
    const p = onlyOn(
      w,
      1,
      w.create('sleeper', function* () {}),
    );
    const before = { ...rq!, switches: rq!.nrSwitches };
    const wakeAndYield = w.create('waker', function* (k) {
      yield* k.wakeUpProcess(p);
      yield* yieldCpu(w.s);
    });
    w.wake(onlyOn(w, 0, wakeAndYield));
    w.runUntilIdle();
    expect(rq!.yldCount - before.yldCount).toBe(1);
    expect(p.stats).toMatchObject({ nrWakeups: 1, nrWakeupsRemote: 1, nrWakeupsLocal: 0 });
    expect(rq!.ttwuCount - before.ttwuCount).toBeGreaterThanOrEqual(1);
    expect(rq!.sd!.stats.ttwuWakeRemote).toBeGreaterThanOrEqual(1);
    expect(rq!.schedCount - before.schedCount).toBeGreaterThanOrEqual(rq!.nrSwitches - before.switches);
    expect(rq!.schedGoidle).toBeGreaterThan(before.schedGoidle);
  });

  test('a task on the CPU that wakes it is a local one', () => {
    const w = new World({ cpus: 1, schedstats: true });
    const p = w.kthread('sleeper', (k) => k.msleep(10));
    w.runFor(20);
    // started, and woken by its timer
    expect(p.stats).toMatchObject({ nrWakeups: 2, nrWakeupsLocal: 2, nrWakeupsRemote: 0 });
  });
});

describe('without schedstats', () => {
  test('nothing is told and nothing kept; who enables such events learns why, once', () => {
    const w = new World({ cpus: 1 });
    const p = w.kthread('sleeper', (k) => k.msleep(10));
    w.runUntilIdle();
    expect(told(w, /^sched_stat_(sleep|blocked|wait)$/, p)).toEqual([]);
    expect(p.stats).toBeNull();
    checkSchedstatRequired(w.s);
    checkSchedstatRequired(w.s);
    const hints = w.s.reports.lines.filter((line) => line.text.includes('schedstats=enable'));
    expect(hints).toHaveLength(1);
  });

  test('who was queued before they are switched on has no wait to tell of', () => {
    const w = new World({ cpus: 1 });
    w.kthread('hog', (k) => k.busy(10_000));
    const p = w.kthread('waiter', function* () {});
    w.runFor(1);
    w.s.schedstats = true;
    w.runUntilIdle();
    expect(told(w, /^sched_stat_wait$/, p)).toEqual([]);
  });
});

describe('idle time', () => {
  test('is time of I/O as long as a task that slept there waits for it', () => {
    const w = new World({ cpus: 1 });
    const [cpu] = w.s.cpus;
    const before = { idle: cpuIdleNs(cpu!), io: cpuIowaitNs(cpu!) };
    const began = w.nowMs;
    const io = w.run(function* (k) {
      yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
      yield* k.ioScheduleTimeout(5);
      const waited = w.nowMs - began;
      yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
      yield* k.scheduleTimeout(10);
      return waited;
    });
    const tookMs = w.nowMs - began;
    // but for what the CPU did itself
    expect((cpuIowaitNs(cpu!) - before.io) / 1e6).toBeCloseTo(io, 0);
    expect((cpuIdleNs(cpu!) - before.idle) / 1e6).toBeCloseTo(tookMs - io, 0);
  });
});
