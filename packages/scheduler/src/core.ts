import { READ } from '@kernel-model/sim';
import {
  DEQUEUE_SAVE,
  DEQUEUE_SLEEP,
  DEQUEUE_SPECIAL,
  ENQUEUE_MIGRATED,
  ENQUEUE_RESTORE,
  PF_WQ_WORKER,
  SM_IDLE,
  SM_NONE,
  SM_PREEMPT,
  TASK_DEAD,
  TASK_FROZEN,
  TASK_INTERRUPTIBLE,
  TASK_NOLOAD,
  TASK_ON_RQ_MIGRATING,
  TASK_ON_RQ_QUEUED,
  TASK_RUNNING,
  TASK_SPECIAL,
  TASK_UNINTERRUPTIBLE,
  TASK_WAKEKILL,
} from './constants.ts';
import type { Cpu } from './cpu.ts';
import { pickNextTask } from './pick.ts';
import { schedBalanceTrigger } from './fair-balance.ts';
import { putTaskStructRcuUser } from './fork.ts';
import { rcuNoteContextSwitch } from './rcu.ts';
import type { Rq } from './rq.ts';
import { schedInfoDequeue, schedInfoEnqueue, schedInfoSwitch } from './sched-info.ts';
import type { Scheduler } from './scheduler.ts';
import { stateLetterId } from './state-letter.ts';
import { TIF_NOTIFY_SIGNAL, TIF_SIGPENDING, type Task } from './task.ts';
import { traceContext } from './trace-context.ts';

/** Bring the queue's clock up to now; it never goes back. @linux kernel/sched/core.c update_rq_clock() */
export function updateRqClock(rq: Rq): void {
  const now = rq.sched.sim.now;
  if (now > rq.clock) rq.clock = now;
}

/** Change the number of queued entities. @linux kernel/sched/sched.h add_nr_running() */
export function addNrRunning(rq: Rq, count: number): void {
  const before = rq.nrRunning;
  rq.nrRunning = before + count;
  if (before < 2 && rq.nrRunning >= 2) rq.sched.rd.overloaded = true;
}

/** See {@link addNrRunning}. @linux kernel/sched/sched.h sub_nr_running() */
export function subNrRunning(rq: Rq, count: number): void {
  rq.nrRunning -= count;
}

/** Queue a task on the rq through its class. @linux kernel/sched/core.c enqueue_task() */
export function enqueueTask(rq: Rq, p: Task, flags: number): void {
  p.schedClass.enqueueTask(rq, p, flags);
  if ((flags & ENQUEUE_RESTORE) === 0) schedInfoEnqueue(rq, p);
}

/** Take a task off the rq. @returns false if the dequeue was delayed @linux kernel/sched/core.c dequeue_task() */
export function dequeueTask(rq: Rq, p: Task, flags: number): boolean {
  if ((flags & DEQUEUE_SAVE) === 0) schedInfoDequeue(rq, p);
  return p.schedClass.dequeueTask(rq, p, flags);
}

/** Make a task part of the rq. @linux kernel/sched/core.c activate_task() */
export function activateTask(rq: Rq, p: Task, flags: number): void {
  enqueueTask(rq, p, p.onRq === TASK_ON_RQ_MIGRATING ? flags | ENQUEUE_MIGRATED : flags);
  p.onRq = TASK_ON_RQ_QUEUED;
}

/** Take a task out of the rq in order to move it. The caller set p.onRq to TASK_ON_RQ_MIGRATING. @linux kernel/sched/core.c deactivate_task() */
export function deactivateTask(rq: Rq, p: Task, flags: number): void {
  dequeueTask(rq, p, flags);
}

/** The bookkeeping of a task that now really sleeps. @linux kernel/sched/sched.h __block_task() */
export function blockTaskNow(rq: Rq, p: Task): void {
  if (p.schedContributesToLoad) rq.nrUninterruptible++;
  if (p.inIowait) rq.nrIowait++;
  p.onRq = 0;
}

/** Ask the current task of a CPU to give way at its next preemption point. @linux kernel/sched/core.c resched_curr() */
export function reschedCurr(rq: Rq): void {
  if (rq.curr.needResched) return;
  rq.curr.needResched = true;
  if (rq.cpu !== rq.sched.cpu) rq.sched.cpus[rq.cpu]!.sendReschedule();
}

/** A task was queued on the rq: should the current one give way? @linux kernel/sched/core.c wakeup_preempt() */
export function wakeupPreempt(rq: Rq, p: Task, flags: number): void {
  const curr = rq.curr;
  if (p.schedClass === curr.schedClass) curr.schedClass.wakeupPreempt(rq, p, flags);
  else if (p.schedClass.rank > curr.schedClass.rank) reschedCurr(rq);
  if (curr.onRq !== 0 && curr.needResched) rq.skipClockUpdate = true;
}

/** Take a running task out of its class's hands before a change. @linux kernel/sched/sched.h put_prev_task() */
export function putPrevTask(rq: Rq, p: Task): void {
  p.schedClass.putPrevTask(rq, p, null);
}

/** Give a running task back to its class after a change. @linux kernel/sched/sched.h set_next_task() */
export function setNextTask(rq: Rq, p: Task): void {
  p.schedClass.setNextTask(rq, p, false);
}

/** Run fn, once, when the current switch or change is over; what was queued last runs first. @linux kernel/sched/sched.h queue_balance_callback() */
export function queueBalanceCallback(rq: Rq, fn: (rq: Rq) => void): void {
  if (!rq.balanceCallbacks.includes(fn)) rq.balanceCallbacks.push(fn);
}

/** Run what {@link queueBalanceCallback} collected. */
export function runBalanceCallbacks(rq: Rq): void {
  while (rq.balanceCallbacks.length > 0) rq.balanceCallbacks.pop()!(rq);
  if (rq.balancePush !== null) rq.balancePush(rq);
}

/** Would a task in this state be woken by its signals, instead of sleeping? @linux include/linux/sched/signal.h signal_pending_state() */
export function signalPendingState(s: Scheduler, state: number, p: Task): boolean {
  s.sim.touch(p, 'tif', READ);
  if ((p.tif & (TIF_SIGPENDING | TIF_NOTIFY_SIGNAL)) === 0) return false;
  if ((state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) === 0) return false;
  return (state & TASK_INTERRUPTIBLE) !== 0 || s.hooks.fatalSignalPending(p);
}

/**
 * Give the CPU to the best task.
 * @param mode SM_NONE: the current task sleeps if its state says so; SM_PREEMPT: it stays runnable; SM_IDLE
 * @returns whether another task runs now: then the caller has to yield
 * @emits sched_switch
 * @linux kernel/sched/core.c __schedule()
 */
export function __schedule(rq: Rq, mode: number): boolean {
  const s = rq.sched;
  const prev = rq.curr;
  s.sim.barrier();
  if (prev.preemptCount !== 0) s.reports.schedulingWhileAtomic(prev);
  if (s.schedstats) rq.schedCount++;
  s.sim.charge(s.config.costs.schedule);
  rcuNoteContextSwitch(s.cpus[rq.cpu]!);
  if (!rq.skipClockUpdate) updateRqClock(rq);
  rq.skipClockUpdate = false;
  const prevState = prev.state;
  const voluntary = mode === SM_NONE && prevState !== TASK_RUNNING;
  if (voluntary) {
    s.sim.charge(s.config.costs.dequeue);
    tryToBlockTask(rq, prev, prevState);
  }
  const next = mode === SM_IDLE && rq.nrRunning === 0 ? prev : pickNextTask(rq, prev);
  prev.needResched = false;
  s.sim.charge(s.config.costs.pick);
  if (next === prev) {
    runBalanceCallbacks(rq);
    return false;
  }
  rq.nrSwitches++;
  if (voluntary) prev.nvcsw++;
  else prev.nivcsw++;
  const probe = s.probes.switch;
  if (probe.enabled) {
    const letter = stateLetterId(s, mode === SM_PREEMPT, prev);
    probe.emit(prev.commId, prev.pid, prev.prio, letter, next.commId, next.pid, next.prio);
  }
  s.recorded();
  rq.curr = next;
  contextSwitch(rq, prev, next);
  return true;
}

/** @linux kernel/sched/core.c context_switch(), finish_task_switch() */
function contextSwitch(rq: Rq, prev: Task, next: Task): void {
  const s = rq.sched;
  schedInfoSwitch(rq, prev, next);
  next.onCpu = true;
  s.hooks.contextSwitchMm(prev, next, rq.cpu);
  prev.lastSwitchAtNs = next.lastSwitchAtNs = s.sim.now;
  s.sim.charge(s.config.costs.contextSwitch);
  traceContext(s.cpus[rq.cpu]!);
  prev.onCpu = false;
  runBalanceCallbacks(rq);
  s.hooks.finishSwitchMm(rq.cpu);
  if (prev.state === TASK_DEAD) {
    prev.schedClass.taskDead(prev);
    putTaskStructRcuUser(s, prev);
  }
}

/** Dequeue a task that goes to sleep, unless a signal forbids it. @linux kernel/sched/core.c try_to_block_task() */
function tryToBlockTask(rq: Rq, p: Task, state: number): void {
  const s = rq.sched;
  if (signalPendingState(s, state, p)) {
    p.state = TASK_RUNNING;
    return;
  }
  p.schedContributesToLoad = (state & TASK_UNINTERRUPTIBLE) !== 0 && (state & (TASK_NOLOAD | TASK_FROZEN)) === 0;
  const flags = (state & TASK_SPECIAL) !== 0 ? DEQUEUE_SLEEP | DEQUEUE_SPECIAL : DEQUEUE_SLEEP;
  if (dequeueTask(rq, p, flags)) blockTaskNow(rq, p);
}

/** May the task be preempted where it is? @linux include/linux/preempt.h preemptible() */
export function preemptible(p: Task): boolean {
  return p.preemptCount === 0 && p.bhDisableCount === 0;
}

/** The idle loop found something to do. @linux kernel/sched/core.c schedule_idle() */
export function scheduleIdle(rq: Rq): void {
  __schedule(rq, SM_IDLE);
}

/**
 * The way out of an interrupt into kernel code: with full preemption, a task that may be preempted gives way now.
 * @linux kernel/sched/core.c preempt_schedule_irq()
 */
export function preemptScheduleIrq(rq: Rq): void {
  const s = rq.sched;
  if (s.config.preempt !== 'full' || !preemptible(rq.curr)) return;
  while (rq.curr.needResched && rq.curr !== rq.idle) if (__schedule(rq, SM_PREEMPT)) return;
}

/** The way out of an interrupt into user mode. @linux kernel/entry/common.c exit_to_user_mode_loop() */
export function scheduleToUser(rq: Rq): void {
  __schedule(rq, SM_NONE);
}

/** The scheduler's part of the tick. @linux kernel/sched/core.c sched_tick() */
export function schedTick(cpu: Cpu): void {
  const rq = cpu.rq;
  const s = rq.sched;
  const curr = rq.curr;
  updateRqClock(rq);
  curr.schedClass.taskTick(rq, curr);
  if ((curr.flags & PF_WQ_WORKER) !== 0) s.hooks.wqWorkerTick(curr);
  schedBalanceTrigger(rq);
}

/** Default slice in ns: it grows with the number of CPUs. @linux kernel/sched/fair.c get_update_sysctl_factor() */
export function baseSlice(nrCpus: number): number {
  return 700_000 * (1 + (31 - Math.clz32(Math.min(nrCpus, 8))));
}
