import type { Rq } from './rq.ts';
import type { Task } from './task.ts';

/**
 * A scheduling class. Its functions run under the rq lock in Linux: they are plain functions, atomic here.
 * @linux kernel/sched/sched.h struct sched_class
 */
export interface SchedClass {
  readonly name: 'stop' | 'dl' | 'rt' | 'fair' | 'idle';
  /** The higher class wins: stop 4, dl 3, rt 2, fair 1, idle 0. */
  readonly rank: number;
  /** Queue a task. @param flags ENQUEUE_* bits */
  enqueueTask(rq: Rq, p: Task, flags: number): void;
  /** @returns false if the task stays queued (delayed dequeue) */
  dequeueTask(rq: Rq, p: Task, flags: number): boolean;
  /** The current task lets others go first. */
  yieldTask(rq: Rq): void;
  /** p of this class was queued on a rq whose current task is of this class too: should it preempt? */
  wakeupPreempt(rq: Rq, p: Task, flags: number): void;
  /** Pull work before a pick. @returns true if this class or a higher one has something to run */
  balance(rq: Rq, prev: Task): boolean;
  /** Choose who runs next, without changing who does. @returns null if nobody of this class can */
  pickTask(rq: Rq): Task | null;
  /** A running task leaves the CPU, or is about to be changed (next is null). */
  putPrevTask(rq: Rq, p: Task, next: Task | null): void;
  /** A task takes the CPU, or was changed while running (first is false). */
  setNextTask(rq: Rq, p: Task, first: boolean): void;
  /** Choose a CPU for a task that is woken or new. @param cpu the hint @param flags WF_* bits */
  selectTaskRq(p: Task, cpu: number, flags: number): number;
  /** The tick hit the current task. */
  taskTick(rq: Rq, p: Task): void;
  /** A wakeup of the task is complete. */
  taskWoken(rq: Rq, p: Task): void;
  /** Called by set_task_cpu before the task changes its CPU. */
  migrateTaskRq(p: Task, newCpu: number): void;
  /** The task has made its last switch. */
  taskDead(p: Task): void;
  /** The task is about to join this class. */
  switchingTo(rq: Rq, p: Task): void;
  /** The task has left this class. */
  switchedFrom(rq: Rq, p: Task): void;
  /** The task has joined this class. */
  switchedTo(rq: Rq, p: Task): void;
  /** The priority of a task of this class has changed. */
  prioChanged(rq: Rq, p: Task, oldPrio: number): void;
  /** Account the runtime of the current task. */
  updateCurr(rq: Rq): void;
  /** The CPU takes part in scheduling from now on. */
  rqOnline(rq: Rq): void;
  /** The CPU takes no part in scheduling any more. */
  rqOffline(rq: Rq): void;
  /** Length of a round-robin turn in ns; 0 if there is none. */
  getRrInterval(rq: Rq, p: Task): number;
}
