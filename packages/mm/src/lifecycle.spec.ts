import { describe, expect, it } from '@jest/globals';
import { EXIT_ZOMBIE, msleep, type Task } from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import {
  copyFromUser,
  copyMm,
  execMmap,
  finishCpu,
  idleTaskExit,
  mmget,
  mmput,
  newUserMm,
  plainAccess,
  touchPages,
  unuseMm,
  useMm,
  type Mm,
} from './index.ts';

describe('a process that exits', () => {
  it('leaves a borrower with its struct and init_mm loaded, until the CPU runs a user task (MM-C16, MM-C17)', () => {
    const w = new World();
    w.run(function* () {
      let mm: Mm | null = null;
      yield* w.process('U', 1, function* () {
        mm = w.mm(w.s.current);
        yield* msleep(w.s, 8);
      });
      yield* msleep(w.s, 40);
      const { idle } = w.s.rqs[1]!;
      expect(idle.activeMm).toBe(mm);
      expect(mm).toMatchObject({ users: 0, count: 1, freed: false });
      expect(w.ms.tlb[1]).toMatchObject({ isLazy: false, loadedMm: w.ms.initMm });
      yield* w.process('N', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      expect(mm).toMatchObject({ count: 0, freed: true });
    });
  });

  it('alone in its mask flushes at home and lazily: a switch, not a shootdown (MM-C26)', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('U', 1, function* () {
        yield* msleep(w.s, 8);
        w.flushes();
      });
      yield* msleep(w.s, 40);
      expect(w.flushes()).toEqual(['cpu1 U: pages:-1 reason:flush on task switch (0)']);
    });
  });

  it('makes a lazy CPU elsewhere leave its page tables', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 0, () => msleep(w.s, 40));
      const mm = w.mm(a);
      yield* w.thread('B', 1, a, () => msleep(w.s, 8));
      yield* msleep(w.s, 20);
      expect(w.ms.tlb[1]).toMatchObject({ isLazy: true, loadedMm: mm });
      w.flushes();
      yield* msleep(w.s, 40);
      expect(w.flushes().filter((line) => !line.includes('main'))).toEqual([
        'cpu0 A: pages:-1 reason:remote ipi send (4)',
        'cpu0 A: pages:-1 reason:flush on task switch (0)',
        'cpu1 <idle>: pages:-1 reason:flush on task switch (0)',
      ]);
      expect(mm.cpumask.empty).toBe(true);
      expect(mm.users).toBe(0);
    });
  });
});

describe('kthread_use_mm', () => {
  it('of the borrowed mm takes a reference and gives the borrowed one back; unuse does the reverse (MM-C18)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const mm = w.mm(a);
      yield* w.kthread('k', 1, function* () {
        const k = w.s.current;
        mmget(mm);
        expect([k.activeMm === mm, mm.users, mm.count]).toEqual([true, 2, 2]);
        useMm(w.ms, mm);
        expect([k.mm === mm, mm.count, w.ms.tlb[1]!.isLazy]).toEqual([true, 2, false]);
        unuseMm(w.ms, mm);
        expect([k.mm, k.activeMm === mm, mm.count, w.ms.tlb[1]!.isLazy]).toEqual([null, true, 2, true]);
        yield* mmput(w.ms, mm);
      });
      yield* msleep(w.s, 20);
      expect(mm.users).toBe(1);
      expect(w.s.reports.lines).toEqual([]);
    });
  });

  it('twice warns once, and gives up the first reference (MM-C19)', () => {
    const w = new World();
    w.run(function* () {
      const mms = [newUserMm(w.ms, 'x'), newUserMm(w.ms, 'y')] as const;
      yield* w.kthread('k', 1, function* () {
        useMm(w.ms, mms[0]);
        useMm(w.ms, mms[1]);
        expect(mms.map((mm) => mm.count)).toEqual([1, 2]);
        unuseMm(w.ms, mms[1]);
      });
      yield* msleep(w.s, 20);
      expect(w.s.reports.lines.map((l) => l.text)).toEqual(['WARNING: k/2 uses an mm already']);
    });
  });

  it('of an mm whose owner exited without another user is reported (MM-C20)', () => {
    const w = new World();
    expect(() =>
      w.run(function* () {
        const a = yield* w.process('A', 1, () => msleep(w.s, 8));
        const mm = w.mm(a);
        yield* w.kthread('k', 0, function* () {
          useMm(w.ms, mm);
          yield* msleep(w.s, 40);
          yield* copyFromUser(w.ms, BigInt(mm.mmapBase), 1);
        });
        yield* msleep(w.s, 80);
      }),
    ).toThrow('k (pid 3) uses the address space of A');
  });

  it('makes the thread a user for context switches (MM-C21)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 0, () => msleep(w.s, 1000));
      const mm = w.mm(a);
      const k = yield* w.kthread('k', 1, function* () {
        useMm(w.ms, mm);
        yield* msleep(w.s, 8);
        yield* msleep(w.s, 8);
        unuseMm(w.ms, mm);
      });
      yield* msleep(w.s, 4);
      expect([k.mm === mm, k.activeMm === mm]).toEqual([true, true]);
      expect(w.ms.tlb[1]).toMatchObject({ isLazy: true, loadedMm: mm });
      yield* msleep(w.s, 40);
      expect(w.s.tasks.has(k.pid)).toBe(false);
    });
  });

  it('lets copy_from_user bring in pages that are not there yet', () => {
    const w = new World();
    w.run(function* () {
      const mm = newUserMm(w.ms, 'x');
      const addr = mm.vmas[1]!.start;
      mm.pages.clear();
      touchPages(mm, addr, 1, 7);
      yield* w.kthread('k', 1, function* () {
        useMm(w.ms, mm);
        expect(yield* copyFromUser(w.ms, BigInt(addr), 8192)).toEqual({ left: 0, pages: [7, 0] });
        unuseMm(w.ms, mm);
      });
      yield* msleep(w.s, 20);
    });
  });
});

describe('fork and exec', () => {
  it('of kthreadd, which has no mm, gives none (copy_mm)', () => {
    const w = new World();
    w.run(function* () {
      const k = yield* w.kthread('k', 1, () => msleep(w.s, 1000));
      copyMm(w.ms, k, w.s.current, false);
      expect([k.mm, k.activeMm]).toEqual([null, null]);
    });
  });

  it('of a process copies its mappings and flushes the parent', () => {
    const w = new World();
    w.run(function* () {
      yield* w.process('A', 1, function* () {
        const old = w.mm(w.s.current);
        w.flushes();
        const child = yield* w.kthread('child', 1, () => msleep(w.s, 1000));
        copyMm(w.ms, child, w.s.current, false);
        const mm = w.mm(child);
        expect(mm.vmas).toEqual(old.vmas);
        expect([mm.users, mm.count, mm === old]).toEqual([1, 1, false]);
        expect(w.flushes()).toEqual(['cpu1 A: pages:-1 reason:local mm shootdown (3)']);
        child.mm = child.activeMm = null;
      });
      yield* msleep(w.s, 20);
    });
  });

  it('of pid 1 gives back only what it had borrowed (MM-C25)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const mm = newUserMm(w.ms, 'init');
      let init: Task | null = null;
      yield* w.kthread('init', 1, function* () {
        init = w.s.current;
        init.flags &= ~0x200000;
        expect(init.activeMm).toBe(a.mm);
        yield* execMmap(w.ms, mm);
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      expect(init).toMatchObject({ mm, activeMm: mm });
      expect(w.mm(a).count).toBe(1);
      expect([mm.users, mm.count]).toEqual([1, 2]);
    });
  });

  it('of a user program frees the old address space', () => {
    const w = new World();
    w.run(function* () {
      let old: Mm | null = null;
      yield* w.process('A', 1, function* () {
        old = w.mm(w.s.current);
        yield* execMmap(w.ms, newUserMm(w.ms, 'A'));
        yield* msleep(w.s, 1000);
      });
      yield* msleep(w.s, 8);
      expect(old).toMatchObject({ users: 0, count: 0, freed: true });
    });
  });
});

describe('a kernel thread that touches a user address', () => {
  it('with copy_from_user gets the bytes of whoever ran before it, or none (MM-C22)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const addr = w.mm(a).vmas[0]!.start;
      touchPages(w.mm(a), addr, 1, 42);
      yield* w.kthread('k', 1, function* () {
        expect(yield* copyFromUser(w.ms, BigInt(addr), 100)).toEqual({ left: 0, pages: [42] });
        expect(yield* copyFromUser(w.ms, 0x1000n, 100)).toEqual({ left: 100, pages: [] });
        expect(yield* copyFromUser(w.ms, 0xffff888000000000n, 100)).toEqual({ left: 100, pages: [] });
      });
      yield* w.kthread('k0', 0, function* () {
        expect(yield* copyFromUser(w.ms, BigInt(addr), 100)).toEqual({ left: 100, pages: [] });
      });
      yield* msleep(w.s, 20);
    });
  });

  it('directly oopses with SMAP, present or not; the thread dies with 9, others go on (MM-C23)', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const addr = w.mm(a).vmas[0]!.start;
      const k = yield* w.kthread('k', 1, () => plainAccess(w.ms, BigInt(addr)));
      const n = yield* w.kthread('n', 1, () => plainAccess(w.ms, 0x10n, 'write'));
      yield* msleep(w.s, 20);
      expect([k.exitCode, n.exitCode]).toEqual([9, 9]);
      expect(k.exitState & EXIT_ZOMBIE).toBe(0);
      expect(w.s.reports.lines.map((l) => l.text)).toEqual([
        `BUG: unable to handle page fault for address: ${addr.toString(16).padStart(16, '0')}`,
        '#PF: supervisor read access in kernel mode',
        '#PF: error_code(0x0001) - permissions violation',
        'BUG: kernel NULL pointer dereference, address: 0000000000000010',
        '#PF: supervisor write access in kernel mode',
        '#PF: error_code(0x0002) - not-present page',
      ]);
    });
  });

  it('directly succeeds without SMAP on whichever process it borrows', () => {
    const w = new World({ smap: false });
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      const addr = BigInt(w.mm(a).vmas[0]!.start);
      yield* w.kthread('k', 1, function* () {
        yield* plainAccess(w.ms, addr, 'write', 99);
      });
      const f = yield* w.kthread('f', 1, () => plainAccess(w.ms, addr, 'fetch'));
      const absent = yield* w.kthread('absent', 1, () => plainAccess(w.ms, 0x1000_0000n));
      yield* msleep(w.s, 20);
      expect(w.mm(a).pages.get(Number(addr) / 4096)).toBe(99);
      expect([f.exitCode, absent.exitCode]).toEqual([9, 9]);
    });
  });

  it('in an interrupt panics (MM-C24)', () => {
    const w = new World();
    expect(() =>
      w.run(function* () {
        w.s.cpus[1]!.callFunction(() => {
          for (const _ of plainAccess(w.ms, 0x10n)) throw new Error('a handler does not stop');
        });
        yield* msleep(w.s, 20);
      }),
    ).toThrow('Fatal exception in interrupt');
  });

  it('between the halves gets a general protection fault', () => {
    const w = new World();
    w.run(function* () {
      yield* w.kthread('k', 1, () => plainAccess(w.ms, 0x8000_0000_0000n));
      yield* msleep(w.s, 20);
      expect(w.s.reports.lines[0]!.text).toContain('non-canonical address 0x800000000000');
    });
  });
});

describe('a machine that does not count borrowers', () => {
  it('interrupts them when the mm goes (MM-C30)', () => {
    const w = new World({ lazyTlbHolds: 'shootdown' });
    w.run(function* () {
      const mm = newUserMm(w.ms, 'x');
      const { idle } = w.s.rqs[1]!;
      mm.vmas.length = 0;
      idle.activeMm = mm;
      switchTo(w, mm);
      expect(mm.count).toBe(1);
      yield* mmput(w.ms, mm);
      yield* msleep(w.s, 4);
      expect(idle.activeMm).toBe(w.ms.initMm);
      expect(w.ms.tlb[1]!.loadedMm).toBe(w.ms.initMm);
      expect(mm.freed).toBe(true);
    });
  });
});

describe('a CPU that goes offline', () => {
  it('leaves the borrowed page tables first and gives the reference back when it is dead', () => {
    const w = new World();
    w.run(function* () {
      const a = yield* w.process('A', 1, () => msleep(w.s, 1000));
      yield* msleep(w.s, 8);
      idleTaskExit(w.ms, 1);
      expect([w.mm(a).count, w.ms.tlb[1]!.loadedMm]).toEqual([2, w.ms.initMm]);
      finishCpu(w.ms, 1);
      expect([w.mm(a).count, w.s.rqs[1]!.idle.activeMm]).toEqual([1, w.ms.initMm]);
    });
  });
});

/** CPU 1 idles on this mm, lazily. */
function switchTo(w: World, mm: Mm): void {
  const tlb = w.ms.tlb[1]!;
  tlb.loadedMm = mm;
  tlb.ctxId[0] = mm.ctxId;
  tlb.isLazy = true;
  mm.cpumask = mm.cpumask.or(w.s.possibleMask.andNot(w.s.possibleMask.and(w.s.rqs[0]!.idle.cpusMask)));
}
