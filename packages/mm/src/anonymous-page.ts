import type { MaySleep } from '@kernel-model/sim';
import { PAGE_SIZE, type Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { touchPages } from './user-memory.ts';

/**
 * A program writes to pages, and as many of those that are not present as can be had without an effort become so.
 * @returns how many pages from `addr` on are present now; 0 if the first one takes an effort: {@link doAnonymousPage}
 */
export function faultAtOnce(ms: MmSubsystem, mm: Mm, addr: number, nrPages: number): number {
  const { memory } = ms;
  const first = Math.floor(addr / PAGE_SIZE);
  const atMost = memory === null ? Infinity : memory.atOnce();
  let taken = 0;
  let page = first;
  for (; page < first + nrPages; page++) {
    if (!mm.pages.has(page) && taken++ === atMost) break;
    mm.pages.set(page, 1);
  }
  if (memory !== null) {
    taken = Math.min(taken, atMost);
    memory.takeAtOnce(taken);
    mm.chargedPages += taken;
  }
  return page - first;
}

/**
 * A page fault that has to ask the allocator for its page, which may reclaim, or kill somebody.
 * @returns whether the page is present now; if not, the program is to die, or tries again
 * @linux mm/memory.c do_anonymous_page()
 */
export function* doAnonymousPage(ms: MmSubsystem, mm: Mm, addr: number): MaySleep<boolean> {
  if (!(yield* ms.memory!.take())) return false;
  mm.chargedPages++;
  touchPages(mm, addr, 1, 1);
  return true;
}
