import type { MaySleep } from '@kernel-model/sim';
import { Cpumask, rebuildSchedDomains, setRqOffline, tmigrCpuOffline, type Scheduler } from '@kernel-model/scheduler';
import { kthreadUnpark, smpbootRegisterPercpuThread } from '@kernel-model/kthread';
import {
  EARLY_WORKQUEUES,
  INITCALLS,
  cpuStopThreads,
  softirqThreads,
  startIdleThread,
  type InitcallStep,
  type KernelDaemons,
  type RescuedWorkqueue,
} from '@kernel-model/daemons';
import {
  WQ_FREEZABLE,
  WQ_MEM_RECLAIM,
  WQ_SYSFS,
  WQ_UNBOUND,
  WorkStruct,
  allocOrderedWorkqueue,
  allocWorkqueue,
  queueWorkOn,
  workqueueInit,
  workqueueInitTopology,
  type WorkqueueStruct,
  type Workqueues,
} from '@kernel-model/workqueue';
import type { Machine } from './machine.ts';
import { startRcuGpKthread } from './percpu-threads.ts';

/** Before anything runs: all CPUs but the first are down, as the firmware leaves them. */
export function bootCpuOnly(s: Scheduler): void {
  for (const cpu of s.cpus) {
    if (cpu.id === 0) continue;
    setRqOffline(cpu.rq);
    tmigrCpuOffline(cpu);
  }
  s.onlineMask = s.activeMask = Cpumask.of(0);
  rebuildSchedDomains(s);
}

/**
 * What pid 1 does until the machine is as a freshly booted Linux: the threads of Debian's kernel, in its order.
 * @param drivers whether the rescuers of drivers' workqueues are wanted
 * @linux init/main.c kernel_init_freeable()
 */
export function* kernelInitFreeable(m: Machine, drivers: boolean): MaySleep<void> {
  const { kthreads: k, workqueues: w, smpboot, hotplug, daemons } = m;
  const hp = hotplug!;
  const { s } = k;
  for (const wq of EARLY_WORKQUEUES) yield* alloc(w, wq);
  // a driver was faster than the first worker: it finds work, and makes a second one
  yield* queueWorkOn(w, 0, w.systemWq, new WorkStruct(initcall, 'do_one_initcall'));
  yield* workqueueInit(w);
  yield* alloc(w, { name: 'mm_percpu_wq', kind: 'percpu' });
  yield* daemons!.startRcuTasks();
  yield* smpbootRegisterPercpuThread(smpboot, softirqThreads(s));
  yield* startRcuGpKthread(k);
  yield* hp.rcu.start();
  const stop = cpuStopThreads(s);
  yield* smpbootRegisterPercpuThread(smpboot, stop);
  yield* kthreadUnpark(k, stop.store[0]!);
  yield* smpbootRegisterPercpuThread(smpboot, m.idleInject.threads);
  yield* smpbootRegisterPercpuThread(smpboot, hp.threads);
  yield* hp.unpark(0);
  for (const cpu of s.possibleMask) if (cpu !== 0) yield* hp.addCpu(cpu);
  yield* workqueueInitTopology(w);
  yield* daemons!.watch(hp);
  for (const step of INITCALLS) yield* initcallStep(m, daemons!, step, drivers);
}

function* initcallStep(m: Machine, daemons: KernelDaemons, step: InitcallStep, drivers: boolean): MaySleep<void> {
  if ('thread' in step) yield* startIdleThread(m.kthreads, step.thread);
  else if ('start' in step) yield* daemons.start(step.start);
  else if (drivers || step.driver !== true) {
    const wq = yield* alloc(m.workqueues, step.workqueue);
    if (step.workqueue.name === 'writeback') daemons.bdiWq = wq;
  }
}

function* alloc(w: Workqueues, wq: RescuedWorkqueue): MaySleep<WorkqueueStruct | null> {
  const { name, kind } = wq;
  if (kind === 'ordered') return yield* allocOrderedWorkqueue(w, name, WQ_MEM_RECLAIM);
  let flags = WQ_MEM_RECLAIM;
  if (kind === 'unbound') flags |= WQ_UNBOUND;
  if (wq.sysfs === true) flags |= WQ_SYSFS;
  if (wq.freezable === true) flags |= WQ_FREEZABLE;
  return yield* allocWorkqueue(w, name, flags, 0);
}

function* initcall(): MaySleep<void> {}
