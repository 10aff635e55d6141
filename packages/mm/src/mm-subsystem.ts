import type { MaySleep } from '@kernel-model/sim';
import type { Scheduler, Task } from '@kernel-model/scheduler';
import { TLB_FLUSH, type Probe } from '@kernel-model/trace';
import { contextSwitchMm, finishSwitchMm } from './context-switch.ts';
import { exitMm } from './exit-mm.ts';
import { Mm } from './mm.ts';
import { TlbCounters, TlbState } from './tlb-state.ts';

/** How long the TLB takes for things, in ns. */
export interface MmCosts {
  /** Loading page tables. */
  readonly load: number;
  /** Flushing one page. */
  readonly invlpg: number;
  /** Flushing everything. */
  readonly flush: number;
  /** Making a page present: a page fault. */
  readonly fault: number;
  /** Unmapping a page of a process that exits. */
  readonly unmapPage: number;
  /** Freeing a page when no TLB knows it any more. */
  readonly freePage: number;
}

/** Costs of the machine of the recorded traces, as far as they show; what counts for the rest is their order. */
export const DEFAULT_MM_COSTS: MmCosts = {
  load: 200,
  invlpg: 100,
  flush: 400,
  fault: 8860,
  unmapPage: 3300,
  freePage: 1470,
};

/** How the memory of a machine works. */
export interface MmOptions {
  /** The TLB tells 6 address spaces apart; without (default) each load of page tables flushes. */
  readonly pcid?: boolean;
  /** The kernel hides its mappings from user mode. */
  readonly pti?: boolean;
  /** Kernel threads run on borrowed page tables (default). Without: on init_mm's, for comparison. */
  readonly lazyTlb?: boolean;
  /** How a borrowed mm is kept: by references (default, x86), or by interrupting borrowers when it goes. */
  readonly lazyTlbHolds?: 'refcount' | 'shootdown';
  /** Kernel code may not touch user pages by accident (default). */
  readonly smap?: boolean;
  /** Most pages that are flushed one by one. @linux arch/x86/mm/tlb.c tlb_single_page_flush_ceiling */
  readonly singlePageFlushCeiling?: number;
  readonly costs?: MmCosts;
  /** How the last user that must not sleep lets go: on the system workqueue, once there is one. */
  readonly queuePut?: (put: () => void) => void;
}

/** Where the pages of processes come from, on a machine that has so many and no more. */
export interface PageSource {
  /** How many pages there are without an effort. */
  atOnce(): number;
  /** Take so many of those. */
  takeAtOnce(nrPages: number): void;
  /** Take one, reclaiming if need be, or killing somebody. @returns whether there was one */
  take(): MaySleep<boolean>;
  /** Give them back. */
  giveBack(nrPages: number): void;
}

/** The address spaces and TLBs of one machine. Making one connects it to the scheduler's hooks. */
export class MmSubsystem {
  /** The kernel's own page tables. */
  readonly initMm: Mm;
  /** Page tables through which kernel code is changed. @linux arch/x86/kernel/alternative.c poking_mm */
  readonly pokingMm: Mm;
  /** One for each CPU. */
  readonly tlb: TlbState[] = [];
  readonly counters: TlbCounters = new TlbCounters();
  readonly probe: Probe;
  readonly pcid: boolean;
  readonly pti: boolean;
  readonly lazyTlb: boolean;
  readonly lazyRefcount: boolean;
  readonly smap: boolean;
  singlePageFlushCeiling: number;
  readonly costs: MmCosts;
  /** See {@link MmOptions.queuePut}; set again when there is a workqueue. */
  queuePut: (put: () => void) => void;
  /** What processes write to comes from here; null (default): there is always enough. */
  memory: PageSource | null = null;
  /** Kernel oopses so far. */
  oopsCount = 0;
  #lastCtxId = 1;

  constructor(
    readonly s: Scheduler,
    options: MmOptions = {},
  ) {
    this.pcid = options.pcid ?? false;
    this.pti = options.pti ?? false;
    this.lazyTlb = options.lazyTlb ?? true;
    this.lazyRefcount = (options.lazyTlbHolds ?? 'refcount') === 'refcount';
    this.smap = options.smap ?? true;
    this.singlePageFlushCeiling = options.singlePageFlushCeiling ?? 33;
    this.costs = options.costs ?? DEFAULT_MM_COSTS;
    this.queuePut = options.queuePut ?? ((put) => put());
    this.probe = s.hub.probe(TLB_FLUSH);
    this.initMm = new Mm('init_mm', 1, s.jiffies);
    this.initMm.users = 2;
    this.pokingMm = this.mmAlloc('poking_mm');
    for (const rq of s.rqs) {
      this.tlb.push(new TlbState(this.initMm));
      // the idle task of each CPU borrows the kernel's own mm first
      if (this.lazyRefcount) this.initMm.count++;
      rq.idle.activeMm = this.initMm;
    }
    s.connect({
      contextSwitchMm: (prev, next, cpu) => contextSwitchMm(this, prev, next, cpu),
      finishSwitchMm: (cpu) => finishSwitchMm(this, cpu),
      exitMm: (p) => exitMm(this, p),
    });
  }

  /** A new, empty address space with one user. @linux kernel/fork.c mm_alloc() */
  mmAlloc(name: string): Mm {
    return new Mm(name, ++this.#lastCtxId, this.s.jiffies);
  }

  /** The address space that a task owns, or null. */
  mmOf(p: Task): Mm | null {
    return p.mm as Mm | null;
  }

  /** The address space whose page tables a running task counts on. */
  activeMmOf(p: Task): Mm | null {
    return p.activeMm as Mm | null;
  }
}
