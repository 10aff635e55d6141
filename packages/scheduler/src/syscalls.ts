import type { MaySleep } from '@kernel-model/sim';
import { EINVAL, ESRCH, MAX_NICE, MAX_RT_PRIO, MIN_NICE, SCHED_FIFO, SCHED_NORMAL, TASK_RUNNING } from './constants.ts';
import { dlPolicy, rtPolicy } from './prio.ts';
import {
  ROOT_CRED,
  SCHED_DL_FLAGS,
  SCHED_FLAG_KEEP_PARAMS,
  SCHED_FLAG_KEEP_POLICY,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_RESET_ON_FORK,
  SETPARAM_POLICY,
  type SchedAttr,
  type SchedCred,
} from './sched-attr.ts';
import { schedule } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { __schedSetscheduler } from './setscheduler.ts';
import { taskNice, type Task } from './task.ts';

/** Change policy and parameters on behalf of a user. @returns 0 or a negative errno @linux kernel/sched/syscalls.c sched_setattr() */
export function schedSetattr(s: Scheduler, p: Task, attr: SchedAttr, cred: SchedCred = ROOT_CRED): number {
  return __schedSetscheduler(s, p, attr, cred);
}

/** Change policy and parameters; the kernel needs no permission. @returns 0 or a negative errno @linux kernel/sched/syscalls.c sched_setattr_nocheck() */
export function schedSetattrNocheck(s: Scheduler, p: Task, attr: SchedAttr): number {
  return __schedSetscheduler(s, p, attr, null);
}

/**
 * Change policy and RT priority on behalf of a user; nice value and custom slice stay.
 * @param policy SCHED_*, possibly with SCHED_RESET_ON_FORK, or SETPARAM_POLICY
 * @returns 0 or a negative errno
 * @linux kernel/sched/syscalls.c sched_setscheduler()
 */
export function schedSetscheduler(
  s: Scheduler,
  p: Task,
  policy: number,
  priority: number,
  cred: SchedCred = ROOT_CRED,
): number {
  return __schedSetscheduler(s, p, legacyAttr(p, policy, priority), cred);
}

/** See {@link schedSetscheduler}; the kernel needs no permission. @linux kernel/sched/syscalls.c sched_setscheduler_nocheck() */
export function schedSetschedulerNocheck(s: Scheduler, p: Task, policy: number, priority: number): number {
  return __schedSetscheduler(s, p, legacyAttr(p, policy, priority), null);
}

/** Make a task SCHED_FIFO 50, as drivers do. @linux kernel/sched/syscalls.c sched_set_fifo() */
export function schedSetFifo(s: Scheduler, p: Task): void {
  warnUnless(s, p, 'sched_set_fifo', schedSetschedulerNocheck(s, p, SCHED_FIFO, MAX_RT_PRIO / 2));
}

/** Make a task SCHED_FIFO 1: just above SCHED_NORMAL. @linux kernel/sched/syscalls.c sched_set_fifo_low() */
export function schedSetFifoLow(s: Scheduler, p: Task): void {
  warnUnless(s, p, 'sched_set_fifo_low', schedSetschedulerNocheck(s, p, SCHED_FIFO, 1));
}

/** Make a task SCHED_NORMAL with this nice value and the default slice. @linux kernel/sched/syscalls.c sched_set_normal() */
export function schedSetNormal(s: Scheduler, p: Task, nice: number): void {
  warnUnless(s, p, 'sched_set_normal', schedSetattrNocheck(s, p, { policy: SCHED_NORMAL, nice }));
}

/**
 * The system call sched_setscheduler(2), as chrt uses it.
 * @param pid 0 for the current task
 * @returns 0; -EINVAL, -ESRCH, -EPERM or -EBUSY
 * @linux kernel/sched/syscalls.c sys_sched_setscheduler()
 */
export function sysSchedSetscheduler(
  s: Scheduler,
  pid: number,
  policy: number,
  priority: number,
  cred: SchedCred = ROOT_CRED,
): number {
  if (policy < 0 || pid < 0) return -EINVAL;
  const p = findProcessByPid(s, pid);
  return p === null ? -ESRCH : schedSetscheduler(s, p, policy, priority, cred);
}

/**
 * The system call sched_setattr(2); nice is clamped to -20 .. 19.
 * @param pid 0 for the current task
 * @returns 0 or a negative errno
 * @linux kernel/sched/syscalls.c sys_sched_setattr()
 */
export function sysSchedSetattr(s: Scheduler, pid: number, attr: SchedAttr, cred: SchedCred = ROOT_CRED): number {
  if (pid < 0 || attr.policy < 0) return -EINVAL;
  const p = findProcessByPid(s, pid);
  if (p === null) return -ESRCH;
  const flags = attr.flags ?? 0;
  const policy = (flags & SCHED_FLAG_KEEP_POLICY) !== 0 ? SETPARAM_POLICY : attr.policy;
  const kept = (flags & SCHED_FLAG_KEEP_PARAMS) !== 0 ? paramsOf(p, flags) : attr;
  const nice = Math.max(MIN_NICE, Math.min(MAX_NICE, kept.nice ?? 0));
  return schedSetattr(s, p, { ...attr, ...kept, nice, policy }, cred);
}

/** Policy of a task, with SCHED_RESET_ON_FORK if that is set. @linux kernel/sched/syscalls.c sys_sched_getscheduler() */
export function schedGetscheduler(p: Task): number {
  return p.resetOnFork ? p.policy | SCHED_RESET_ON_FORK : p.policy;
}

/** Policy and parameters of a task. @linux kernel/sched/syscalls.c sys_sched_getattr() */
export function schedGetattr(p: Task): SchedAttr {
  return { ...paramsOf(p, p.resetOnFork ? SCHED_FLAG_RESET_ON_FORK : 0), policy: p.policy };
}

/** Length of a task's round-robin turn in ns; 0 if it has none. @linux kernel/sched/syscalls.c sched_rr_get_interval() */
export function schedRrGetInterval(p: Task): number {
  return p.schedClass.getRrInterval(p.rq, p);
}

/**
 * The current task gives others a chance: to those of its class, by the class's own rule. The caller then calls
 * schedule(), which prints `R` and counts an involuntary switch.
 * @linux kernel/sched/syscalls.c do_sched_yield()
 */
export function doSchedYield(s: Scheduler): void {
  const rq = s.rqs[s.cpu]!;
  if (s.schedstats) rq.yldCount++;
  rq.curr.schedClass.yieldTask(rq);
}

/**
 * {@link doSchedYield}, and then let the others run. Not for waiting: with nobody else it returns at once.
 * @emits sched_switch
 * @linux kernel/sched/syscalls.c yield()
 */
export function* yieldCpu(s: Scheduler): MaySleep<void> {
  s.current.state = TASK_RUNNING;
  doSchedYield(s);
  yield* schedule(s);
}

/** What the calls from before sched_setattr mean. @linux kernel/sched/syscalls.c _sched_setscheduler() */
function legacyAttr(p: Task, policy: number, priority: number): SchedAttr {
  const reset = policy !== SETPARAM_POLICY && (policy & SCHED_RESET_ON_FORK) !== 0;
  return {
    policy: reset ? policy & ~SCHED_RESET_ON_FORK : policy,
    flags: reset ? SCHED_FLAG_RESET_ON_FORK : 0,
    priority,
    nice: taskNice(p),
    runtime: p.se.customSlice ? p.se.slice : 0,
  };
}

/** @linux kernel/sched/syscalls.c get_params() */
function paramsOf(p: Task, flags: number): SchedAttr {
  const { policy } = p;
  if (rtPolicy(policy)) return { policy, flags, priority: p.rtPriority };
  if (!dlPolicy(policy)) return { policy, flags, nice: taskNice(p), runtime: p.se.slice };
  return {
    policy,
    flags: (flags & ~SCHED_DL_FLAGS) | p.dl.flags,
    priority: p.rtPriority,
    runtime: p.dl.dlRuntime,
    deadline: p.dl.dlDeadline,
    period: p.dl.dlPeriod,
  };
}

function findProcessByPid(s: Scheduler, pid: number): Task | null {
  return pid === 0 ? s.current : (s.tasks.get(pid) ?? null);
}

function warnUnless(s: Scheduler, p: Task, site: string, result: number): void {
  if (result !== 0) s.reports.warnOnce(site, `${site}(${p.comm}/${p.pid}) failed: ${result}`);
}
