import { PAGE_SIZE, type Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';

/** An address space lets go of pages. What it did not pay for itself, as a child after fork, is not given back. */
export function uncharge(ms: MmSubsystem, mm: Mm, nrPages: number): void {
  const back = Math.min(nrPages, mm.chargedPages);
  mm.chargedPages -= back;
  if (back > 0) ms.memory?.giveBack(back);
}

/** Bytes of page tables. @linux include/linux/mm.h mm_pgtables_bytes() */
export function mmPgtablesBytes(mm: Mm): number {
  let bytes = 0;
  for (let level = 1; level <= 3; level++) {
    const tables = new Set<number>();
    for (const page of mm.pages.keys()) tables.add(Math.floor(page / 512 ** level));
    bytes += tables.size * PAGE_SIZE;
  }
  return bytes;
}
