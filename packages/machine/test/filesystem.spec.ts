import { describe, expect, test } from '@jest/globals';
import { daemonSysctls, type Filesystem } from '@kernel-model/daemons';
import { wqWorkerComm } from '@kernel-model/workqueue';
import { boot, type Machine } from '../src/index.ts';
import { call, start } from './call.ts';

const S = 1e9;

function mounted(): { machine: Machine; fs: Filesystem } {
  const machine = boot();
  const fs = call(machine, () => machine.daemons!.mount('sda1'));
  if (typeof fs === 'number') throw new Error(`mount: ${fs}`);
  return { machine, fs };
}

function threadNames(machine: Machine): string[] {
  return [...machine.sched.tasks.values()].map(wqWorkerComm);
}

describe('a disk that is mounted', () => {
  test('has a journal thread, once, until it is unmounted', () => {
    const { machine, fs } = mounted();
    expect(threadNames(machine)).toContain('jbd2/sda1-8');
    expect(call(machine, () => machine.daemons!.mount('sda1'))).toBe(-16);
    expect(call(machine, () => machine.daemons!.mount('nvme0'))).toBe(-19);
    call(machine, () => fs.write('f', 10));
    call(machine, () => machine.daemons!.umount(fs));
    expect(fs.writeback).toMatchObject({ dirty: 0, written: 10 });
    expect(fs.journal.commitSequence).toBe(1);
    // the journal waits until its thread says goodbye, not until it is gone
    machine.runFor(0.001 * S);
    expect(threadNames(machine)).not.toContain('jbd2/sda1-8');
  });

  test('commits what has changed after 5 s, and writes what was dirty for 30 s', () => {
    const { machine, fs } = mounted();
    call(machine, () => fs.write('f', 100));
    machine.runFor(4.9 * S);
    expect(fs.journal.commitSequence).toBe(0);
    // a timer of 5 s may be up to 256 ms late
    machine.runFor(0.4 * S);
    expect(fs.journal.commitSequence).toBe(1);
    machine.runFor(24.3 * S);
    expect(fs.writeback).toMatchObject({ dirty: 100, written: 0 });
    machine.runFor(6 * S);
    expect(fs.writeback).toMatchObject({ dirty: 0, written: 100 });
    expect(threadNames(machine)).toContainEqual(expect.stringMatching(/^kworker\/u8:\d-flush-8:0$/));
    // nothing is left to do: nobody wakes up any more
    const { runs } = fs.writeback;
    machine.runFor(60 * S);
    expect(fs.writeback.runs).toBe(runs);
    expect(fs.journal.commitSequence).toBe(1);
  });

  test('is written in the background from 10 % of memory on, and who writes more waits before 20 %', () => {
    const { machine, fs } = mounted();
    const { background, limit } = fs.writeback.limits();
    call(machine, () => fs.write('f', background - 100));
    machine.runFor(S);
    expect(fs.writeback.written).toBe(0);
    call(machine, () => fs.write('f', 200));
    machine.runFor(S);
    expect(fs.writeback.written).toBeGreaterThan(0);
    let most = 0;
    start(machine, 'writer', () => fs.write('f', 2 * limit) as never);
    machine.run(() => ((most = Math.max(most, fs.writeback.dirty)), false), machine.sim.now + 2 * S);
    expect(most).toBeGreaterThan((background + limit) / 2);
    expect(most).toBeLessThan(limit);
  });

  test('fills memory with pages that kswapd can free only when they are clean', () => {
    const { machine, fs } = mounted();
    const { pgdat } = machine.daemons!;
    const before = pgdat.freePages;
    call(machine, () => fs.write('f', 1000));
    const sum = (of: readonly number[]): number => of.reduce((all, n) => all + n, 0);
    expect({ used: before - pgdat.freePages, reclaimable: sum(pgdat.lru) }).toEqual({ used: 1000, reclaimable: 0 });
    call(machine, () => machine.daemons!.sync());
    expect({ used: before - pgdat.freePages, reclaimable: sum(pgdat.lru) }).toEqual({ used: 1000, reclaimable: 1000 });
  });

  test('keeps to dirty_writeback_centisecs and dirty_expire_centisecs', () => {
    const { machine, fs } = mounted();
    const sysctls = daemonSysctls(machine.daemons!);
    sysctls.get('/proc/sys/vm/dirty_expire_centisecs')!.set(100);
    sysctls.get('/proc/sys/vm/dirty_writeback_centisecs')!.set(200);
    call(machine, () => fs.write('f', 10));
    machine.runFor(2.1 * S);
    expect(fs.writeback.written).toBe(10);
    sysctls.get('/proc/sys/vm/dirty_writeback_centisecs')!.set(0);
    call(machine, () => fs.write('f', 10));
    machine.runFor(100 * S);
    expect(fs.writeback.written).toBe(10);
    call(machine, () => machine.daemons!.sync());
    expect(fs.writeback.written).toBe(20);
  });
});

test('writing 0 to hung_task_timeout_secs stops the reports', () => {
  const machine = boot();
  const timeout = daemonSysctls(machine.daemons!).get('/proc/sys/kernel/hung_task_timeout_secs')!;
  expect(timeout.get()).toBe(120);
  call(machine, function* () {
    timeout.set(0);
  });
  start(machine, 'sleeper', (k) => k.scheduleTimeoutUninterruptible(1e6) as never);
  machine.runFor(300 * S);
  expect(machine.sched.reports.lines).toEqual([]);
});
