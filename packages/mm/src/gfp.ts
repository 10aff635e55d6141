import { PF_MEMALLOC, rtOrDlTask, type Task } from '@kernel-model/scheduler';

/** What an allocation may do. @linux include/linux/gfp_types.h */
export const __GFP_DMA = 0x1;
/** Any memory, also what the kernel does not map. */
export const __GFP_HIGHMEM = 0x2;
/** Memory below 4 GiB. */
export const __GFP_DMA32 = 0x4;
/** Pages that can be moved later. */
export const __GFP_MOVABLE = 0x8;
/** Urgent: half of the reserve. */
export const __GFP_HIGH = 0x20;
/** May start I/O. */
export const __GFP_IO = 0x40;
/** May enter filesystems. */
export const __GFP_FS = 0x80;
/** May free memory itself, which sleeps. */
export const __GFP_DIRECT_RECLAIM = 0x400;
/** Wakes kswapd. */
export const __GFP_KSWAPD_RECLAIM = 0x800;
/** Fails silently. */
export const __GFP_NOWARN = 0x2000;
/** Tries hard but may fail. */
export const __GFP_RETRY_MAYFAIL = 0x4000;
/** Never fails. */
export const __GFP_NOFAIL = 0x8000;
/** Gives up after one round. */
export const __GFP_NORETRY = 0x10000;
/** Frees memory soon: may use the whole reserve. */
export const __GFP_MEMALLOC = 0x20000;
/** May not use the reserve, even if the task might. */
export const __GFP_NOMEMALLOC = 0x80000;
/** The page is filled with zeros. */
export const __GFP_ZERO = 0x100;
/** Pages of an order above 0 are one. */
export const __GFP_COMP = 0x40000;
/** Only memory of the task's cpuset. */
export const __GFP_HARDWALL = 0x100000;
/** Both kinds of reclaim. */
export const __GFP_RECLAIM: number = __GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM;

/** Sleep, reclaim, write back, enter filesystems: what most kernel code uses. */
export const GFP_KERNEL: number = __GFP_RECLAIM | __GFP_IO | __GFP_FS;
/** Do not enter filesystems: for code that holds their locks. */
export const GFP_NOFS: number = __GFP_RECLAIM | __GFP_IO;
/** Do not start I/O: for code below the block layer. */
export const GFP_NOIO: number = __GFP_RECLAIM;
/** Do not sleep, use reserves: interrupts, spinlocks. */
export const GFP_ATOMIC: number = __GFP_HIGH | __GFP_KSWAPD_RECLAIM;
/** Do not sleep, use no reserves, fail silently. */
export const GFP_NOWAIT: number = __GFP_KSWAPD_RECLAIM | __GFP_NOWARN;

/** What a process writes to for the first time: anonymous memory. @linux mm/memory.c alloc_anon_folio() */
export const GFP_ANON: number = GFP_KERNEL | __GFP_HARDWALL | __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_ZERO | __GFP_COMP;

/** Task flags that narrow what its allocations may do. @linux include/linux/sched.h */
export const PF_MEMALLOC_NOFS = 0x40000;
/** No I/O and no filesystems in this scope. */
export const PF_MEMALLOC_NOIO = 0x80000;

/** How hard the allocator tries. The two lowest bits are the watermark. @linux mm/internal.h ALLOC_* */
export const ALLOC_WMARK_MIN = 0;
/** Stay above the low mark. */
export const ALLOC_WMARK_LOW = 1;
/** Stay above the high mark. */
export const ALLOC_WMARK_HIGH = 2;
/** No mark counts. */
export const ALLOC_NO_WATERMARKS = 0x04;
/** A victim of the OOM killer: half of the min mark. */
export const ALLOC_OOM = 0x08;
/** Cannot sleep: with ALLOC_MIN_RESERVE, a quarter less again. */
export const ALLOC_NON_BLOCK = 0x10;
/** Half of the min mark. */
export const ALLOC_MIN_RESERVE = 0x20;
/** Only memory of the task's cpuset. */
export const ALLOC_CPUSET = 0x40;
/** May use blocks that are reserved for urgent high orders. */
export const ALLOC_HIGHATOMIC = 0x200;
/** Wakes kswapd. */
export const ALLOC_KSWAPD = 0x800;
/** Flags that open a part of the reserve. */
export const ALLOC_RESERVES: number = ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM;

/** Who allocates, and where. */
export interface AllocContext {
  readonly task: Task;
  /** In an interrupt or a softirq. */
  readonly inInterrupt: boolean;
  /** Chosen by the OOM killer. */
  readonly oomVictim: boolean;
}

/** May the allocation sleep? @linux include/linux/gfp.h gfpflags_allow_blocking() */
export function gfpflagsAllowBlocking(gfp: number): boolean {
  return (gfp & __GFP_DIRECT_RECLAIM) !== 0;
}

/** What is left of the flags in the scopes that a task has entered. @param flags PF_* bits @linux include/linux/sched/mm.h current_gfp_context() */
export function currentGfpContext(flags: number, gfp: number): number {
  if ((flags & PF_MEMALLOC_NOIO) !== 0) return gfp & ~(__GFP_IO | __GFP_FS);
  return (flags & PF_MEMALLOC_NOFS) !== 0 ? gfp & ~__GFP_FS : gfp;
}

/** How hard the slow path tries. @returns ALLOC_* bits @linux mm/page_alloc.c gfp_to_alloc_flags() */
export function gfpToAllocFlags(gfp: number, order: number, context: AllocContext): number {
  let flags = ALLOC_WMARK_MIN | ALLOC_CPUSET | (gfp & (__GFP_HIGH | __GFP_KSWAPD_RECLAIM));
  if ((gfp & __GFP_DIRECT_RECLAIM) === 0) {
    if ((gfp & __GFP_NOMEMALLOC) === 0) {
      flags |= ALLOC_NON_BLOCK;
      if (order > 0 && (flags & ALLOC_MIN_RESERVE) !== 0) flags |= ALLOC_HIGHATOMIC;
    }
    if ((flags & ALLOC_MIN_RESERVE) !== 0) flags &= ~ALLOC_CPUSET;
  } else if (!context.inInterrupt && rtOrDlTask(context.task)) {
    flags |= ALLOC_MIN_RESERVE;
  }
  return flags;
}

/** The right to go below every watermark, or 0. @returns 0, ALLOC_NO_WATERMARKS or ALLOC_OOM @linux mm/page_alloc.c __gfp_pfmemalloc_flags() */
export function gfpPfmemallocFlags(gfp: number, context: AllocContext): number {
  if ((gfp & __GFP_NOMEMALLOC) !== 0) return 0;
  if ((gfp & __GFP_MEMALLOC) !== 0) return ALLOC_NO_WATERMARKS;
  if (context.inInterrupt) return 0;
  if ((context.task.flags & PF_MEMALLOC) !== 0) return ALLOC_NO_WATERMARKS;
  return context.oomVictim ? ALLOC_OOM : 0;
}

/** What an allocation of each kind may do: the table that every driver author needs. */
export interface GfpRule {
  readonly name: string;
  readonly gfp: number;
  readonly sleeps: boolean;
  readonly wakesKswapd: boolean;
  readonly io: boolean;
  readonly fs: boolean;
  /** The free pages that order 0 leaves, as parts of the min watermark. */
  readonly lowestMark: string;
  readonly onFailure: string;
}

/** @linux include/linux/gfp_types.h */
export const GFP_RULES: readonly GfpRule[] = [
  /* @__PURE__ */ rule('GFP_KERNEL', GFP_KERNEL, 'min', 'up to order 3: tries on, may kill'),
  /* @__PURE__ */ rule('GFP_NOFS', GFP_NOFS, 'min', 'up to order 3: tries on'),
  /* @__PURE__ */ rule('GFP_NOIO', GFP_NOIO, 'min', 'up to order 3: tries on'),
  /* @__PURE__ */ rule('GFP_ATOMIC', GFP_ATOMIC, '3/8 min', 'NULL, with a warning'),
  /* @__PURE__ */ rule('GFP_NOWAIT', GFP_NOWAIT, 'min', 'NULL, silently'),
];

/** The flags of an allocation as the kernel prints them; an unusual set as a number. @linux include/trace/events/mmflags.h show_gfp_flags() */
export function gfpName(gfp: number): string {
  if (gfp === GFP_ANON) return 'GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP';
  return GFP_RULES.find((known) => known.gfp === gfp)?.name ?? `0x${gfp.toString(16)}`;
}

function rule(name: string, gfp: number, lowestMark: string, onFailure: string): GfpRule {
  return {
    name,
    gfp,
    sleeps: gfpflagsAllowBlocking(gfp),
    wakesKswapd: (gfp & __GFP_KSWAPD_RECLAIM) !== 0,
    io: (gfp & __GFP_IO) !== 0,
    fs: (gfp & __GFP_FS) !== 0,
    lowestMark,
    onFailure,
  };
}
