import { NOTHING, type Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import type { Mm } from './mm.ts';
import { mmgrabLazyTlb, mmput } from './mm-refs.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { enterLazyTlb } from './switch-mm.ts';

/**
 * An exiting task lets go of its address space. From here on it borrows it, as a kernel thread would.
 * @emits tlb_flush if it was the last user
 * @linux kernel/exit.c exit_mm()
 */
export function exitMm(ms: MmSubsystem, p: Task): MaySleep<void> {
  const mm = ms.mmOf(p);
  return mm === null ? NOTHING : letGo(ms, p, mm);
}

function* letGo(ms: MmSubsystem, p: Task, mm: Mm): MaySleep<void> {
  mmgrabLazyTlb(ms, mm);
  p.mm = null;
  enterLazyTlb(ms, ms.s.cpu);
  yield* mmput(ms, mm);
}
