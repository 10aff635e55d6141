import { UsageError } from '@kernel-model/sim';
import { PF_KTHREAD } from '@kernel-model/scheduler';
import { dropCount, mmdropLazyTlb, mmgrabLazyTlb } from './mm-refs.ts';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { enterLazyTlb, switchMmIrqsOff } from './switch-mm.ts';

/**
 * The current kernel thread takes a user's address space as its own. The caller holds users (mmget) for as long as it
 * uses it. One atomic step, with interrupts off in Linux.
 * @throws UsageError MM_USE_AFTER_EXIT if the mm has no user any more
 * @emits tlb_flush
 * @linux kernel/kthread.c kthread_use_mm()
 */
export function useMm(ms: MmSubsystem, mm: Mm): void {
  const { s } = ms;
  const p = s.current;
  if ((p.flags & PF_KTHREAD) === 0) s.reports.warnOnce('kthread_use_mm', `${p.comm}/${p.pid} is no kernel thread`);
  if (p.mm !== null) s.reports.warnOnce('kthread_use_mm mm', `${p.comm}/${p.pid} uses an mm already`);
  if (mm.users === 0) throw useAfterExit(ms, mm);
  const borrowed = ms.activeMmOf(p)!;
  // counted apart from borrowing: even if it is the same mm, and without reference counting of borrowers
  mm.count++;
  p.activeMm = p.mm = mm;
  switchMmIrqsOff(ms, s.cpu, mm);
  mmdropLazyTlb(ms, borrowed);
}

/**
 * The current kernel thread gives the address space back; it goes on to borrow it.
 * @linux kernel/kthread.c kthread_unuse_mm()
 */
export function unuseMm(ms: MmSubsystem, mm: Mm): void {
  const { s } = ms;
  const p = s.current;
  if ((p.flags & PF_KTHREAD) === 0) s.reports.warnOnce('kthread_unuse_mm', `${p.comm}/${p.pid} is no kernel thread`);
  if (p.mm === null) s.reports.warnOnce('kthread_unuse_mm mm', `${p.comm}/${p.pid} uses no mm`);
  p.mm = null;
  mmgrabLazyTlb(ms, mm);
  enterLazyTlb(ms, s.cpu);
  // the reference of useMm; the borrowed one keeps the mm alive
  dropCount(ms, mm);
}

/** What to throw when somebody uses an address space whose last user is gone. */
export function useAfterExit(ms: MmSubsystem, mm: Mm): UsageError {
  const p = ms.s.current;
  return new UsageError('MM_USE_AFTER_EXIT', {
    what: `${p.comm} (pid ${p.pid}) uses the address space of ${mm.name} at ${ms.s.sim.now} ns, after its last user has gone.`,
    why: 'A reference to the structure (mmgrab) does not keep the mappings.',
    advice: 'Hold a user with mmget() or mmget_not_zero() while you use it, and mmput() it afterwards.',
  });
}
