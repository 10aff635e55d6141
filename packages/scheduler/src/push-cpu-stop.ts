import { findLockLaterRq } from './dl-balance.ts';
import { reschedCurr } from './core.ts';
import { getTaskStruct, putTaskStruct } from './fork.ts';
import type { Rq } from './rq.ts';
import { findLockLowestRq, movePushed } from './rt-balance.ts';
import type { Scheduler } from './scheduler.ts';
import { stopOneCpuNowait } from './stopper.ts';
import type { Task } from './task.ts';

/**
 * Have migration/N push the current task of a CPU away, if it can leave.
 * @emits the wakeup of migration/N
 * @linux kernel/sched/sched.h get_push_task()
 */
export function pushCurrAway(rq: Rq): void {
  const p = rq.curr;
  if (p.nrCpusAllowed > 1 && p.migrateDisabled === 0) startPush(rq, p);
}

/** A task that should have been pushed away may migrate again. @linux kernel/sched/core.c affine_move_task() */
export function pushDeferred(p: Task): void {
  if (p.mdfPush && p.cpusMask.has(p.cpu)) startPush(p.rq, p);
}

function startPush(rq: Rq, p: Task): void {
  if (rq.pushBusy) return;
  rq.pushBusy = true;
  getTaskStruct(p);
  stopOneCpuNowait(rq.sched, rq.cpu, () => pushCpuStop(rq.sched, p));
}

/**
 * Runs in migration/N: move a task of this CPU to one where it can run. A task that may not migrate is pushed when it
 * may again.
 * @emits sched_migrate_task
 * @linux kernel/sched/core.c push_cpu_stop()
 */
export function pushCpuStop(s: Scheduler, p: Task): void {
  const rq = s.rqs[s.cpu]!;
  if (p.rq === rq) pushTo(rq, p);
  rq.pushBusy = false;
  putTaskStruct(s, p);
}

function pushTo(rq: Rq, p: Task): void {
  p.mdfPush = p.migrateDisabled > 0;
  if (p.mdfPush) return;
  const target = findTarget(rq, p);
  if (target === null) return;
  movePushed(rq, target, p);
  reschedCurr(target);
}

function findTarget(rq: Rq, p: Task): Rq | null {
  if (p.schedClass.name === 'rt') return findLockLowestRq(rq, p);
  return p.schedClass.name === 'dl' ? findLockLaterRq(rq, p) : null;
}
