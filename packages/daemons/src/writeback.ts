import type { MaySleep } from '@kernel-model/sim';
import {
  HZ,
  WaitQueueHead,
  busy,
  rtOrDlTask,
  TASK_KILLABLE,
  __setCurrentState,
  ioScheduleTimeout,
  wakeUpAll,
  waitEvent,
  type Scheduler,
} from '@kernel-model/scheduler';
import {
  DelayedWork,
  modDelayedWork,
  queueDelayedWork,
  setWorkerDesc,
  type Workqueues,
  type WorkqueueStruct,
} from '@kernel-model/workqueue';

/** Most time that a writer is made to wait at once. @linux mm/page-writeback.c MAX_PAUSE */
const MAX_PAUSE: number = HZ / 5;
/** Pages written at once. */
const CHUNK = 64;

/** A file with dirty pages. */
interface DirtyInode {
  readonly name: string;
  pages: number;
  /** Jiffy at which it became dirty. */
  readonly dirtiedWhen: number;
}

/** What a person can choose, for all devices. */
export class DirtySettings {
  /** vm.dirty_background_ratio and vm.dirty_ratio in %, of what is available. */
  backgroundRatio = 10;
  ratio = 20;
  /** vm.dirty_writeback_centisecs; 0: only when somebody asks. */
  writebackCentisecs = 500;
  /** vm.dirty_expire_centisecs: younger pages are left alone by the periodic run. */
  expireCentisecs = 3000;
}

/** How much may be dirty. @linux mm/page-writeback.c domain_dirty_limits() */
export interface DirtyLimits {
  /** Pages from which the flusher writes. */
  readonly background: number;
  /** Pages at which writers have to wait. */
  readonly limit: number;
  /** Pages up to which nobody waits. */
  readonly freerun: number;
}

/**
 * The dirty pages of a device, and the flusher that writes them back: a work on the workqueue `writeback`, whose worker
 * is then called `kworker/uN:M-flush-DEVICE`.
 * @linux fs/fs-writeback.c, mm/page-writeback.c
 */
export class Writeback {
  /** Time that the device takes for a page, in us. */
  usPerPage = 20;
  dirty = 0;
  /** Pages that became dirty, and that were written, since boot. */
  dirtied = 0;
  written = 0;
  /** Told how many pages have been written just now. */
  onWritten: (pages: number) => void = () => {};
  /** Runs of the flusher. */
  runs = 0;
  readonly #inodes: DirtyInode[] = [];
  readonly #dwork: DelayedWork;
  readonly #done: WaitQueueHead;
  #lastOldFlush = 0;
  #syncPending = false;

  /**
   * @param bdi name of the device: 8:0
   * @param available pages that could become dirty
   */
  constructor(
    readonly w: Workqueues,
    readonly wq: WorkqueueStruct,
    readonly bdi: string,
    readonly available: () => number,
    readonly settings: DirtySettings = new DirtySettings(),
  ) {
    this.#dwork = new DelayedWork(() => this.#workfn(), 'wb_workfn');
    this.#done = new WaitQueueHead(`writeback of ${bdi}`);
  }

  get #s(): Scheduler {
    return this.w.s;
  }

  /** The limits for the current task: one with real-time priority gets more. @linux mm/page-writeback.c domain_dirty_limits() */
  limits(): DirtyLimits {
    const avail = this.available() + 1;
    let limit = Math.floor((Math.floor((this.settings.ratio * 4096) / 100) * avail) / 4096);
    let background = Math.floor((Math.floor((this.settings.backgroundRatio * 4096) / 100) * avail) / 4096);
    if (background >= limit) background = Math.floor(limit / 2);
    const s = this.#s;
    if (s.cpu >= 0 && rtOrDlTask(s.current)) {
      background += Math.floor(background / 4) + Math.floor(limit / 32);
      limit += Math.floor(limit / 4) + Math.floor(limit / 32);
    }
    return { background, limit, freerun: Math.floor((background + limit) / 2) };
  }

  /** A page of a file becomes dirty. May sleep, if there are too many. @linux mm/filemap.c generic_perform_write() */
  *dirtyPage(inode: string): MaySleep<void> {
    yield* this.#balanceDirtyPages();
    this.dirty++;
    this.dirtied++;
    const known = this.#inodes.find((i) => i.name === inode);
    if (known !== undefined) {
      known.pages++;
      return;
    }
    this.#inodes.push({ name: inode, pages: 1, dirtiedWhen: this.#s.jiffies });
    if (this.#inodes.length === 1) yield* this.#wakeupDelayed();
  }

  /** Write everything and wait until it is done. @linux fs/sync.c sync() */
  *sync(): MaySleep<void> {
    this.#syncPending = true;
    yield* modDelayedWork(this.w, this.wq, this.#dwork, 0);
    yield* waitEvent(this.#s, this.#done, () => !this.#syncPending);
  }

  /** @linux mm/page-writeback.c balance_dirty_pages() */
  *#balanceDirtyPages(): MaySleep<void> {
    for (;;) {
      const { background, freerun, limit } = this.limits();
      if (this.dirty > background) yield* modDelayedWork(this.w, this.wq, this.#dwork, 0);
      if (this.dirty <= freerun) return;
      // the nearer to the limit, the longer: proportional control, without the bandwidth estimate of Linux
      const over = Math.min(1, (this.dirty - freerun) / Math.max(1, limit - freerun));
      yield* __setCurrentState(this.#s, TASK_KILLABLE);
      yield* ioScheduleTimeout(this.#s, Math.max(1, Math.floor(MAX_PAUSE * over)));
      if (this.dirty < limit) return;
    }
  }

  /** @linux fs/fs-writeback.c wb_wakeup_delayed() */
  *#wakeupDelayed(): MaySleep<void> {
    if (this.settings.writebackCentisecs === 0) return;
    yield* queueDelayedWork(this.w, this.wq, this.#dwork, (this.settings.writebackCentisecs * HZ) / 100);
  }

  /** @linux fs/fs-writeback.c wb_workfn() */
  *#workfn(): MaySleep<void> {
    const s = this.#s;
    setWorkerDesc(this.w, `flush-${this.bdi}`);
    this.runs++;
    if (this.#syncPending) {
      yield* this.#write(() => this.#inodes.length > 0, Infinity);
      this.#syncPending = false;
      yield* wakeUpAll(s, this.#done);
    }
    yield* this.#oldDataFlush();
    yield* this.#write(() => this.dirty > this.limits().background, Infinity);
    if (this.#inodes.length > 0) yield* this.#wakeupDelayed();
  }

  /** What became dirty long ago. @linux fs/fs-writeback.c wb_check_old_data_flush() */
  *#oldDataFlush(): MaySleep<void> {
    const s = this.#s;
    if (this.settings.writebackCentisecs === 0) return;
    if (s.jiffies < this.#lastOldFlush + (this.settings.writebackCentisecs * HZ) / 100) return;
    this.#lastOldFlush = s.jiffies;
    yield* this.#write(() => true, s.jiffies - (this.settings.expireCentisecs * HZ) / 100);
  }

  /** Oldest first, as long as it is wanted, and not younger than a jiffy. */
  *#write(wanted: () => boolean, dirtiedBefore: number): MaySleep<void> {
    while (this.#inodes.length > 0 && this.#inodes[0]!.dirtiedWhen <= dirtiedBefore && wanted()) {
      const inode = this.#inodes[0]!;
      const pages = Math.min(CHUNK, inode.pages);
      yield* busy(this.#s, pages * this.usPerPage);
      inode.pages -= pages;
      this.dirty -= pages;
      this.written += pages;
      this.onWritten(pages);
      if (inode.pages === 0) this.#inodes.shift();
    }
  }
}
