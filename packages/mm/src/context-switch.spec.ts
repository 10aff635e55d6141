import { describe, expect, it } from '@jest/globals';
import { msleep, usleepRange, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { World } from '../test/world.ts';
import {
  TLB_NR_DYN_ASIDS,
  enterLazyTlb,
  flushTlbMm,
  leaveMm,
  mmdrop,
  mmget,
  mmgrab,
  mmput,
  newUserMm,
  switchMmIrqsOff,
  type Mm,
} from './index.ts';

/** A task that runs a little every 4 ms, for ever. */
function* ticking(w: World): MaySleep<void> {
  for (;;) yield* msleep(w.s, 4);
}

describe('a switch', () => {
  it('user, kernel, same user: nothing is loaded and nothing flushed, one reference comes and goes (MM-C1)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => ticking(w));
      yield* w.kthread('k', 1, () => ticking(w));
      yield* msleep(w.s, 40);
      const mm = w.mm(a);
      const { loads } = w.ms.counters;
      w.flushes();
      const counts = new Set<number>();
      w.sim.afterStep(() => counts.add(mm.count));
      yield* msleep(w.s, 40);
      expect(w.flushes()).toEqual([]);
      expect(w.ms.counters.loads).toBe(loads);
      expect([...counts].sort((x, y) => x - y)).toEqual([1, 2]);
    });
  });

  it('back to a user whose mappings changed meanwhile flushes, in the same slot (MM-C2)', () => {
    const w = new World({ pcid: true });
    w.run(function* () {
      const a = yield* w.process('A', 1, () => ticking(w));
      yield* msleep(w.s, 16);
      yield* usleepRange(w.s, 2000, 2000);
      const mm = w.mm(a);
      const asid = w.ms.tlb[1]!.loadedMmAsid;
      expect(w.ms.tlb[1]!.isLazy).toBe(true);
      w.flushes();
      mm.tlbGen++;
      yield* msleep(w.s, 8);
      expect(w.flushes()).toEqual(['cpu1 <idle>: pages:-1 reason:flush on task switch (0)']);
      expect(w.ms.tlb[1]!.loadedMmAsid).toBe(asid);
      expect(mm.cpumask.has(1)).toBe(true);
    });
  });

  it('from kernel thread to kernel thread moves the one reference on (MM-C3, MM-I13)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      const ks: Task[] = [];
      for (const name of ['k1', 'k2', 'k3']) ks.push(yield* w.kthread(name, 1, () => ticking(w)));
      yield* msleep(w.s, 8);
      for (let i = 0; i < 20; i++) {
        yield* msleep(w.s, 4);
        expect(w.mm(a).count).toBe(2);
        const borrowers = [...ks, w.s.rqs[1]!.idle].filter((p) => p.activeMm === a.mm);
        expect(borrowers).toEqual([w.s.rqs[1]!.curr]);
      }
    });
  });

  it('from a borrower to another process drops the borrowed mm after the switch and moves the CPU (MM-C4, MM-I12)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const finish = w.s.hooks.finishSwitchMm;
      const dropped: unknown[] = [];
      w.s.connect({
        finishSwitchMm(cpu) {
          const { prevMm } = w.s.rqs[cpu]!;
          if (prevMm !== null) dropped.push([prevMm === a.mm, (prevMm as Mm).count]);
          finish(cpu);
        },
      });
      const b = yield* w.process('B', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      expect(dropped).toEqual([[true, 2]]);
      expect(w.mm(a).count).toBe(1);
      expect([w.mm(a).cpumask.has(1), w.mm(b).cpumask.has(1)]).toEqual([false, true]);
    });
  });

  it('from a borrower to another thread of the same process loads nothing but drops the reference (MM-C5)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const { loads } = w.ms.counters;
      yield* w.thread('A2', 1, a, function* () {
        expect(w.mm(a).count).toBe(1);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      expect(w.ms.counters.loads).toBe(loads);
      expect([w.mm(a).users, w.mm(a).count]).toEqual([2, 2]);
    });
  });

  it('between seven processes takes slots 1 2 3 4 5 0 1 (MM-C12)', () => {
    const w = new World({ pcid: true });
    w.s.cpu = 0;
    const mms = Array.from({ length: 7 }, (_, i) => newUserMm(w.ms, `p${i}`));
    const tlb = w.ms.tlb[0]!;
    const asids = mms.map((mm) => {
      switchMmIrqsOff(w.ms, 0, mm);
      return tlb.loadedMmAsid;
    });
    expect(asids).toEqual([1, 2, 3, 4, 5, 0, 1]);
    expect(tlb.ctxId).not.toContain(mms[0]!.ctxId);
    expect(new Set(tlb.ctxId).size).toBe(TLB_NR_DYN_ASIDS);
    const { fullFlushes } = w.ms.counters;
    switchMmIrqsOff(w.ms, 0, mms[3]!);
    expect(w.ms.counters.fullFlushes).toBe(fullFlushes);
    mms[4]!.tlbGen++;
    switchMmIrqsOff(w.ms, 0, mms[4]!);
    expect(w.ms.counters.fullFlushes).toBe(fullFlushes + 1);
  });

  it('of address spaces always flushes slot 0 without PCID (MM-C13)', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('A', 1, () => ticking(w));
      yield* w.process('B', 1, () => ticking(w));
      yield* msleep(w.s, 40);
      const flushes = w.flushes();
      expect(flushes.length).toBeGreaterThan(5);
      for (const line of flushes) expect(line).toContain('pages:-1 reason:flush on task switch (0)');
      expect(w.ms.tlb[1]!.loadedMmAsid).toBe(0);
    });
  });

  it('to a kernel thread leaves a CPU with init_mm as it is (MM-C14)', () => {
    const w = new World();
    w.run(function* () {
      yield* w.kthread('k', 1, () => ticking(w));
      yield* msleep(w.s, 20);
      expect(w.ms.tlb[1]).toMatchObject({ isLazy: false, loadedMm: w.ms.initMm });
      enterLazyTlb(w.ms, 1);
      expect(w.ms.tlb[1]!.isLazy).toBe(false);
    });
  });

  it('of a CPU that leaves its page tables for a deep idle state touches no count and no active mm (MM-C15)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      leaveMm(w.ms, 1);
      expect(w.ms.tlb[1]).toMatchObject({ isLazy: false, loadedMm: w.ms.initMm });
      expect(w.mm(a).cpumask.has(1)).toBe(false);
      expect(w.s.rqs[1]!.idle.activeMm).toBe(a.mm);
      expect(w.mm(a).count).toBe(2);
    });
  });

  it('counts what lazy mode saves, and a machine without it pays that', () => {
    const run = (lazyTlb: boolean): { loads: number; saved: number } => {
      const w = new World({ lazyTlb });
      w.run(function* () {
        yield* w.process('A', 1, () => ticking(w));
        yield* msleep(w.s, 100);
      });
      return { loads: w.ms.counters.loads, saved: w.ms.counters.switchesAvoided };
    };
    const lazy = run(true);
    const eager = run(false);
    expect(lazy.loads).toBe(1);
    expect(eager.saved).toBe(0);
    expect(eager.loads).toBe(lazy.loads + lazy.saved);
  });
});

describe('an address space', () => {
  it('is freed with its last reference, unmapped with its last user (MM-I4)', () => {
    const w = new World();
    w.run(function* () {
      const mm = newUserMm(w.ms, 'x');
      mmgrab(mm);
      mmget(mm);
      yield* mmput(w.ms, mm);
      expect([mm.users, mm.count, mm.vmas.length]).toEqual([1, 2, 3]);
      yield* mmput(w.ms, mm);
      expect([mm.users, mm.count, mm.vmas.length, mm.freed]).toEqual([0, 1, 0, false]);
      mmdrop(w.ms, mm);
      expect([mm.count, mm.freed]).toEqual([0, true]);
      expect(() => mmdrop(w.ms, mm)).toThrow('MM_COUNT');
    });
  });

  it('of the kernel is never freed', () => {
    const w = new World();
    w.s.cpu = 0;
    expect(() => {
      for (;;) mmdrop(w.ms, w.ms.initMm);
    }).toThrow('MM_INIT_FREED');
  });

  it('has an id that is never reused; init_mm has 1', () => {
    const w = new World();
    const ids = [w.ms.initMm, w.ms.pokingMm, newUserMm(w.ms, 'a'), newUserMm(w.ms, 'b')].map((mm) => mm.ctxId);
    expect(ids[0]).toBe(1);
    expect(new Set(ids).size).toBe(4);
  });

  it('of init never gets a CPU into its mask (MM-I7)', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('A', 1, () => ticking(w));
      yield* msleep(w.s, 20);
      yield* flushTlbMm(w.ms, w.ms.initMm);
      expect(w.ms.initMm.cpumask.empty).toBe(true);
    });
  });
});
