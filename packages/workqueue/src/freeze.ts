import type { MaySleep } from '@kernel-model/sim';
import { mutexLock, mutexUnlock } from '@kernel-model/scheduler';
import { WQ_FREEZABLE } from './constants.ts';
import { wqAdjustMaxActive } from './max-active.ts';
import { warnOnce } from './misuse.ts';
import type { Workqueues } from './workqueues.ts';

/** From now on freezable queues start nothing. @linux kernel/workqueue.c freeze_workqueues_begin() */
export function* freezeWorkqueuesBegin(w: Workqueues): MaySleep<void> {
  const { s } = w;
  yield* mutexLock(s, w.poolMutex);
  if (w.freezing) warnOnce(w, 'freeze_workqueues_begin', 'freeze_workqueues_begin: workqueues freeze already');
  w.freezing = true;
  yield* adjustAll(w);
  yield* mutexUnlock(s, w.poolMutex);
}

/** Is a freezable queue still at work? @linux kernel/workqueue.c freeze_workqueues_busy() */
export function* freezeWorkqueuesBusy(w: Workqueues): MaySleep<boolean> {
  const { s } = w;
  yield* mutexLock(s, w.poolMutex);
  if (!w.freezing) warnOnce(w, 'freeze_workqueues_busy', 'freeze_workqueues_busy: workqueues do not freeze');
  const busy = w.workqueues.some((wq) => (wq.flags & WQ_FREEZABLE) !== 0 && wq.pwqs.some((pwq) => pwq.nrActive !== 0));
  yield* mutexUnlock(s, w.poolMutex);
  return busy;
}

/** Let freezable queues go on. @linux kernel/workqueue.c thaw_workqueues() */
export function* thawWorkqueues(w: Workqueues): MaySleep<void> {
  const { s } = w;
  yield* mutexLock(s, w.poolMutex);
  if (w.freezing) {
    w.freezing = false;
    yield* adjustAll(w);
  }
  yield* mutexUnlock(s, w.poolMutex);
}

function* adjustAll(w: Workqueues): MaySleep<void> {
  for (const wq of w.workqueues) {
    yield* mutexLock(w.s, wq.mutex);
    wqAdjustMaxActive(w, wq);
    yield* mutexUnlock(w.s, wq.mutex);
  }
}
