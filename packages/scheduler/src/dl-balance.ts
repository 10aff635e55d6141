import { queueBalanceCallback, reschedCurr } from './core.ts';
import { nearestOf } from './nearest-cpu.ts';
import { isDlTask } from './prio.ts';
import { pushCurrAway } from './push-cpu-stop.ts';
import type { Rq } from './rq.ts';
import { movePushed } from './rt-balance.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/** After the switch, push the waiting deadline tasks away. @linux kernel/sched/deadline.c deadline_queue_push_tasks() */
export function deadlineQueuePushTasks(rq: Rq): void {
  if (rq.dl.pushHead === null) return;
  queueBalanceCallback(rq, pushDlTasks);
}

/** After the change, pull waiting deadline tasks from other CPUs. @linux kernel/sched/deadline.c deadline_queue_pull_task() */
export function deadlineQueuePullTask(rq: Rq): void {
  queueBalanceCallback(rq, pullDlTask);
}

/** Would the task be the first on that CPU? @linux kernel/sched/deadline.c dl_task_is_earliest_deadline() */
export function dlTaskIsEarliestDeadline(p: Task, rq: Rq): boolean {
  return rq.dl.dlNrRunning === 0 || p.dl.deadline < rq.dl.earliestCurr;
}

/** The CPU for a deadline task: one without such tasks, else the one with the latest deadline. @returns -1 if there is none @linux kernel/sched/deadline.c find_later_rq() */
export function findLaterRq(s: Scheduler, p: Task): number {
  if (p.nrCpusAllowed === 1) return -1;
  const later = s.rd.cpudl.find(p);
  return later === null ? -1 : nearestOf(s, p.cpu, later);
}

/** The queue to push a task to, or null. @linux kernel/sched/deadline.c find_lock_later_rq() */
export function findLockLaterRq(rq: Rq, p: Task): Rq | null {
  const cpu = findLaterRq(rq.sched, p);
  if (cpu === -1 || cpu === rq.cpu) return null;
  const later = rq.sched.rqs[cpu]!;
  return dlTaskIsEarliestDeadline(p, later) ? later : null;
}

/** Push deadline tasks that wait here to CPUs where they are the first. @linux kernel/sched/deadline.c push_dl_tasks() */
export function pushDlTasks(rq: Rq): void {
  while (pushDlTask(rq));
}

/** Push the first deadline task that waits here. @returns whether it moved @emits sched_migrate_task @linux kernel/sched/deadline.c push_dl_task() */
export function pushDlTask(rq: Rq): boolean {
  const next = rq.dl.pushHead?.task ?? null;
  if (next === null) return false;
  const curr = rq.curr;
  if (isDlTask(curr) && next.dl.deadline < curr.dl.deadline && curr.nrCpusAllowed > 1) {
    reschedCurr(rq);
    return false;
  }
  if (next.migrateDisabled > 0) return false;
  const later = findLockLaterRq(rq, next);
  if (later === null) return false;
  movePushed(rq, later, next);
  reschedCurr(later);
  return true;
}

/** Fetch waiting deadline tasks that would be the first here. @emits sched_migrate_task @linux kernel/sched/deadline.c pull_dl_task() */
export function pullDlTask(rq: Rq): void {
  const s = rq.sched;
  const overloaded = s.rd.dloMask;
  let earliest = Infinity;
  for (let cpu = overloaded.lowest; cpu >= 0; cpu = overloaded.next(cpu + 1)) {
    const src = s.rqs[cpu]!;
    if (src === rq || (rq.dl.dlNrRunning > 0 && rq.dl.earliestCurr < src.dl.earliestNext)) continue;
    if (src.dl.dlNrRunning <= 1) continue;
    const p = pickEarliestPushable(src, rq.cpu);
    if (p === null || p.dl.deadline >= earliest || !dlTaskIsEarliestDeadline(p, rq)) continue;
    // About to preempt on its own CPU: leave it there.
    if (p.dl.deadline < src.curr.dl.deadline) continue;
    if (p.migrateDisabled > 0) {
      pushCurrAway(src);
      continue;
    }
    movePushed(src, rq, p);
    earliest = p.dl.deadline;
  }
  if (earliest !== Infinity) reschedCurr(rq);
}

/** @linux kernel/sched/deadline.c pick_earliest_pushable_dl_task() */
function pickEarliestPushable(rq: Rq, cpu: number): Task | null {
  for (let se = rq.dl.pushHead; se !== null; se = se.pushNext) {
    const p = se.task!;
    if (!p.onCpu && p.cpusMask.has(cpu)) return p;
  }
  return null;
}
