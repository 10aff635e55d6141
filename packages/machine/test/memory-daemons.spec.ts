import { describe, expect, test } from '@jest/globals';
import { Pgdat, type KernelDaemons, type OomVictim } from '@kernel-model/daemons';
import { HZ } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  GFP_NOFS,
  WMARK_HIGH,
  WMARK_LOW,
  WMARK_MIN,
  ZONE_DMA32,
  boostWatermark,
  wmarkPages,
  type Zone,
} from '@kernel-model/mm';
import { boot, type Machine } from '../src/index.ts';
import { call, start } from './call.ts';

const MS = 1e6;

function daemonsOf(machine: Machine): KernelDaemons {
  return machine.daemons!;
}

/** What a machine traces from now on, of the events whose names begin so. */
function eventsOf(machine: Machine, ...prefixes: readonly string[]): () => string[] {
  const events: string[] = [];
  machine.hub.events$.subscribe((e) => {
    if (prefixes.some((prefix) => e.name.startsWith(prefix))) events.push(`${e.name} ${e.text}`);
  });
  return () => events;
}

/** A machine of which all zones but DMA32 are used up. */
function machineWithOneZone(): { machine: Machine; d: KernelDaemons; zone: Zone } {
  const machine = boot();
  const d = daemonsOf(machine);
  const zone = d.pgdat.zones[ZONE_DMA32]!;
  for (const other of d.pgdat.zones) if (other !== zone) other.freePages = 0;
  machine.runFor(500 * MS);
  return { machine, d, zone };
}

test('a booted machine keeps as much memory free as huge pages need', () => {
  const { zones } = daemonsOf(boot()).pgdat;
  const sum = zones.slice(0, 3).reduce((pages, zone) => pages + zone.watermark[WMARK_MIN]!, 0);
  expect(Math.abs(sum - 11_264)).toBeLessThanOrEqual(3);
});

describe('kswapd', () => {
  test('sleeps while there is enough, and frees up to the high mark when an allocation falls below the low one (D-C24)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    zone.freePages = wmarkPages(zone, WMARK_LOW) + 200;
    pgdat.lru[ZONE_DMA32] = 100_000;
    call(machine, function* () {
      for (let i = 0; i < 100; i++) yield* pgdat.alloc(GFP_KERNEL, 0);
    });
    machine.runFor(50 * MS);
    expect(pgdat.pgstealKswapd).toBe(0);
    call(machine, function* () {
      for (let i = 0; i < 200; i++) yield* pgdat.alloc(GFP_KERNEL, 0);
    });
    machine.runFor(500 * MS);
    expect(zone.freePages).toBeGreaterThan(wmarkPages(zone, WMARK_HIGH));
    expect(pgdat.pgstealKswapd).toBeGreaterThan(0);
    expect(pgdat.pgstealDirect).toBe(0);
  });

  test('takes what it is asked for while it runs as its next order (D-C25)', () => {
    const { machine, d } = machineWithOneZone();
    const { pgdat } = d;
    call(machine, function* () {
      // nobody sleeps there now
      const { first } = pgdat.kswapdWait;
      pgdat.kswapdWait.first = null;
      yield* pgdat.wakeupKswapd(pgdat.zones[ZONE_DMA32]!, GFP_KERNEL, 3);
      pgdat.kswapdWait.first = first;
    });
    expect(pgdat.kswapdOrder).toBe(3);
  });

  test('naps for 100 ms first: a wakeup meanwhile makes it reclaim again at once (D-C26)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    pgdat.lru[ZONE_DMA32] = 500_000;
    for (let i = 0; i < 2; i++) {
      zone.freePages = wmarkPages(zone, WMARK_LOW) - 10;
      call(machine, () => pgdat.alloc(GFP_KERNEL, 0));
      machine.runFor(40 * MS);
    }
    expect(pgdat.lowWmarkHitQuickly).toBe(1);
    machine.runFor(500 * MS);
    expect(pgdat.highWmarkHitQuickly).toBe(0);
  });

  test('gives up after 16 fruitless runs, until somebody frees a page himself (D-C28, D-I11)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    const wake = (): unknown => call(machine, () => pgdat.alloc(GFP_ATOMIC, 0));
    zone.freePages = wmarkPages(zone, WMARK_LOW) - 10;
    wake();
    machine.runFor(10e9);
    expect(pgdat.kswapdFailures).toBe(16);
    const { nvcsw } = d.kswapd.task!;
    wake();
    machine.runFor(1e9);
    expect(d.kswapd.task!.nvcsw).toBe(nvcsw);
    expect(pgdat.allowDirectReclaim()).toBe(true);
    pgdat.lru[ZONE_DMA32] = 100_000;
    zone.freePages = 100;
    expect(pgdat.pageoutrun).toBe(16);
    const events = eventsOf(machine, 'mm_vmscan_direct_');
    call(machine, () => pgdat.alloc(GFP_KERNEL, 0));
    expect(events().slice(0, 2)).toEqual([
      'mm_vmscan_direct_reclaim_begin order=0 gfp_flags=GFP_KERNEL',
      'mm_vmscan_direct_reclaim_end nr_reclaimed=32',
    ]);
    expect(pgdat.pgscanDirect).toBe(pgdat.pgstealDirect);
    expect(pgdat.allocstall * 32).toBe(pgdat.pgstealDirect);
    expect(pgdat.pgstealDirect).toBeGreaterThan(0);
    expect(pgdat.kswapdFailures).toBe(0);
  });

  test('repays a boost, and asks kcompactd for blocks', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    pgdat.lru[ZONE_DMA32] = 500_000;
    expect(boostWatermark(zone)).toBe(true);
    call(machine, () => pgdat.wakeupKswapd(zone, GFP_KERNEL, 0));
    machine.runFor(500 * MS);
    expect(zone.watermarkBoost).toBe(0);
    expect(pgdat.pgstealKswapd).toBeGreaterThanOrEqual(512);
    expect(d.kcompactd.compacted).toEqual([9]);
  });

  test('runs again at once if the node falls below its high mark during the nap (D-C27, D-I10)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    pgdat.lru[ZONE_DMA32] = 500_000;
    zone.freePages = wmarkPages(zone, WMARK_LOW) - 10;
    call(machine, () => pgdat.alloc(GFP_KERNEL, 0));
    machine.runFor(40 * MS);
    const freed = pgdat.pgstealKswapd;
    zone.freePages = wmarkPages(zone, WMARK_HIGH) - 1;
    machine.runFor(200 * MS);
    expect([pgdat.highWmarkHitQuickly, pgdat.lowWmarkHitQuickly]).toEqual([1, 0]);
    expect(pgdat.pgstealKswapd).toBeGreaterThan(freed);
  });

  test('is content with one zone of all that an allocation could use (D-C29)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    pgdat.lru[ZONE_DMA32] = 500_000;
    zone.freePages = wmarkPages(zone, WMARK_HIGH) + 1000;
    expect(pgdat.zones[0]!.freePages).toBe(0);
    call(machine, () => pgdat.wakeupKswapd(zone, GFP_KERNEL, 0));
    machine.runFor(500 * MS);
    expect(pgdat.pgstealKswapd).toBe(0);
  });

  test('leaves it to kcompactd to make a block of the pages that it freed (D-C31)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    pgdat.lru[ZONE_DMA32] = 500_000;
    zone.freePages = wmarkPages(zone, WMARK_HIGH) + 1000;
    zone.freeArea = Array.from({ length: 11 }, (_, order) => (order < 4 ? 1000 : 0));
    call(machine, () => pgdat.wakeupKswapd(zone, GFP_KERNEL, 4));
    machine.runFor(500 * MS);
    expect(d.kcompactd.compacted).toEqual([4]);
    expect(pgdat.pgstealKswapd).toBeGreaterThanOrEqual(2 * 2 ** 4);
    expect(pgdat.kswapdFailures).toBe(0);
    // it sleeps, although there is still no block of order 4
    const { nvcsw } = d.kswapd.task!;
    machine.runFor(10_000 * MS);
    expect(d.kswapd.task!.nvcsw).toBe(nvcsw);
  });

  test('repays a boost at its ease: it does not raise its effort beyond priority 10 (D-C32)', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    pgdat.lru[ZONE_DMA32] = 20;
    boostWatermark(zone);
    call(machine, () => pgdat.wakeupKswapd(zone, GFP_KERNEL, 0));
    machine.runFor(500 * MS);
    expect(d.kswapd.lastPriority).toBeGreaterThanOrEqual(10);
    expect(zone.watermarkBoost).toBe(0);
  });

  test('has processes wait that nearly nothing is left for, at most 1 s without __GFP_FS, and no kernel thread (D-C33, D-I12)', () => {
    const machine = boot({ daemons: 'minimal' });
    const pgdat = new Pgdat(machine.sched, 262_144);
    for (const zone of pgdat.zones) zone.freePages = 0;
    pgdat.lru[ZONE_DMA32] = 10_000;
    const took = { user: 0, kernel: 0 };
    const alloc = function* (who: keyof typeof took): MaySleep<void> {
      const before = machine.sim.now;
      yield* pgdat.alloc(GFP_NOFS, 0);
      took[who] = machine.sim.now - before;
    };
    machine.spawnUser('user', (u) => u.call(alloc('user')));
    machine.runFor(500 * MS);
    // somebody gives pages back, but nobody tells those who wait
    for (const zone of pgdat.zones) zone.freePages = zone.managed;
    machine.runFor(1000 * MS);
    expect(took.user / MS).toBeGreaterThanOrEqual(1000);
    expect(took.user / MS).toBeLessThan(1020);
    for (const zone of pgdat.zones) zone.freePages = 0;
    call(machine, () => alloc('kernel'));
    expect(took.kernel / MS).toBeLessThan(20);
    // with __GFP_FS it waits until kswapd has done something
    for (const zone of pgdat.zones) zone.freePages = 0;
    let got = false;
    machine.spawnUser('user', (u) =>
      u.call(
        (function* () {
          yield* pgdat.alloc(GFP_KERNEL, 0);
          got = true;
        })(),
      ),
    );
    machine.runFor(5000 * MS);
    expect(got).toBe(false);
    pgdat.zones[ZONE_DMA32]!.freePages = 100_000;
    call(machine, (k) => k.wakeUp(pgdat.pfmemallocWait));
    machine.runFor(10 * MS);
    expect(got).toBe(true);
  });

  test('keeps up with a load that fills the page cache', () => {
    const { machine, d, zone } = machineWithOneZone();
    const { pgdat } = d;
    zone.freePages = 20_000;
    let failed = 0;
    start(machine, 'reader', function* (k) {
      for (let i = 0; i < 100_000; i++) {
        if ((yield* pgdat.alloc(GFP_KERNEL, 0, true)) === null) failed++;
        yield* k.busy(20);
      }
    });
    machine.runFor(4e9);
    expect(failed).toBe(0);
    expect(pgdat.pgstealKswapd).toBeGreaterThan(70_000);
    expect(pgdat.pgstealDirect).toBe(0);
  });
});

describe('kcompactd', () => {
  test('ignores order 0, and compacts once for the largest order asked for (D-C39)', () => {
    const machine = boot();
    const { kcompactd } = daemonsOf(machine);
    start(machine, 'asker', function* () {
      kcompactd.wakeup(0);
      kcompactd.wakeup(2);
      kcompactd.wakeup(4, ZONE_DMA32);
    });
    const events = eventsOf(machine, 'mm_compaction_');
    machine.runFor(100 * MS);
    expect(kcompactd.compacted).toEqual([4]);
    expect(events()).toEqual([
      'mm_compaction_wakeup_kcompactd nid=0 order=2 classzone_idx=Normal  ',
      // awake already: the others only change what it is asked for
      'mm_compaction_kcompactd_wake nid=0 order=4 classzone_idx=DMA32   ',
      'mm_compaction_kcompactd_sleep nid=0',
    ]);
  });

  test('looks by itself every 500 ms, and 64 times as rarely when it does not help', () => {
    const machine = boot();
    const { kcompactd } = daemonsOf(machine);
    kcompactd.fragmentation = () => 95;
    machine.runFor(33e9);
    expect(kcompactd.proactive).toBe(2);
    kcompactd.proactiveness = 0;
    machine.runFor(100e9);
    expect(kcompactd.proactive).toBeLessThanOrEqual(3);
  });
});

describe('oom_reaper', () => {
  const victim = (reap: () => boolean): OomVictim => ({
    comm: 'hungry',
    pid: 77,
    *reap() {
      return reap();
    },
    rssKb: 0,
    skip: false,
  });

  test('leaves a victim alone that exits within 2 s (D-C44)', () => {
    const machine = boot();
    let tries = 0;
    const v = victim(() => ++tries > 0);
    start(machine, 'oom', function* () {
      daemonsOf(machine).oomReaper.queue(v);
      daemonsOf(machine).oomReaper.queue(v);
    });
    machine.runFor(1e9);
    v.skip = true;
    machine.runFor(3e9);
    expect(tries).toBe(0);
  });

  test('tries 10 times, every 100 ms, and then gives the next one a chance', () => {
    const machine = boot();
    const at: number[] = [];
    const v = victim(() => {
      at.push(machine.sched.jiffies);
      return false;
    });
    const before = machine.sched.jiffies;
    const events = eventsOf(machine, 'wake_reaper', 'skip_task', 'start_task', 'finish_task');
    start(machine, 'oom', function* () {
      daemonsOf(machine).oomReaper.queue(v);
    });
    machine.runFor(10e9);
    expect(at).toHaveLength(10);
    expect(at[0]! - before).toBeGreaterThanOrEqual(2 * HZ);
    expect(at[9]! - at[0]!).toBeGreaterThanOrEqual((9 * HZ) / 10);
    expect(v.skip).toBe(true);
    expect(events()).toEqual(['wake_reaper pid=77', ...Array<string>(10).fill('skip_task_reaping pid=77')]);
    expect(machine.sched.reports.lines.at(-1)!.text).toBe('oom_reaper: unable to reap pid:77 (hungry)');
  });
});
