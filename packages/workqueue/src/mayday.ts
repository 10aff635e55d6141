import { WRITE } from '@kernel-model/sim';
import { modTimer, wakeUpProcess } from '@kernel-model/scheduler';
import { MAYDAY_INTERVAL, PWQ_STAT_MAYDAY } from './constants.ts';
import { getPwq } from './pool-workqueue.ts';
import type { WorkStruct } from './work.ts';
import { needToCreateWorker, type WorkerPool } from './worker-pool.ts';

/**
 * A worker could not be made for too long: call the rescuers of all works that wait; and again, as long as somebody
 * tries.
 * @linux kernel/workqueue.c pool_mayday_timeout()
 */
export function poolMaydayTimeout(pool: WorkerPool): void {
  const { s } = pool.w;
  s.sim.touch(pool, 'lock', WRITE);
  if (needToCreateWorker(pool)) {
    for (let work = pool.worklist.next; work !== pool.worklist; work = work.next) sendMayday(work);
  }
  modTimer(s, pool.maydayTimer, s.jiffies + MAYDAY_INTERVAL);
}

/** Ask the rescuer of a work's queue, if it has one, to look at the pool. @linux kernel/workqueue.c send_mayday() */
function sendMayday(work: WorkStruct): void {
  const pwq = work.pwq!;
  const { wq } = pwq;
  if (wq.rescuer === null || pwq.mayday) return;
  // attributes may change meanwhile: the pwq has to stay
  getPwq(pwq);
  pwq.mayday = true;
  wq.maydays.push(pwq);
  wakeUpProcess(pwq.pool.w.s, wq.rescuer.task!);
  pwq.stats[PWQ_STAT_MAYDAY]!++;
}
