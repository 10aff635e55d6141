import { reschedCurr } from './core.ts';
import { dlServerUpdateIdleTime } from './dl-server.ts';
import type { Rq } from './rq.ts';
import type { SchedClass } from './sched-class.ts';
import type { Task } from './task.ts';

/** The class of the per-CPU task that runs when nothing else can. @linux kernel/sched/idle.c idle_sched_class */
export const idleSchedClass: SchedClass = {
  name: 'idle',
  rank: 0,
  enqueueTask() {},
  dequeueTask: () => true,
  yieldTask() {},
  wakeupPreempt: (rq) => reschedCurr(rq),
  balance: () => false,
  pickTask: (rq) => rq.idle,
  putPrevTask: (rq, p) => dlServerUpdateIdleTime(rq, p),
  setNextTask: setNextTaskIdle,
  selectTaskRq: (p) => p.cpu,
  taskTick() {},
  taskWoken() {},
  migrateTaskRq() {},
  taskDead() {},
  switchingTo() {},
  switchedFrom() {},
  switchedTo() {},
  prioChanged() {},
  updateCurr() {},
  rqOnline() {},
  rqOffline() {},
  getRrInterval: () => 0,
};

/** @linux kernel/sched/idle.c set_next_task_idle() */
function setNextTaskIdle(rq: Rq, p: Task): void {
  if (rq.sched.schedstats) rq.schedGoidle++;
  p.se.execStart = rq.clock;
}
