import { POINT, UsageError, WRITE, type Step } from '@kernel-model/sim';
import {
  DEFAULT_PRIO,
  EAGAIN,
  PF_FORKNOEXEC,
  PF_IDLE,
  PF_KTHREAD,
  PF_NO_SETAFFINITY,
  PF_WQ_WORKER,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
  TASK_NEW,
} from './constants.ts';
import { classOfPrio } from './classes.ts';
import { fairSchedClass } from './fair.ts';
import { IDLE_LOAD, loadOfNice } from './load-weight.ts';
import { initEntityRunnableAverage } from './pelt.ts';
import { callRcu } from './rcu.ts';
import type { Scheduler } from './scheduler.ts';
import { Task, taskNice, type TaskBody } from './task.ts';
import { wakeUpNewTask } from './wakeup.ts';

/** What a new task is made of. @linux include/linux/sched/task.h struct kernel_clone_args */
export interface CloneArgs {
  /** At most 15 bytes are kept. */
  readonly name: string;
  /** Make a kernel thread. */
  readonly kthread: boolean;
  /** CLONE_* bits, for traces; default: those of a kernel thread, or of fork(3). */
  readonly cloneFlags?: number;
  /** What it runs; it must end with doExit(). */
  readonly fn: TaskBody;
  /** Called with the new task before anybody else can see it. A negative errno makes the fork fail. */
  readonly prepare?: (p: Task) => number;
}

/** CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED. @linux kernel/fork.c kernel_thread() */
const KTHREAD_CLONE_FLAGS = 0x0080_0700;
/** CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, as the C library forks. */
const FORK_CLONE_FLAGS = 0x0120_0000;

/** A comm: the first 15 bytes. @linux include/linux/sched.h TASK_COMM_LEN */
export function truncateComm(name: string): string {
  return name.length > 15 ? name.slice(0, 15) : name;
}

/** Name a task. @emits task_rename @linux fs/exec.c __set_task_comm() */
export function setTaskComm(s: Scheduler, p: Task, name: string): void {
  const oldId = p.commId;
  p.comm = truncateComm(name);
  p.commId = s.hub.intern(p.comm);
  const { taskRename } = s.probes;
  if (taskRename.enabled) taskRename.emit(p.pid, oldId, p.commId, s.hooks.oomScoreAdj(p));
}

/**
 * Fork the current task.
 * @returns the new task, awake, or a negative errno: -EAGAIN at the limit of threads
 * @emits task_newtask, sched_process_fork, sched_wakeup_new
 * @linux kernel/fork.c kernel_clone()
 */
export function* kernelClone(s: Scheduler, args: CloneArgs): Step<Task | number> {
  if (s.sim.point(s.tasks, 'pids', WRITE)) yield POINT;
  const parent = s.current;
  s.sim.charge(s.config.costs.fork);
  const p = copyProcess(s, parent, args);
  if (typeof p === 'number') return p;
  const { processFork, taskNewtask } = s.probes;
  if (taskNewtask.enabled) {
    const flags = args.cloneFlags ?? (args.kthread ? KTHREAD_CLONE_FLAGS : FORK_CLONE_FLAGS);
    taskNewtask.emit(p.pid, p.commId, flags, s.hooks.oomScoreAdj(p));
  }
  if (processFork.enabled) processFork.emit(parent.commId, parent.pid, p.commId, p.pid);
  s.recorded();
  s.sim.charge(s.config.costs.wakeupNew);
  wakeUpNewTask(s, p);
  return p;
}

/** @linux kernel/fork.c copy_process() */
function copyProcess(s: Scheduler, parent: Task, args: CloneArgs): Task | number {
  if (s.tasks.size >= s.config.maxThreads) return -EAGAIN;
  // a reservation cannot be inherited
  if (parent.policy === SCHED_DEADLINE && !parent.resetOnFork) return -EAGAIN;
  const p = newTask(s, parent, args.name);
  p.startAtNs = s.sim.now;
  p.flags = (parent.flags & ~(PF_KTHREAD | PF_WQ_WORKER | PF_IDLE | PF_NO_SETAFFINITY)) | PF_FORKNOEXEC;
  if (args.kthread) p.flags |= PF_KTHREAD;
  const error = args.prepare?.(p) ?? 0;
  if (error < 0) return error;
  schedFork(s, p, parent);
  p.body = args.fn()[Symbol.iterator]();
  s.nextPid++;
  s.tasks.set(p.pid, p);
  return p;
}

/** A task with the next free pid that is not known to anybody yet. */
function newTask(s: Scheduler, parent: Task, name: string): Task {
  const comm = truncateComm(name);
  return new Task(s.nextPid, comm, s.hub.intern(comm), parent, parent.cpusMask, s.rqs[s.cpu]!);
}

/** The scheduling part of a fork: what the child inherits. @linux kernel/sched/core.c sched_fork() */
function schedFork(s: Scheduler, p: Task, parent: Task): void {
  p.state = TASK_NEW;
  p.policy = parent.policy;
  p.rtPriority = parent.rtPriority;
  p.staticPrio = parent.staticPrio;
  p.prio = p.normalPrio = parent.normalPrio;
  p.se.customSlice = parent.se.customSlice;
  p.se.slice = parent.se.slice;
  if (parent.resetOnFork) resetOnFork(s, p);
  p.schedClass = p.policy === SCHED_NORMAL ? fairSchedClass : classOfPrio(p.prio);
  p.se.load = p.policy === SCHED_IDLE ? IDLE_LOAD : loadOfNice(taskNice(p));
  initEntityRunnableAverage(p.se);
  p.recentUsedCpu = p.cpu;
}

function resetOnFork(s: Scheduler, p: Task): void {
  if (p.policy === SCHED_FIFO || p.policy === SCHED_RR || p.policy === SCHED_DEADLINE) {
    p.policy = SCHED_NORMAL;
    p.staticPrio = DEFAULT_PRIO;
    p.rtPriority = 0;
  } else if (taskNice(p) < 0) {
    p.staticPrio = DEFAULT_PRIO;
  }
  p.prio = p.normalPrio = p.staticPrio;
  p.se.customSlice = false;
  p.se.slice = s.baseSliceNs;
}

/** Keep a task from being freed. @linux include/linux/sched/task.h get_task_struct() */
export function getTaskStruct(p: Task): Task {
  p.usage++;
  return p;
}

/**
 * Let go of a task; the last reference frees it.
 * @throws UsageError TASK_FREED_ALIVE if the task has not exited: somebody put a reference that was not theirs
 * @linux include/linux/sched/task.h put_task_struct(), kernel/fork.c __put_task_struct()
 */
export function putTaskStruct(s: Scheduler, p: Task): void {
  if (--p.usage > 0) return;
  if (p.exitState === 0) throw freedAlive(s, p);
  p.freed = true;
  s.hooks.freeTask(p);
}

function freedAlive(s: Scheduler, p: Task): UsageError {
  return new UsageError('TASK_FREED_ALIVE', {
    what: `put_task_struct() at ${s.sim.now} ns dropped the last reference of ${p.comm} (pid ${p.pid}), which has not exited.`,
    why: 'A task has a reference of its own until it is reaped; this put took that one.',
    advice: 'Call put_task_struct() once for each get_task_struct().',
    linux: 'WARNING at kernel/fork.c __put_task_struct(), then use after free.',
  });
}

/**
 * One of the two parties that know a dying task lets go: the one that reaps it, and the switch away from it. The second
 * one makes RCU drop the reference.
 * @emits sched_process_free after the grace period
 * @linux kernel/exit.c put_task_struct_rcu_user()
 */
export function putTaskStructRcuUser(s: Scheduler, p: Task): void {
  if (--p.rcuUsers > 0) return;
  p.body = null;
  callRcu(s, () => {
    const { processFree } = s.probes;
    if (processFree.enabled) processFree.emit(p.commId, p.pid, p.prio);
    s.recorded();
    putTaskStruct(s, p);
  });
}
