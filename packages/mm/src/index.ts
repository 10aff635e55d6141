export * from './address-layout.ts';
export { doAnonymousPage, faultAtOnce } from './anonymous-page.ts';
export { mmPgtablesBytes } from './charge-pages.ts';
export {
  AtomicSleepDebug,
  KMALLOC_MAX_CACHE_SIZE,
  KMALLOC_MAX_SIZE,
  inInterrupt,
  vfreeMode,
  vmallocAllowed,
} from './alloc-context.ts';
export { checkMm } from './checks.ts';
export { FlushTlbInfo } from './flush-info.ts';
export {
  archTlbbatchFlush,
  flushTlbAll,
  flushTlbFunc,
  flushTlbKernelRange,
  flushTlbMm,
  flushTlbMmRange,
  flushTlbPage,
  shouldFlushTlb,
} from './flush-tlb.ts';
export * from './gfp.ts';
export { finishCpu, idleTaskExit, initializeTlbstate } from './hotplug.ts';
export { lazyTlbReport, type LazyTlbReport, type LazyTlbRow } from './lazy-tlb-report.ts';
export { copyMm, execMmap, newUserMm } from './lifecycle.ts';
export { Mm, PAGE_SHIFT, PAGE_SIZE, type Vma } from './mm.ts';
export { mmdrop, mmdropLazyTlb, mmget, mmgetNotZero, mmgrab, mmgrabLazyTlb, mmput, mmputAsync } from './mm-refs.ts';
export { DEFAULT_MM_COSTS, MmSubsystem, type MmCosts, type MmOptions, type PageSource } from './mm-subsystem.ts';
export { OOPS_LIMIT, makeTaskDead, oops, panic } from './oops.ts';
export {
  MAX_RECLAIM_RETRIES,
  PAGE_ALLOC_COSTLY_ORDER,
  afterReclaim,
  allocAboveHigh,
  allocPages,
  oomKills,
  type AllocOutcome,
} from './page-alloc.ts';
export { enterLazyTlb, leaveMm, switchMmIrqsOff } from './switch-mm.ts';
export {
  TLB_FLUSH_ALL,
  TLB_FLUSH_ON_TASK_SWITCH,
  TLB_GENERATION_INVALID,
  TLB_LOCAL_MM_SHOOTDOWN,
  TLB_LOCAL_SHOOTDOWN,
  TLB_NR_DYN_ASIDS,
  TLB_REMOTE_SEND_IPI,
  TLB_REMOTE_SHOOTDOWN,
  TlbCounters,
  TlbState,
} from './tlb-state.ts';
export { textPokeBpBatch } from './text-poke.ts';
export { unuseMm, useMm } from './use-mm.ts';
export { copyFromUser, plainAccess, type AccessKind, type UserCopy } from './user-access.ts';
export { doMmap, doMunmap, madviseDontneed, touchPages, vmaLookup, wpPageCopy } from './user-memory.ts';
export * from './zone.ts';
