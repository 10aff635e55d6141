import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';
import { beginFlush } from './flush-tlb.ts';
import { mmdropLazyTlb, mmget, mmput } from './mm-refs.ts';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { switchMmIrqsOff } from './switch-mm.ts';
import { TLB_FLUSH_ALL } from './tlb-state.ts';
import { mapImage } from './user-memory.ts';

/**
 * The address space of a new task; to be called from CloneArgs.prepare. A parent without one, as kthreadd is, has
 * children without one.
 * @param share a new thread of the same process (CLONE_VM); otherwise it gets a copy
 * @emits tlb_flush for a copy: the parent's pages become read-only
 * @linux kernel/fork.c copy_mm()
 */
export function copyMm(ms: MmSubsystem, p: Task, parent: Task, share: boolean): void {
  p.mm = p.activeMm = null;
  const old = ms.mmOf(parent);
  if (old === null) return;
  if (share) {
    mmget(old);
    p.mm = p.activeMm = old;
    return;
  }
  p.mm = p.activeMm = dupMm(ms, p.comm, old);
}

/** @linux kernel/fork.c dup_mm() */
function dupMm(ms: MmSubsystem, name: string, old: Mm): Mm {
  const mm = ms.mmAlloc(name);
  mm.vmas.push(...old.vmas);
  mm.mmapBase = old.mmapBase;
  for (const [page, content] of old.pages) mm.pages.set(page, content);
  beginFlush(ms, old, 0, TLB_FLUSH_ALL, 0, true);
  return mm;
}

/** The address space of a program that has just been started: its code, its stack and its libraries. */
export function newUserMm(ms: MmSubsystem, name: string): Mm {
  const mm = ms.mmAlloc(name);
  mapImage(mm);
  return mm;
}

/**
 * The current task starts a program in a new address space. Pid 1 and usermode helpers stop being kernel threads here:
 * they give back what they had borrowed.
 * @emits tlb_flush
 * @linux fs/exec.c exec_mmap()
 */
export function* execMmap(ms: MmSubsystem, mm: Mm): MaySleep<void> {
  const { s } = ms;
  if (s.sim.point(mm, 'users', WRITE)) yield POINT;
  const p = s.current;
  const old = ms.mmOf(p);
  const borrowed = ms.activeMmOf(p)!;
  p.activeMm = p.mm = mm;
  switchMmIrqsOff(ms, s.cpu, mm);
  if (old !== null) yield* mmput(ms, old);
  else mmdropLazyTlb(ms, borrowed);
}
