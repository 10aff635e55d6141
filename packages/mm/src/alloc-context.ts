import { HZ, PF_IDLE } from '@kernel-model/scheduler';
import { gfpflagsAllowBlocking } from './gfp.ts';
import type { MmSubsystem } from './mm-subsystem.ts';
import { panic } from './oops.ts';

/** Largest kmalloc() that comes from a slab, in bytes. @linux include/linux/slab.h KMALLOC_MAX_CACHE_SIZE */
export const KMALLOC_MAX_CACHE_SIZE = 8192;
/** Largest kmalloc(), in bytes: 4 MiB. @linux include/linux/slab.h KMALLOC_MAX_SIZE */
export const KMALLOC_MAX_SIZE: number = 4 * 1024 * 1024;

/** Watches for sleeping allocations where sleeping is forbidden, as a kernel with DEBUG_ATOMIC_SLEEP does. */
export class AtomicSleepDebug {
  #lastJiffy = -HZ;

  constructor(
    readonly ms: MmSubsystem,
    /** CONFIG_DEBUG_ATOMIC_SLEEP; off in Debian: then nothing is reported unless the task really sleeps. */
    readonly enabled: boolean,
  ) {}

  /**
   * An allocation begins that might sleep. The kernel complains, at most once a second, and goes on.
   * @param where file and line, for the report
   * @linux include/linux/sched/mm.h might_alloc()
   */
  mightAlloc(gfp: number, where: string): void {
    if (gfpflagsAllowBlocking(gfp)) this.mightSleep(where);
  }

  /** @linux kernel/sched/core.c __might_resched() */
  mightSleep(where: string): void {
    const { s } = this.ms;
    if (!this.enabled || s.cpu < 0) return;
    const p = s.current;
    const atomic = inInterrupt(this.ms) || p.preemptCount !== 0 || p.bhDisableCount !== 0;
    if (!atomic && (p.flags & PF_IDLE) === 0) return;
    if (s.jiffies - this.#lastJiffy < HZ) return;
    this.#lastJiffy = s.jiffies;
    s.reports.printk('bug', `BUG: sleeping function called from invalid context at ${where}`);
    s.reports.printk(
      'bug',
      `in_atomic(): ${atomic ? 1 : 0}, irqs_disabled(): ${s.cpus[s.cpu]!.hardirq}, non_block: 0, pid: ${p.pid}, name: ${p.comm}`,
    );
  }
}

/** In a hard interrupt or a softirq? @linux include/linux/preempt.h in_interrupt() */
export function inInterrupt(ms: MmSubsystem): boolean {
  const cpu = ms.s.cpus[ms.s.cpu];
  return cpu !== undefined && (cpu.hardirq > 0 || cpu.inSoftirq);
}

/** Memory that is contiguous only for the kernel: it sleeps, and has no atomic form. @throws UsageError KERNEL_PANIC in an interrupt @linux mm/vmalloc.c vmalloc() */
export function vmallocAllowed(ms: MmSubsystem): void {
  if (!inInterrupt(ms)) return;
  ms.s.reports.printk('bug', 'kernel BUG at mm/vmalloc.c!');
  panic(ms, 'Fatal exception in interrupt');
}

/** How vfree() frees: in an interrupt it leaves that to a work item. @linux mm/vmalloc.c vfree() */
export function vfreeMode(ms: MmSubsystem): 'now' | 'deferred' {
  return inInterrupt(ms) ? 'deferred' : 'now';
}
