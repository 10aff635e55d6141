import { reschedCurr } from './core.ts';
import { dlServerUpdateIdleTime } from './dl-server.ts';
import type { SchedClass } from './sched-class.ts';

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
  setNextTask: (rq, p) => void (p.se.execStart = rq.clock),
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
