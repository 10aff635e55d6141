import { RCU_SOFTIRQ, TICK_NSEC } from './constants.ts';
import type { Cpu } from './cpu.ts';
import { Cpumask } from './cpumask.ts';
import { HrTimer, hrtimerStart } from './hrtimer.ts';
import { RcuSegcblist } from './rcu-cblist.ts';
import type { Scheduler } from './scheduler.ts';
import { openSoftirq, raiseSoftirq } from './softirq.ts';
import type { Task } from './task.ts';
import { wakeUpProcess } from './wakeup.ts';

/** Ticks from callRcu() to the callback if no other grace period is under way and rcu_preempt runs at once. */
export const RCU_GRACE_PERIOD_TICKS = 4;

/** rcu_preempt should begin a grace period. @linux kernel/rcu/tree.h RCU_GP_FLAG_INIT */
export const RCU_GP_FLAG_INIT = 1;
/** rcu_preempt should look after the one in progress. @linux kernel/rcu/tree.h RCU_GP_FLAG_FQS */
export const RCU_GP_FLAG_FQS = 2;

/** Grace periods of the machine. @linux kernel/rcu/tree.h struct rcu_state, struct rcu_node */
export class RcuState {
  /** Grace periods that are over. */
  completed = 0;
  inProgress = false;
  /** What {@link completed} has to reach before nobody wants another one. */
  needed = 0;
  /** RCU_GP_FLAG_* */
  gpFlags = 0;
  /** CPUs of which it is not known that they have passed through a quiescent state since the grace period began. */
  qsMask: Cpumask = Cpumask.NONE;
  /** rcu_preempt: see rcuGpKthread(); null before it runs. */
  gpKthread: Task | null = null;
  /** It sleeps and nobody has woken it. */
  gpWaits = false;
}

/** What a CPU knows of grace periods. @linux kernel/rcu/tree.h struct rcu_data */
export class RcuData {
  readonly cblist: RcuSegcblist = new RcuSegcblist();
  /** What the CPU has noticed: grace periods over ... */
  completed = 0;
  /** ... and whether another one has begun. */
  started = false;
  /** The grace period needs to hear from this CPU ... */
  coreNeedsQs = false;
  /** ... and it has not passed through a quiescent state. */
  noQs = false;
  /** Grows whenever the CPU begins to idle. */
  idleEntries = 0;
  /** Stands in for grace periods while there is no rcu_preempt, as on an explored machine. */
  readonly threadless: HrTimer;

  constructor(s: Scheduler) {
    this.threadless = new HrTimer(s, raiseRcuSoftirq);
  }
}

/** Make the RCU softirq known. @linux kernel/rcu/tree.c rcu_init() */
export function initRcu(s: Scheduler): void {
  openSoftirq(s, RCU_SOFTIRQ, rcuCore);
}

/**
 * Call fn in softirq context on this CPU after a grace period: when every CPU has been seen outside of code that may
 * read. In the model readers are steps of the machine; what makes a grace period last is how the CPUs learn of it. A
 * tick of this CPU asks rcu_preempt for one, which begins it and sleeps; ticks and context switches are quiescent states
 * of CPUs that tick; two ticks later rcu_preempt counts those that idle; and the next tick here runs the callback. On a
 * machine without rcu_preempt, callbacks run as many ticks later as they do if nothing else is going on.
 * @linux kernel/rcu/tree.c call_rcu()
 */
export function callRcu(s: Scheduler, fn: () => void): void {
  callRcuOn(s, s.cpus[Math.max(s.cpu, 0)]!, fn);
}

/** {@link callRcu} for another CPU. */
export function callRcuOn(s: Scheduler, cpu: Cpu, fn: () => void): void {
  const { cblist, threadless } = cpu.rcu;
  cblist.enqueue(fn);
  if (s.rcu.gpKthread === null && !threadless.active)
    hrtimerStart(threadless, (s.jiffies + RCU_GRACE_PERIOD_TICKS) * TICK_NSEC, cpu.id);
}

/** Has the CPU callbacks, so that it has to keep ticking? @linux kernel/rcu/tree.c rcu_needs_cpu() */
export function rcuNeedsCpu(cpu: Cpu): boolean {
  return !cpu.rcu.cblist.empty;
}

/** The CPU switched tasks: nothing that it read before matters now. @linux kernel/rcu/tree_plugin.h rcu_note_context_switch(), rcu_qs() */
export function rcuNoteContextSwitch(cpu: Cpu): void {
  cpu.rcu.noQs = false;
}

/** The CPU begins to idle, where it reads nothing. @linux kernel/context_tracking.c ct_idle_enter() */
export function rcuIdleEnter(cpu: Cpu): void {
  cpu.rcu.idleEntries++;
}

/** The tick's part: look after grace periods and callbacks in softirq context if there is something to do. @linux kernel/rcu/tree.c rcu_sched_clock_irq() */
export function rcuSchedClockIrq(cpu: Cpu): void {
  const { curr, sched } = cpu.rq;
  if (sched.rcu.gpKthread === null) return;
  if (curr.preemptCount === 0 && curr.bhDisableCount === 0) cpu.rcu.noQs = false;
  if (rcuPending(sched.rcu, cpu.rcu)) raiseSoftirq(cpu, RCU_SOFTIRQ);
}

/** @linux kernel/rcu/tree.c rcu_pending() */
function rcuPending(rcu: RcuState, rdp: RcuData): boolean {
  if (rdp.coreNeedsQs && !rdp.noQs && rcu.inProgress) return true;
  if (rdp.cblist.ready) return true;
  if (!rcu.inProgress && rdp.cblist.unassigned) return true;
  return rdp.completed !== rcu.completed || rdp.started !== rcu.inProgress;
}

/** @linux kernel/rcu/tree.c rcu_core() */
function rcuCore(cpu: Cpu): void {
  const s = cpu.rq.sched;
  const { rcu } = s;
  const rdp = cpu.rcu;
  if (rcu.gpKthread === null) {
    rdp.cblist.advance(Infinity);
  } else {
    checkQuiescentState(s, cpu);
    if (!rcu.inProgress && rdp.cblist.unassigned && rcuAccelerateCbs(rcu, rdp)) rcuGpKthreadWake(s);
  }
  for (const fn of rdp.cblist.extractDone()) fn();
}

/** @linux kernel/rcu/tree.c rcu_check_quiescent_state(), rcu_report_qs_rdp() */
function checkQuiescentState(s: Scheduler, cpu: Cpu): void {
  const { rcu } = s;
  const rdp = cpu.rcu;
  if (noteGpChanges(rcu, cpu)) rcuGpKthreadWake(s);
  if (!rdp.coreNeedsQs || rdp.noQs) return;
  rdp.coreNeedsQs = false;
  if (!rcu.qsMask.has(cpu.id)) return;
  // this grace period cannot end before the CPU has reported: all of its callbacks can wait for the next one
  const needWake = rcuAccelerateCbs(rcu, rdp);
  rcuReportQs(s, cpu.id);
  if (needWake) rcuGpKthreadWake(s);
}

/** A CPU has passed through a quiescent state; after the last one, rcu_preempt ends the grace period. @linux kernel/rcu/tree.c rcu_report_qs_rnp() */
export function rcuReportQs(s: Scheduler, cpu: number): void {
  const { rcu } = s;
  if (!rcu.qsMask.has(cpu)) return;
  rcu.qsMask = rcu.qsMask.andNot(Cpumask.of(cpu));
  if (!rcu.qsMask.empty) return;
  rcu.gpFlags |= RCU_GP_FLAG_FQS;
  rcuGpKthreadWake(s);
}

/**
 * Let a CPU notice that grace periods have ended or begun.
 * @returns whether rcu_preempt has to be woken
 * @linux kernel/rcu/tree.c __note_gp_changes()
 */
export function noteGpChanges(rcu: RcuState, cpu: Cpu): boolean {
  const rdp = cpu.rcu;
  if (rdp.completed === rcu.completed && rdp.started === rcu.inProgress) return false;
  let needWake;
  const ended = rdp.completed < rcu.completed;
  if (ended) {
    needWake = rcuAdvanceCbs(rcu, rdp);
    rdp.coreNeedsQs = false;
  } else {
    needWake = rcuAccelerateCbs(rcu, rdp);
  }
  if (rcu.inProgress && (ended || !rdp.started)) rdp.coreNeedsQs = rdp.noQs = rcu.qsMask.has(cpu.id);
  rdp.completed = rcu.completed;
  rdp.started = rcu.inProgress;
  return needWake;
}

/** @linux kernel/rcu/tree.c rcu_advance_cbs() */
function rcuAdvanceCbs(rcu: RcuState, rdp: RcuData): boolean {
  if (!rdp.cblist.pending) return false;
  rdp.cblist.advance(rcu.completed);
  return rcuAccelerateCbs(rcu, rdp);
}

/**
 * Assign a grace period to callbacks that have none: the next one to begin.
 * @returns whether rcu_preempt has to be woken to begin it
 * @linux kernel/rcu/tree.c rcu_accelerate_cbs(), rcu_start_this_gp()
 */
export function rcuAccelerateCbs(rcu: RcuState, rdp: RcuData): boolean {
  if (!rdp.cblist.pending) return false;
  const seq = rcu.completed + (rcu.inProgress ? 2 : 1);
  if (!rdp.cblist.accelerate(seq) || rcu.needed >= seq) return false;
  rcu.needed = seq;
  if (rcu.inProgress) return false;
  rcu.gpFlags |= RCU_GP_FLAG_INIT;
  return true;
}

/** Wake rcu_preempt if it waits, unless it is who asks. @linux kernel/rcu/tree.c rcu_gp_kthread_wake() */
export function rcuGpKthreadWake(s: Scheduler): void {
  const { rcu } = s;
  if (!rcu.gpWaits || rcu.gpFlags === 0 || rcu.gpKthread === null) return;
  rcu.gpWaits = false;
  wakeUpProcess(s, rcu.gpKthread);
}

/** Take over the callbacks of a CPU that went down. @linux kernel/rcu/tree.c rcutree_migrate_callbacks() */
export function rcuMigrateCallbacks(s: Scheduler, deadCpu: number, newCpu: number): void {
  const { rcu } = s;
  const from = s.cpus[deadCpu]!.rcu;
  const to = s.cpus[newCpu]!.rcu;
  if (from.cblist.empty) return;
  let needWake = rcuAdvanceCbs(rcu, from);
  if (!needWake) needWake = rcuAdvanceCbs(rcu, to);
  to.cblist.merge(from.cblist);
  if (!needWake) needWake = rcuAdvanceCbs(rcu, to);
  if (needWake) rcuGpKthreadWake(s);
}

function raiseRcuSoftirq(cpu: Cpu): void {
  raiseSoftirq(cpu, RCU_SOFTIRQ);
}
