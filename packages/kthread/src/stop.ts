import { POINT, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import {
  FALSE,
  TIF_NOTIFY_SIGNAL,
  TRUE,
  getTaskStruct,
  preemptCheckResched,
  putTaskStruct,
  waitForCompletion,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadOf } from './checks.ts';
import { KTHREAD_SHOULD_PARK, KTHREAD_SHOULD_STOP, toKthread, type Kthread, type Kthreads } from './kthread.ts';
import { kthreadUnpark } from './park.ts';

/**
 * Ask a thread to end, and wait until it has. From then on none of its interruptible sleeps sleeps.
 * @returns what its function returned, or -EINTR if it never ran
 * @emits sched_kthread_stop, sched_kthread_stop_ret
 * @linux kernel/kthread.c kthread_stop()
 */
export function* kthreadStop(k: Kthreads, p: Task): MaySleep<number> {
  const { s } = k;
  const kthread = kthreadOf(k, p, 'kthread_stop');
  const { kthreadStop: stopping, kthreadStopRet } = s.probes;
  if (stopping.enabled) stopping.emit(p.commId, p.pid);
  s.recorded();
  getTaskStruct(p);
  if (s.sim.point(kthread, 'flags', WRITE)) yield POINT;
  kthread.flags |= KTHREAD_SHOULD_STOP;
  yield* kthreadUnpark(k, p);
  if (s.sim.point(p, 'state', WRITE)) yield POINT;
  s.sim.touch(p, 'tif', WRITE);
  p.tif |= TIF_NOTIFY_SIGNAL;
  wakeUpProcess(s, p);
  yield* preemptCheckResched(s);
  yield* waitForCompletion(s, kthread.exited);
  const { result } = kthread;
  putTaskStruct(s, p);
  if (kthreadStopRet.enabled) kthreadStopRet.emit(result);
  s.recorded();
  return result;
}

/** {@link kthreadStop}, then let go of a reference that the caller holds. @linux kernel/kthread.c kthread_stop_put() */
export function* kthreadStopPut(k: Kthreads, p: Task): MaySleep<number> {
  const result = yield* kthreadStop(k, p);
  putTaskStruct(k.s, p);
  return result;
}

/** Has somebody called kthread_stop() on the current thread? @linux kernel/kthread.c kthread_should_stop() */
export function kthreadShouldStop(k: Kthreads): Step<boolean> {
  return testFlags(k, kthreadOf(k, k.s.current, 'kthread_should_stop'), KTHREAD_SHOULD_STOP);
}

/** Has somebody called kthread_park() on the current thread? @linux kernel/kthread.c kthread_should_park() */
export function kthreadShouldPark(k: Kthreads): Step<boolean> {
  return testFlags(k, kthreadOf(k, k.s.current, 'kthread_should_park'), KTHREAD_SHOULD_PARK);
}

/** Either; false if the current task is not a kernel thread. @linux kernel/kthread.c kthread_should_stop_or_park() */
export function kthreadShouldStopOrPark(k: Kthreads): Step<boolean> {
  const kthread = toKthread(k.s.current);
  return kthread === null ? FALSE : testFlags(k, kthread, KTHREAD_SHOULD_STOP | KTHREAD_SHOULD_PARK);
}

function testFlags(k: Kthreads, kthread: Kthread, mask: number): Step<boolean> {
  if (k.s.sim.pointLoad(kthread, 'flags')) return testLater(kthread, mask);
  return (kthread.flags & mask) !== 0 ? TRUE : FALSE;
}

function* testLater(kthread: Kthread, mask: number): Step<boolean> {
  yield POINT;
  return (kthread.flags & mask) !== 0;
}
