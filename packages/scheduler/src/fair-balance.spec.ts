import { beforeEach, describe, expect, test } from '@jest/globals';
import { POINT, Sim, type MaySleep } from '@kernel-model/sim';
import { SCHED_MIGRATE_TASK, TraceHub } from '@kernel-model/trace';
import { startActiveBalance } from './active-balance.ts';
import { TASK_INTERRUPTIBLE } from './constants.ts';
import { createScheduler, schedConfig, startCpus } from './create.ts';
import { Cpumask } from './cpumask.ts';
import { fairSchedClass } from './fair.ts';
import { CPU_IDLE, LbEnv } from './lb-env.ts';
import { loadOfNice } from './load-weight.ts';
import { initEntityRunnableAverage } from './pelt.ts';
import { rebuildSchedDomains } from './sched-domains.ts';
import type { Scheduler } from './scheduler.ts';
import { schedule } from './schedule.ts';
import { cpuStopperThread, schedSetStopTask } from './stopper.ts';
import { Task, type TaskBody } from './task.ts';
import { wakeUpNewTask } from './wakeup.ts';

const MS = 1_000_000;

/** A machine of n CPUs with fair tasks that are put on a CPU by their affinity. */
class Box {
  readonly sim: Sim = new Sim();
  readonly hub: TraceHub = new TraceHub(this.sim);
  readonly s: Scheduler;
  readonly moves: string[] = [];
  /** On whose time each move was made. */
  readonly movers: string[] = [];
  pid = 100;

  constructor(nrCpus: number) {
    this.s = createScheduler(this.sim, this.hub, schedConfig(this.sim, { nrCpus }));
    startCpus(this.s);
    this.hub.on(SCHED_MIGRATE_TASK).subscribe(({ fields, comm }) => {
      this.movers.push(comm);
      this.moves.push(`${fields.comm} ${fields.orig_cpu}->${fields.dest_cpu}`);
    });
    for (let cpu = 0; cpu < nrCpus; cpu++) this.stopper(cpu);
  }

  run(ms: number): void {
    this.sim.run(() => false, this.sim.now + ms * MS);
    this.hub.flush();
  }

  task(name: string, cpu: number, fn: TaskBody, cpus: Cpumask = Cpumask.of(cpu)): Task {
    const { s } = this;
    const p = new Task(this.pid++, name, this.hub.intern(name), null, cpus, s.rqs[cpu]!);
    p.schedClass = fairSchedClass;
    p.inUser = true;
    initEntityRunnableAverage(p.se);
    p.body = fn()[Symbol.iterator]();
    s.cpus[cpu]!.interruptNow(() => wakeUpNewTask(s, p));
    return p;
  }

  hog(name: string, cpu: number): Task {
    return this.task(name, cpu, () => spin(this.s));
  }

  /** Let tasks run everywhere. */
  free(...tasks: Task[]): void {
    for (const p of tasks) {
      p.cpusPtr = p.cpusMask = this.s.possibleMask;
      p.nrCpusAllowed = this.s.nrCpus;
    }
  }

  stopper(cpu: number): void {
    const { s } = this;
    const p = this.task(`migration/${cpu}`, cpu, () => stop(s, cpu));
    p.inUser = false;
    schedSetStopTask(s, cpu, p);
    s.stoppers[cpu]!.enabled = true;
  }
}

function* spin(s: Scheduler): MaySleep<void> {
  for (;;) {
    s.cpus[s.cpu]!.owe(1000 * MS, 0);
    yield POINT;
  }
}

function* sleepAfter(s: Scheduler, ns: number): MaySleep<void> {
  s.cpus[s.cpu]!.owe(ns, 0);
  yield POINT;
  s.current.state = TASK_INTERRUPTIBLE;
  yield* schedule(s);
}

function* stop(s: Scheduler, cpu: number): MaySleep<void> {
  for (;;) {
    yield* cpuStopperThread(s, cpu);
    s.current.state = TASK_INTERRUPTIBLE;
    yield* schedule(s);
  }
}

describe('load balancing', () => {
  let box: Box;
  beforeEach(() => {
    box = new Box(4);
    box.run(1);
    box.moves.length = box.movers.length = 0;
  });

  test('CC-SCHED-76: an idle CPU pulls the waiting hog', () => {
    const a = box.hog('a', 0);
    const b = box.hog('b', 0);
    box.run(1);
    box.free(a, b);
    box.run(20);
    expect(box.moves).toHaveLength(1);
    expect(a.cpu).not.toBe(b.cpu);
    box.run(500);
    expect(box.moves).toHaveLength(1);
  });

  test('CC-SCHED-77: what is bound stays, and the interval backs off', () => {
    box.hog('a', 0);
    box.hog('b', 0);
    box.run(3000);
    expect(box.moves).toEqual([]);
    const intervals = box.s.rqs.map((rq) => rq.sd!.balanceInterval);
    expect(Math.max(...intervals)).toBeGreaterThanOrEqual(512);
  });

  test('a task that always runs is moved by the stopper if what waits cannot move', () => {
    const wanderer = box.hog('wanderer', 0);
    const bound = box.hog('bound', 0);
    wanderer.se.load = loadOfNice(-20);
    bound.se.load = loadOfNice(19);
    box.run(2);
    box.free(wanderer);
    box.run(60);
    expect(box.moves).toHaveLength(1);
    expect(box.moves[0]).toMatch(/^wanderer 0->/);
    expect(box.movers).toEqual(['migration/0']);
    expect(box.s.rqs[0]!.activeBalance).toBe(false);
  });

  test('CC-SCHED-79: what has just run is left alone until two attempts have failed', () => {
    const a = box.hog('a', 0);
    const b = box.hog('b', 0);
    box.run(1);
    box.free(a, b);
    const failed: number[] = [];
    for (let i = 0; i < 6 && box.moves.length === 0; i++) {
      box.run(4);
      if (box.moves.length === 0) failed.push(Math.max(...box.s.rqs.map((rq) => rq.sd!.nrBalanceFailed)));
    }
    expect(failed).toEqual([1, 2]);
  });

  test('an idle machine stops every tick and counts no busy CPU', () => {
    box.run(1000);
    expect(box.moves).toEqual([]);
    expect(box.s.nohz.idleCpusMask.weight).toBe(4);
    expect(box.s.rqs[0]!.sd!.shared.nrBusyCpus).toBe(0);
  });

  test('a CPU that becomes idle pulls what waits elsewhere', () => {
    const s = box.s;
    const a = box.hog('a', 0);
    const b = box.hog('b', 0);
    box.run(1);
    const sleeper = box.task('sleeper', 1, () => sleepAfter(s, 700_000));
    box.run(0.5);
    box.free(a, b);
    s.rqs[1]!.sd!.newidleRatio = 1024;
    box.run(1);
    expect(box.moves).toHaveLength(1);
    expect(box.movers).toEqual(['sleeper']);
    expect(sleeper.state).toBe(TASK_INTERRUPTIBLE);
  });

  test('many hogs spread over all CPUs', () => {
    const hogs = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => box.hog(`h${i}`, 0));
    box.run(20);
    box.free(...hogs);
    box.run(2000);
    expect(box.s.rqs.map((rq) => rq.cfs.hNrQueued)).toEqual([2, 2, 2, 2]);
  });

  test('a fork finds an idle CPU, the next one of equals', () => {
    box.hog('a', 0);
    box.run(20);
    const child = box.task('child', 0, () => spin(box.s), box.s.possibleMask);
    box.run(1);
    expect(child.cpu).toBe(1);
  });
});

test('CC-SCHED-78: of three hogs on two CPUs, the third rotates', () => {
  const box = new Box(2);
  box.run(1);
  box.moves.length = 0;
  const hogs = [box.hog('a', 0), box.hog('b', 0), box.hog('c', 1)];
  box.run(200);
  box.free(...hogs);
  const before = hogs.map((p) => p.se.sumExecRuntime);
  box.run(3000);
  expect(box.moves.length).toBeGreaterThan(3);
  for (const [i, p] of hogs.entries()) expect((p.se.sumExecRuntime - before[i]!) / (2000 * MS)).toBeCloseTo(1, 0);
});

test('the intervals of scheduler.md 17.2', () => {
  const box = new Box(4);
  const { sd } = box.s.rqs[2]!;
  expect(sd!.groups).toEqual([2, 3, 0, 1]);
  expect(sd!.minInterval).toBe(4);
  expect(sd!.maxInterval).toBe(8);
  expect(new Box(1).s.rqs[0]!.sd).toBeNull();
  box.s.activeMask = Cpumask.of(0).or(Cpumask.of(3));
  rebuildSchedDomains(box.s);
  expect(box.s.rqs[3]!.sd!.groups).toEqual([3, 0]);
  expect(box.s.rqs[1]!.sd).toBeNull();
});

describe('an active balance', () => {
  function request(box: Box): void {
    const { rqs } = box.s;
    const { sd } = rqs[1]!;
    const env = new LbEnv(sd!, rqs[1]!, CPU_IDLE, sd!.span, false);
    env.srcRq = rqs[0]!;
    startActiveBalance(env);
  }

  test('is not asked for twice while one is under way (D-C16)', () => {
    const box = new Box(2);
    box.run(1);
    box.s.cpus[0]!.interruptNow(() => {
      request(box);
      request(box);
      expect(box.s.stoppers[0]!.works).toHaveLength(1);
    });
    box.run(1);
    expect(box.s.rqs[0]!.activeBalance).toBe(false);
  });

  test('moves nothing if what ran there sleeps by the time of the stopper (D-C17)', () => {
    const box = new Box(2);
    box.run(1);
    box.moves.length = 0;
    const sleeper = box.task('sleeper', 0, () => sleepAfter(box.s, 200_000), box.s.possibleMask);
    box.run(5);
    expect(sleeper.state).toBe(TASK_INTERRUPTIBLE);
    box.s.cpus[0]!.interruptNow(() => request(box));
    box.run(5);
    expect(box.moves).toEqual([]);
    expect(box.s.rqs[0]!.activeBalance).toBe(false);
  });
});
