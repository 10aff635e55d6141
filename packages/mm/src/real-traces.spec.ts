import { describe, expect, it } from '@jest/globals';
import { busy, msleep } from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import { doMmap, doMunmap, mmget, mmput, touchPages, unuseMm, useMm, wpPageCopy } from './index.ts';

describe('the tlb_flush events of a real kernel', () => {
  it('for a process that unmaps 34, 4, 4 and 32 pages, copies one and exits (rand-mm-018)', () => {
    const w = new World({}, 1);
    w.run(function* () {
      yield* w.process('A', 0, function* () {
        const mm = w.mm(w.s.current);
        for (const pages of [34, 4, 4, 32]) {
          const addr = doMmap(mm, pages);
          touchPages(mm, addr, pages, 1);
          yield* doMunmap(w.ms, mm, addr);
        }
        yield* wpPageCopy(w.ms, mm, mm.vmas[0]!.start);
      });
      yield* msleep(w.s, 20);
    });
    expect(w.flushes()).toEqual([
      'cpu0 main: pages:-1 reason:flush on task switch (0)',
      'cpu0 A: pages:-1 reason:local mm shootdown (3)',
      'cpu0 A: pages:4 reason:local mm shootdown (3)',
      'cpu0 A: pages:4 reason:local mm shootdown (3)',
      'cpu0 A: pages:32 reason:local mm shootdown (3)',
      'cpu0 A: pages:1 reason:local mm shootdown (3)',
      'cpu0 A: pages:-1 reason:flush on task switch (0)',
    ]);
  });

  it('for a kernel thread that uses the mm of a process that exits meanwhile (mm-kthread-use-mm)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 0, function* () {
        yield* msleep(w.s, 20);
        yield* wpPageCopy(w.ms, w.mm(w.s.current), w.mm(w.s.current).vmas[0]!.start);
      });
      const mm = w.mm(a);
      yield* msleep(w.s, 8);
      yield* w.kthread('k', 1, function* () {
        mmget(mm);
        useMm(w.ms, mm);
        yield* busy(w.s, 500);
        yield* msleep(w.s, 24);
        unuseMm(w.ms, mm);
        yield* mmput(w.ms, mm);
      });
      yield* msleep(w.s, 60);
    });
    expect(w.flushes()).toEqual([
      'cpu0 main: pages:-1 reason:flush on task switch (0)',
      'cpu1 k: pages:-1 reason:flush on task switch (0)',
      'cpu0 A: pages:1 reason:remote ipi send (4)',
      'cpu0 A: pages:1 reason:local mm shootdown (3)',
      'cpu1 <idle>: pages:-1 reason:flush on task switch (0)',
      'cpu1 k: pages:-1 reason:remote ipi send (4)',
      'cpu1 k: pages:-1 reason:flush on task switch (0)',
      'cpu0 <idle>: pages:-1 reason:flush on task switch (0)',
    ]);
  });
});

describe('on an explored machine', () => {
  it('flushes of two CPUs at once end in every order, and all counts are right after every step', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const w = new World({ pcid: seed % 2 === 0 }, 2, seed);
      let ended = 0;
      w.run(function* () {
        const flusher = function* () {
          const mm = w.mm(w.s.current);
          for (let i = 0; i < 3; i++) {
            const addr = doMmap(mm, 2);
            touchPages(mm, addr, 2, 1);
            yield* doMunmap(w.ms, mm, addr);
            yield* msleep(w.s, 4);
          }
          ended++;
        };
        const a = yield* w.process('A', 0, flusher);
        yield* w.thread('B', 1, a, flusher);
        yield* w.kthread('k', 1, () => msleep(w.s, 8));
        while (ended < 2) yield* msleep(w.s, 4);
        yield* msleep(w.s, 20);
      });
      expect(w.s.reports.lines).toEqual([]);
    }
  });
});
