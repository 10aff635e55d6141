import { mmdropLazyTlb } from './mm-refs.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { switchMmIrqsOff } from './switch-mm.ts';
import { TlbState } from './tlb-state.ts';

/** A CPU goes offline: its idle task leaves the page tables that it has borrowed, but keeps the reference. @emits tlb_flush @linux kernel/sched/core.c idle_task_exit() */
export function idleTaskExit(ms: MmSubsystem, cpu: number): void {
  switchMmIrqsOff(ms, cpu, ms.initMm);
}

/** The CPU is dead: another one gives that reference back. @linux kernel/cpu.c finish_cpu() */
export function finishCpu(ms: MmSubsystem, cpu: number): void {
  const { idle } = ms.s.rqs[cpu]!;
  const borrowed = ms.activeMmOf(idle)!;
  if (borrowed === ms.initMm) return;
  idle.activeMm = ms.initMm;
  if (ms.lazyRefcount) ms.initMm.count++;
  mmdropLazyTlb(ms, borrowed);
}

/** The CPU comes back with an empty TLB. @linux arch/x86/mm/tlb.c initialize_tlbstate_and_flush() */
export function initializeTlbstate(ms: MmSubsystem, cpu: number): void {
  ms.tlb[cpu] = new TlbState(ms.initMm);
}
