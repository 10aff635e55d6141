import { updateCurrCommon } from './accounting.ts';
import { addNrRunning, subNrRunning } from './core.ts';
import type { SchedClass } from './sched-class.ts';

/** The class of migration/N, above everything. @linux kernel/sched/stop_task.c stop_sched_class */
export const stopSchedClass: SchedClass = {
  name: 'stop',
  rank: 4,
  enqueueTask: (rq) => addNrRunning(rq, 1),
  dequeueTask: (rq) => {
    subNrRunning(rq, 1);
    return true;
  },
  yieldTask() {},
  wakeupPreempt() {},
  balance: (rq) => rq.stop !== null && rq.stop.onRq !== 0,
  pickTask: (rq) => (rq.stop !== null && rq.stop.onRq !== 0 ? rq.stop : null),
  putPrevTask: (rq) => void updateCurrCommon(rq),
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
  updateCurr: (rq) => void updateCurrCommon(rq),
  rqOnline() {},
  rqOffline() {},
  getRrInterval: () => 0,
};
