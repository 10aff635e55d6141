import {
  PWQ_NR_STATS,
  WORK_NR_COLORS,
  WORK_STRUCT_INACTIVE,
  WORK_STRUCT_PENDING,
  WORK_STRUCT_PWQ,
} from './constants.ts';
import { NOTHING } from '@kernel-model/scheduler';
import { queuePwqRelease } from './release.ts';
import { WorkStruct, listEmpty, workList } from './work.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** What connects a queue with a pool. @linux kernel/workqueue.c struct pool_workqueue */
export class PoolWorkqueue {
  /** Linked in `wq.pwqs`. */
  linked = false;
  /** Memory is gone, after RCU. */
  freed = false;

  // changed under pool->lock in Linux
  workColor = 0;
  /** Colour that a flush waits for here, or -1. */
  flushColor = -1;
  refcnt = 1;
  /** Works and barriers by colour: queued, inactive, running. */
  readonly nrInFlight: number[] = new Array<number>(WORK_NR_COLORS).fill(0);
  /** Activates nothing until an older pwq of the ordered queue is gone. */
  plugged = false;
  /** Active works: on the worklist, assigned or running. */
  nrActive = 0;
  readonly inactiveWorks: WorkStruct = workList();
  /** In `nna.pendingPwqs`. */
  pending = false;
  /** In `wq.maydays`. */
  mayday = false;
  /** Marks in the worklist where its rescuer goes on. */
  readonly maydayCursor: WorkStruct;
  /** By PWQ_STAT_*. */
  readonly stats: number[] = new Array<number>(PWQ_NR_STATS).fill(0);

  constructor(
    readonly wq: WorkqueueStruct,
    readonly pool: WorkerPool,
  ) {
    const cursor = new WorkStruct(maydayCursorFunc, 'mayday_cursor_func');
    cursor.flags = WORK_STRUCT_PENDING | WORK_STRUCT_PWQ | WORK_STRUCT_INACTIVE;
    cursor.pwq = this;
    this.maydayCursor = cursor;
  }
}

/** Never called: a cursor is not a work. */
function maydayCursorFunc(): typeof NOTHING {
  return NOTHING;
}

/** Does the pwq have neither active nor inactive works? @linux kernel/workqueue.c pwq_is_empty() */
export function pwqIsEmpty(pwq: PoolWorkqueue): boolean {
  return pwq.nrActive === 0 && listEmpty(pwq.inactiveWorks);
}

/** Take a reference. @linux kernel/workqueue.c get_pwq() */
export function getPwq(pwq: PoolWorkqueue): void {
  pwq.refcnt++;
}

/** Let go of a reference; the last one has the pwq released by pool_workqueue_release. @linux kernel/workqueue.c put_pwq() */
export function putPwq(pwq: PoolWorkqueue): void {
  if (--pwq.refcnt === 0) queuePwqRelease(pwq);
}
