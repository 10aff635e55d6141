import {
  DEFAULT_PRIO,
  MAX_RT_PRIO,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
} from './constants.ts';
import type { Task } from './task.ts';
import { taskNice } from './task.ts';

/** SCHED_NORMAL or SCHED_BATCH. @linux kernel/sched/sched.h fair_policy() */
export function fairPolicy(policy: number): boolean {
  return policy === SCHED_NORMAL || policy === SCHED_BATCH;
}

/** SCHED_FIFO or SCHED_RR. @linux kernel/sched/sched.h rt_policy() */
export function rtPolicy(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}

/** SCHED_DEADLINE. @linux kernel/sched/sched.h dl_policy() */
export function dlPolicy(policy: number): boolean {
  return policy === SCHED_DEADLINE;
}

/** Is there such a policy? SCHED_EXT (7) is not built in. @linux kernel/sched/sched.h valid_policy() */
export function validPolicy(policy: number): boolean {
  return fairPolicy(policy) || policy === SCHED_IDLE || rtPolicy(policy) || dlPolicy(policy);
}

/** Has the task an RT priority, by policy or boost? migration/N counts too. @linux include/linux/sched/rt.h rt_task() */
export function isRtTask(p: Task): boolean {
  return p.prio >= 0 && p.prio < MAX_RT_PRIO;
}

/** Has the task a deadline, by policy or boost? @linux include/linux/sched/deadline.h dl_task() */
export function isDlTask(p: Task): boolean {
  return p.prio < 0;
}

/**
 * The priority that a policy gives.
 * @returns -1 for deadline, 0 .. 98 for RT, 100 .. 139 below
 * @linux kernel/sched/syscalls.c __normal_prio()
 */
export function normalPrioOf(policy: number, rtPriority: number, nice: number): number {
  if (dlPolicy(policy)) return -1;
  return rtPolicy(policy) ? MAX_RT_PRIO - 1 - rtPriority : DEFAULT_PRIO + nice;
}

/** The priority that the task's own policy gives. @linux kernel/sched/syscalls.c normal_prio() */
export function normalPrio(p: Task): number {
  return normalPrioOf(p.policy, p.rtPriority, taskNice(p));
}

/** The priority that counts: an RT or boosted one stays. Renews p.normalPrio. @linux kernel/sched/syscalls.c effective_prio() */
export function effectivePrio(p: Task): number {
  p.normalPrio = normalPrio(p);
  return p.prio < MAX_RT_PRIO ? p.prio : p.normalPrio;
}
