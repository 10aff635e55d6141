import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  Completion,
  EINTR,
  ENOMEM,
  mightSleep,
  waitForCompletion,
  waitForCompletionKillable,
  wakeUpProcessStep,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadBind } from './bind.ts';
import { kthreadOf } from './checks.ts';
import type { Kthreads, ThreadFn } from './kthread.ts';

/** A request to make a kernel thread. @linux kernel/kthread.c struct kthread_create_info */
export class KthreadCreateInfo {
  result: Task | number = 0;
  /** Taken, once, by whoever decides the fate of the request: the creator who gives up, the new thread, or kthreadd. */
  done: Completion | null;
  constructor(
    readonly fullName: string,
    readonly threadfn: ThreadFn,
    readonly data: unknown,
  ) {
    this.done = new Completion(`creation of ${fullName}`);
  }

  /** Take {@link done}: the first gets it, the second null. */
  take(): Completion | null {
    const { done } = this;
    this.done = null;
    return done;
  }
}

/** Did a call that returns a task or an error fail? @linux include/linux/err.h IS_ERR() */
export function isErr(result: Task | number): result is number {
  return typeof result === 'number';
}

/**
 * Make a kernel thread; it sleeps, uninterruptibly, until its first wakeup, and runs then.
 * @param name at most 15 bytes of it become the comm
 * @returns the thread, without a reference for the caller; -ENOMEM; -EINTR if SIGKILL came; -EAGAIN at the limit of threads
 * @emits sched_waking and sched_wakeup of kthreadd; there, sched_process_fork and sched_wakeup_new
 * @linux kernel/kthread.c kthread_create_on_node()
 */
export function* kthreadCreate(k: Kthreads, threadfn: ThreadFn, data: unknown, name: string): MaySleep<Task | number> {
  const { s } = k;
  s.sim.charge(s.config.costs.call);
  // kmalloc(GFP_KERNEL) may sleep
  yield* mightSleep(s);
  if (k.failAlloc('kthread_create_info') || k.failAlloc('full_name')) return -ENOMEM;
  const create = new KthreadCreateInfo(name, threadfn, data);
  const done = create.done!;
  if (s.sim.point(k, 'createList', WRITE)) yield POINT;
  k.createList.push(create);
  yield* wakeUpProcessStep(s, k.kthreadd!);
  s.sim.charge(s.config.costs.lock);
  if ((yield* waitForCompletionKillable(s, done)) !== 0) {
    if (s.sim.point(create, 'done', WRITE)) yield POINT;
    if (create.take() !== null) return -EINTR;
    // The thread, or kthreadd, has taken the request and is about to answer.
    yield* waitForCompletion(s, done);
  }
  return create.result;
}

/** {@link kthreadCreate}, then the first wakeup. @linux include/linux/kthread.h kthread_run() */
export function* kthreadRun(k: Kthreads, threadfn: ThreadFn, data: unknown, name: string): MaySleep<Task | number> {
  const p = yield* kthreadCreate(k, threadfn, data, name);
  if (!isErr(p)) yield* wakeUpProcessStep(k.s, p);
  return p;
}

/**
 * Make a kernel thread that is bound to a CPU. It does not count as per-CPU: see kthreadSetPerCpu().
 * @param name may contain %u, which becomes the CPU
 * @returns as {@link kthreadCreate}
 * @linux kernel/kthread.c kthread_create_on_cpu()
 */
export function* kthreadCreateOnCpu(
  k: Kthreads,
  threadfn: ThreadFn,
  data: unknown,
  cpu: number,
  name: string,
): MaySleep<Task | number> {
  const p = yield* kthreadCreate(k, threadfn, data, name.replace('%u', String(cpu)));
  if (isErr(p)) return p;
  yield* kthreadBind(k, p, cpu);
  kthreadOf(k, p, 'kthread_create_on_cpu').cpu = cpu;
  return p;
}

/** {@link kthreadCreateOnCpu}, then the first wakeup. @linux include/linux/kthread.h kthread_run_on_cpu() */
export function* kthreadRunOnCpu(
  k: Kthreads,
  threadfn: ThreadFn,
  data: unknown,
  cpu: number,
  name: string,
): MaySleep<Task | number> {
  const p = yield* kthreadCreateOnCpu(k, threadfn, data, cpu, name);
  if (!isErr(p)) yield* wakeUpProcessStep(k.s, p);
  return p;
}
