import type { MaySleep } from '@kernel-model/sim';
import { cpuStopThreads, softirqThreads, type CpuHotplug, type IdleInject } from '@kernel-model/daemons';
import {
  kthreadRun,
  kthreadUnpark,
  smpbootRegisterPercpuThread,
  type Kthreads,
  type Smpboot,
} from '@kernel-model/kthread';
import { rcuGpKthread } from '@kernel-model/scheduler';

/** Start the threads that every CPU has: migration/N and ksoftirqd/N. */
export function* startPercpuThreads(b: Smpboot): MaySleep<void> {
  const stop = cpuStopThreads(b.k.s);
  yield* smpbootRegisterPercpuThread(b, stop);
  // the stopper parks by itself when its CPU goes down, and is let go by the CPU that comes up: here, by the boot
  for (const cpu of b.k.s.onlineMask) yield* kthreadUnpark(b.k, stop.store[cpu]!);
  yield* smpbootRegisterPercpuThread(b, softirqThreads(b.k.s));
}

/** Start what CPU hotplug needs: the threads for expedited grace periods, idle_inject/N and cpuhp/N. */
export function* startHotplug(b: Smpboot, hp: CpuHotplug, idleInject: IdleInject): MaySleep<void> {
  yield* hp.rcu.start();
  yield* smpbootRegisterPercpuThread(b, idleInject.threads);
  yield* smpbootRegisterPercpuThread(b, hp.threads);
  for (const cpu of b.k.s.onlineMask) yield* hp.unpark(cpu);
}

/** Start rcu_preempt, without which no grace period ends. @linux kernel/rcu/tree.c rcu_spawn_gp_kthread() */
export function* startRcuGpKthread(k: Kthreads): MaySleep<void> {
  yield* kthreadRun(k, () => rcuGpKthread(k.s), null, 'rcu_preempt');
}
