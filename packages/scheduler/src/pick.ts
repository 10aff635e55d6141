import { SCHED_CLASSES } from './classes.ts';
import { fairSchedClass, pickTaskFair } from './fair.ts';
import { schedBalanceNewidle } from './newidle.ts';
import type { Rq } from './rq.ts';
import type { Task } from './task.ts';

/**
 * Choose who runs next and hand the CPU over, class by class.
 * @returns the task, which may be prev
 * @linux kernel/sched/core.c __pick_next_task()
 */
export function pickNextTask(rq: Rq, prev: Task): Task {
  rq.dlServer = null;
  if (prev.schedClass.rank <= fairSchedClass.rank && rq.nrRunning === rq.cfs.hNrQueued) {
    return pickNextTaskFair(rq, prev);
  }
  prevBalance(rq, prev);
  for (const schedClass of SCHED_CLASSES) {
    const p = schedClass.pickTask(rq);
    if (p === null) continue;
    putPrevSetNextTask(rq, prev, p);
    return p;
  }
  throw new Error('unreachable: the idle class always has a task');
}

/**
 * Unlike in Linux, nothing of a higher class can arrive while it looks for work elsewhere: that is one step.
 * @linux kernel/sched/fair.c pick_next_task_fair()
 */
function pickNextTaskFair(rq: Rq, prev: Task): Task {
  let p = pickTaskFair(rq);
  while (p === null && schedBalanceNewidle(rq) > 0) p = pickTaskFair(rq);
  const next = p ?? rq.idle;
  putPrevSetNextTask(rq, prev, next);
  return next;
}

/** Pull work from other CPUs, for each class from prev's down. @linux kernel/sched/core.c prev_balance() */
function prevBalance(rq: Rq, prev: Task): void {
  for (const schedClass of SCHED_CLASSES) {
    if (schedClass.rank > prev.schedClass.rank) continue;
    if (schedClass.rank === 0 || schedClass.balance(rq, prev)) return;
  }
}

/** @linux kernel/sched/sched.h put_prev_set_next_task() */
function putPrevSetNextTask(rq: Rq, prev: Task, next: Task): void {
  prev.dlServer = null;
  next.dlServer = rq.dlServer;
  rq.dlServer = null;
  if (next === prev) return;
  prev.schedClass.putPrevTask(rq, prev, next);
  next.schedClass.setNextTask(rq, next, true);
}
