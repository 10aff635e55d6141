import { UsageError, type MaySleep } from '@kernel-model/sim';
import {
  ENOMEM,
  TASK_INTERRUPTIBLE,
  TASK_PARKED,
  TASK_RUNNING,
  getTaskStruct,
  preemptDisable,
  preemptEnable,
  schedule,
  setCurrentState,
  waitTaskInactive,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadSetPerCpu } from './bind.ts';
import { isErr, kthreadCreateOnCpu } from './create.ts';
import { type Kthreads } from './kthread.ts';
import { kthreadPark, kthreadParkme, kthreadUnpark } from './park.ts';
import { kthreadShouldPark, kthreadShouldStop, kthreadStopPut } from './stop.ts';

/** A kernel thread on every CPU, parked while its CPU is down. @linux include/linux/smpboot.h struct smp_hotplug_thread */
export interface SmpHotplugThread {
  /** With one %u for the CPU. */
  readonly threadComm: string;
  /** Is there anything to do? */
  threadShouldRun(cpu: number): boolean;
  /** Do it. */
  threadFn(cpu: number): MaySleep<void>;
  /** Called by the creator, once the thread is parked. */
  create?(cpu: number): void;
  /** Called once, in the thread, before the first threadFn. */
  setup?(cpu: number): void;
  /** Called in the thread when it is stopped, if setup's turn had come. */
  cleanup?(cpu: number, online: boolean): void;
  /** Called in the thread before it parks. */
  park?(cpu: number): void;
  /** Called in the thread when it goes on after it was parked. */
  unpark?(cpu: number): void;
  /** Parks by itself when its CPU goes down. */
  readonly selfparking?: boolean;
  /** The threads, by CPU. */
  readonly store: (Task | undefined)[];
}

type ThreadStatus = 'none' | 'active' | 'parked';

/** The registered {@link SmpHotplugThread}s of a machine. */
export class Smpboot {
  /** Newest first. @linux kernel/smpboot.c hotplug_threads */
  readonly threads: SmpHotplugThread[] = [];
  constructor(readonly k: Kthreads) {}
}

/** @linux kernel/smpboot.c smpboot_thread_fn() */
function* smpbootThreadFn(b: Smpboot, ht: SmpHotplugThread, cpu: number): MaySleep<number> {
  const { k } = b;
  const { s } = k;
  const me = s.current;
  let status: ThreadStatus = 'none';
  for (;;) {
    yield* setCurrentState(s, TASK_INTERRUPTIBLE);
    preemptDisable(s);
    if (yield* kthreadShouldStop(k)) {
      me.state = TASK_RUNNING;
      yield* preemptEnable(s);
      if (status !== 'none') ht.cleanup?.(cpu, s.onlineMask.has(cpu));
      return 0;
    }
    if (yield* kthreadShouldPark(k)) {
      me.state = TASK_RUNNING;
      yield* preemptEnable(s);
      if (ht.park !== undefined && status === 'active') {
        mustRunOn(me, cpu);
        ht.park(cpu);
        status = 'parked';
      }
      yield* kthreadParkme(k);
      continue;
    }
    mustRunOn(me, cpu);
    if (status !== 'active') {
      me.state = TASK_RUNNING;
      yield* preemptEnable(s);
      if (status === 'none') ht.setup?.(cpu);
      else ht.unpark?.(cpu);
      status = 'active';
      continue;
    }
    if (!ht.threadShouldRun(cpu)) {
      yield* preemptEnable(s);
      yield* schedule(s);
    } else {
      me.state = TASK_RUNNING;
      yield* preemptEnable(s);
      yield* ht.threadFn(cpu);
    }
  }
}

/** @throws UsageError SMPBOOT_WRONG_CPU */
function mustRunOn(p: Task, cpu: number): void {
  if (p.cpu === cpu) return;
  throw new UsageError('SMPBOOT_WRONG_CPU', {
    what: `smpboot_thread_fn: ${p.comm} (pid ${p.pid}) runs on CPU ${p.cpu}, and is the thread of CPU ${cpu}.`,
    why: 'Somebody in the kernel gave it other CPUs; user space cannot.',
    advice: 'Leave the CPUs of hotplug threads to smpboot.',
    linux: 'kernel BUG at kernel/smpboot.c',
  });
}

/** Make the thread of one CPU, parked. @returns 0 or a negative errno @linux kernel/smpboot.c __smpboot_create_thread() */
function* createThread(b: Smpboot, ht: SmpHotplugThread, cpu: number): MaySleep<number> {
  const { k } = b;
  if (ht.store[cpu] !== undefined) return 0;
  if (k.failAlloc('smpboot_thread_data')) return -ENOMEM;
  const p = yield* kthreadCreateOnCpu(k, () => smpbootThreadFn(b, ht, cpu), null, cpu, ht.threadComm);
  if (isErr(p)) return p;
  kthreadSetPerCpu(k, p, cpu);
  yield* kthreadPark(k, p);
  getTaskStruct(p);
  ht.store[cpu] = p;
  if (ht.create !== undefined) {
    if ((yield* waitTaskInactive(k.s, p, TASK_PARKED)) === 0) k.s.reports.warn(`smpboot: ${p.comm} is not parked`);
    else ht.create(cpu);
  }
  return 0;
}

/**
 * Make a thread on every online CPU and let it run.
 * @returns 0, or the first error; then nothing is left
 * @linux kernel/smpboot.c smpboot_register_percpu_thread()
 */
export function* smpbootRegisterPercpuThread(b: Smpboot, ht: SmpHotplugThread): MaySleep<number> {
  for (const cpu of b.k.s.onlineMask) {
    const error = yield* createThread(b, ht, cpu);
    if (error !== 0) {
      yield* destroyThreads(b, ht);
      return error;
    }
    yield* unparkThread(b, ht, cpu);
  }
  b.threads.unshift(ht);
  return 0;
}

/** Stop the threads of all CPUs. @linux kernel/smpboot.c smpboot_unregister_percpu_thread() */
export function* smpbootUnregisterPercpuThread(b: Smpboot, ht: SmpHotplugThread): MaySleep<void> {
  b.threads.splice(b.threads.indexOf(ht), 1);
  yield* destroyThreads(b, ht);
}

function* destroyThreads(b: Smpboot, ht: SmpHotplugThread): MaySleep<void> {
  for (const cpu of b.k.s.possibleMask) {
    const p = ht.store[cpu];
    if (p === undefined) continue;
    yield* kthreadStopPut(b.k, p);
    ht.store[cpu] = undefined;
  }
}

function* unparkThread(b: Smpboot, ht: SmpHotplugThread, cpu: number): MaySleep<void> {
  if (ht.selfparking !== true) yield* kthreadUnpark(b.k, ht.store[cpu]!);
}

/** A CPU is about to come up: make its threads. @returns 0 or the first error @linux kernel/smpboot.c smpboot_create_threads() */
export function* smpbootCreateThreads(b: Smpboot, cpu: number): MaySleep<number> {
  for (const ht of b.threads) {
    const error = yield* createThread(b, ht, cpu);
    if (error !== 0) return error;
  }
  return 0;
}

/** A CPU is up: let its threads run, newest first. @linux kernel/smpboot.c smpboot_unpark_threads() */
export function* smpbootUnparkThreads(b: Smpboot, cpu: number): MaySleep<void> {
  for (const ht of b.threads) yield* unparkThread(b, ht, cpu);
}

/** A CPU goes down: park its threads, oldest first. @linux kernel/smpboot.c smpboot_park_threads() */
export function* smpbootParkThreads(b: Smpboot, cpu: number): MaySleep<void> {
  for (let i = b.threads.length - 1; i >= 0; i--) {
    const ht = b.threads[i]!;
    const p = ht.store[cpu];
    if (p !== undefined && ht.selfparking !== true) yield* kthreadPark(b.k, p);
  }
}
