import { Cpumask } from '@kernel-model/scheduler';
import { READ, WRITE } from '@kernel-model/sim';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { TLB_FLUSH_ALL, TLB_FLUSH_ON_TASK_SWITCH, TLB_NR_DYN_ASIDS, type TlbState } from './tlb-state.ts';

/**
 * Make a CPU use the page tables of `next`. What it uses now is what it has loaded, whatever the tasks say.
 * @emits tlb_flush if page tables were loaded
 * @linux arch/x86/mm/tlb.c switch_mm_irqs_off()
 */
export function switchMmIrqsOff(ms: MmSubsystem, cpu: number, next: Mm): void {
  const tlb = ms.tlb[cpu]!;
  const prev = tlb.loadedMm;
  const wasLazy = tlb.isLazy;
  tlb.isLazy = false;
  if (prev === next) {
    if (!isUpToDate(ms, cpu, next, wasLazy)) loadMm(ms, cpu, next, tlb.loadedMmAsid, true);
    return;
  }
  // the old one stops to send flushes here, then the new one starts to, and only then its generation is read
  if (prev !== ms.initMm) removeCpu(ms, prev, cpu);
  if (next !== ms.initMm) addCpu(ms, next, cpu);
  chooseNewAsid(ms, tlb, cpu, next);
}

/** The CPU goes on with what it has loaded. Only after a lazy time can that be out of date. */
function isUpToDate(ms: MmSubsystem, cpu: number, mm: Mm, wasLazy: boolean): boolean {
  const tlb = ms.tlb[cpu]!;
  if (mm !== ms.initMm && !mm.cpumask.has(cpu)) {
    ms.s.reports.warnOnce('switch_mm', `CPU ${cpu} runs on the mm of ${mm.name} but is not in its mask`);
    addCpu(ms, mm, cpu);
  }
  if (!wasLazy) return true;
  ms.s.sim.touch(mm, 'tlbGen', READ);
  if (tlb.tlbGen[tlb.loadedMmAsid] !== mm.tlbGen) return false;
  countAvoided(ms);
  return true;
}

/** Find or take a slot for an address space, and load it. @linux arch/x86/mm/tlb.c choose_new_asid() */
function chooseNewAsid(ms: MmSubsystem, tlb: TlbState, cpu: number, next: Mm): void {
  ms.s.sim.touch(next, 'tlbGen', READ);
  if (!ms.pcid) {
    loadMm(ms, cpu, next, 0, true);
    return;
  }
  if (tlb.invalidateOther) clearAsidOther(tlb);
  const owned = tlb.ctxId.indexOf(next.ctxId);
  if (owned >= 0) {
    loadMm(ms, cpu, next, owned, tlb.tlbGen[owned]! < next.tlbGen);
    return;
  }
  let asid = tlb.nextAsid++;
  if (asid >= TLB_NR_DYN_ASIDS) {
    asid = 0;
    tlb.nextAsid = 1;
  }
  loadMm(ms, cpu, next, asid, true);
}

/** @linux arch/x86/mm/tlb.c clear_asid_other() */
function clearAsidOther(tlb: TlbState): void {
  for (let asid = 0; asid < TLB_NR_DYN_ASIDS; asid++) if (asid !== tlb.loadedMmAsid) tlb.ctxId[asid] = 0;
  tlb.invalidateOther = false;
}

/** @linux arch/x86/mm/tlb.c load_new_mm_cr3() */
function loadMm(ms: MmSubsystem, cpu: number, next: Mm, asid: number, flush: boolean): void {
  const tlb = ms.tlb[cpu]!;
  const { counters, costs, s } = ms;
  if (flush) {
    tlb.ctxId[asid] = next.ctxId;
    tlb.tlbGen[asid] = next.tlbGen;
    counters.fullFlushes++;
  } else {
    counters.asidHits++;
  }
  counters.loads++;
  s.sim.charge(flush ? costs.load + costs.flush : costs.load);
  // a CPU that is not online leaves no trace
  if (ms.probe.enabled && s.onlineMask.has(cpu)) ms.probe.emit(flush ? TLB_FLUSH_ALL : 0, TLB_FLUSH_ON_TASK_SWITCH);
  s.recorded();
  tlb.loadedMm = next;
  tlb.loadedMmAsid = asid;
}

/**
 * A CPU is about to run a task without an mm: it may keep what it has loaded and need not take part in flushes.
 * @linux arch/x86/mm/tlb.c enter_lazy_tlb()
 */
export function enterLazyTlb(ms: MmSubsystem, cpu: number): void {
  const tlb = ms.tlb[cpu]!;
  if (tlb.loadedMm === ms.initMm) return;
  if (!ms.lazyTlb) {
    switchMmIrqsOff(ms, cpu, ms.initMm);
    return;
  }
  ms.s.sim.touch(tlb, 'isLazy', WRITE);
  if (!tlb.isLazy) {
    ms.counters.lazyEntries++;
    countAvoided(ms);
  }
  tlb.isLazy = true;
}

/** Lazy mode saved a load of page tables; without PCID that load would have flushed as well. */
function countAvoided(ms: MmSubsystem): void {
  ms.counters.switchesAvoided++;
  if (!ms.pcid) ms.counters.flushesAvoided++;
}

/**
 * A lazy CPU gives up what it has loaded: before a deep idle state that loses the TLB. Neither active_mm nor any count
 * changes.
 * @emits tlb_flush
 * @linux arch/x86/mm/tlb.c leave_mm()
 */
export function leaveMm(ms: MmSubsystem, cpu: number): void {
  const tlb = ms.tlb[cpu]!;
  if (tlb.loadedMm === ms.initMm) return;
  if (!tlb.isLazy) ms.s.reports.warn(`CPU ${cpu} leaves the mm of ${tlb.loadedMm.name} although it is not lazy`);
  switchMmIrqsOff(ms, cpu, ms.initMm);
}

function addCpu(ms: MmSubsystem, mm: Mm, cpu: number): void {
  ms.s.sim.touch(mm, 'cpumask', WRITE);
  mm.cpumask = mm.cpumask.or(Cpumask.of(cpu));
}

function removeCpu(ms: MmSubsystem, mm: Mm, cpu: number): void {
  ms.s.sim.touch(mm, 'cpumask', WRITE);
  mm.cpumask = mm.cpumask.andNot(Cpumask.of(cpu));
}
