import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  NOTHING,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  condResched,
  schedule,
  setCurrentState,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadShouldStop } from '@kernel-model/kthread';
import { freezing, setFreezable, tryToFreeze } from '@kernel-model/signals';
import { KTW_FREEZABLE, type KthreadWork, type KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { warn, workMustExist } from './misuse.ts';
import { listDel } from './work-list.ts';

/**
 * What the thread of a worker runs: one work after the other, until somebody stops it. The request to stop comes before
 * works that are left, and those stay where they are.
 * @param data the {@link KthreadWorker}
 * @returns 0
 * @emits sched_kthread_work_execute_start, sched_kthread_work_execute_end
 * @linux kernel/kthread.c kthread_worker_fn()
 */
export function* kthreadWorkerFn(data: unknown): MaySleep<number> {
  const worker = data as KthreadWorker;
  const { kw } = worker;
  const { s, k } = kw;
  const me = s.current;
  if (worker.task !== null && worker.task !== me) {
    warn(
      kw,
      813,
      `kthread_worker_fn: ${worker.name} is served by ${worker.task.comm} (pid ${worker.task.pid}) already`,
    );
  }
  if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
  worker.task = me;
  if ((worker.flags & KTW_FREEZABLE) !== 0) yield* setFreezable(k.signals);
  for (;;) {
    // State first, test second: who queues, or stops, in between wakes us, and the sleep is none.
    yield* setCurrentState(s, TASK_INTERRUPTIBLE);
    if (yield* kthreadShouldStop(k)) {
      me.state = TASK_RUNNING;
      if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
      worker.task = null;
      return 0;
    }
    if (s.sim.point(worker, 'lock', WRITE)) yield POINT;
    const work = takeWork(kw, worker);
    if (work !== null) {
      me.state = TASK_RUNNING;
      const { funcName } = work;
      const { executeStart, executeEnd } = kw.probes;
      if (executeStart.enabled) executeStart.emit(kw.addrOf(work), s.hub.intern(funcName));
      s.recorded();
      yield* work.func!(work);
      // from here on the work may be freed memory: only its address counts
      if (executeEnd.enabled) executeEnd.emit(kw.addrOf(work), s.hub.intern(funcName));
      s.recorded();
    } else {
      if (s.sim.point(k.signals.freezer, 'state', READ)) yield POINT;
      if (freezing(k.signals, me)) me.state = TASK_RUNNING;
      else yield* schedule(s);
    }
    yield* freezeIfAsked(kw, me);
    yield* condResched(s);
  }
}

/** Under the worker's lock: there is no instant at which an unfinished work is neither pending nor current. */
function takeWork(kw: KthreadWorkers, worker: KthreadWorker): KthreadWork | null {
  const head = worker.workList;
  const work = head.next;
  if (work === head) {
    worker.currentWork = null;
    return null;
  }
  if (work.freed) workMustExist(kw, work, 'kthread_worker_fn');
  listDel(work);
  worker.nrStarted++;
  worker.currentWork = work;
  // a work that does nothing but queue itself lets time pass all the same
  kw.s.sim.charge(kw.s.config.costs.spin);
  return work;
}

/** try_to_freeze(), which costs a generator only where something can come of it. */
function freezeIfAsked(kw: KthreadWorkers, me: Task): MaySleep<unknown> {
  const { sim } = kw.s;
  const { signals } = kw.k;
  if (signals.freezer.active === 0 && !sim.explored && !me.needResched && sim.now < sim.horizon) return NOTHING;
  return tryToFreeze(signals);
}
