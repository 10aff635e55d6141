import { Cpumask, type MmHandle } from '@kernel-model/scheduler';

/** A page is 2^12 bytes. */
export const PAGE_SHIFT = 12;
/** Bytes of a page. */
export const PAGE_SIZE = 4096;

/** A mapped range of user addresses. @linux include/linux/mm_types.h struct vm_area_struct */
export interface Vma {
  /** First address, a multiple of {@link PAGE_SIZE}. */
  readonly start: number;
  /** First address behind it. */
  readonly end: number;
}

/** An address space. @linux include/linux/mm_types.h struct mm_struct */
export class Mm implements MmHandle {
  /** Threads and mmget() holders: while there is one, the mappings stay. */
  users = 1;
  /** References to the structure and its page tables; all users together hold one. */
  count = 1;
  /** References that {@link mmgrab} handed out, for the recount. */
  grabs = 0;
  /** Generation of the mappings: each flush begins a new one. */
  tlbGen = 0;
  /** CPUs that may hold translations; never kept for init_mm. */
  cpumask: Cpumask = Cpumask.NONE;
  /** Jiffy after which a flush may take CPUs out of {@link cpumask} that do not use the mm any more. */
  nextTrimCpumask: number;
  /** The structure is gone. */
  freed = false;
  /** What is mapped, in order of mapping. */
  readonly vmas: Vma[] = [];
  /** Pages that are present, by page number, with their content. */
  readonly pages: Map<number, number> = new Map();
  /** How many of them the machine's memory was charged with: see {@link MmSubsystem.memory}. */
  chargedPages = 0;
  /** The OOM killer has nothing to gain from it any more: it was unmapped, or reaped. @linux include/linux/sched/coredump.h MMF_OOM_SKIP */
  oomSkip = false;
  /** The OOM reaper looks after it. @linux include/linux/sched/coredump.h MMF_OOM_REAP_QUEUED */
  oomReapQueued = false;
  /** Where the next mapping goes. */
  mmapBase: number = MMAP_BASE;

  /**
   * @param name whose address space it is, for reports
   * @param ctxId never reused; 1 is init_mm
   * @param jiffies now
   */
  constructor(
    readonly name: string,
    readonly ctxId: number,
    jiffies: number,
  ) {
    this.nextTrimCpumask = jiffies + TRIM_PERIOD;
  }
}

/** Jiffies between two trims of an mm's CPU mask: one second. */
export const TRIM_PERIOD = 250;

const MMAP_BASE = 0x7f00_0000_0000;
