import { mightSleep } from '@kernel-model/scheduler';
import { POINT, WRITE, violated, type MaySleep } from '@kernel-model/sim';
import { beginExitMmap } from './exit-mmap.ts';
import { awaitFlush, type FlushTlbInfo } from './flush-info.ts';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { shootLazyTlbs } from './shoot-lazy.ts';
import { work } from './work.ts';

/** Keep the structure and the page tables, not the mappings. @linux include/linux/sched/mm.h mmgrab() */
export function mmgrab(mm: Mm): void {
  mm.grabs++;
  mm.count++;
}

/** Undo one {@link mmgrab}; the last reference frees. Not from a softirq. @linux include/linux/sched/mm.h mmdrop() */
export function mmdrop(ms: MmSubsystem, mm: Mm): void {
  mm.grabs--;
  dropCount(ms, mm);
}

/** Borrow an address space. Without reference counting, nothing. @linux include/linux/sched/mm.h mmgrab_lazy_tlb() */
export function mmgrabLazyTlb(ms: MmSubsystem, mm: Mm): void {
  if (ms.lazyRefcount) mm.count++;
}

/** Give a borrowed address space back. @linux include/linux/sched/mm.h mmdrop_lazy_tlb() */
export function mmdropLazyTlb(ms: MmSubsystem, mm: Mm): void {
  if (ms.lazyRefcount) dropCount(ms, mm);
}

/** Keep the mappings: one more user. @linux include/linux/sched/mm.h mmget() */
export function mmget(mm: Mm): void {
  mm.users++;
}

/** {@link mmget} unless the last user is gone. @returns whether it worked @linux include/linux/sched/mm.h mmget_not_zero() */
export function mmgetNotZero(mm: Mm): boolean {
  if (mm.users === 0) return false;
  mm.users++;
  return true;
}

/** A user lets go; the last one unmaps everything, which may sleep. @emits tlb_flush @linux kernel/fork.c mmput() */
export function* mmput(ms: MmSubsystem, mm: Mm): MaySleep<void> {
  const { s } = ms;
  yield* mightSleep(s);
  if (s.sim.point(mm, 'users', WRITE)) yield POINT;
  const nrPages = mm.pages.size;
  if (mm.users === 1) yield* work(s, nrPages * ms.costs.unmapPage);
  const flush = beginMmput(ms, mm);
  if (flush === null) return;
  yield* awaitFlush(ms, flush);
  yield* work(s, nrPages * ms.costs.freePage);
}

/** {@link mmput} for who must not sleep: the unmapping is left to a workqueue. @linux kernel/fork.c mmput_async() */
export function mmputAsync(ms: MmSubsystem, mm: Mm): void {
  if (mm.users > 1) mm.users--;
  else ms.queuePut(() => beginMmput(ms, mm));
}

/**
 * {@link mmput} up to the point where other CPUs have been asked to flush: one atomic step.
 * @returns the flush that is still going on elsewhere, or null
 * @linux kernel/fork.c __mmput()
 */
export function beginMmput(ms: MmSubsystem, mm: Mm): FlushTlbInfo | null {
  ms.s.sim.touch(mm, 'users', WRITE);
  if (mm.users <= 0) throw violated('MM_USERS', `mm of ${mm.name}: mmput with ${mm.users} users`);
  if (--mm.users > 0) return null;
  const flush = beginExitMmap(ms, mm);
  // the one reference that all users had together
  dropCount(ms, mm);
  return flush;
}

/** One reference less, whosever it was; the last one frees. @linux include/linux/sched/mm.h mmdrop() */
export function dropCount(ms: MmSubsystem, mm: Mm): void {
  ms.s.sim.touch(mm, 'count', WRITE);
  if (mm.count <= 0) throw violated('MM_COUNT', `mm of ${mm.name}: mmdrop with ${mm.count} references`);
  if (--mm.count === 0) __mmdrop(ms, mm);
}

/** Free the page tables and the structure. @linux kernel/fork.c __mmdrop() */
function __mmdrop(ms: MmSubsystem, mm: Mm): void {
  const { s } = ms;
  if (mm === ms.initMm) throw violated('MM_INIT_FREED', 'the last reference to init_mm was dropped');
  const curr = s.cpu < 0 ? null : s.current;
  if (curr !== null && curr.mm === mm) s.reports.warnOnce('__mmdrop mm', `${curr.comm}/${curr.pid} frees its own mm`);
  if (!ms.lazyRefcount) {
    shootLazyTlbs(ms, mm, () => free(mm));
    return;
  }
  if (curr !== null && curr.activeMm === mm) {
    s.reports.warnOnce('__mmdrop active_mm', `${curr.comm}/${curr.pid} frees the mm on which it runs`);
  }
  free(mm);
}

function free(mm: Mm): void {
  mm.freed = true;
}
