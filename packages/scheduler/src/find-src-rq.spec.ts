import { beforeEach, describe, expect, test } from '@jest/globals';
import { Sim } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { createScheduler, schedConfig } from './create.ts';
import { balanceIntervalJiffies } from './fair-balance.ts';
import { schedBalanceFindSrcGroup, schedBalanceFindSrcRq } from './find-src-rq.ts';
import { CPU_IDLE, CPU_NEWLY_IDLE, CPU_NOT_IDLE, LbEnv, MIGRATE_TASK } from './lb-env.ts';
import type { Scheduler } from './scheduler.ts';
import { Task } from './task.ts';

let s: Scheduler;

function machine(nrCpus: number): Scheduler {
  const sim = new Sim();
  s = createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus }));
  return s;
}

/** Queue so many fair tasks of nice 0 on the CPU, which they have kept busy for the given part of 1024. */
function busy(cpu: number, tasks: number, util = 1024): void {
  const rq = s.rqs[cpu]!;
  rq.curr = new Task(cpu + 1, 'p', 0, null, s.possibleMask, rq);
  rq.nrRunning = rq.cfs.hNrQueued = rq.cfs.hNrRunnable = tasks;
  rq.cfs.avg.utilAvg = util;
  rq.cfs.avg.runnableAvg = Math.max(util, (tasks - 1) * util);
  rq.cfs.avg.loadAvg = tasks * util;
}

/** What would the CPU pull? */
function wants(cpu: number, idle: number): string {
  const rq = s.rqs[cpu]!;
  const env = new LbEnv(rq.sd!, rq, idle, s.activeMask, false);
  const group = schedBalanceFindSrcGroup(env);
  const src = group === null ? null : schedBalanceFindSrcRq(env, group);
  if (src === null) return 'nothing';
  return `${env.imbalance} ${env.migrationType === MIGRATE_TASK ? 'tasks' : 'load'} from ${src.cpu}`;
}

beforeEach(() => {
  machine(4);
});

describe('what an idle CPU pulls', () => {
  test('half of the difference in tasks', () => {
    busy(0, 2);
    expect(wants(3, CPU_IDLE)).toBe('1 tasks from 0');
    busy(0, 5);
    expect(wants(3, CPU_NEWLY_IDLE)).toBe('2 tasks from 0');
  });

  test('nothing from a CPU with one task', () => {
    busy(0, 1);
    busy(1, 1);
    expect(wants(3, CPU_IDLE)).toBe('nothing');
  });

  test('from the overloaded CPU with most load, whatever its number of tasks', () => {
    busy(0, 3);
    busy(1, 2);
    s.rqs[1]!.cfs.avg.loadAvg = 20000;
    expect(wants(2, CPU_IDLE)).toBe('1 tasks from 1');
  });

  test('of CPUs with time to spare, from the one with most tasks', () => {
    busy(0, 2, 100);
    busy(1, 3, 100);
    expect(wants(2, CPU_IDLE)).toBe('1 tasks from 1');
  });

  test('the only fair task of a CPU that RT tasks use up', () => {
    busy(0, 1, 300);
    s.rqs[0]!.nrRunning = 2;
    s.rqs[0]!.cpuCapacity = 400;
    expect(wants(1, CPU_IDLE)).toBe('300 load from 0');
    expect(wants(1, CPU_NOT_IDLE)).toBe('nothing');
  });

  test('nothing where only RT and deadline tasks wait', () => {
    busy(0, 0);
    s.rqs[0]!.nrRunning = 3;
    expect(wants(1, CPU_IDLE)).toBe('nothing');
  });
});

describe('what a busy CPU pulls', () => {
  test('nothing with time to spare: that is left to idle CPUs', () => {
    busy(0, 3);
    busy(1, 1, 500);
    expect(wants(1, CPU_NOT_IDLE)).toBe('nothing');
  });

  test('CC-SCHED-78: load up to the average of the domain', () => {
    machine(2);
    busy(0, 2);
    busy(1, 1);
    expect(wants(1, CPU_NOT_IDLE)).toBe('512 load from 0');
  });

  test('nothing from a CPU that is hardly busier', () => {
    machine(2);
    busy(0, 2);
    busy(1, 2);
    s.rqs[0]!.cfs.avg.loadAvg = 2300;
    expect(wants(1, CPU_NOT_IDLE)).toBe('nothing');
    s.rqs[0]!.cfs.avg.loadAvg = 2500;
    expect(wants(1, CPU_NOT_IDLE)).toBe('226 load from 0');
  });

  test('nothing when it is above the average itself', () => {
    busy(0, 4);
    busy(1, 3);
    expect(wants(1, CPU_NOT_IDLE)).toBe('nothing');
  });
});

test('looking at the domain refreshes what wakeups and newly idle CPUs go by', () => {
  busy(0, 2);
  wants(3, CPU_IDLE);
  expect(s.rd.overloaded).toBe(true);
  expect(s.rqs[0]!.sd!.shared.nrIdleScan).toBe(3);
  s.rqs[0]!.nrRunning = 1;
  for (const { cfs } of s.rqs) cfs.avg.utilAvg = 900;
  wants(3, CPU_NEWLY_IDLE);
  expect(s.rd.overloaded).toBe(false);
  expect(s.rqs[0]!.sd!.shared.nrIdleScan).toBe(3);
  wants(3, CPU_IDLE);
  expect(s.rqs[0]!.sd!.shared.nrIdleScan).toBe(0);
});

test.each([
  [2, 7],
  [4, 15],
  [8, 31],
])('with %i CPUs, a busy one balances every %i jiffies, an idle one every n ms', (nrCpus, jiffies) => {
  const rq = machine(nrCpus).rqs[0]!;
  expect(balanceIntervalJiffies(rq, rq.sd!, true)).toBe(jiffies);
  expect(balanceIntervalJiffies(rq, rq.sd!, false)).toBe(Math.ceil(nrCpus / 4));
});
