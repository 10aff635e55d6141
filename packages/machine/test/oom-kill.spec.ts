import { describe, expect, test } from '@jest/globals';
import { UsageError } from '@kernel-model/sim';
import { GFP_KERNEL, GFP_NOFS } from '@kernel-model/mm';
import { OOM_SCORE_ADJ_MIN, type OomKiller, type UserFn } from '@kernel-model/daemons';
import { signalState } from '@kernel-model/signals';
import { boot, type Machine } from '../src/index.ts';

/** Pages of the machine: 64 MiB. */
const PAGES = 16_384;

function small(): { machine: Machine; killer: OomKiller; log: () => string[] } {
  const machine = boot({ memoryPages: PAGES });
  machine.daemons!.hungTask.timeoutS = 0;
  const { lines } = machine.sched.reports;
  return { machine, killer: machine.daemons!.oomKiller, log: () => lines.map(({ text }) => text) };
}

/** Takes pages and keeps them. */
function hog(pages: number): UserFn {
  return function* (u) {
    yield* u.touch(yield* u.mmap(pages), pages);
    yield* u.sleep(1e9);
  };
}

/** Call the allocator from a kernel thread. */
function allocate(machine: Machine, gfp: number, nrPages: number): { got: number; failed: boolean } {
  const result = { got: 0, failed: false };
  const { pgdat } = machine.daemons!;
  machine.post(function* () {
    yield* machine.kernel.kthreadRun(
      function* () {
        while (result.got < nrPages && !result.failed) {
          if ((yield* pgdat.alloc(gfp, 0)) === null) result.failed = true;
          else result.got++;
        }
        return 0;
      },
      null,
      'taker',
    );
  });
  return result;
}

describe('a process that wants more memory than there is', () => {
  test('is killed, and gives its pages back', () => {
    const { machine, log } = small();
    const before = machine.daemons!.pgdat.freePages;
    const task = machine.spawnUser('hog', hog(2 * PAGES));
    machine.runFor(2e9);
    expect(machine.sched.tasks.has(task.pid)).toBe(false);
    expect(task.exitCode).toBe(9);
    expect(machine.daemons!.pgdat.freePages).toBe(before);
    expect(log().find((line) => line.includes('invoked'))).toMatch(
      /^hog invoked oom-killer: gfp_mask=0x140dca\(GFP_HIGHUSER_MOVABLE\|__GFP_ZERO\|__GFP_COMP\), order=0, oom_score_adj=0$/,
    );
    expect(log().at(-1)).toMatch(
      new RegExp(
        `^Out of memory: Killed process ${task.pid} \\(hog\\) total-vm:\\d+kB, anon-rss:\\d+kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:\\d+kB oom_score_adj:0$`,
      ),
    );
  });

  test('is not killed as long as another one has more', () => {
    const { machine } = small();
    const big = machine.spawnUser('big', hog(9000));
    machine.runFor(1e9);
    const late = machine.spawnUser('late', hog(8000));
    machine.runFor(3e9);
    expect(machine.sched.tasks.has(big.pid)).toBe(false);
    expect(machine.sched.tasks.has(late.pid)).toBe(true);
  });

  test('has the one killed instead that is marked for it, and never one that is protected', () => {
    const { machine, killer } = small();
    const big = machine.spawnUser('big', hog(8000));
    const small1 = machine.spawnUser('volunteer', hog(100));
    killer.setScoreAdj(big, OOM_SCORE_ADJ_MIN);
    killer.setScoreAdj(small1, 1000);
    machine.runFor(1e9);
    const late = machine.spawnUser('late', hog(PAGES));
    machine.runFor(3e9);
    const alive = [big, small1, late].map((p) => machine.sched.tasks.has(p.pid));
    expect(alive).toEqual([true, false, false]);
    expect(killer.kills).toBe(2);
  });

  test('has nobody killed while a victim is dying', () => {
    const { machine, killer } = small();
    for (let i = 0; i < 3; i++) machine.spawnUser(`hog${i}`, hog(6000));
    machine.runFor(1e9);
    // 18000 pages are wanted: one victim is enough
    expect(killer.kills).toBe(1);
  });
});

describe('a kernel thread that finds no memory', () => {
  test('has a process killed, and goes on', () => {
    const { machine, killer } = small();
    machine.spawnUser('hog', hog(10_000));
    machine.runFor(1e9);
    const taker = allocate(machine, GFP_KERNEL, 8000);
    machine.runFor(3e9);
    expect(taker).toEqual({ got: 8000, failed: false });
    expect(killer.kills).toBe(1);
  });

  test('has nobody killed without __GFP_FS: it tries on', () => {
    const { machine, killer } = small();
    const hogTask = machine.spawnUser('hog', hog(10_000));
    machine.runFor(1e9);
    const taker = allocate(machine, GFP_NOFS, 8000);
    machine.runFor(0.1e9);
    expect(taker.failed).toBe(false);
    expect(taker.got).toBeLessThan(8000);
    expect([killer.kills, machine.sched.tasks.has(hogTask.pid)]).toEqual([0, true]);
  });

  test('has the machine panic if there is nobody to kill', () => {
    const { machine, log } = small();
    allocate(machine, GFP_KERNEL, PAGES);
    const result = machine.runFor(3e9);
    expect(result.kind === 'oops' && result.error instanceof UsageError && result.error.code).toBe('KERNEL_PANIC');
    expect(log().slice(-2)).toEqual([
      'Out of memory and no killable processes...',
      'Kernel panic - not syncing: System is deadlocked on memory',
    ]);
  });
});

describe('a victim that does not exit', () => {
  test('is reaped after 2 s, and is no victim any more', () => {
    const { machine, killer, log } = small();
    // it holds its pages and never comes to die
    const stuck = machine.spawnUser('stuck', function* (u) {
      yield* u.touch(yield* u.mmap(10_000), 10_000);
      yield* u.call(machine.kernel.msleep(60_000));
    });
    machine.runFor(1e9);
    const taker = allocate(machine, GFP_KERNEL, 8000);
    machine.runFor(2.5e9);
    expect(machine.sched.tasks.has(stuck.pid)).toBe(true);
    expect(stuck.mm).toMatchObject({ oomSkip: true, chargedPages: 0 });
    expect(killer.badness(stuck)).toBe(-Infinity);
    expect(log().at(-1)).toBe(
      `oom_reaper: reaped process ${stuck.pid} (stuck), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB`,
    );
    expect(taker.got).toBe(8000);
  });
});

describe('oom_score_adj', () => {
  test('goes to children, and is a thousandth of the memory for each point', () => {
    const { machine, killer } = small();
    const parent = machine.spawnUser('parent', function* (u) {
      yield* u.sleep(1000);
      yield* u.fork((child) => child.sleep(1e9));
      yield* u.sleep(1e9);
    });
    const before = killer.badness(parent);
    expect(killer.setScoreAdj(parent, 500)).toBe(0);
    expect(killer.badness(parent) - before).toBe(500 * Math.floor(killer.totalPages / 1000));
    machine.runFor(0.1e9);
    const child = [...machine.sched.tasks.values()].find((p) => p.parent === parent)!;
    expect(signalState(child).group.oomScoreAdj).toBe(500);
    expect(killer.setScoreAdj(parent, 1001)).toBe(-22);
  });
});
