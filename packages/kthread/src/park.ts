import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  Cpumask,
  EBUSY,
  ENOSYS,
  PF_EXITING,
  TASK_PARKED,
  TASK_RUNNING,
  complete,
  preemptCheckResched,
  preemptDisable,
  preemptEnable,
  schedulePreemptDisabled,
  setCurrentState,
  waitForCompletion,
  waitTaskInactive,
  wakeUpProcessStep,
  wakeUpState,
  type Task,
} from '@kernel-model/scheduler';
import { bindMask } from './bind.ts';
import { kthreadOf } from './checks.ts';
import { KTHREAD_IS_PER_CPU, KTHREAD_SHOULD_PARK, type Kthread, type Kthreads } from './kthread.ts';

/**
 * Ask a thread to park, and wait until it has. The current thread is only asked: it must call kthread_parkme().
 * @returns 0; -ENOSYS if it exits; -EBUSY if it was asked already
 * @linux kernel/kthread.c kthread_park()
 */
export function* kthreadPark(k: Kthreads, p: Task): MaySleep<number> {
  const { s } = k;
  const kthread = kthreadOf(k, p, 'kthread_park');
  if ((p.flags & PF_EXITING) !== 0) {
    s.reports.warn(`kthread_park: ${p.comm} (pid ${p.pid}) is exiting`);
    return -ENOSYS;
  }
  if (s.sim.point(kthread, 'flags', WRITE)) yield POINT;
  if ((kthread.flags & KTHREAD_SHOULD_PARK) !== 0) {
    s.reports.warnOnce('kthread_park', `kthread_park: ${p.comm} (pid ${p.pid}) was asked to park already`);
    return -EBUSY;
  }
  kthread.flags |= KTHREAD_SHOULD_PARK;
  if (p === s.current) return 0;
  yield* wakeUpProcessStep(s, p);
  yield* waitForCompletion(s, kthread.parked);
  if ((yield* waitTaskInactive(s, p, TASK_PARKED)) === 0) {
    s.reports.warnOnce('kthread_park inactive', `kthread_park: ${p.comm} (pid ${p.pid}) is not parked`);
  }
  return 0;
}

/** Park the current thread as long as it is asked to. @linux kernel/kthread.c kthread_parkme() */
export function kthreadParkme(k: Kthreads): MaySleep<void> {
  return parkme(k, kthreadOf(k, k.s.current, 'kthread_parkme'));
}

/** @linux kernel/kthread.c __kthread_parkme() */
export function* parkme(k: Kthreads, self: Kthread): MaySleep<void> {
  const { s } = k;
  for (;;) {
    yield* setCurrentState(s, TASK_PARKED);
    if (s.sim.point(self, 'flags', READ)) yield POINT;
    if ((self.flags & KTHREAD_SHOULD_PARK) === 0) break;
    // A preemption here could let kthread_park() return before this thread has left the CPU.
    preemptDisable(s);
    yield* complete(s, self.parked);
    yield* schedulePreemptDisabled(s);
    yield* preemptEnable(s);
  }
  s.current.state = TASK_RUNNING;
}

/** Let a parked thread go on; does not wait for it. A per-CPU thread is bound to its CPU again. @linux kernel/kthread.c kthread_unpark() */
export function* kthreadUnpark(k: Kthreads, p: Task): MaySleep<void> {
  const { s } = k;
  const kthread = kthreadOf(k, p, 'kthread_unpark');
  if (s.sim.point(kthread, 'flags', READ)) yield POINT;
  if ((kthread.flags & KTHREAD_SHOULD_PARK) === 0) return;
  if ((kthread.flags & KTHREAD_IS_PER_CPU) !== 0) yield* bindMask(k, p, Cpumask.of(kthread.cpu), TASK_PARKED);
  if (s.sim.point(kthread, 'flags', WRITE)) yield POINT;
  kthread.flags &= ~KTHREAD_SHOULD_PARK;
  if (s.sim.point(p, 'state', WRITE)) yield POINT;
  wakeUpState(s, p, TASK_PARKED);
  yield* preemptCheckResched(s);
}
