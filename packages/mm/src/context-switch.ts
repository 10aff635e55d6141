import type { Task } from '@kernel-model/scheduler';
import { mmdropLazyTlb, mmgrabLazyTlb } from './mm-refs.ts';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { enterLazyTlb, switchMmIrqsOff } from './switch-mm.ts';

/**
 * The address-space part of a context switch. What counts is whether the next task has an mm:
 *
 * - user to kernel: keep the page tables loaded, lazily, and borrow them, with a reference;
 * - kernel to kernel: the borrowed mm moves on, reference and all;
 * - user to user: load the other's page tables;
 * - kernel to user: load; the borrowed mm is dropped after the switch, when the run queue is unlocked.
 * @emits tlb_flush
 * @linux kernel/sched/core.c context_switch()
 */
export function contextSwitchMm(ms: MmSubsystem, prev: Task, next: Task, cpu: number): void {
  if (next.mm === null) {
    enterLazyTlb(ms, cpu);
    next.activeMm = prev.activeMm;
    if (prev.mm !== null) mmgrabLazyTlb(ms, prev.activeMm as Mm);
    else prev.activeMm = null;
    return;
  }
  switchMmIrqsOff(ms, cpu, next.mm as Mm);
  if (prev.mm === null) {
    ms.s.rqs[cpu]!.prevMm = prev.activeMm;
    prev.activeMm = null;
  }
}

/** After the switch: drop what the previous task had borrowed. @linux kernel/sched/core.c finish_task_switch() */
export function finishSwitchMm(ms: MmSubsystem, cpu: number): void {
  const rq = ms.s.rqs[cpu]!;
  const mm = rq.prevMm as Mm | null;
  if (mm === null) return;
  rq.prevMm = null;
  mmdropLazyTlb(ms, mm);
}
