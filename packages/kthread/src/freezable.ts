import type { MaySleep } from '@kernel-model/sim';
import { mightSleep } from '@kernel-model/scheduler';
import { __refrigerator, freezing } from '@kernel-model/signals';
import { kthreadOf } from './checks.ts';
import { KTHREAD_SHOULD_STOP, type Kthreads } from './kthread.ts';
import { kthreadShouldStop } from './stop.ts';

/**
 * Has somebody called kthread_stop() on the current thread? If it has to freeze, it does that first, but not if it is
 * to stop already.
 * @param frozen told whether the thread was frozen here
 * @linux kernel/kthread.c kthread_freezable_should_stop()
 */
export function* kthreadFreezableShouldStop(k: Kthreads, frozen?: { wasFrozen: boolean }): MaySleep<boolean> {
  const { s, signals } = k;
  const self = kthreadOf(k, s.current, 'kthread_freezable_should_stop');
  yield* mightSleep(s);
  let wasFrozen = false;
  if (freezing(signals, s.current)) {
    wasFrozen = yield* __refrigerator(signals, () => (self.flags & KTHREAD_SHOULD_STOP) !== 0);
  }
  if (frozen !== undefined) frozen.wasFrozen = wasFrozen;
  return yield* kthreadShouldStop(k);
}
