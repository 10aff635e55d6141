import type { MaySleep } from '@kernel-model/sim';
import { callRcu, mightSleep } from '@kernel-model/scheduler';
import { flushTlbMmRange, flushTlbPage } from './flush-tlb.ts';
import { uncharge } from './charge-pages.ts';
import { PAGE_SHIFT, PAGE_SIZE, type Mm, type Vma } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { work } from './work.ts';

/** Bytes that one page table maps. */
const PMD_SIZE = 512 * PAGE_SIZE;
const TEXT = 0x5555_5555_4000;
const LIBRARIES = 0x7f00_0010_0000;
const STACK = 0x7ffd_0000_0000;
const IMAGE_PAGES = 13;

/** Map what every program has: code, libraries, stack. Later mappings go below the libraries. */
export function mapImage(mm: Mm): void {
  for (const start of [TEXT, LIBRARIES, STACK]) {
    mm.vmas.push({ start, end: start + IMAGE_PAGES * PAGE_SIZE });
    touchPages(mm, start, IMAGE_PAGES, 0);
  }
  mm.mmapBase = LIBRARIES;
}

/** Map anonymous memory; no page is present yet. @returns its first address @linux mm/mmap.c do_mmap() */
export function doMmap(mm: Mm, nrPages: number): number {
  const start = mm.mmapBase - nrPages * PAGE_SIZE;
  mm.vmas.push({ start, end: mm.mmapBase });
  mm.mmapBase = start;
  return start;
}

/** Make pages present, as a program does that writes to them. A new translation needs no flush. */
export function touchPages(mm: Mm, addr: number, nrPages: number, content: number): void {
  const first = Math.floor(addr / PAGE_SIZE);
  for (let page = first; page < first + nrPages; page++) mm.pages.set(page, content);
}

/** The mapping that an address is part of, or null. @linux include/linux/mm.h vma_lookup() */
export function vmaLookup(mm: Mm, addr: number): Vma | null {
  return mm.vmas.find((vma) => addr >= vma.start && addr < vma.end) ?? null;
}

/**
 * Unmap a whole mapping of an address space. What describes it is freed after an RCU grace period: a page fault may look
 * at it without a lock.
 * @param addr its first address
 * @emits tlb_flush if a page was present
 * @linux mm/mmap.c do_munmap()
 */
export function* doMunmap(ms: MmSubsystem, mm: Mm, addr: number): MaySleep<void> {
  yield* mightSleep(ms.s);
  const i = mm.vmas.findIndex((vma) => vma.start === addr);
  if (i < 0) return;
  const vma = mm.vmas.splice(i, 1)[0]!;
  if (mm.mmapBase === vma.start) mm.mmapBase = vma.end;
  callRcu(ms.s, vmAreaFree);
  yield* zapRange(ms, mm, vma, freesTables(mm, vma));
}

/** Throw away the pages of a range but keep the mapping. @emits tlb_flush if a page was present @linux mm/madvise.c madvise_dontneed_single_vma() */
export function* madviseDontneed(ms: MmSubsystem, mm: Mm, addr: number, nrPages: number): MaySleep<void> {
  yield* mightSleep(ms.s);
  yield* zapRange(ms, mm, { start: addr, end: addr + nrPages * PAGE_SIZE }, false);
}

/** A program writes to a page that it shares with its parent: it gets a copy. @emits tlb_flush @linux mm/memory.c wp_page_copy() */
export function* wpPageCopy(ms: MmSubsystem, mm: Mm, addr: number): MaySleep<void> {
  yield* mightSleep(ms.s);
  yield* flushTlbPage(ms, mm, addr);
}

/** Flush from the first to the last page that was present. @linux mm/memory.c zap_page_range_single() */
function* zapRange(ms: MmSubsystem, mm: Mm, range: Vma, freedTables: boolean): MaySleep<void> {
  let first = -1;
  let last = -1;
  let nrPages = 0;
  for (let page = range.start / PAGE_SIZE; page < range.end / PAGE_SIZE; page++) {
    if (!mm.pages.delete(page)) continue;
    if (first < 0) first = page;
    last = page;
    nrPages++;
  }
  if (first < 0) return;
  uncharge(ms, mm, nrPages);
  yield* flushTlbMmRange(ms, mm, first * PAGE_SIZE, (last + 1) * PAGE_SIZE, PAGE_SHIFT, freedTables);
  yield* work(ms.s, nrPages * ms.costs.freePage);
}

/** @linux kernel/fork.c vm_area_free_rcu_cb() */
function vmAreaFree(): void {}

/** A page table goes if nothing else is mapped in its part of the address space. @linux mm/memory.c free_pgtables() */
function freesTables(mm: Mm, gone: Vma): boolean {
  const from = Math.floor(gone.start / PMD_SIZE);
  const to = Math.ceil(gone.end / PMD_SIZE);
  for (let table = from; table < to; table++) {
    const start = table * PMD_SIZE;
    if (!mm.vmas.some((vma) => vma.start < start + PMD_SIZE && vma.end > start)) return true;
  }
  return false;
}
