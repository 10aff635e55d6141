import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  MM_VMSCAN_DIRECT_RECLAIM_BEGIN,
  MM_VMSCAN_DIRECT_RECLAIM_END,
  MM_VMSCAN_KSWAPD_SLEEP,
  MM_VMSCAN_KSWAPD_WAKE,
  MM_VMSCAN_WAKEUP_KSWAPD,
  type Probe,
} from '@kernel-model/trace';
import {
  HZ,
  PF_KTHREAD,
  PF_WQ_WORKER,
  WaitQueueHead,
  busy,
  condResched,
  scheduleTimeoutUninterruptible,
  waitEventInterruptibleTimeout,
  waitEventKillable,
  waitqueueActive,
  wakeUpInterruptible,
  type Scheduler,
} from '@kernel-model/scheduler';
import {
  GFP_ANON,
  MAX_RECLAIM_RETRIES,
  WMARK_LOW,
  WMARK_MIN,
  ZONE_NORMAL,
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  afterReclaim,
  allocAboveHigh,
  allocPages,
  gfpName,
  pgdatBalanced,
  wmarkPages,
  zonesOf,
  type PageSource,
  type Zone,
} from '@kernel-model/mm';

import { tskIsOomVictim } from '@kernel-model/signals';

/** Priority at which reclaim begins: 1/4096 of the pages are looked at; each step down doubles that. @linux include/linux/mmzone.h DEF_PRIORITY */
export const DEF_PRIORITY = 12;
/** Pages that reclaim wants at least. @linux include/linux/swap.h SWAP_CLUSTER_MAX */
export const SWAP_CLUSTER_MAX = 32;
/** Pages that reclaim looks at in a microsecond. */
const PAGES_PER_US = 8;

/** What a round of direct reclaim takes in microseconds, even if there is nothing to look at. */
const ROUND_US = 100;

/** What one attempt to reclaim came to. */
export interface Reclaimed {
  readonly scanned: number;
  readonly reclaimed: number;
}

/**
 * A memory node: its zones, the pages that can be taken back, and what kswapd and those who allocate tell each other.
 * @linux include/linux/mmzone.h struct pglist_data
 */
export class Pgdat implements PageSource {
  /** Lowest first. */
  readonly zones: Zone[];
  /** Pages in use that reclaim can free, by zone. */
  readonly lru: number[];
  readonly kswapdWait: WaitQueueHead = new WaitQueueHead('memory to run short');
  readonly pfmemallocWait: WaitQueueHead = new WaitQueueHead('kswapd to free memory');
  /** What kswapd is asked for; -1: nothing. */
  kswapdOrder = 0;
  kswapdHighestZoneidx = -1;
  /** Runs of kswapd in a row that freed nothing. */
  kswapdFailures = 0;
  /** Pages of processes, by zone. There is no swap: they stay. */
  readonly userPages: number[];
  /** Kills somebody for an allocation. @returns whether it is worth while to try again */
  outOfMemory: (gfp: number, order: number) => MaySleep<boolean> = function* () {
    return false;
  };
  /** Somebody is about to kill. @linux mm/oom_kill.c oom_lock */
  #oomLock = false;
  /** Asks kcompactd to make room for an order. */
  wakeupKcompactd: (order: number, highestZoneidx: number) => void = () => {};
  /** kswapd was woken early from its short sleep; or the node was short again after it. @linux KSWAPD_LOW_WMARK_HIT_QUICKLY */
  lowWmarkHitQuickly = 0;
  /** @linux KSWAPD_HIGH_WMARK_HIT_QUICKLY */
  highWmarkHitQuickly = 0;
  /** Pages that kswapd freed, and that others freed for themselves. */
  pgstealKswapd = 0;
  pgstealDirect = 0;
  /** Pages that they looked at for it. */
  pgscanKswapd = 0;
  pgscanDirect = 0;
  /** Runs of kswapd, and times that somebody had to reclaim by himself, or to wait for kswapd. */
  pageoutrun = 0;
  allocstall = 0;
  pgscanDirectThrottle = 0;
  readonly probes: {
    readonly kswapdSleep: Probe;
    readonly kswapdWake: Probe;
    readonly wakeup: Probe;
    readonly directBegin: Probe;
    readonly directEnd: Probe;
  };

  /** @param nrPages of 4 KiB */
  constructor(
    readonly s: Scheduler,
    nrPages: number,
  ) {
    this.zones = zonesOf(nrPages);
    this.lru = this.zones.map(() => 0);
    this.userPages = this.zones.map(() => 0);
    const { hub } = s;
    this.probes = {
      kswapdSleep: hub.probe(MM_VMSCAN_KSWAPD_SLEEP),
      kswapdWake: hub.probe(MM_VMSCAN_KSWAPD_WAKE),
      wakeup: hub.probe(MM_VMSCAN_WAKEUP_KSWAPD),
      directBegin: hub.probe(MM_VMSCAN_DIRECT_RECLAIM_BEGIN),
      directEnd: hub.probe(MM_VMSCAN_DIRECT_RECLAIM_END),
    };
  }

  /** Free pages of all zones. */
  get freePages(): number {
    return this.zones.reduce((sum, zone) => sum + zone.freePages, 0);
  }

  /**
   * Take 2^order pages, reclaiming if need be.
   * @param reclaimable the pages can be taken back later: page cache, for instance
   * @returns the zone, or null
   * @linux mm/page_alloc.c __alloc_pages()
   */
  *alloc(gfp: number, order: number, reclaimable = false): MaySleep<Zone | null> {
    const { s } = this;
    for (let idleRounds = 0; ;) {
      if (s.sim.point(this, 'zones', WRITE)) yield POINT;
      const context = {
        task: s.current,
        inInterrupt: s.cpus[s.cpu]!.hardirq > 0 || s.cpus[s.cpu]!.inSoftirq,
        oomVictim: tskIsOomVictim(s.current),
      };
      const { zone, wakeKswapd, next } = allocPages(this.zones, gfp, order, context);
      if (wakeKswapd) yield* this.wakeupKswapd(this.zones[ZONE_NORMAL]!, gfp, order);
      if (zone !== null) {
        if (reclaimable) this.lru[zone.index]! += 2 ** order;
        return zone;
      }
      if (next !== 'reclaim') return null;
      const progress = yield* this.#directReclaim(gfp, order);
      idleRounds = progress > 0 ? 0 : idleRounds + 1;
      const what = afterReclaim(gfp, order, idleRounds);
      if (what === 'retry') {
        yield* this.#reclaimRetry();
        continue;
      }
      if (what === 'fail') return null;
      const killed = yield* this.#mayOom(gfp, order);
      if (typeof killed !== 'boolean') return killed;
      // a victim that found nothing in the reserves goes and dies
      if (!killed || tskIsOomVictim(s.current)) return null;
      idleRounds = 0;
    }
  }

  /** A worker sleeps, so that the others of its pool get a turn. @linux mm/page_alloc.c should_reclaim_retry() */
  *#reclaimRetry(): MaySleep<void> {
    const { s } = this;
    if ((s.current.flags & PF_WQ_WORKER) !== 0) yield* scheduleTimeoutUninterruptible(s, 1);
    else yield* condResched(s);
  }

  /**
   * Reclaim found nothing: kill somebody, unless another one is at it.
   * @returns the zone that gave the pages after all, or whether to try again
   * @linux mm/page_alloc.c __alloc_pages_may_oom()
   */
  *#mayOom(gfp: number, order: number): MaySleep<Zone | boolean> {
    if (this.#oomLock) {
      yield* scheduleTimeoutUninterruptible(this.s, 1);
      return true;
    }
    this.#oomLock = true;
    const zone = allocAboveHigh(this.zones, order);
    const progress = zone ?? (yield* this.outOfMemory(gfp, order));
    this.#oomLock = false;
    return progress;
  }

  /** Pages above the low marks. */
  atOnce(): number {
    return this.#fromTheTop().reduce((sum, zone) => sum + spare(zone), 0);
  }

  /** Take pages for a process. @param nrPages no more than {@link atOnce} */
  takeAtOnce(nrPages: number): void {
    let left = nrPages;
    for (const zone of this.#fromTheTop()) {
      const part = Math.min(left, spare(zone));
      zone.freePages -= part;
      this.userPages[zone.index]! += part;
      left -= part;
    }
  }

  /** Take one for a process, with the means of {@link alloc}. @returns whether there was one */
  *take(): MaySleep<boolean> {
    const zone = yield* this.alloc(GFP_ANON, 0);
    if (zone === null) return false;
    this.userPages[zone.index]!++;
    return true;
  }

  /** A process gives pages back. */
  giveBack(nrPages: number): void {
    let left = nrPages;
    for (const zone of this.#fromTheTop()) {
      const part = Math.min(left, this.userPages[zone.index]!);
      this.userPages[zone.index]! -= part;
      zone.freePages += part;
      left -= part;
    }
  }

  #fromTheTop(): Zone[] {
    return this.zones.filter((zone) => zone.managed > 0 && zone.index <= ZONE_NORMAL).reverse();
  }

  /** Give 2^order pages back. @linux mm/page_alloc.c __free_pages() */
  free(zone: Zone, order: number, reclaimable = false): void {
    zone.freePages += 2 ** order;
    if (reclaimable) this.lru[zone.index] = Math.max(0, this.lru[zone.index]! - 2 ** order);
  }

  /**
   * An allocation found a zone below its low mark: ask kswapd for more, and wake it if it can help.
   * @emits mm_vmscan_wakeup_kswapd, sched_waking
   * @linux mm/vmscan.c wakeup_kswapd()
   */
  *wakeupKswapd(zone: Zone, gfp: number, order: number): MaySleep<void> {
    const idx = zone.index;
    if (this.kswapdHighestZoneidx < idx) this.kswapdHighestZoneidx = idx;
    if (this.kswapdOrder < order) this.kswapdOrder = order;
    // it runs, and will see what it is asked for
    if (!waitqueueActive(this.kswapdWait)) return;
    const hopeless = this.kswapdFailures >= MAX_RECLAIM_RETRIES;
    if (hopeless || (pgdatBalanced(this.zones, order, idx) && !this.#boosted(idx))) {
      if ((gfp & __GFP_DIRECT_RECLAIM) === 0) this.wakeupKcompactd(order, idx);
      return;
    }
    const { wakeup } = this.probes;
    if (wakeup.enabled) wakeup.emit(0, order, this.#gfpId(gfp));
    yield* wakeUpInterruptible(this.s, this.kswapdWait);
  }

  #gfpId(gfp: number): number {
    return this.s.hub.intern(gfpName(gfp));
  }

  #boosted(idx: number): boolean {
    return this.zones.some((zone) => zone.index <= idx && zone.watermarkBoost > 0);
  }

  /** May somebody reclaim by himself, or shall he wait for kswapd? @linux mm/vmscan.c allow_direct_reclaim() */
  allowDirectReclaim(): boolean {
    if (this.kswapdFailures >= MAX_RECLAIM_RETRIES) return true;
    let reserve = 0;
    let free = 0;
    for (const zone of this.zones) {
      if (zone.index > ZONE_NORMAL || zone.managed === 0) continue;
      reserve += wmarkPages(zone, WMARK_MIN);
      free += zone.freePages;
    }
    return reserve === 0 || free > Math.floor(reserve / 2);
  }

  /** @returns pages freed, or 1 for a task that is to die @emits mm_vmscan_direct_reclaim_begin, mm_vmscan_direct_reclaim_end @linux mm/vmscan.c try_to_free_pages() */
  *#directReclaim(gfp: number, order: number): MaySleep<number> {
    if (yield* this.#throttle(gfp)) return 1;
    const { directBegin, directEnd } = this.probes;
    if (directBegin.enabled) directBegin.emit(order, this.#gfpId(gfp));
    this.allocstall++;
    let total = 0;
    yield* busy(this.s, ROUND_US);
    for (let priority = DEF_PRIORITY; priority >= 0 && total < SWAP_CLUSTER_MAX; priority--) {
      for (const zone of this.zones) {
        if (zone.index > ZONE_NORMAL) continue;
        const part = yield* this.shrink(zone, SWAP_CLUSTER_MAX - total, priority);
        total += part.reclaimed;
        this.pgscanDirect += part.scanned;
      }
    }
    this.pgstealDirect += total;
    if (directEnd.enabled) directEnd.emit(total);
    if (total > 0) this.kswapdFailures = 0;
    return total;
  }

  /** Nearly nothing is left: let kswapd have it. @returns whether a fatal signal came @linux mm/vmscan.c throttle_direct_reclaim() */
  *#throttle(gfp: number): MaySleep<boolean> {
    const { s } = this;
    const p = s.current;
    if ((p.flags & PF_KTHREAD) !== 0 || s.hooks.fatalSignalPending(p) || this.allowDirectReclaim()) return false;
    if (waitqueueActive(this.kswapdWait)) {
      this.kswapdHighestZoneidx = Math.min(Math.max(this.kswapdHighestZoneidx, 0), ZONE_NORMAL);
      yield* wakeUpInterruptible(s, this.kswapdWait);
    }
    this.pgscanDirectThrottle++;
    const allowed = (): boolean => this.allowDirectReclaim();
    if ((gfp & __GFP_FS) === 0) yield* waitEventInterruptibleTimeout(s, this.pfmemallocWait, allowed, HZ);
    else yield* waitEventKillable(s, this.pfmemallocWait, allowed);
    return s.hooks.fatalSignalPending(p);
  }

  /**
   * Look at a part of a zone's pages and free those that are wanted.
   * @param priority 1 / 2^priority of the pages are looked at
   * @linux mm/vmscan.c shrink_lruvec()
   */
  *shrink(zone: Zone, wanted: number, priority: number): MaySleep<Reclaimed> {
    const lru = this.lru[zone.index]!;
    if (lru === 0 || wanted <= 0) return NOTHING;
    const scanned = Math.min(lru, Math.max(Math.floor(lru / 2 ** priority), SWAP_CLUSTER_MAX));
    yield* busy(this.s, Math.ceil(scanned / PAGES_PER_US));
    const reclaimed = Math.min(scanned, this.lru[zone.index]!);
    this.lru[zone.index]! -= reclaimed;
    zone.freePages += reclaimed;
    return { scanned, reclaimed };
  }
}

/** Pages that a zone gives to processes without waking kswapd. */
function spare(zone: Zone): number {
  return Math.max(0, zone.freePages - wmarkPages(zone, WMARK_LOW) - zone.lowmemReserve[ZONE_NORMAL]! - 1);
}

const NOTHING: Reclaimed = { scanned: 0, reclaimed: 0 };
