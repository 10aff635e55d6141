import type { MaySleep } from '@kernel-model/sim';
import {
  MAX_SCHEDULE_TIMEOUT,
  TASK_FREEZABLE,
  TASK_INTERRUPTIBLE,
  WaitQueueEntry,
  WaitQueueHead,
  busy,
  finishWait,
  msecsToJiffies,
  prepareToWait,
  scheduleTimeout,
  waitqueueActive,
  wakeUpInterruptible,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, kthreadShouldStop, type Kthreads } from '@kernel-model/kthread';
import { setFreezable, tryToFreeze } from '@kernel-model/signals';
import { ZONE_NORMAL } from '@kernel-model/mm';
import {
  MM_COMPACTION_KCOMPACTD_SLEEP,
  MM_COMPACTION_KCOMPACTD_WAKE,
  MM_COMPACTION_WAKEUP_KCOMPACTD,
  type Probe,
} from '@kernel-model/trace';
import { PF_KCOMPACTD } from './linux-threads.ts';

/** Time between two looks at the fragmentation, in ms. @linux mm/compaction.c HPAGE_FRAG_CHECK_INTERVAL_MSEC */
export const HPAGE_FRAG_CHECK_INTERVAL_MSEC = 500;
/** After a pass without progress the next look comes 2^6 times as late. @linux mm/compaction.c COMPACT_MAX_DEFER_SHIFT */
export const COMPACT_MAX_DEFER_SHIFT = 6;
/** Names of zones by ZONE_*. @linux include/trace/events/mmflags.h ZONE_TYPE */
const ZONE_NAMES: readonly string[] = ['DMA', 'DMA32', 'Normal', 'Movable'];
/** Time that a pass takes, in us. */
const COMPACT_US = 500;

/** kcompactd0: moves pages so that free ones lie side by side, when asked for an order, and a little by itself. @linux mm/compaction.c kcompactd() */
export class Kcompactd {
  task: Task | null = null;
  /** vm.compaction_proactiveness: 0 .. 100; 0 switches the looks off. */
  proactiveness = 20;
  /** How scattered free memory is, 0 .. 100. @linux mm/compaction.c fragmentation_score_node() */
  fragmentation: () => number = () => 0;
  /** Does nothing for an order that it cannot help with. @linux mm/compaction.c compaction_suitable() */
  suitable: (order: number) => boolean = () => true;
  /** Wakeups for an order. */
  wakes = 0;
  /** Passes that were asked for, with their orders, and proactive ones. */
  readonly compacted: number[] = [];
  proactive = 0;
  readonly wait: WaitQueueHead = new WaitQueueHead('an order to make room for');
  #maxOrder = 0;
  #highestZoneidx = ZONE_NORMAL;
  readonly #probes: { readonly sleep: Probe; readonly wakeup: Probe; readonly wake: Probe };

  /** @param kswapdRuns proactive passes stay out of its way */
  constructor(
    readonly k: Kthreads,
    readonly kswapdRuns: () => boolean,
  ) {
    const { hub } = k.s;
    this.#probes = {
      sleep: hub.probe(MM_COMPACTION_KCOMPACTD_SLEEP),
      wakeup: hub.probe(MM_COMPACTION_WAKEUP_KCOMPACTD),
      wake: hub.probe(MM_COMPACTION_KCOMPACTD_WAKE),
    };
  }

  /** Start the thread. @linux mm/compaction.c kcompactd_run() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, 'kcompactd0');
    if (typeof p !== 'number') this.task = p;
  }

  /**
   * Ask for blocks of an order; an order of 0 needs none. May be called from anywhere.
   * @param highestZoneidx the highest zone in which they would be of use
   * @emits mm_compaction_wakeup_kcompactd, sched_waking
   * @linux mm/compaction.c wakeup_kcompactd()
   */
  wakeup(order: number, highestZoneidx: number = ZONE_NORMAL): void {
    if (order === 0) return;
    this.#maxOrder = Math.max(this.#maxOrder, order);
    this.#highestZoneidx = Math.min(this.#highestZoneidx, highestZoneidx);
    if (!waitqueueActive(this.wait) || !this.suitable(this.#maxOrder)) return;
    const { wakeup } = this.#probes;
    if (wakeup.enabled) wakeup.emit(0, order, this.#zoneId(highestZoneidx));
    for (const _ of wakeUpInterruptible(this.k.s, this.wait));
  }

  #zoneId(idx: number): number {
    return this.k.s.hub.intern(ZONE_NAMES[idx]!);
  }

  /** @emits mm_compaction_kcompactd_sleep, mm_compaction_kcompactd_wake @linux mm/compaction.c kcompactd() */
  *#thread(): MaySleep<number> {
    const { s, signals } = this.k;
    s.current.flags |= PF_KCOMPACTD;
    yield* setFreezable(signals);
    const base = msecsToJiffies(HPAGE_FRAG_CHECK_INTERVAL_MSEC);
    let timeout = base;
    for (;;) {
      if (this.proactiveness === 0) timeout = MAX_SCHEDULE_TIMEOUT;
      const { sleep, wake } = this.#probes;
      if (sleep.enabled) sleep.emit(0);
      const asked = yield* this.#waitForOrder(timeout);
      if (yield* kthreadShouldStop(this.k)) return 0;
      if (asked) {
        if (wake.enabled) wake.emit(0, this.#maxOrder, this.#zoneId(this.#highestZoneidx));
        this.wakes++;
        this.compacted.push(this.#maxOrder);
        this.#maxOrder = 0;
        this.#highestZoneidx = ZONE_NORMAL;
        yield* busy(s, COMPACT_US);
        timeout = base;
        continue;
      }
      timeout = base;
      if (!this.#shouldProactively()) continue;
      const before = this.fragmentation();
      this.proactive++;
      yield* busy(s, COMPACT_US);
      if (this.fragmentation() >= before) timeout = base * 2 ** COMPACT_MAX_DEFER_SHIFT;
    }
  }

  /** @returns whether there is an order; false when the time was over @linux wait_event_freezable_timeout() */
  *#waitForOrder(timeout: number): MaySleep<boolean> {
    const { s, signals } = this.k;
    const entry = new WaitQueueEntry(s.current);
    for (let left = timeout; ;) {
      yield* prepareToWait(s, this.wait, entry, TASK_INTERRUPTIBLE | TASK_FREEZABLE);
      const done = this.#maxOrder > 0 || left === 0 || (yield* kthreadShouldStop(this.k));
      if (!done) {
        s.current.waitsFor = this.wait.name;
        left = yield* scheduleTimeout(s, left);
        s.current.waitsFor = '';
      }
      yield* finishWait(s, this.wait, entry);
      if (done) return this.#maxOrder > 0;
      yield* tryToFreeze(signals);
    }
  }

  /** @linux mm/compaction.c should_proactive_compact_node() */
  #shouldProactively(): boolean {
    const low = Math.max(100 - this.proactiveness, 5);
    const high = Math.min(low + 10, 100);
    return !this.kswapdRuns() && this.fragmentation() > high;
  }
}
