import {
  DEFAULT_PRIO,
  DEQUEUE_NOCLOCK,
  DEQUEUE_SAVE,
  ENQUEUE_NOCLOCK,
  ENQUEUE_RESTORE,
  MAX_NICE,
  MIN_NICE,
} from './constants.ts';
import { dequeueTask, enqueueTask, putPrevTask, setNextTask, updateRqClock } from './core.ts';
import { setLoadWeight } from './fair-reweight.ts';
import { dlPolicy, effectivePrio, rtPolicy } from './prio.ts';
import { ROOT_CRED, type SchedCred } from './sched-attr.ts';
import type { Scheduler } from './scheduler.ts';
import { taskNice, type Task } from './task.ts';

/**
 * Change the nice value of a task; for an RT or deadline task it is only remembered. Nothing happens if it has that value
 * or the value is out of -20 .. 19. Asks for no permission: that is {@link canNice}.
 * @linux kernel/sched/syscalls.c set_user_nice()
 */
export function setUserNice(s: Scheduler, p: Task, nice: number): void {
  if (taskNice(p) === nice || nice < MIN_NICE || nice > MAX_NICE) return;
  const rq = s.rqs[p.cpu]!;
  s.sim.charge(s.config.costs.call);
  updateRqClock(rq);
  if (dlPolicy(p.policy) || rtPolicy(p.policy)) {
    p.staticPrio = DEFAULT_PRIO + nice;
    return;
  }
  const queued = p.onRq === 1;
  const running = rq.curr === p;
  if (queued) dequeueTask(rq, p, DEQUEUE_SAVE | DEQUEUE_NOCLOCK);
  if (running) putPrevTask(rq, p);
  p.staticPrio = DEFAULT_PRIO + nice;
  setLoadWeight(p);
  const oldPrio = p.prio;
  p.prio = effectivePrio(p);
  if (queued) enqueueTask(rq, p, ENQUEUE_RESTORE | ENQUEUE_NOCLOCK);
  if (running) setNextTask(rq, p);
  p.schedClass.prioChanged(rq, p, oldPrio);
}

/** Is the nice value within the limit (RLIMIT_NICE) of who asks? @linux kernel/sched/syscalls.c is_nice_reduction() */
export function isNiceReduction(nice: number, cred: SchedCred): boolean {
  return MAX_NICE + 1 - nice <= cred.rlimitNice;
}

/** May a task be given this nice value? @linux kernel/sched/syscalls.c can_nice() */
export function canNice(nice: number, cred: SchedCred = ROOT_CRED): boolean {
  return cred.sysNice || isNiceReduction(nice, cred);
}
