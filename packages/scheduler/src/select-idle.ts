import { PF_KTHREAD } from './constants.ts';
import type { Rq } from './rq.ts';
import { cpusShareCache } from './sched-domains.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * An idle CPU that shares the target's cache, or the target. The first two guesses do not ask whether the task is
 * allowed there.
 * @param prev where the task ran
 * @linux kernel/sched/fair.c select_idle_sibling()
 */
export function selectIdleSibling(p: Task, prev: number, target: number): number {
  const s = p.rq.sched;
  if (usable(s.rqs[target]!)) return target;
  if (prev !== target && cpusShareCache(s, prev, target) && usable(s.rqs[prev]!)) return prev;
  if (perCpuKthreadWakes(s, prev)) return prev;
  const recent = p.recentUsedCpu;
  p.recentUsedCpu = prev;
  if (
    recent !== prev &&
    recent !== target &&
    cpusShareCache(s, recent, target) &&
    usable(s.rqs[recent]!) &&
    p.cpusPtr.has(recent)
  ) {
    return recent;
  }
  const found = selectIdleCpu(p, target);
  return found >= 0 ? found : target;
}

/** Idle, or busy with nothing but SCHED_IDLE tasks. */
function usable(rq: Rq): boolean {
  // idleCpu(rq) || schedIdleRq(rq), which this asks for one CPU after the other
  return rq.nrRunning === 0 ? rq.curr === rq.idle && !rq.ttwuPending : rq.nrRunning === rq.cfs.hNrIdle;
}

/**
 * A bound kernel thread that wakes a task of its own CPU has most likely finished what the task waits for, and is about
 * to sleep.
 */
function perCpuKthreadWakes(s: Scheduler, prev: number): boolean {
  const { current } = s;
  if ((current.flags & PF_KTHREAD) === 0 || current.nrCpusAllowed !== 1 || prev !== s.cpu) return false;
  const cpu = s.cpus[prev]!;
  return cpu.hardirq === 0 && !cpu.inSoftirq && s.rqs[prev]!.nrRunning <= 1;
}

/**
 * Look for an idle CPU from the one after the target on. The busier the CPUs have been, the fewer are looked at.
 * @returns -1 if none is found
 * @linux kernel/sched/fair.c select_idle_cpu()
 */
function selectIdleCpu(p: Task, target: number): number {
  const s = p.rq.sched;
  const { sd } = s.rqs[target]!;
  if (sd === null) return -1;
  let left = sd.shared.nrIdleScan;
  const n = s.nrCpus;
  const { rqs } = s;
  const lo = sd.span.lo & p.cpusPtr.lo;
  const hi = sd.span.hi & p.cpusPtr.hi;
  for (let i = 1, cpu = target; i <= n && left > 0; i++) {
    if (++cpu >= n) cpu = 0;
    // a shift counts modulo 32
    if ((((cpu < 32 ? lo : hi) >>> cpu) & 1) === 0) continue;
    left--;
    if (usable(rqs[cpu]!)) return cpu;
  }
  return -1;
}
