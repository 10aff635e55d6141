import { callRcu } from '@kernel-model/scheduler';
import { beginFlush } from './flush-tlb.ts';
import type { FlushTlbInfo } from './flush-info.ts';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { uncharge } from './charge-pages.ts';
import { TLB_FLUSH_ALL } from './tlb-state.ts';

/**
 * Unmap everything, up to the wait for other CPUs' flushes. Page tables are freed: lazy CPUs are asked too. The tree of
 * mappings, which page faults walk as RCU readers, is freed after a grace period.
 * @returns what to wait for, or null if nothing was mapped
 * @emits tlb_flush
 * @linux mm/mmap.c exit_mmap()
 */
export function beginExitMmap(ms: MmSubsystem, mm: Mm): FlushTlbInfo | null {
  if (mm.vmas.length === 0) return null;
  mm.vmas.length = 0;
  mm.pages.clear();
  uncharge(ms, mm, mm.chargedPages);
  mm.oomSkip = true;
  callRcu(ms.s, freed);
  return beginFlush(ms, mm, 0, TLB_FLUSH_ALL, 0, true);
}

function freed(): void {}
