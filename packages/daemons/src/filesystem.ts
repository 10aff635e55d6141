import type { MaySleep } from '@kernel-model/sim';
import { ENOMEM, busy } from '@kernel-model/scheduler';
import type { Kthreads } from '@kernel-model/kthread';
import { GFP_KERNEL, WMARK_HIGH, wmarkPages } from '@kernel-model/mm';
import type { WorkqueueStruct, Workqueues } from '@kernel-model/workqueue';
import { Jbd2Journal } from './jbd2.ts';
import type { Pgdat } from './pgdat.ts';
import { Writeback, type DirtySettings } from './writeback.ts';

/** Time to copy a page from a user's buffer to the page cache, in us. */
const COPY_US = 1;

/** What filesystems share on a machine. */
export interface FilesystemParts {
  readonly k: Kthreads;
  readonly w: Workqueues;
  /** The workqueue of all flushers. */
  readonly bdiWq: WorkqueueStruct;
  readonly pgdat: Pgdat;
  readonly dirtySettings: DirtySettings;
}

/**
 * A filesystem with a journal on a disk: what is written stays in the page cache, dirty, until the flusher has written it
 * to the disk; that the file has grown is in a transaction of the journal, which jbd2 commits.
 *
 * Unlike Linux, it has no blocks and keeps no contents, and dirty pages do not hold up a commit.
 * @linux fs/ext4/inode.c, fs/ext4/super.c
 */
export class Filesystem {
  readonly writeback: Writeback;
  readonly journal: Jbd2Journal;
  /** Dirty pages, by zone: the flusher makes them pages that can be reclaimed. */
  readonly #dirty: number[];

  /**
   * @param device as in /dev: sda1
   * @param bdi major and minor number of its disk: 8:0
   */
  constructor(
    readonly parts: FilesystemParts,
    readonly device: string,
    bdi: string,
  ) {
    const { k, w, bdiWq, pgdat, dirtySettings } = parts;
    this.writeback = new Writeback(w, bdiWq, bdi, () => this.#dirtyable(), dirtySettings);
    const cleaned = (pages: number): void => this.#cleaned(pages);
    this.writeback.onWritten = cleaned;
    this.journal = new Jbd2Journal(k, `${device}-8`);
    this.#dirty = pgdat.zones.map(() => 0);
  }

  /** Start jbd2/DEVICE. @returns 0 or a negative errno @linux fs/ext4/super.c ext4_fill_super() */
  mount(): MaySleep<number> {
    return this.journal.start();
  }

  /** Write everything, commit, and stop jbd2. @linux fs/ext4/super.c ext4_put_super() */
  *unmount(): MaySleep<void> {
    yield* this.sync();
    yield* this.journal.unmount();
  }

  /**
   * Append pages to a file. Sleeps when too much is dirty.
   * @returns 0, or -ENOMEM if there is no memory for the page cache
   * @linux mm/filemap.c generic_perform_write()
   */
  *write(file: string, pages: number): MaySleep<number> {
    const { k, pgdat } = this.parts;
    for (let i = 0; i < pages; i++) {
      const zone = yield* pgdat.alloc(GFP_KERNEL, 0);
      if (zone === null) return -ENOMEM;
      this.#dirty[zone.index]!++;
      yield* busy(k.s, COPY_US);
      this.journal.change();
      yield* this.writeback.dirtyPage(file);
    }
    return 0;
  }

  /** Write what is dirty, and commit what was changed. @linux fs/ext4/super.c ext4_sync_fs() */
  *sync(): MaySleep<void> {
    yield* this.writeback.sync();
    yield* this.journal.forceCommit();
  }

  /** @linux mm/page-writeback.c global_dirtyable_memory() */
  #dirtyable(): number {
    const { zones, lru, freePages } = this.parts.pgdat;
    const sum = (of: readonly number[]): number => of.reduce((all, n) => all + n, 0);
    const reserve = sum(zones.map((zone) => (zone.managed === 0 ? 0 : wmarkPages(zone, WMARK_HIGH))));
    return freePages - Math.min(freePages, reserve) + sum(lru) + sum(this.#dirty);
  }

  /** Pages are on the disk now: memory may have them back. @linux mm/page-writeback.c folio_end_writeback() */
  #cleaned(pages: number): void {
    const { lru } = this.parts.pgdat;
    for (let zone = 0, left = pages; left > 0 && zone < lru.length; zone++) {
      const n = Math.min(left, this.#dirty[zone]!);
      this.#dirty[zone]! -= n;
      lru[zone]! += n;
      left -= n;
    }
  }
}
