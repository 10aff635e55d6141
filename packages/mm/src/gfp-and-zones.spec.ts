import { describe, expect, it } from '@jest/globals';
import { PF_MEMALLOC, msleep, preemptDisable, preemptEnable, type Task } from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import {
  ALLOC_NO_WATERMARKS,
  AtomicSleepDebug,
  GFP_ATOMIC,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  GFP_NOWAIT,
  GFP_RULES,
  IA32_TASK_SIZE,
  PF_MEMALLOC_NOFS,
  PF_MEMALLOC_NOIO,
  WMARK_HIGH,
  WMARK_LOW,
  WMARK_MIN,
  X86_32_3G,
  X86_32_SPLITS,
  X86_64_4LEVEL,
  X86_64_5LEVEL,
  ZONE_NORMAL,
  Zone,
  __GFP_DIRECT_RECLAIM,
  __GFP_HIGH,
  __GFP_NOMEMALLOC,
  __GFP_NORETRY,
  addressKind,
  afterReclaim,
  allocPages,
  boostWatermark,
  calculateMinFreeKbytes,
  currentGfpContext,
  gfpPfmemallocFlags,
  gfpToAllocFlags,
  gfpflagsAllowBlocking,
  pgdatBalanced,
  recommendedMinFreeKbytes,
  setupPerZoneWmarks,
  vfreeMode,
  vmallocAllowed,
  wmarkPages,
  zoneAllows,
  zoneWatermarkOk,
  zonesOf,
  type AllocContext,
} from './index.ts';

const NORMAL: AllocContext = { task: { flags: 0, prio: 120 } as Task, inInterrupt: false, oomVictim: false };

/** A zone with a min mark of 1000 and so many free pages. */
function zoneWith(free: number): Zone {
  const zone = new Zone('Normal', ZONE_NORMAL, 1_000_000);
  zone.watermark.splice(0, 4, 1000, 1250, 1500, 1750);
  zone.freePages = free;
  return zone;
}

/** Fewest free pages with which order 0 succeeds in the slow path. */
function lowest(gfp: number, context: AllocContext): number {
  const reserve = gfpPfmemallocFlags(gfp, context);
  const flags = reserve === 0 ? gfpToAllocFlags(gfp, 0, context) : reserve;
  for (let free = 0; ; free++) if (zoneAllows(zoneWith(free), 0, ZONE_NORMAL, flags)) return free;
}

describe('the watermark of an allocation', () => {
  it('is min, half of it, or three eighths; free pages must be more (MM-C28)', () => {
    expect(lowest(GFP_KERNEL, NORMAL)).toBe(1001);
    expect(lowest(GFP_KERNEL | __GFP_HIGH, NORMAL)).toBe(501);
    expect(lowest(GFP_ATOMIC, NORMAL)).toBe(376);
    expect(lowest(GFP_NOWAIT, NORMAL)).toBe(1001);
    expect(lowest(GFP_KERNEL, { ...NORMAL, task: { flags: PF_MEMALLOC, prio: 120 } as Task })).toBe(1);
    expect(lowest(GFP_KERNEL, { ...NORMAL, task: { flags: 0, prio: 50 } as Task })).toBe(501);
    expect(lowest(GFP_KERNEL, { ...NORMAL, oomVictim: true })).toBe(501);
  });

  it('cannot be ignored in an interrupt, nor with __GFP_NOMEMALLOC', () => {
    const memalloc = { ...NORMAL, task: { flags: PF_MEMALLOC, prio: 120 } as Task };
    expect(gfpPfmemallocFlags(GFP_KERNEL, memalloc)).toBe(ALLOC_NO_WATERMARKS);
    expect(gfpPfmemallocFlags(GFP_KERNEL | __GFP_NOMEMALLOC, memalloc)).toBe(0);
    expect(gfpPfmemallocFlags(GFP_ATOMIC, { ...memalloc, inInterrupt: true })).toBe(0);
  });

  it('leaves out the reserve for high orders unless the caller may use reserves', () => {
    const zone = zoneWith(1100);
    zone.nrFreeHighatomic = 200;
    expect(zoneWatermarkOk(zone, 0, 1000, ZONE_NORMAL, gfpToAllocFlags(GFP_KERNEL, 0, NORMAL))).toBe(false);
    expect(zoneWatermarkOk(zone, 0, 1000, ZONE_NORMAL, gfpToAllocFlags(GFP_NOWAIT, 0, NORMAL))).toBe(true);
  });

  it('is raised by a boost, which an urgent order 0 does not count at the min mark', () => {
    const zone = zoneWith(900);
    expect(boostWatermark(zone)).toBe(true);
    expect(wmarkPages(zone, WMARK_MIN)).toBe(1512);
    for (let i = 0; i < 10; i++) boostWatermark(zone);
    expect(zone.watermarkBoost).toBe(2250);
    expect(zoneAllows(zone, 0, ZONE_NORMAL, gfpToAllocFlags(GFP_KERNEL | __GFP_HIGH, 0, NORMAL))).toBe(true);
    expect(zoneAllows(zone, 0, ZONE_NORMAL, gfpToAllocFlags(GFP_KERNEL, 0, NORMAL))).toBe(false);
  });
});

describe('an allocation', () => {
  it('above the low mark wakes nobody; below, kswapd; below min, it depends (MM-I14)', () => {
    expect(allocPages(only(1251), GFP_KERNEL, 0, NORMAL)).toMatchObject({ wakeKswapd: false, next: 'done' });
    expect(allocPages(only(1250), GFP_KERNEL, 0, NORMAL)).toMatchObject({ wakeKswapd: true, next: 'done' });
    expect(allocPages(only(1000), GFP_KERNEL, 0, NORMAL)).toMatchObject({ zone: null, next: 'reclaim' });
    expect(allocPages(only(376), GFP_ATOMIC, 0, NORMAL)).toMatchObject({ wakeKswapd: true, next: 'done' });
    expect(allocPages(only(375), GFP_ATOMIC, 0, NORMAL)).toMatchObject({ zone: null, next: 'warn' });
    expect(allocPages(only(1000), GFP_NOWAIT, 0, NORMAL)).toMatchObject({ zone: null, next: 'silent' });
    const kswapd = { ...NORMAL, task: { flags: PF_MEMALLOC, prio: 120 } as Task };
    expect(allocPages(only(0), GFP_KERNEL, 0, kswapd)).toMatchObject({ zone: null, next: 'warn' });
  });

  it('that reclaim did not help tries on, kills, or fails', () => {
    expect(afterReclaim(GFP_KERNEL, 0, 16)).toBe('retry');
    expect(afterReclaim(GFP_KERNEL, 0, 17)).toBe('oom');
    expect(afterReclaim(GFP_KERNEL, 4, 1)).toBe('fail');
    expect(afterReclaim(GFP_KERNEL | __GFP_NORETRY, 0, 1)).toBe('fail');
  });

  it('may do what its flags say, less what the task has given up', () => {
    expect(GFP_RULES.map((r) => [r.name, r.sleeps, r.io, r.fs])).toEqual([
      ['GFP_KERNEL', true, true, true],
      ['GFP_NOFS', true, true, false],
      ['GFP_NOIO', true, false, false],
      ['GFP_ATOMIC', false, false, false],
      ['GFP_NOWAIT', false, false, false],
    ]);
    expect([GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_ATOMIC, GFP_NOWAIT]).toEqual([0xcc0, 0xc40, 0xc00, 0x820, 0x2800]);
    expect(currentGfpContext(PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS, GFP_KERNEL)).toBe(GFP_NOIO);
    expect(currentGfpContext(PF_MEMALLOC_NOFS, GFP_KERNEL)).toBe(GFP_NOFS);
    expect(gfpflagsAllowBlocking(__GFP_DIRECT_RECLAIM)).toBe(true);
  });

  it('that may sleep under a spinlock is reported once a second, and goes on (MM-C27)', () => {
    const w = new World();
    w.run(function* () {
      const debug = new AtomicSleepDebug(w.ms, true);
      debug.mightAlloc(GFP_KERNEL, 'mm/x.c:1');
      expect(w.s.reports.lines).toEqual([]);
      preemptDisable(w.s);
      debug.mightAlloc(GFP_ATOMIC, 'mm/x.c:1');
      debug.mightAlloc(GFP_KERNEL, 'mm/x.c:1');
      debug.mightAlloc(GFP_KERNEL, 'mm/x.c:2');
      new AtomicSleepDebug(w.ms, false).mightAlloc(GFP_KERNEL, 'mm/x.c:3');
      yield* preemptEnable(w.s);
      expect(w.s.reports.lines.map((l) => l.text)).toEqual([
        'BUG: sleeping function called from invalid context at mm/x.c:1',
        'in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 1, name: main',
      ]);
      yield* msleep(w.s, 1100);
      preemptDisable(w.s);
      debug.mightAlloc(GFP_KERNEL, 'mm/x.c:2');
      yield* preemptEnable(w.s);
      expect(w.s.reports.lines.length).toBe(4);
    });
  });

  it('with vmalloc in an interrupt is a bug; vfree there is only later (MM-C29)', () => {
    const w = new World();
    let mode = '';
    expect(() =>
      w.run(function* () {
        vmallocAllowed(w.ms);
        expect(vfreeMode(w.ms)).toBe('now');
        w.s.cpus[1]!.callFunction(() => {
          mode = vfreeMode(w.ms);
          vmallocAllowed(w.ms);
        });
        yield* msleep(w.s, 20);
      }),
    ).toThrow('Fatal exception in interrupt');
    expect(mode).toBe('deferred');
  });
});

describe('the zones of a machine', () => {
  it('share the free memory by their size, with marks a quarter of min or 0.1 % apart', () => {
    const zones = zonesOf(2_097_152);
    expect(zones.map((z) => z.name)).toEqual(['DMA', 'DMA32', 'Normal', 'Movable']);
    const normal = zones[ZONE_NORMAL]!;
    const distance = Math.max(Math.floor(normal.watermark[WMARK_MIN]! / 4), Math.floor(normal.managed / 1000));
    expect(normal.watermark[WMARK_LOW]! - normal.watermark[WMARK_MIN]!).toBe(distance);
    expect(normal.watermark[WMARK_HIGH]! - normal.watermark[WMARK_LOW]!).toBe(distance);
    expect(zones[0]!.lowmemReserve[ZONE_NORMAL]).toBe(Math.floor((zones[1]!.managed + normal.managed) / 256));
    expect(pgdatBalanced(zones, 0, ZONE_NORMAL)).toBe(true);
    for (const z of zones) z.freePages = z.watermark[WMARK_HIGH]!;
    expect(pgdatBalanced(zones, 0, ZONE_NORMAL)).toBe(false);
  });
});

describe('the marks of a zone', () => {
  it('are those of 1 GiB alone: 1024, 1286, 1548, 1810 (D-C22, D-I9)', () => {
    const zone = new Zone('DMA32', 1, 262_144);
    setupPerZoneWmarks([zone], 4096);
    expect(zone.watermark).toEqual([1024, 1286, 1548, 1810]);
  });

  it('are raised for huge pages: 11264 pages for two zones, at most 5 % of the memory', () => {
    const zones = zonesOf(262_144);
    expect(recommendedMinFreeKbytes(zones)).toBe(45_056);
    setupPerZoneWmarks(zones, 45_056);
    expect(zones[0]!.watermark[WMARK_MIN]).toBe(165);
    expect(recommendedMinFreeKbytes(zonesOf(65_536))).toBeLessThanOrEqual((65_536 * 4) / 20);
  });

  it('come from the root of the memory, within limits (D-C23)', () => {
    const pages = (kib: number): number => kib / 4;
    expect(calculateMinFreeKbytes(pages(4096))).toBe(256);
    expect(calculateMinFreeKbytes(pages(500))).toBe(128);
    for (const [mib, kib] of [
      [16, 512],
      [64, 1024],
      [256, 2048],
      [1024, 4096],
      [4096, 8192],
      [16384, 16384],
    ]) {
      expect(calculateMinFreeKbytes(pages(mib! * 1024))).toBe(kib);
    }
    expect(calculateMinFreeKbytes(pages(2 ** 40))).toBe(262_144);
  });
});

describe('an address', () => {
  it('belongs to user, kernel, or nobody', () => {
    expect(X86_32_3G.taskSize).toBe(X86_32_3G.pageOffset);
    expect(X86_32_SPLITS.length).toBe(5);
    expect(addressKind(X86_32_3G, 0xbfffffffn)).toBe('user');
    expect(addressKind(X86_32_3G, 0xc0000000n)).toBe('kernel');
    expect(addressKind(X86_64_4LEVEL, 0x7fffffffefffn)).toBe('user');
    expect(addressKind(X86_64_4LEVEL, 0x800000000000n)).toBe('non-canonical');
    expect(addressKind(X86_64_4LEVEL, 0xffff888000000000n)).toBe('kernel');
    expect(addressKind(X86_64_5LEVEL, 0x800000000000n)).toBe('user');
    expect(IA32_TASK_SIZE).toBe(0xffffe000n);
  });
});

function only(free: number): Zone[] {
  return [new Zone('DMA', 0, 0), new Zone('DMA32', 1, 0), zoneWith(free)];
}
