import { describe, expect, it } from '@jest/globals';
import { Cpumask, busy, msleep, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { World } from '../test/world.ts';
import {
  FlushTlbInfo,
  PAGE_SHIFT,
  PAGE_SIZE,
  TLB_FLUSH_ALL,
  TLB_GENERATION_INVALID,
  archTlbbatchFlush,
  doMmap,
  doMunmap,
  flushTlbFunc,
  flushTlbKernelRange,
  madviseDontneed,
  newUserMm,
  shouldFlushTlb,
  switchMmIrqsOff,
  touchPages,
  type Mm,
} from './index.ts';

/** A task on CPU 1 that burns time in its process's address space. */
function* spinning(w: World): MaySleep<void> {
  for (let i = 0; i < 2000; i++) yield* busy(w.s, 100);
}

function mapped(mm: Mm, pages: number): number {
  const addr = doMmap(mm, pages);
  touchPages(mm, addr, pages, 1);
  return addr;
}

/** Process A on CPU 0 throws away pages while its second thread does `other` on CPU 1. */
function dontneed(pages: number, other: (w: World) => MaySleep<void>, check?: (w: World, a: Task) => void): string[] {
  const w = new World();
  let flushes: string[] = [];
  w.run(function* () {
    const a = yield* w.process('A', 0, function* () {
      const addr = mapped(w.mm(w.s.current), pages);
      yield* msleep(w.s, 20);
      w.flushes();
      yield* madviseDontneed(w.ms, w.mm(w.s.current), addr, pages);
      flushes = w.flushes();
      check?.(w, w.s.current);
      yield* msleep(w.s, 1000);
    });
    yield* w.thread('B', 1, a, () => other(w));
    yield* msleep(w.s, 60);
  });
  return flushes;
}

describe('a flush of a range', () => {
  it('of one page with a second thread running: send, own, remote', () => {
    expect(dontneed(1, spinning)).toEqual([
      'cpu0 A: pages:1 reason:remote ipi send (4)',
      'cpu0 A: pages:1 reason:local mm shootdown (3)',
      'cpu1 B: pages:1 reason:remote shootdown (1)',
    ]);
  });

  it('is traced as sent but does not interrupt a lazy CPU, which flushes at its next user task (MM-C6)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 0, function* () {
        const mm = w.mm(w.s.current);
        const addr = mapped(mm, 1);
        yield* msleep(w.s, 20);
        w.flushes();
        yield* madviseDontneed(w.ms, mm, addr, 1);
        yield* msleep(w.s, 1000);
      });
      yield* w.thread('B', 1, a, () => msleep(w.s, 40));
      yield* msleep(w.s, 80);
      expect(w.flushes()).toEqual([
        'cpu0 A: pages:1 reason:remote ipi send (4)',
        'cpu0 A: pages:1 reason:local mm shootdown (3)',
        'cpu1 <idle>: pages:-1 reason:flush on task switch (0)',
      ]);
      expect(w.ms.counters).toMatchObject({ ipisSent: 0, ipisAvoided: 1 });
    });
  });

  it('that frees page tables makes a lazy CPU leave them; its task still borrows the mm (MM-C7, MM-C8, MM-I11)', () => {
    const w = new World({ pcid: true });
    w.run(function* () {
      const a = yield* w.process('A', 0, function* () {
        const mm = w.mm(w.s.current);
        // a mapping alone in its part of the address space
        mm.vmas.push({ start: 0x1000_0000, end: 0x1000_0000 + PAGE_SIZE });
        touchPages(mm, 0x1000_0000, 1, 1);
        yield* msleep(w.s, 20);
        w.flushes();
        yield* doMunmap(w.ms, mm, 0x1000_0000);
        expect(w.ms.tlb[1]).toMatchObject({ isLazy: false, loadedMm: w.ms.initMm });
        expect(mm.cpumask.has(1)).toBe(false);
        expect(w.s.rqs[1]!.idle.activeMm).toBe(mm);
        yield* msleep(w.s, 1000);
      });
      yield* w.thread('B', 1, a, () => msleep(w.s, 40));
      yield* msleep(w.s, 80);
      expect(w.flushes()).toEqual([
        'cpu0 A: pages:1 reason:remote ipi send (4)',
        'cpu0 A: pages:1 reason:local mm shootdown (3)',
        'cpu1 <idle>: pages:0 reason:flush on task switch (0)',
        'cpu1 <idle>: pages:-1 reason:flush on task switch (0)',
      ]);
    });
  });

  it('of 33 pages flushes pages, of 34 everything (MM-C9)', () => {
    const none = function* (w: World): MaySleep<void> {
      yield* msleep(w.s, 1);
    };
    const own = (pages: number): string | undefined => dontneed(pages, none).find((line) => line.includes('local mm'));
    expect(own(33)).toBe('cpu0 A: pages:33 reason:local mm shootdown (3)');
    expect(own(34)).toBe('cpu0 A: pages:-1 reason:local mm shootdown (3)');
  });

  it('is always full with a ceiling of 0 (MM-C9)', () => {
    const w = new World({ singlePageFlushCeiling: 0 });
    w.run(function* () {
      yield* w.process('A', 0, function* () {
        const addr = mapped(w.mm(w.s.current), 1);
        w.flushes();
        yield* doMunmap(w.ms, w.mm(w.s.current), addr);
        expect(w.flushes()).toEqual(['cpu0 A: pages:-1 reason:local mm shootdown (3)']);
      });
      yield* msleep(w.s, 20);
    });
  });

  it('returns when every CPU that uses the mm has caught up (MM-I10)', () => {
    dontneed(1, spinning, (w, a) => {
      const mm = w.mm(a);
      for (const tlb of w.ms.tlb) {
        if (tlb.loadedMm === mm && !tlb.isLazy) expect(tlb.tlbGen[tlb.loadedMmAsid]).toBe(mm.tlbGen);
      }
    });
  });

  it('of nothing present flushes nothing', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('A', 0, function* () {
        const addr = doMmap(w.mm(w.s.current), 4);
        w.flushes();
        yield* doMunmap(w.ms, w.mm(w.s.current), addr);
        expect(w.flushes()).toEqual([]);
      });
      yield* msleep(w.s, 20);
    });
  });
});

describe('a CPU that is asked to flush', () => {
  it('behind by two, by the later one first, flushes everything and skips the other (MM-C10)', () => {
    const w = new World();
    w.run(function* () {
      const mm = newUserMm(w.ms, 'x');
      mm.tlbGen = 1;
      switchMmIrqsOff(w.ms, 0, mm);
      mm.tlbGen = 3;
      w.flushes();
      flushTlbFunc(w.ms, 0, new FlushTlbInfo(mm, 0, PAGE_SIZE, PAGE_SHIFT, false, 3, 1));
      expect(w.ms.tlb[0]!.tlbGen[0]).toBe(3);
      flushTlbFunc(w.ms, 0, new FlushTlbInfo(mm, 0, TLB_FLUSH_ALL, 0, false, 2, 1));
      expect(w.flushes()).toEqual(['cpu0 main: pages:-1 reason:remote shootdown (1)']);
      switchMmIrqsOff(w.ms, 0, w.ms.initMm);
    });
  });

  it('by a batch, and up to date, traces no pages (MM-C11)', () => {
    const w = new World();
    w.run(function* () {
      const mm = newUserMm(w.ms, 'x');
      switchMmIrqsOff(w.ms, 0, mm);
      w.flushes();
      flushTlbFunc(w.ms, 0, new FlushTlbInfo(null, 0, TLB_FLUSH_ALL, 0, false, TLB_GENERATION_INVALID, 0));
      mm.tlbGen++;
      flushTlbFunc(w.ms, 0, new FlushTlbInfo(null, 0, TLB_FLUSH_ALL, 0, false, TLB_GENERATION_INVALID, 0));
      expect(w.flushes()).toEqual([
        'cpu0 main: pages:0 reason:local shootdown (2)',
        'cpu0 main: pages:-1 reason:local shootdown (2)',
      ]);
      switchMmIrqsOff(w.ms, 0, w.ms.initMm);
    });
  });

  it('does nothing for an mm that it does not use, nor with init_mm', () => {
    const w = new World();
    w.run(function* () {
      const x = newUserMm(w.ms, 'x');
      flushTlbFunc(w.ms, 0, new FlushTlbInfo(x, 0, TLB_FLUSH_ALL, 0, false, 1, 1));
      switchMmIrqsOff(w.ms, 0, newUserMm(w.ms, 'y'));
      w.flushes();
      flushTlbFunc(w.ms, 0, new FlushTlbInfo(x, 0, TLB_FLUSH_ALL, 0, false, 1, 1));
      expect(w.flushes()).toEqual([]);
      switchMmIrqsOff(w.ms, 0, w.ms.initMm);
    });
  });

  it('is asked unless it is lazy or uses another mm; once a second even then (should_flush_tlb)', () => {
    const w = new World();
    w.s.cpu = 0;
    const mm = newUserMm(w.ms, 'x');
    const info = new FlushTlbInfo(mm, 0, TLB_FLUSH_ALL, 0, false, 1, 0);
    expect(shouldFlushTlb(w.ms, 1, info)).toBe(false);
    info.trimCpumask = true;
    expect(shouldFlushTlb(w.ms, 1, info)).toBe(true);
    info.trimCpumask = false;
    switchMmIrqsOff(w.ms, 1, mm);
    expect(shouldFlushTlb(w.ms, 1, info)).toBe(true);
    w.ms.tlb[1]!.isLazy = true;
    expect(shouldFlushTlb(w.ms, 1, info)).toBe(false);
  });
});

describe('a flush of the kernel', () => {
  it('reaches every CPU, lazy or not; single pages leave other slots to be dropped with PTI', () => {
    const w = new World({ pcid: true, pti: true });
    w.run(function* () {
      yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 20);
      const { ipisSent } = w.ms.counters;
      yield* flushTlbKernelRange(w.ms, 4);
      expect(w.ms.counters.ipisSent).toBe(ipisSent + 1);
      expect(w.ms.tlb.map((tlb) => tlb.invalidateOther)).toEqual([true, true]);
      yield* archTlbbatchFlush(w.ms, Cpumask.first(2));
    });
  });
});
