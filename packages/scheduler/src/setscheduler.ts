import { UsageError } from '@kernel-model/sim';
import { classOfPrio } from './classes.ts';
import {
  DEFAULT_PRIO,
  DEQUEUE_DELAYED,
  DEQUEUE_MOVE,
  DEQUEUE_NOCLOCK,
  DEQUEUE_SAVE,
  DEQUEUE_SLEEP,
  EBUSY,
  EINVAL,
  ENQUEUE_HEAD,
  EOPNOTSUPP,
  EPERM,
  MAX_NICE,
  MAX_RT_PRIO,
  MIN_NICE,
  SCHED_IDLE,
} from './constants.ts';
import { dequeueTask, enqueueTask, putPrevTask, runBalanceCallbacks, setNextTask, updateRqClock } from './core.ts';
import { checkparamDl, dlParamChanged, schedDlOverflow, setparamDl } from './dl-admission.ts';
import { setLoadWeight } from './fair-reweight.ts';
import { dlPolicy, fairPolicy, isDlTask, normalPrio, normalPrioOf, rtPolicy, validPolicy } from './prio.ts';
import type { Rq } from './rq.ts';
import {
  SCHED_FLAG_ALL,
  SCHED_FLAG_KEEP_PARAMS,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_FLAG_SUGOV,
  SCHED_FLAG_UTIL_CLAMP,
  type SchedAttr,
  type SchedCred,
} from './sched-attr.ts';
import type { SchedClass } from './sched-class.ts';
import type { Scheduler } from './scheduler.ts';
import { isNiceReduction } from './set-nice.ts';
import { taskNice, type Task } from './task.ts';

/** Limits of a slice that a task asks for, in ns. */
const SLICE_MIN = 100_000;
const SLICE_MAX = 100_000_000;

/**
 * Change policy and parameters of a task. A change of priority moves it in its queue: a raised task goes to the tail, a
 * lowered one to the head, an unchanged one keeps its place.
 * @param cred who asks, or null for the kernel itself: then permission is not checked
 * @returns 0; -EINVAL, -EPERM, -EBUSY (no deadline bandwidth) or -EOPNOTSUPP (utilization clamping)
 * @throws UsageError SCHED_NICE_RANGE: a nice value that has no weight
 * @linux kernel/sched/syscalls.c __sched_setscheduler()
 */
export function __schedSetscheduler(s: Scheduler, p: Task, attr: SchedAttr, cred: SchedCred | null): number {
  const policy = attr.policy < 0 ? p.policy : attr.policy;
  const flags = attr.flags ?? 0;
  const resetOnFork = attr.policy < 0 ? p.resetOnFork : (flags & SCHED_FLAG_RESET_ON_FORK) !== 0;
  const invalid = checkAttr(p, attr, policy, resetOnFork, cred);
  if (invalid !== 0) return invalid;
  if (fairPolicy(policy)) checkNice(p, attr.nice ?? 0);

  const { rq } = p;
  rq.sched.sim.charge(rq.sched.config.costs.call);
  updateRqClock(rq);
  if (p === rq.stop) return -EINVAL;
  if (policy === p.policy && !changesAnything(p, attr, policy)) {
    p.resetOnFork = resetOnFork;
    return 0;
  }
  if (cred !== null && dlPolicy(policy) && !mayUseDeadline(s, p)) return -EPERM;
  if ((dlPolicy(policy) || isDlTask(p)) && schedDlOverflow(p, policy, attr)) return -EBUSY;
  p.resetOnFork = resetOnFork;
  applyAttr(rq, p, attr, policy);
  runBalanceCallbacks(rq);
  return 0;
}

/** What can be told without the queue's lock. */
function checkAttr(p: Task, attr: SchedAttr, policy: number, resetOnFork: boolean, cred: SchedCred | null): number {
  const flags = attr.flags ?? 0;
  const priority = attr.priority ?? 0;
  if (!validPolicy(policy)) return -EINVAL;
  if ((flags & ~(SCHED_FLAG_ALL | SCHED_FLAG_SUGOV)) !== 0) return -EINVAL;
  if (priority < 0 || priority > MAX_RT_PRIO - 1) return -EINVAL;
  if (dlPolicy(policy) && !checkparamDl(attr)) return -EINVAL;
  if (rtPolicy(policy) !== (priority !== 0)) return -EINVAL;
  if (cred !== null) {
    if (!cred.sysNice && needsPrivilege(p, attr, policy, resetOnFork, cred)) return -EPERM;
    if ((flags & SCHED_FLAG_SUGOV) !== 0) return -EINVAL;
  }
  return (flags & SCHED_FLAG_UTIL_CLAMP) !== 0 ? -EOPNOTSUPP : 0;
}

/** The system calls clamp what users ask for. Inside the kernel nobody looks, and the weight is read beside its table. */
function checkNice(p: Task, nice: number): void {
  if (nice >= MIN_NICE && nice <= MAX_NICE) return;
  throw new UsageError('SCHED_NICE_RANGE', {
    what: `${p.comm} (pid ${p.pid}) was to get the nice value ${nice}.`,
    why: 'The kernel does not check it there and reads a weight from outside of its table.',
    advice: `Use ${MIN_NICE} to ${MAX_NICE}.`,
    linux: 'kernel/sched/syscalls.c __setscheduler_params()',
  });
}

/** Without CAP_SYS_NICE one may lower, and raise within the resource limits. @linux kernel/sched/syscalls.c user_check_sched_setscheduler() */
function needsPrivilege(p: Task, attr: SchedAttr, policy: number, resetOnFork: boolean, cred: SchedCred): boolean {
  const nice = attr.nice ?? 0;
  const priority = attr.priority ?? 0;
  if (fairPolicy(policy) && nice < taskNice(p) && !isNiceReduction(nice, cred)) return true;
  if (rtPolicy(policy)) {
    if (policy !== p.policy && cred.rlimitRtprio === 0) return true;
    if (priority > p.rtPriority && priority > cred.rlimitRtprio) return true;
  }
  if (dlPolicy(policy)) return true;
  if (p.policy === SCHED_IDLE && policy !== SCHED_IDLE && !isNiceReduction(taskNice(p), cred)) return true;
  return !cred.sameOwner || (p.resetOnFork && !resetOnFork);
}

function changesAnything(p: Task, attr: SchedAttr, policy: number): boolean {
  if (fairPolicy(policy)) return (attr.nice ?? 0) !== taskNice(p) || (attr.runtime ?? 0) !== p.se.slice;
  if (rtPolicy(policy)) return (attr.priority ?? 0) !== p.rtPriority;
  return dlPolicy(policy) && dlParamChanged(p, attr);
}

/** A user's deadline task must be able to run on every CPU: that is what its bandwidth was reserved of. */
function mayUseDeadline(s: Scheduler, p: Task): boolean {
  const { rd } = s;
  return rd.dlBw.bw === -1 || (rd.span.subsetOf(p.cpusPtr) && rd.dlBw.bw !== 0);
}

function applyAttr(rq: Rq, p: Task, attr: SchedAttr, policy: number): void {
  const oldPrio = p.prio;
  const newPrio = normalPrioOf(policy, attr.priority ?? 0, attr.nice ?? 0);
  const prevClass = p.schedClass;
  const nextClass = classOfPrio(newPrio);
  let flags = DEQUEUE_SAVE | DEQUEUE_NOCLOCK;
  if (newPrio !== oldPrio) flags |= DEQUEUE_MOVE;

  // A sleeper that fair keeps on the queue is no business of another class: now it really leaves.
  if (prevClass !== nextClass && p.se.schedDelayed) {
    dequeueTask(rq, p, DEQUEUE_SLEEP | DEQUEUE_DELAYED | DEQUEUE_NOCLOCK);
  }
  const queued = p.onRq === 1;
  const running = rq.curr === p;
  if (queued) dequeueTask(rq, p, flags);
  if (running) putPrevTask(rq, p);
  if (((attr.flags ?? 0) & SCHED_FLAG_KEEP_PARAMS) === 0) {
    setschedulerParams(p, attr, policy);
    p.schedClass = nextClass;
    p.prio = newPrio;
  }
  if (prevClass !== p.schedClass) p.schedClass.switchingTo(rq, p);
  if (queued) enqueueTask(rq, p, oldPrio < p.prio ? flags | ENQUEUE_HEAD : flags);
  if (running) setNextTask(rq, p);
  checkClassChanged(rq, p, prevClass, oldPrio);
}

/** @linux kernel/sched/syscalls.c __setscheduler_params() */
function setschedulerParams(p: Task, attr: SchedAttr, policy: number): void {
  p.policy = policy;
  if (dlPolicy(policy)) {
    setparamDl(p, attr);
  } else if (fairPolicy(policy)) {
    const slice = attr.runtime ?? 0;
    p.staticPrio = DEFAULT_PRIO + (attr.nice ?? 0);
    p.se.customSlice = slice !== 0;
    p.se.slice = slice === 0 ? p.rq.sched.baseSliceNs : Math.max(SLICE_MIN, Math.min(SLICE_MAX, slice));
  }
  p.rtPriority = attr.priority ?? 0;
  p.normalPrio = normalPrio(p);
  setLoadWeight(p);
}

/** Tell the classes. @linux kernel/sched/core.c check_class_changed() */
export function checkClassChanged(rq: Rq, p: Task, prevClass: SchedClass, oldPrio: number): void {
  if (prevClass !== p.schedClass) {
    prevClass.switchedFrom(rq, p);
    p.schedClass.switchedTo(rq, p);
  } else if (oldPrio !== p.prio || isDlTask(p)) {
    p.schedClass.prioChanged(rq, p, oldPrio);
  }
}
