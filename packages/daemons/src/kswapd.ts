import type { MaySleep } from '@kernel-model/sim';
import {
  HZ,
  PF_MEMALLOC,
  TASK_INTERRUPTIBLE,
  WaitQueueEntry,
  finishWait,
  prepareToWait,
  schedule,
  scheduleTimeout,
  waitqueueActive,
  wakeUpAll,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadFreezableShouldStop, kthreadRun, kthreadShouldStop, type Kthreads } from '@kernel-model/kthread';
import { MAX_RECLAIM_RETRIES, WMARK_HIGH, ZONE_NORMAL, pgdatBalanced, wmarkPages } from '@kernel-model/mm';
import { freezing, setFreezable, tryToFreeze } from '@kernel-model/signals';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX, type Pgdat } from './pgdat.ts';

/** PF_KSWAPD. @linux include/linux/sched.h */
export const PF_KSWAPD = 0x20000;

/** Order of the blocks that a boost is about. @linux pageblock_order */
const PAGEBLOCK_ORDER = 9;

/**
 * kswapd0: woken when a zone falls below its low mark, it frees pages until one is above its high mark again, and goes to
 * sleep in two stages, in case more is wanted at once.
 * @linux mm/vmscan.c kswapd()
 */
export class Kswapd {
  task: Task | null = null;
  /** Priority at which the last run ended: 12 is at ease, 0 is desperate. */
  lastPriority: number = DEF_PRIORITY;

  constructor(
    readonly k: Kthreads,
    readonly pgdat: Pgdat,
  ) {}

  /** Start the thread. @linux mm/vmscan.c kswapd_run() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, 'kswapd0');
    if (typeof p !== 'number') this.task = p;
  }

  /** @linux mm/vmscan.c kswapd() */
  *#thread(): MaySleep<number> {
    const { pgdat } = this;
    const { s, signals } = this.k;
    s.current.flags |= PF_MEMALLOC | PF_KSWAPD;
    yield* setFreezable(signals);
    let idx = ZONE_NORMAL;
    pgdat.kswapdOrder = 0;
    pgdat.kswapdHighestZoneidx = -1;
    for (;;) {
      let order = pgdat.kswapdOrder;
      let reclaimOrder = order;
      idx = this.#zoneidx(idx);
      // as often as reclaim ends at a lower order than it began with, the sleep is judged by the lower one
      do {
        yield* this.#tryToSleep(order, reclaimOrder, idx);
        order = pgdat.kswapdOrder;
        idx = this.#zoneidx(idx);
        pgdat.kswapdOrder = 0;
        pgdat.kswapdHighestZoneidx = -1;
        const frozen = { wasFrozen: false };
        if (yield* kthreadFreezableShouldStop(this.k, frozen)) {
          s.current.flags &= ~(PF_MEMALLOC | PF_KSWAPD);
          return 0;
        }
        if (frozen.wasFrozen) break;
        const { kswapdWake } = pgdat.probes;
        if (kswapdWake.enabled) kswapdWake.emit(0, order);
        reclaimOrder = yield* this.#balance(order, idx);
      } while (reclaimOrder < order);
    }
  }

  #zoneidx(before: number): number {
    return this.pgdat.kswapdHighestZoneidx < 0 ? before : this.pgdat.kswapdHighestZoneidx;
  }

  /** @linux mm/vmscan.c kswapd_try_to_sleep() */
  *#tryToSleep(allocOrder: number, reclaimOrder: number, idx: number): MaySleep<void> {
    const { pgdat } = this;
    const { s, signals } = this.k;
    if (freezing(signals, s.current) || (yield* kthreadShouldStop(this.k))) return;
    const entry = new WaitQueueEntry(s.current);
    let remaining = 0;
    yield* prepareToWait(s, pgdat.kswapdWait, entry, TASK_INTERRUPTIBLE);
    if (yield* this.#prepareSleep(reclaimOrder, idx)) {
      pgdat.wakeupKcompactd(allocOrder, idx);
      remaining = yield* scheduleTimeout(s, HZ / 10);
      if (remaining > 0) {
        pgdat.kswapdHighestZoneidx = this.#zoneidx(idx);
        pgdat.kswapdOrder = Math.max(pgdat.kswapdOrder, reclaimOrder);
      }
      yield* finishWait(s, pgdat.kswapdWait, entry);
      yield* prepareToWait(s, pgdat.kswapdWait, entry, TASK_INTERRUPTIBLE);
    }
    if (remaining === 0 && (yield* this.#prepareSleep(reclaimOrder, idx))) {
      const { kswapdSleep } = pgdat.probes;
      if (kswapdSleep.enabled) kswapdSleep.emit(0);
      if (!(yield* kthreadShouldStop(this.k))) {
        s.current.waitsFor = pgdat.kswapdWait.name;
        yield* schedule(s);
        s.current.waitsFor = '';
      }
    } else if (remaining > 0) {
      pgdat.lowWmarkHitQuickly++;
    } else {
      pgdat.highWmarkHitQuickly++;
    }
    yield* finishWait(s, pgdat.kswapdWait, entry);
  }

  /** @linux mm/vmscan.c prepare_kswapd_sleep() */
  *#prepareSleep(order: number, idx: number): MaySleep<boolean> {
    const { pgdat } = this;
    if (waitqueueActive(pgdat.pfmemallocWait)) yield* wakeUpAll(this.k.s, pgdat.pfmemallocWait);
    return pgdat.kswapdFailures >= MAX_RECLAIM_RETRIES || pgdatBalanced(pgdat.zones, order, idx);
  }

  /** Reclaim until the node is balanced. @returns the order that it ended with @linux mm/vmscan.c balance_pgdat() */
  *#balance(wantedOrder: number, idx: number): MaySleep<number> {
    const { pgdat } = this;
    const { s, signals } = this.k;
    const boosts = pgdat.zones.map((zone) => (zone.index <= idx ? zone.watermarkBoost : 0));
    let boost = boosts.reduce((a, b) => a + b, 0);
    const boosted = boost > 0;
    pgdat.pageoutrun++;
    let order = wantedOrder;
    let total = 0;
    let priority = DEF_PRIORITY;
    let balancedNow = false;
    while (priority >= 1) {
      const balanced = pgdatBalanced(pgdat.zones, order, idx);
      if (!balanced && boost > 0) {
        // the marks themselves come first
        boost = 0;
        priority = DEF_PRIORITY;
        continue;
      }
      if (balanced && boost === 0) {
        balancedNow = true;
        break;
      }
      let raise = !(boost > 0 && priority === DEF_PRIORITY - 2);
      const { scanned, reclaimed } = yield* this.#shrinkNode(idx, priority);
      total += reclaimed;
      pgdat.pgscanKswapd += scanned;
      if (scanned >= this.#target(idx)) raise = false;
      // enough was freed for a block: what is missing is that its pages lie side by side
      if (order > 0 && total >= 2 * 2 ** order) order = 0;
      if (waitqueueActive(pgdat.pfmemallocWait) && pgdat.allowDirectReclaim())
        yield* wakeUpAll(s, pgdat.pfmemallocWait);
      const wasFrozen = yield* tryToFreeze(signals);
      if (wasFrozen || (yield* kthreadShouldStop(this.k))) break;
      boost -= Math.min(boost, reclaimed);
      if (boost > 0 && reclaimed === 0) break;
      if (raise || reclaimed === 0) priority--;
    }
    this.lastPriority = priority;
    if (!balancedNow) {
      if (total === 0) pgdat.kswapdFailures++;
    }
    if (total > 0) pgdat.kswapdFailures = 0;
    pgdat.pgstealKswapd += total;
    if (boosted) {
      for (const zone of pgdat.zones) zone.watermarkBoost -= Math.min(zone.watermarkBoost, boosts[zone.index]!);
      pgdat.wakeupKcompactd(PAGEBLOCK_ORDER, idx);
    }
    return order;
  }

  #target(idx: number): number {
    let sum = 0;
    for (const zone of this.pgdat.zones) {
      if (zone.index <= idx && zone.managed > 0) sum += Math.max(wmarkPages(zone, WMARK_HIGH), SWAP_CLUSTER_MAX);
    }
    return sum;
  }

  /** @linux mm/vmscan.c kswapd_shrink_node() */
  *#shrinkNode(idx: number, priority: number): MaySleep<{ scanned: number; reclaimed: number }> {
    const { pgdat } = this;
    let scanned = 0;
    let reclaimed = 0;
    for (const zone of pgdat.zones) {
      if (zone.index > idx || zone.managed === 0) continue;
      const wanted = Math.max(wmarkPages(zone, WMARK_HIGH), SWAP_CLUSTER_MAX);
      const part = yield* pgdat.shrink(zone, wanted, priority);
      scanned += part.scanned;
      reclaimed += part.reclaimed;
    }
    return { scanned, reclaimed };
  }
}
