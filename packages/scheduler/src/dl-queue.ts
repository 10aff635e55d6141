import { addNrRunning, subNrRunning } from './core.ts';
import { CPUPRI_HIGHER } from './cpupri.ts';
import { Cpumask } from './cpumask.ts';
import { rqOfDlSe } from './dl-active.ts';
import type { Rq } from './rq.ts';
import type { SchedDlEntity } from './sched-entity.ts';
import type { Task } from './task.ts';

/** Queue an entity by its deadline. @linux kernel/sched/deadline.c __enqueue_dl_entity() */
export function __enqueueDlEntity(se: SchedDlEntity): void {
  const rq = rqOfDlSe(se);
  const { dl } = rq;
  dl.insert(se);
  dl.dlNrRunning++;
  addNrRunning(rq, 1);
  if (dl.earliestCurr !== 0 && se.deadline >= dl.earliestCurr) return;
  const { rd } = rq.sched;
  if (dl.earliestCurr === 0) rd.cpupri.set(rq.cpu, CPUPRI_HIGHER);
  dl.earliestCurr = se.deadline;
  rd.cpudl.set(rq.cpu, se.deadline);
}

/** Take an entity out if it is queued. @linux kernel/sched/deadline.c __dequeue_dl_entity() */
export function __dequeueDlEntity(se: SchedDlEntity): void {
  if (!se.onDlRq) return;
  const rq = rqOfDlSe(se);
  const { dl } = rq;
  const { rd } = rq.sched;
  dl.remove(se);
  dl.dlNrRunning--;
  subNrRunning(rq, 1);
  if (dl.first === null) {
    dl.earliestCurr = dl.earliestNext = 0;
    rd.cpudl.clear(rq.cpu, rq.online);
    rd.cpupri.set(rq.cpu, rq.rt.highestCurr);
  } else {
    dl.earliestCurr = dl.first.deadline;
    rd.cpudl.set(rq.cpu, dl.earliestCurr);
  }
}

/** The task waits and could run elsewhere. @linux kernel/sched/deadline.c enqueue_pushable_dl_task() */
export function enqueuePushableDlTask(rq: Rq, p: Task): void {
  rq.dl.pushableAdd(p.dl);
  if (rq.dl.overloaded) return;
  dlSetOverload(rq);
  rq.dl.overloaded = true;
}

/** See {@link enqueuePushableDlTask}. @linux kernel/sched/deadline.c dequeue_pushable_dl_task() */
export function dequeuePushableDlTask(rq: Rq, p: Task): void {
  if (!p.dl.pushable) return;
  rq.dl.pushableRemove(p.dl);
  if (rq.dl.pushHead !== null || !rq.dl.overloaded) return;
  dlClearOverload(rq);
  rq.dl.overloaded = false;
}

/** Other CPUs may pull from here. @linux kernel/sched/deadline.c dl_set_overload() */
export function dlSetOverload(rq: Rq): void {
  const { rd } = rq.sched;
  if (rq.online) rd.dloMask = rd.dloMask.or(Cpumask.of(rq.cpu));
}

/** See {@link dlSetOverload}. @linux kernel/sched/deadline.c dl_clear_overload() */
export function dlClearOverload(rq: Rq): void {
  const { rd } = rq.sched;
  if (rq.online) rd.dloMask = rd.dloMask.andNot(Cpumask.of(rq.cpu));
}
