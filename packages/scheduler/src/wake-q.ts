import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';
import { wakeUpProcess } from './wakeup.ts';

/** Tasks to be woken once a lock is released. @linux include/linux/sched/wake_q.h struct wake_q_head */
export class WakeQ {
  readonly tasks: Task[] = [];

  /** Add a task; one that is in some wake queue already is left there. @returns whether it was added @linux kernel/sched/core.c wake_q_add() */
  add(p: Task): boolean {
    if (p.wakeQueued) return false;
    p.wakeQueued = true;
    p.usage++;
    this.tasks.push(p);
    return true;
  }
}

/** Wake them in the order in which they were added. @linux kernel/sched/core.c wake_up_q() */
export function wakeUpQ(s: Scheduler, q: WakeQ): void {
  for (const p of q.tasks) {
    p.wakeQueued = false;
    wakeUpProcess(s, p);
    p.usage--;
  }
  q.tasks.length = 0;
}
