import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { switchMmIrqsOff } from './switch-mm.ts';

/**
 * Without reference counting, nobody may still borrow an address space that is about to be freed: make each CPU that
 * may do so load init_mm.
 * Unlike Linux, the caller does not wait: the memory is freed when the last CPU has done it.
 * @param done called then
 * @linux kernel/fork.c cleanup_lazy_tlbs()
 */
export function shootLazyTlbs(ms: MmSubsystem, mm: Mm, done: () => void): void {
  const { s } = ms;
  let pending = 1;
  const finish = (): void => {
    if (--pending === 0) done();
  };
  for (const cpu of mm.cpumask) {
    if (cpu === s.cpu) continue;
    pending++;
    ms.counters.ipisSent++;
    s.cpus[cpu]!.callFunction(() => {
      shootLazyTlb(ms, mm, cpu);
      finish();
    }, 'do_shoot_lazy_tlb');
  }
  if (s.cpu >= 0) shootLazyTlb(ms, mm, s.cpu);
  finish();
}

/** @linux kernel/fork.c do_shoot_lazy_tlb() */
function shootLazyTlb(ms: MmSubsystem, mm: Mm, cpu: number): void {
  const { curr } = ms.s.rqs[cpu]!;
  if (curr.activeMm !== mm) return;
  if (curr.mm !== null) ms.s.reports.warnOnce('do_shoot_lazy_tlb', `${curr.comm}/${curr.pid} uses an mm without users`);
  curr.activeMm = ms.initMm;
  switchMmIrqsOff(ms, cpu, ms.initMm);
}
