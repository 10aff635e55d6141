import { POINT, READ, type Step } from '@kernel-model/sim';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';

/** A flush that CPUs have been asked for. @linux arch/x86/include/asm/tlbflush.h struct flush_tlb_info */
export class FlushTlbInfo {
  /** CPUs that have not done it yet. */
  pending = 0;
  /** CPUs that do not use the mm take the chance to leave its mask. */
  trimCpumask = false;

  /**
   * @param mm null: whatever is loaded
   * @param start first address
   * @param end first address behind the range, or TLB_FLUSH_ALL
   * @param strideShift a page of the range has 2^strideShift bytes
   * @param freedTables page tables are about to be freed: lazy CPUs may not keep them loaded
   * @param newTlbGen the generation that this flush began, or TLB_GENERATION_INVALID
   */
  constructor(
    readonly mm: Mm | null,
    readonly start: number,
    readonly end: number,
    readonly strideShift: number,
    readonly freedTables: boolean,
    readonly newTlbGen: number,
    readonly initiatingCpu: number,
  ) {}
}

/** Wait on the CPU until every CPU has done its part of a flush. @linux kernel/smp.c csd_lock_wait() */
export function* awaitFlush(ms: MmSubsystem, info: FlushTlbInfo): Step<void> {
  const { s } = ms;
  while (info.pending > 0) {
    if (s.sim.explored) {
      s.sim.relax();
      if (s.sim.point(info, 'pending', READ)) yield POINT;
    } else {
      s.cpus[s.cpu]!.owe(s.config.costs.spin, 0);
      yield POINT;
    }
  }
}
