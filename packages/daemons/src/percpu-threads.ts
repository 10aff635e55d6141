import type { MaySleep } from '@kernel-model/sim';
import {
  condResched,
  cpuStopShouldRun,
  cpuStopperThread,
  ksoftirqdShouldRun,
  runKsoftirqd,
  schedSetStopTask,
  type Scheduler,
} from '@kernel-model/scheduler';
import type { SmpHotplugThread } from '@kernel-model/kthread';

/** migration/N: runs what must run on its CPU with everything else held off. @linux kernel/stop_machine.c cpu_stop_threads */
export function cpuStopThreads(s: Scheduler): SmpHotplugThread {
  const ht: SmpHotplugThread = {
    threadComm: 'migration/%u',
    store: [],
    threadShouldRun: (cpu) => cpuStopShouldRun(s, cpu),
    *threadFn(cpu): MaySleep<void> {
      yield* cpuStopperThread(s, cpu);
    },
    create: (cpu) => schedSetStopTask(s, cpu, ht.store[cpu]!),
    setup: (cpu) => void (s.stoppers[cpu]!.enabled = true),
    park: (cpu) => void (s.stoppers[cpu]!.enabled = false),
    unpark: (cpu) => void (s.stoppers[cpu]!.enabled = true),
    selfparking: true,
  };
  return ht;
}

/** ksoftirqd/N: serves the softirqs that the way out of an interrupt could not. @linux kernel/softirq.c softirq_threads */
export function softirqThreads(s: Scheduler): SmpHotplugThread {
  const ht: SmpHotplugThread = {
    threadComm: 'ksoftirqd/%u',
    store: [],
    threadShouldRun: (cpu) => ksoftirqdShouldRun(s.cpus[cpu]!),
    *threadFn(cpu): MaySleep<void> {
      if (runKsoftirqd(s.cpus[cpu]!)) yield* condResched(s);
    },
    setup: (cpu) => void (s.cpus[cpu]!.ksoftirqd = ht.store[cpu]!),
  };
  return ht;
}
