import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  callRcu,
  condResched,
  mutexLock,
  mutexUnlock,
  schedule,
  setCurrentState,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { isErr, kthreadRun, kthreadShouldStop } from '@kernel-model/kthread';
import { dropPending, pwqActivateFirstInactive, wqNodeNrActive } from './activate.ts';
import { __WQ_ORDERED } from './constants.ts';
import type { PoolWorkqueue } from './pool-workqueue.ts';
import { putUnboundPool } from './unbound-pool.ts';
import { kickPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** The thread pool_workqueue_release and its queue: a kthread worker, of which this package needs no more than this. */
export class PwqReleaseWorker {
  task: Task | null = null;
  readonly pwqs: PoolWorkqueue[] = [];
  current: PoolWorkqueue | null = null;
}

/** Have a pwq without references taken away. @emits sched_kthread_work_queue_work @linux kernel/kthread.c kthread_queue_work() */
export function queuePwqRelease(pwq: PoolWorkqueue): void {
  const { w } = pwq.pool;
  const { release, probes, s } = w;
  if (probes.kthreadQueueWork.enabled) {
    probes.kthreadQueueWork.emit(w.addrOf(pwq.maydayCursor) + 8, s.hub.intern('pwq_release_workfn'), RELEASE_ADDR);
  }
  s.recorded();
  s.sim.touch(release, 'pwqs', WRITE);
  release.pwqs.push(pwq);
  if (release.current === null && release.task !== null) wakeUpProcess(s, release.task);
}

/** Number that stands for the worker's address in traces. */
const RELEASE_ADDR = 0x40;

/** Start the thread. @linux kernel/workqueue.c workqueue_init() */
export function* startPwqRelease(w: Workqueues): MaySleep<void> {
  const p = yield* kthreadRun(w.k, () => releaseThread(w), null, 'pool_workqueue_release');
  if (!isErr(p)) w.release.task = p;
}

/** @linux kernel/kthread.c kthread_worker_fn() */
function* releaseThread(w: Workqueues): MaySleep<number> {
  const { s, release, probes } = w;
  for (;;) {
    yield* setCurrentState(s, TASK_INTERRUPTIBLE);
    if (yield* kthreadShouldStop(w.k)) {
      s.current.state = TASK_RUNNING;
      return 0;
    }
    if (s.sim.point(release, 'pwqs', WRITE)) yield POINT;
    const pwq = release.pwqs.shift() ?? null;
    release.current = pwq;
    if (pwq === null) {
      yield* schedule(s);
    } else {
      s.current.state = TASK_RUNNING;
      const addr = w.addrOf(pwq.maydayCursor) + 8;
      const fn = s.hub.intern('pwq_release_workfn');
      if (probes.kthreadExecuteStart.enabled) probes.kthreadExecuteStart.emit(addr, fn);
      s.recorded();
      yield* pwqRelease(w, pwq);
      if (probes.kthreadExecuteEnd.enabled) probes.kthreadExecuteEnd.emit(addr, fn);
      s.recorded();
    }
    yield* condResched(s);
  }
}

/** Take a pwq away; with the last one, its queue. @linux kernel/workqueue.c pwq_release_workfn() */
function* pwqRelease(w: Workqueues, pwq: PoolWorkqueue): MaySleep<void> {
  const { wq, pool } = pwq;
  const { s } = w;
  let isLast = false;
  if (pwq.linked) {
    yield* mutexLock(s, wq.mutex);
    wq.pwqs.splice(wq.pwqs.indexOf(pwq), 1);
    pwq.linked = false;
    isLast = wq.pwqs.length === 0;
    if (!isLast && (wq.flags & __WQ_ORDERED) !== 0) unplugOldestPwq(wq);
    yield* mutexUnlock(s, wq.mutex);
  }
  if (pwq.pending) dropPending(wqNodeNrActive(wq, pool.node)!, pwq);
  if (pool.cpu < 0) {
    yield* mutexLock(s, w.poolMutex);
    yield* putUnboundPool(pool);
    yield* mutexUnlock(s, w.poolMutex);
  }
  callRcu(s, () => void (pwq.freed = true));
  if (isLast) callRcu(s, () => void (wq.freed = true));
}

/** An ordered queue got new attributes, and the works of the old ones are done: go on. @linux kernel/workqueue.c unplug_oldest_pwq() */
function unplugOldestPwq(wq: WorkqueueStruct): void {
  const pwq = wq.pwqs[0]!;
  if (!pwq.plugged) return;
  pwq.plugged = false;
  if (!pwqActivateFirstInactive(pwq, true)) return;
  // fails, and so makes the pwq wait for the next count
  pwqActivateFirstInactive(pwq, false);
  kickPool(pwq.pool);
}
