import type { MaySleep } from '@kernel-model/sim';
import {
  WaitQueueHead,
  busy,
  msecsToJiffies,
  setUserNice,
  waitEventFreezable,
  waitEventInterruptibleTimeout,
  wakeUpInterruptible,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, kthreadShouldStop, type Kthreads } from '@kernel-model/kthread';
import { setFreezable, tryToFreeze } from '@kernel-model/signals';
import type { Mm } from '@kernel-model/mm';

/** Pages that it looks at in a microsecond: it works out a checksum of each. */
const PAGES_PER_US = 0.5;

/**
 * ksmd: looks for pages with the same content, some at a time, with a sleep in between; but only if it is switched on, and
 * some address space has asked for it. Unlike Linux, it merges none: memory does not get more.
 * @linux mm/ksm.c ksm_scan_thread()
 */
export class Ksmd {
  task: Task | null = null;
  /** /sys/kernel/mm/ksm/run: 1 is on. */
  run = 0;
  pagesToScan = 100;
  sleepMillisecs = 20;
  pagesScanned = 0;
  fullScans = 0;
  readonly #mms: Mm[] = [];
  readonly #wait: WaitQueueHead = new WaitQueueHead('something to merge');
  /** Where the scan stands. */
  #mm = 0;
  #page = 0;

  constructor(readonly k: Kthreads) {}

  /** Start the thread. @linux mm/ksm.c ksm_init() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, 'ksmd');
    if (typeof p !== 'number') this.task = p;
  }

  /** An address space has pages that are worth a look, as madvise(MADV_MERGEABLE) says. @linux mm/ksm.c __ksm_enter() */
  enter(mm: Mm): void {
    if (this.#mms.includes(mm)) return;
    this.#mms.push(mm);
    this.#wake();
  }

  /** Write /sys/kernel/mm/ksm/run. @linux mm/ksm.c run_store() */
  setRun(value: number): void {
    this.run = value;
    this.#wake();
  }

  #wake(): void {
    if (this.#shouldRun()) for (const _ of wakeUpInterruptible(this.k.s, this.#wait));
  }

  /** @linux mm/ksm.c ksmd_should_run() */
  #shouldRun(): boolean {
    return this.run === 1 && this.#mms.length > 0;
  }

  *#thread(): MaySleep<number> {
    const { s, signals } = this.k;
    yield* setFreezable(signals);
    setUserNice(s, s.current, 5);
    while (!(yield* kthreadShouldStop(this.k))) {
      if (this.#shouldRun()) yield* this.#scan();
      yield* tryToFreeze(signals);
      if (this.#shouldRun()) {
        const ms = this.sleepMillisecs;
        const changed = (): boolean => ms !== this.sleepMillisecs;
        yield* waitEventInterruptibleTimeout(s, this.#wait, changed, msecsToJiffies(ms));
      } else {
        const wanted = (): boolean => this.#shouldRun();
        yield* waitEventFreezable(s, this.#wait, wanted);
      }
    }
    return 0;
  }

  /** @linux mm/ksm.c ksm_do_scan() */
  *#scan(): MaySleep<void> {
    let left = this.pagesToScan;
    while (left > 0 && this.#mms.length > 0) {
      const mm = this.#mms[this.#mm]!;
      if (mm.users === 0) this.#mms.splice(this.#mm, 1);
      else {
        const pages = Math.min(left, mm.pages.size - this.#page);
        this.#page += pages;
        this.pagesScanned += pages;
        left -= pages;
        yield* busy(this.k.s, Math.ceil(pages / PAGES_PER_US));
        if (this.#page < mm.pages.size) continue;
        this.#mm++;
      }
      this.#page = 0;
      if (this.#mm < this.#mms.length) continue;
      this.#mm = 0;
      this.fullScans++;
      // once around is enough for one turn
      return;
    }
  }
}
