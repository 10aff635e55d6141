import type { Mm } from './mm.ts';

/** Address spaces that a CPU's TLB can tell apart. @linux arch/x86/include/asm/tlbflush.h TLB_NR_DYN_ASIDS */
export const TLB_NR_DYN_ASIDS = 6;
/** In place of an end or a number of pages: everything. */
export const TLB_FLUSH_ALL = -1;
/** No generation: whatever it is now. */
export const TLB_GENERATION_INVALID = 0;

/** Why a CPU flushes; the field `reason` of tlb_flush. @linux include/linux/mm_types.h enum tlb_flush_reason */
export const TLB_FLUSH_ON_TASK_SWITCH = 0;
/** Another CPU asked. */
export const TLB_REMOTE_SHOOTDOWN = 1;
/** Its own flush, of no mm in particular. */
export const TLB_LOCAL_SHOOTDOWN = 2;
/** Its own flush of an mm. */
export const TLB_LOCAL_MM_SHOOTDOWN = 3;
/** Not a flush: it asks others. */
export const TLB_REMOTE_SEND_IPI = 4;

/** What the TLB of a CPU holds. @linux arch/x86/include/asm/tlbflush.h struct tlb_state */
export class TlbState {
  /** The mm whose page tables the CPU uses. Unlike Linux, it is never "switching": a switch is one step. */
  loadedMm: Mm;
  /** The slot of {@link loadedMm}, 0 .. 5. */
  loadedMmAsid = 0;
  /** The slot to take next for an mm that has none. */
  nextAsid = 1;
  /** Owner of each slot; 0 is nobody. */
  readonly ctxId: number[];
  /** Generation of the owner's mappings up to which each slot is right. */
  readonly tlbGen: number[];
  /** Every slot but the loaded one has to be forgotten at the next switch. */
  invalidateOther = false;
  /** A kernel thread runs on borrowed page tables: flushes may wait until a user task runs. Read by other CPUs. */
  isLazy = false;

  constructor(initMm: Mm) {
    this.loadedMm = initMm;
    this.ctxId = [initMm.ctxId, 0, 0, 0, 0, 0];
    this.tlbGen = [initMm.tlbGen, 0, 0, 0, 0, 0];
  }
}

/** What happened to the TLBs of a machine, and what lazy mode saved. */
export class TlbCounters {
  /** Loads of page tables (writes of CR3). */
  loads = 0;
  /** Flushes of everything an address space has in a TLB, with a load or without. */
  fullFlushes = 0;
  /** Flushes of single pages. */
  rangedFlushes = 0;
  /** Loads that found an address space still in the TLB and right. */
  asidHits = 0;
  /** Times a CPU began to run a kernel thread on borrowed page tables. */
  lazyEntries = 0;
  /** Loads that lazy mode saved: of init_mm on the way to a kernel thread, of the borrowed mm on the way back. */
  switchesAvoided = 0;
  /** Flushes that would have come with those loads. */
  flushesAvoided = 0;
  /** Interrupts sent to make other CPUs flush. */
  ipisSent = 0;
  /** Interrupts not sent because the CPU was lazy. */
  ipisAvoided = 0;
}
