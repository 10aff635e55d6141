import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { leaveMm, switchMmIrqsOff } from './switch-mm.ts';

/** Writes of one change of an instruction: a breakpoint in its place, the rest of the new one, its first byte. */
const ROUNDS = 3;
/** What one write costs, without the loads of page tables, in ns. */
const POKE_NS = 2500;

/**
 * Change instructions that may be executed meanwhile, as when a static key is switched: first all of them become
 * breakpoints, then all get their new rest, then all their new first byte; after each round every other CPU is interrupted
 * to forget what it has fetched. Kernel code is mapped read-only: each write goes through page tables of its own.
 * @param sites number of instructions
 * @emits tlb_flush, twice for each write, and once if the CPU was lazy
 * @linux arch/x86/kernel/alternative.c text_poke_bp_batch()
 */
export function textPokeBpBatch(ms: MmSubsystem, sites: number): void {
  const { s } = ms;
  for (let round = 0; round < ROUNDS; round++) {
    for (let site = 0; site < sites; site++) textPoke(ms, s.cpu);
    for (const cpu of s.onlineMask) if (cpu !== s.cpu) s.cpus[cpu]!.callFunction(syncCore, 'do_sync_core');
  }
}

/** @linux arch/x86/kernel/alternative.c __text_poke() */
function textPoke(ms: MmSubsystem, cpu: number): void {
  const mm = ms.pokingMm;
  const prev = useTemporaryMm(ms, cpu, mm);
  ms.s.sim.charge(POKE_NS);
  switchMmIrqsOff(ms, cpu, prev);
  mm.tlbGen++;
}

/** @returns what was loaded before @linux arch/x86/kernel/alternative.c use_temporary_mm() */
function useTemporaryMm(ms: MmSubsystem, cpu: number, mm: Mm): Mm {
  // in lazy mode, what is loaded could go away before it is loaded again
  if (ms.tlb[cpu]!.isLazy) leaveMm(ms, cpu);
  const prev = ms.tlb[cpu]!.loadedMm;
  switchMmIrqsOff(ms, cpu, mm);
  return prev;
}

/** @linux arch/x86/kernel/alternative.c do_sync_core() */
function syncCore(): void {}
