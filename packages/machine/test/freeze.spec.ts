import { describe, expect, test } from '@jest/globals';
import { PF_NOFREEZE, TASK_FREEZABLE, TASK_FROZEN, type Task } from '@kernel-model/scheduler';
import { suspendFreezeProcesses, thawProcesses } from '@kernel-model/signals';
import { boot, type Machine } from '../src/index.ts';
import { call } from './call.ts';

const S = 1e9;

/** Freeze everything, look, and thaw it. */
function frozenOf<T>(machine: Machine, look: (frozen: Task[]) => T): T {
  const { signals, sched } = machine;
  return call(machine, function* (k) {
    expect(yield* suspendFreezeProcesses(signals)).toBe(0);
    const seen = look([...sched.tasks.values()].filter((p) => (p.state & TASK_FROZEN) !== 0));
    yield* k.msleep(1000);
    yield* thawProcesses(signals);
    return seen;
  });
}

describe('a machine that is frozen', () => {
  test('has stopped every process, and the few kernel threads that may be frozen (D-I13, SF-I13)', () => {
    const machine = boot();
    call(machine, () => machine.daemons!.mount('sda1'));
    machine.spawnUser('spinner', (u) => u.spin(1e8));
    machine.runFor(1 * S);
    const names = frozenOf(machine, (frozen) => {
      expect(frozen.filter((p) => (p.flags & PF_NOFREEZE) !== 0)).toEqual([]);
      return frozen.map((p) => p.comm);
    });
    expect(names.sort()).toEqual([
      'init',
      'jbd2/sda1-8',
      'kauditd',
      'kcompactd0',
      'khugepaged',
      'ksmd',
      'kswapd0',
      'oom_reaper',
      'spinner',
    ]);
    expect([...machine.sched.tasks.values()].filter((p) => (p.state & TASK_FROZEN) !== 0)).toEqual([]);
  });

  test('caught those in place that wait freezably; kswapd and jbd2 had to wake up for it (B4)', () => {
    const machine = boot();
    call(machine, () => machine.daemons!.mount('sda1'));
    machine.runFor(1 * S);
    const places = frozenOf(machine, (frozen) =>
      frozen.filter((p) => p.comm !== 'init').map((p) => [p.comm, (p.savedState & TASK_FREEZABLE) !== 0] as const),
    );
    expect(Object.fromEntries(places)).toEqual({
      kauditd: true,
      oom_reaper: true,
      kcompactd0: true,
      ksmd: true,
      khugepaged: true,
      kswapd0: false,
      'jbd2/sda1-8': false,
    });
  });

  test('has a kswapd that does not reclaim when it thaws, and sleeps again (D-C30)', () => {
    const machine = boot();
    machine.runFor(1 * S);
    const wakes: string[] = [];
    machine.hub.events$.subscribe((e) => {
      if (e.name === 'mm_vmscan_kswapd_wake' || e.name === 'mm_vmscan_kswapd_sleep') wakes.push(e.name);
    });
    frozenOf(machine, () => {});
    machine.runFor(1 * S);
    expect(wakes).toEqual(['mm_vmscan_kswapd_sleep']);
  });
});
