import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  EINTR,
  SCHED_NORMAL,
  TASK_UNINTERRUPTIBLE,
  complete,
  preemptDisable,
  preemptEnable,
  schedSetschedulerNocheck,
  schedulePreemptDisabled,
  setCpusAllowedPtr,
} from '@kernel-model/scheduler';
import type { KthreadCreateInfo } from './create.ts';
import { kthreadExit } from './exit.ts';
import { KTHREAD_SHOULD_STOP, toKthread, type Kthreads } from './kthread.ts';
import { parkme } from './park.ts';

/**
 * What every thread of kthreadd runs first: tell the creator, sleep until the first wakeup, and then run its function,
 * unless it has been stopped already.
 * @linux kernel/kthread.c kthread()
 */
export function* kthread(k: Kthreads, create: KthreadCreateInfo): MaySleep<never> {
  const { s } = k;
  const me = s.current;
  const self = toKthread(me)!;
  s.sim.charge(s.config.costs.start);
  if (s.sim.point(create, 'done', WRITE)) yield POINT;
  const done = create.take();
  if (done === null) return yield* kthreadExit(k, -EINTR);
  self.fullName = create.fullName;
  self.threadfn = create.threadfn;
  self.data = create.data;
  schedSetschedulerNocheck(s, me, SCHED_NORMAL, 0);
  yield* setCpusAllowedPtr(s, me, s.possibleMask);
  me.state = TASK_UNINTERRUPTIBLE;
  create.result = me;
  preemptDisable(s);
  yield* complete(s, done);
  s.sim.charge(s.config.costs.lock);
  yield* schedulePreemptDisabled(s);
  yield* preemptEnable(s);
  let result = -EINTR;
  if (s.sim.point(self, 'flags', READ)) yield POINT;
  if ((self.flags & KTHREAD_SHOULD_STOP) === 0) {
    yield* parkme(k, self);
    result = yield* self.threadfn(self.data);
  }
  return yield* kthreadExit(k, result);
}
