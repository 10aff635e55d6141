import { POINT, READ, WRITE, type Step } from '@kernel-model/sim';
import { preemptDisable, preemptEnable, type Cpumask } from '@kernel-model/scheduler';
import { FlushTlbInfo, awaitFlush } from './flush-info.ts';
import { PAGE_SHIFT, PAGE_SIZE, TRIM_PERIOD, type Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { switchMmIrqsOff } from './switch-mm.ts';
import {
  TLB_FLUSH_ALL,
  TLB_GENERATION_INVALID,
  TLB_LOCAL_MM_SHOOTDOWN,
  TLB_LOCAL_SHOOTDOWN,
  TLB_REMOTE_SEND_IPI,
  TLB_REMOTE_SHOOTDOWN,
  type TlbState,
} from './tlb-state.ts';

/**
 * Make every CPU forget a range of an address space. A range of more than singlePageFlushCeiling pages is flushed as a
 * whole. Returns when all CPUs that were asked have done it; lazy ones are asked only if page tables go.
 * @param end first address behind the range, or TLB_FLUSH_ALL
 * @param freedTables page tables are about to be freed
 * @emits tlb_flush
 * @linux arch/x86/mm/tlb.c flush_tlb_mm_range()
 */
export function* flushTlbMmRange(
  ms: MmSubsystem,
  mm: Mm,
  start: number,
  end: number,
  strideShift: number,
  freedTables: boolean,
): Step<void> {
  const { s } = ms;
  preemptDisable(s);
  if (s.sim.point(mm, 'tlbGen', WRITE)) yield POINT;
  const info = beginFlush(ms, mm, start, end, strideShift, freedTables);
  if (info.pending > 0) yield* awaitFlush(ms, info);
  yield* preemptEnable(s);
}

/** Flush an address space as a whole; page tables may have gone. @emits tlb_flush @linux arch/x86/include/asm/tlbflush.h flush_tlb_mm() */
export function flushTlbMm(ms: MmSubsystem, mm: Mm): Step<void> {
  return flushTlbMmRange(ms, mm, 0, TLB_FLUSH_ALL, 0, true);
}

/** Flush one page, whose page table stays. @emits tlb_flush @linux arch/x86/mm/tlb.c flush_tlb_page() */
export function flushTlbPage(ms: MmSubsystem, mm: Mm, addr: number): Step<void> {
  return flushTlbMmRange(ms, mm, addr, addr + PAGE_SIZE, PAGE_SHIFT, false);
}

/**
 * The part of a flush up to the wait for other CPUs, as one atomic step: a new generation, interrupts, own flush.
 * @returns what to wait for
 * @emits tlb_flush
 */
export function beginFlush(
  ms: MmSubsystem,
  mm: Mm,
  start: number,
  end: number,
  strideShift: number,
  freedTables: boolean,
): FlushTlbInfo {
  const { s } = ms;
  const full = end === TLB_FLUSH_ALL || Math.floor((end - start) / 2 ** strideShift) > ms.singlePageFlushCeiling;
  s.sim.touch(mm, 'tlbGen', WRITE);
  mm.tlbGen++;
  const info = full
    ? new FlushTlbInfo(mm, 0, TLB_FLUSH_ALL, strideShift, freedTables, mm.tlbGen, s.cpu)
    : new FlushTlbInfo(mm, start, end, strideShift, freedTables, mm.tlbGen, s.cpu);
  s.sim.touch(mm, 'cpumask', READ);
  if (hasOther(mm.cpumask, s.cpu)) {
    info.trimCpumask = shouldTrimCpumask(ms, mm);
    flushTlbMulti(ms, mm.cpumask, info);
  } else if (ms.tlb[s.cpu]!.loadedMm === mm) {
    flushTlbFunc(ms, s.cpu, info);
  }
  return info;
}

function hasOther(mask: Cpumask, cpu: number): boolean {
  return mask.weight > (mask.has(cpu) ? 1 : 0);
}

/** Once a second per mm. @linux arch/x86/mm/tlb.c should_trim_cpumask() */
function shouldTrimCpumask(ms: MmSubsystem, mm: Mm): boolean {
  if (ms.s.jiffies <= mm.nextTrimCpumask) return false;
  mm.nextTrimCpumask = ms.s.jiffies + TRIM_PERIOD;
  return true;
}

/** Ask the CPUs of a mask to flush: first the others, by interrupt, then this one. @emits tlb_flush @linux arch/x86/mm/tlb.c native_flush_tlb_multi() */
function flushTlbMulti(ms: MmSubsystem, mask: Cpumask, info: FlushTlbInfo): void {
  const { s } = ms;
  if (ms.probe.enabled) {
    const pages = info.end === TLB_FLUSH_ALL ? TLB_FLUSH_ALL : Math.floor((info.end - info.start) / PAGE_SIZE);
    ms.probe.emit(pages, TLB_REMOTE_SEND_IPI);
  }
  s.recorded();
  for (const cpu of mask) {
    if (cpu === s.cpu || !s.onlineMask.has(cpu)) continue;
    if (info.freedTables || shouldFlushTlb(ms, cpu, info)) sendFlush(ms, cpu, info);
    else if (ms.tlb[cpu]!.isLazy) ms.counters.ipisAvoided++;
  }
  if (mask.has(s.cpu) && (info.freedTables || shouldFlushTlb(ms, s.cpu, info))) flushTlbFunc(ms, s.cpu, info);
}

function sendFlush(ms: MmSubsystem, cpu: number, info: FlushTlbInfo): void {
  info.pending++;
  ms.counters.ipisSent++;
  ms.s.cpus[cpu]!.callFunction(() => {
    flushTlbFunc(ms, cpu, info);
    ms.s.sim.touch(info, 'pending', WRITE);
    info.pending--;
  }, 'flush_tlb_func');
}

/** Has the CPU to be asked? A lazy one will look at the generation before it runs user code. @linux arch/x86/mm/tlb.c should_flush_tlb() */
export function shouldFlushTlb(ms: MmSubsystem, cpu: number, info: FlushTlbInfo): boolean {
  const tlb = ms.tlb[cpu]!;
  ms.s.sim.touch(tlb, 'isLazy', READ);
  if (tlb.isLazy) return false;
  return info.mm === null || tlb.loadedMm === info.mm || info.trimCpumask;
}

/**
 * What a CPU does when it is asked to flush: nothing if it is past that generation; the pages alone if this is the one
 * flush that it lacks; everything otherwise, which also catches up with later flushes. A lazy one loads init_mm instead.
 * @emits tlb_flush
 * @linux arch/x86/mm/tlb.c flush_tlb_func()
 */
export function flushTlbFunc(ms: MmSubsystem, cpu: number, info: FlushTlbInfo): void {
  const tlb = ms.tlb[cpu]!;
  const { loadedMm: mm } = tlb;
  const local = cpu === info.initiatingCpu;
  if (!local && info.mm !== null && info.mm !== mm) return;
  if (mm === ms.initMm) return;
  if (tlb.isLazy) {
    switchMmIrqsOff(ms, cpu, ms.initMm);
    return;
  }
  const localGen = tlb.tlbGen[tlb.loadedMmAsid]!;
  if (info.newTlbGen !== TLB_GENERATION_INVALID && info.newTlbGen <= localGen) return;
  const pages = localGen === mm.tlbGen ? 0 : flushPages(ms, tlb, info, localGen);
  ms.s.recorded();
  if (!ms.probe.enabled) return;
  const ownReason = info.mm === null ? TLB_LOCAL_SHOOTDOWN : TLB_LOCAL_MM_SHOOTDOWN;
  ms.probe.emit(pages, local ? ownReason : TLB_REMOTE_SHOOTDOWN);
}

/** @returns the number of pages, or TLB_FLUSH_ALL */
function flushPages(ms: MmSubsystem, tlb: TlbState, info: FlushTlbInfo, localGen: number): number {
  const mm = tlb.loadedMm;
  const onlyThis = info.newTlbGen === localGen + 1 && info.newTlbGen === mm.tlbGen;
  tlb.tlbGen[tlb.loadedMmAsid] = mm.tlbGen;
  if (info.end !== TLB_FLUSH_ALL && onlyThis) {
    const pages = Math.floor((info.end - info.start) / 2 ** info.strideShift);
    ms.counters.rangedFlushes++;
    ms.s.sim.charge(pages * ms.costs.invlpg);
    return pages;
  }
  ms.counters.fullFlushes++;
  ms.s.sim.charge(ms.costs.flush);
  return TLB_FLUSH_ALL;
}

/**
 * Flush what reclaim has unmapped from many address spaces at once on the CPUs of a mask.
 * @emits tlb_flush
 * @linux arch/x86/mm/tlb.c arch_tlbbatch_flush()
 */
export function* archTlbbatchFlush(ms: MmSubsystem, mask: Cpumask): Step<void> {
  const { s } = ms;
  preemptDisable(s);
  if (s.sim.point(ms, 'batch', WRITE)) yield POINT;
  const info = new FlushTlbInfo(null, 0, TLB_FLUSH_ALL, 0, false, TLB_GENERATION_INVALID, s.cpu);
  if (hasOther(mask, s.cpu)) flushTlbMulti(ms, mask, info);
  else if (mask.has(s.cpu)) flushTlbFunc(ms, s.cpu, info);
  if (info.pending > 0) yield* awaitFlush(ms, info);
  yield* preemptEnable(s);
}

/**
 * Flush a range of kernel addresses on every online CPU, lazy ones included.
 * @param nrPages its length; more than singlePageFlushCeiling flush everything
 * @linux arch/x86/mm/tlb.c flush_tlb_kernel_range()
 */
export function* flushTlbKernelRange(ms: MmSubsystem, nrPages: number): Step<void> {
  const { s } = ms;
  preemptDisable(s);
  if (s.sim.point(ms, 'kernelRange', WRITE)) yield POINT;
  const full = nrPages > ms.singlePageFlushCeiling;
  const info = new FlushTlbInfo(null, 0, TLB_FLUSH_ALL, 0, false, TLB_GENERATION_INVALID, s.cpu);
  for (const cpu of s.onlineMask) {
    if (cpu === s.cpu) continue;
    info.pending++;
    ms.counters.ipisSent++;
    s.cpus[cpu]!.callFunction(() => {
      flushKernelPages(ms, cpu, full, nrPages);
      s.sim.touch(info, 'pending', WRITE);
      info.pending--;
    }, 'do_kernel_range_flush');
  }
  flushKernelPages(ms, s.cpu, full, nrPages);
  if (info.pending > 0) yield* awaitFlush(ms, info);
  yield* preemptEnable(s);
}

/** Flush everything on every CPU. @linux arch/x86/mm/tlb.c flush_tlb_all() */
export function flushTlbAll(ms: MmSubsystem): Step<void> {
  return flushTlbKernelRange(ms, Infinity);
}

function flushKernelPages(ms: MmSubsystem, cpu: number, full: boolean, nrPages: number): void {
  const { counters, costs, s } = ms;
  if (full) {
    counters.fullFlushes++;
    s.sim.charge(costs.flush);
    return;
  }
  counters.rangedFlushes++;
  s.sim.charge(nrPages * costs.invlpg);
  // the single pages are gone from the loaded slot alone
  if (ms.pti) ms.tlb[cpu]!.invalidateOther = true;
}
