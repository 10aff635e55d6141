import type { MaySleep } from '@kernel-model/sim';
import {
  Cpumask,
  PF_NO_SETAFFINITY,
  TASK_UNINTERRUPTIBLE,
  setCpusAllowedCommon,
  waitTaskInactive,
  type Task,
} from '@kernel-model/scheduler';
import { KTHREAD_IS_PER_CPU, toKthread, type Kthreads } from './kthread.ts';

/**
 * Bind a thread that was created and not woken yet to a CPU, which need not be online. Nothing moves now: the next
 * wakeup places it.
 * @linux kernel/kthread.c kthread_bind()
 */
export function kthreadBind(k: Kthreads, p: Task, cpu: number): MaySleep<void> {
  k.s.sim.charge(k.s.config.costs.call);
  return bindMask(k, p, Cpumask.of(cpu), TASK_UNINTERRUPTIBLE);
}

/** {@link kthreadBind} to several CPUs. @linux kernel/kthread.c kthread_bind_mask() */
export function kthreadBindMask(k: Kthreads, p: Task, mask: Cpumask): MaySleep<void> {
  return bindMask(k, p, mask, TASK_UNINTERRUPTIBLE);
}

/** @param state in which the thread must sleep, or nothing is changed and a warning is logged @linux kernel/kthread.c __kthread_bind_mask() */
export function* bindMask(k: Kthreads, p: Task, mask: Cpumask, state: number): MaySleep<void> {
  if ((yield* waitTaskInactive(k.s, p, state)) === 0) {
    k.s.reports.warn(`kthread_bind: ${p.comm} (pid ${p.pid}) runs already`);
    return;
  }
  setCpusAllowedCommon(p, mask);
  p.userCpusPtr = null;
  p.flags |= PF_NO_SETAFFINITY;
}

/** Declare a bound thread to belong to its CPU, or, with a CPU below 0, not to. @linux kernel/kthread.c kthread_set_per_cpu() */
export function kthreadSetPerCpu(k: Kthreads, p: Task, cpu: number): void {
  const kthread = toKthread(p);
  if (kthread === null) return;
  if ((p.flags & PF_NO_SETAFFINITY) === 0) {
    k.s.reports.warnOnce('kthread_set_per_cpu', `kthread_set_per_cpu: ${p.comm} (pid ${p.pid}) is not bound`);
  }
  if (cpu < 0) {
    kthread.flags &= ~KTHREAD_IS_PER_CPU;
    return;
  }
  kthread.cpu = cpu;
  kthread.flags |= KTHREAD_IS_PER_CPU;
}
