import { POINT, UsageError, WRITE, type Step } from '@kernel-model/sim';
import { EAGAIN, cpuRelax, timerDelete, timerPending } from '@kernel-model/scheduler';
import { pwqDecNrInFlight } from './activate.ts';
import { POOL_BH, WORK_STRUCT_INACTIVE, WORK_STRUCT_PENDING } from './constants.ts';
import { workIsFreed } from './misuse.ts';
import { DelayedWork, RcuWork, listDel, moveLinkedWorks, type WorkStruct } from './work.ts';
import type { Workqueues } from './workqueues.ts';

/**
 * Take PENDING from wherever the work is: from its timer, its queue, or from nobody. One atomic step.
 * @param delayed the timer may be taken, too
 * @returns 1 if the work was pending, 0 if not, -EAGAIN if somebody else has it just now
 * @emits workqueue_activate_work of another work, whose turn it is then
 * @linux kernel/workqueue.c try_to_grab_pending()
 */
export function tryToGrabPending(w: Workqueues, work: WorkStruct, delayed: boolean): number {
  w.s.sim.touch(work, 'data', WRITE);
  if (delayed && work.container instanceof DelayedWork && timerDelete(w.s, work.container.timer)) return 1;
  if ((work.flags & WORK_STRUCT_PENDING) === 0) {
    work.flags |= WORK_STRUCT_PENDING;
    return 0;
  }
  const { pwq } = work;
  if (pwq === null) return -EAGAIN;
  const { pool } = pwq;
  w.s.sim.touch(pool, 'lock', WRITE);
  const inactive = (work.flags & WORK_STRUCT_INACTIVE) !== 0;
  // its barriers must not wait for a count that it will never get: nobody is woken for them, though
  if (inactive) moveLinkedWorks(work, pool.worklist);
  listDel(work);
  work.flags = WORK_STRUCT_PENDING;
  work.pwq = null;
  work.poolId = pool.id;
  work.offqBh = (pool.flags & POOL_BH) !== 0;
  work.disable = 0;
  pwqDecNrInFlight(pwq, work.color, inactive);
  return 1;
}

/**
 * {@link tryToGrabPending} until it works. The caller goes on in the same step.
 * @param call who asks, for the report
 * @returns whether the work was pending
 * @throws UsageError WORK_PENDING_FOREVER where Linux spins without end
 * @linux kernel/workqueue.c work_grab_pending()
 */
export function* workGrabPending(w: Workqueues, work: WorkStruct, delayed: boolean, call: string): Step<boolean> {
  const { s } = w;
  if (s.sim.point(work, 'data', WRITE)) yield POINT;
  if (work.freedBy !== '') throw workIsFreed(w, work, call);
  for (;;) {
    const result = tryToGrabPending(w, work, delayed);
    if (result >= 0) return result === 1;
    mustBeComing(w, work, call);
    s.sim.relax();
    yield* cpuRelax(s);
  }
}

/** Somebody has to let go of PENDING: a timer that fires, or RCU. @throws UsageError */
export function mustBeComing(w: Workqueues, work: WorkStruct, call: string): void {
  const { container } = work;
  if (container instanceof DelayedWork && timerPending(container.timer)) return;
  if (container instanceof RcuWork && container.waiting) return;
  const p = w.s.current;
  throw new UsageError('WORK_PENDING_FOREVER', {
    what: `${call}: ${p.comm} (pid ${p.pid}) spins since ${w.s.sim.now} ns for ${work.funcName}, which is pending but neither queued nor waiting for a timer.`,
    why: 'It was queued on a workqueue that was being drained or destroyed, which lost it.',
    advice: 'Stop whoever queues before drain_workqueue() or destroy_workqueue().',
    linux: 'the call never returns: watchdog: BUG: soft lockup.',
  });
}
