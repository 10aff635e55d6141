import { describe, expect, test } from '@jest/globals';
import { HZ } from '@kernel-model/scheduler';
import type { Mm } from '@kernel-model/mm';
import { boot } from '../src/index.ts';
import { start } from './call.ts';

const S = 1e9;
const MS = 1e6;

describe('rcu_tasks_kthread', () => {
  test('never wakes up while nobody waits for a grace period', () => {
    const machine = boot();
    machine.runFor(1 * S);
    const p = machine.daemons!.rcuTasks.task!;
    const { nvcsw } = p;
    machine.runFor(100 * S);
    expect(p.nvcsw).toBe(nvcsw);
  });

  test('waits for a task that was runnable until it switches voluntarily, and not for one that is preempted', () => {
    const machine = boot({ cpus: 1, preempt: 'full' });
    const log: string[] = [];
    // on one CPU they take turns all the time: that is no voluntary switch
    start(machine, 'spins', function* (k) {
      yield* k.busy(300_000);
      log.push('switched');
      yield* k.msleep(1);
    });
    start(machine, 'other', function* (k) {
      yield* k.busy(200_000);
    });
    machine.runFor(20 * MS);
    start(machine, 'waiter', function* () {
      yield* machine.daemons!.rcuTasks.synchronize();
      log.push('grace period');
    });
    machine.runFor(3 * S);
    expect(log).toEqual(['switched', 'grace period']);
  });

  test('does not wait for tasks that sleep, nor for one in user mode', () => {
    const machine = boot();
    machine.spawnUser('computes', (u) => u.compute(60e6));
    machine.runFor(20 * MS);
    let overAtNs = 0;
    start(machine, 'waiter', function* () {
      yield* machine.daemons!.rcuTasks.synchronize();
      overAtNs = machine.sim.now;
    });
    const begunAtNs = machine.sim.now;
    machine.runFor(5 * S);
    // two grace periods of RCU, and at most one look at the holdouts
    expect(overAtNs - begunAtNs).toBeGreaterThan(0);
    expect(overAtNs - begunAtNs).toBeLessThan(0.3 * S);
  });

  test('serves all who came meanwhile with the next one, at least HZ / 10 later', () => {
    const machine = boot();
    const at: number[] = [];
    const wait = (name: string): void =>
      start(machine, name, function* () {
        yield* machine.daemons!.rcuTasks.synchronize();
        at.push(machine.sched.jiffies);
      });
    wait('first');
    machine.runFor(8 * MS);
    for (const name of ['second', 'third']) wait(name);
    machine.runFor(5 * S);
    expect(at).toHaveLength(3);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(HZ / 10);
    expect(at[2]).toBe(at[1]);
    expect(machine.daemons!.rcuTasks.completed).toBe(2);
  });
});

test('rcu_tasks_rude_kthread has work run on every CPU', () => {
  const machine = boot({ cpus: 3 });
  machine.runFor(1 * S);
  const { rcuTasksRude } = machine.daemons!;
  const ran = new Set<number>();
  machine.hub.events$.subscribe((e) => {
    if (e.name === 'workqueue_execute_start' && e.text.includes('rcuTasksBeRude')) ran.add(e.cpu);
  });
  start(machine, 'waiter', () => rcuTasksRude.synchronize());
  machine.runFor(1 * S);
  expect([...ran].sort()).toEqual([0, 1, 2]);
  expect(rcuTasksRude.completed).toBe(1);
});

describe('ksmd', () => {
  test('looks at 100 pages every 20 ms once it is on and somebody has asked for it, until it is switched off', () => {
    const machine = boot();
    const { ksmd } = machine.daemons!;
    const user = machine.spawnUser('user', function* (u) {
      yield* u.touch(yield* u.mmap(250), 250);
      yield* u.sleep(1e9);
    });
    machine.runFor(0.5 * S);
    machine.post(function* () {
      ksmd.setRun(1);
    });
    machine.runFor(1 * S);
    expect(ksmd.pagesScanned).toBe(0);
    machine.post(function* () {
      ksmd.enter(user.mm as Mm);
    });
    machine.runFor(1 * S);
    const pages = (user.mm as Mm).pages.size;
    // three turns for all pages, and 20 ms and a tick or two between two turns
    const turns = ksmd.fullScans * 3;
    expect(turns).toBeGreaterThan(1000 / 30);
    expect(turns).toBeLessThanOrEqual(1000 / 20 + 3);
    expect(ksmd.pagesScanned).toBeGreaterThanOrEqual(ksmd.fullScans * pages);
    machine.post(function* () {
      ksmd.setRun(0);
    });
    machine.runFor(0.1 * S);
    const { nvcsw } = ksmd.task!;
    machine.runFor(10 * S);
    expect(ksmd.task!.nvcsw).toBe(nvcsw);
  });
});
