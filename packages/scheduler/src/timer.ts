import { WRITE } from '@kernel-model/sim';
import type { Cpu } from './cpu.ts';
import { TIMER_SOFTIRQ, TICK_NSEC } from './constants.ts';
import { HrTimer, hrtimerStart } from './hrtimer.ts';
import type { Scheduler } from './scheduler.ts';
import { openSoftirq, raiseSoftirq } from './softirq.ts';
import { TIMER_DEFERRABLE, TIMER_PINNED, TimerList, type TimerBucket } from './timer-list.ts';
import { tmigrHandleRemote } from './timer-migration.ts';
import { wakeUpNohzCpu } from './tick-sched.ts';
import {
  traceTimerCancel,
  traceTimerExpireEntry,
  traceTimerExpireExit,
  traceTimerInit,
  traceTimerStart,
} from './timer-events.ts';
import {
  TimerBase,
  collectExpiredTimers,
  detachTimer,
  forwardTimerBase,
  recalcNextExpiry,
  wheelExpiry,
  wheelIndex,
  wheelInsert,
  wheelLevel,
  wheelRemove,
} from './timer-wheel.ts';

/** Index of the base of pinned timers in `cpu.timerBases`. @linux kernel/time/timer.c */
export const BASE_LOCAL = 0;
/** Of timers that another CPU may run while this one idles. */
export const BASE_GLOBAL = 1;
/** Of deferrable timers. */
export const BASE_DEF = 2;

/** The timers of a CPU: three wheels. */
export class TimerBases {
  readonly local: TimerBase;
  readonly global: TimerBase;
  readonly deferrable: TimerBase;
  /** Stands in for the tick on an explored machine, which has none: fires when the first bucket expires. */
  readonly explored: HrTimer;

  constructor(s: Scheduler, cpu: number) {
    this.local = new TimerBase(cpu, s.jiffies);
    this.global = new TimerBase(cpu, s.jiffies);
    this.deferrable = new TimerBase(cpu, s.jiffies);
    this.explored = new HrTimer(s, raiseTimerSoftirq);
  }
}

/** Make the timer softirq known. @linux kernel/time/timer.c init_timers() */
export function initTimers(s: Scheduler): void {
  openSoftirq(s, TIMER_SOFTIRQ, runTimerSoftirq);
}

/** A timer of the CPU whose code runs now. @param flags TIMER_* bits @emits timer_init @linux include/linux/timer.h timer_setup() */
export function timerSetup(s: Scheduler, fn: (timer: TimerList) => void, flags = 0): TimerList {
  const timer = new TimerList(fn, flags, Math.max(s.cpu, 0));
  if (s.probes.timerInit.enabled) traceTimerInit(s, timer);
  return timer;
}

/** Is the timer armed? Not any more when its function runs. @linux include/linux/timer.h timer_pending() */
export function timerPending(timer: TimerList): boolean {
  return timer.bucket !== null;
}

/** Arm a timer for timer.expires on this CPU. It must not be pending. @linux kernel/time/timer.c add_timer() */
export function addTimer(s: Scheduler, timer: TimerList): void {
  if (timerPending(timer)) {
    s.reports.warnOnce('add_timer', 'add_timer() of a pending timer');
    return;
  }
  modTimer(s, timer, timer.expires);
}

/** Like {@link addTimer}; other CPUs may run it while this one idles. @linux kernel/time/timer.c add_timer_global() */
export function addTimerGlobal(s: Scheduler, timer: TimerList): void {
  timer.flags &= ~TIMER_PINNED;
  addTimer(s, timer);
}

/** Like {@link addTimer}; only this CPU runs it. @linux kernel/time/timer.c add_timer_local() */
export function addTimerLocal(s: Scheduler, timer: TimerList): void {
  timer.flags |= TIMER_PINNED;
  addTimer(s, timer);
}

/** Arm a timer for timer.expires on a CPU; from now on it is pinned. It must not be pending. @linux kernel/time/timer.c add_timer_on() */
export function addTimerOn(s: Scheduler, timer: TimerList, cpu: number): void {
  if (timerPending(timer)) {
    s.reports.warnOnce('add_timer_on', 'add_timer_on() of a pending timer');
    return;
  }
  timer.flags |= TIMER_PINNED;
  if (timer.fn === null) return;
  timer.cpu = cpu;
  const base = timerBase(s, timer);
  forwardTimerBase(base, s.jiffies);
  enqueue(s, base, timer, timer.expires);
}

/**
 * Arm a timer for another jiffy, on this CPU; a pending one moves.
 * @returns 1 if it was pending
 * @linux kernel/time/timer.c mod_timer()
 */
export function modTimer(s: Scheduler, timer: TimerList, expires: number): 0 | 1 {
  s.sim.touch(timer, 'timer', WRITE);
  if (timerPending(timer)) {
    if (timer.expires === expires) return 1;
    const base = timerBase(s, timer);
    forwardTimerBase(base, s.jiffies);
    const lvl = wheelLevel(expires, base.clk);
    // same bucket: it stays where it is, before those that came after it
    if (wheelIndex(lvl, wheelExpiry(expires, base.clk)) === timer.idx) {
      timer.expires = expires;
      return 1;
    }
  }
  if (timer.fn === null) return 0;
  let base = timerBase(s, timer);
  forwardTimerBase(base, s.jiffies);
  const wasPending = detachIfPending(s, base, timer);
  // a running timer stays on its base, so that it is serialized with itself
  if (s.cpu >= 0 && base.runningTimer !== timer) {
    timer.cpu = s.cpu;
    base = timerBase(s, timer);
    forwardTimerBase(base, s.jiffies);
  }
  enqueue(s, base, timer, expires);
  return wasPending ? 1 : 0;
}

/** {@link modTimer}, but only for a timer that is pending. @returns 1 if it was @linux kernel/time/timer.c mod_timer_pending() */
export function modTimerPending(s: Scheduler, timer: TimerList, expires: number): 0 | 1 {
  return timerPending(timer) ? modTimer(s, timer, expires) : 0;
}

/** {@link modTimer}, but a pending timer never moves back. @returns 1 if it was pending @linux kernel/time/timer.c timer_reduce() */
export function timerReduce(s: Scheduler, timer: TimerList, expires: number): 0 | 1 {
  if (timerPending(timer) && timer.expires <= expires) return 1;
  return modTimer(s, timer, expires);
}

/** Disarm a timer; its function may be running. @returns whether it was pending @linux kernel/time/timer.c timer_delete() */
export function timerDelete(s: Scheduler, timer: TimerList): boolean {
  s.sim.touch(timer, 'timer', WRITE);
  return detachIfPending(s, timerBase(s, timer), timer);
}

/**
 * Disarm a timer, unless its function is running.
 * @returns -1 if it runs, else whether it was pending, 0 or 1
 * @linux kernel/time/timer.c try_to_del_timer_sync()
 */
export function timerTryToDelSync(s: Scheduler, timer: TimerList): -1 | 0 | 1 {
  const base = timerBase(s, timer);
  if (base.runningTimer === timer) return -1;
  return timerDelete(s, timer) ? 1 : 0;
}

/**
 * Disarm a timer and know that its function is over. A timer function is one step of the machine, so there is nothing
 * to wait for; from the function itself, Linux would wait for ever.
 * @returns whether it was pending
 * @linux kernel/time/timer.c timer_delete_sync()
 */
export function timerDeleteSync(s: Scheduler, timer: TimerList): boolean {
  const done = timerTryToDelSync(s, timer);
  if (done < 0) s.reports.printk('bug', 'timer_delete_sync() of a timer from its own function: deadlock');
  return done === 1;
}

/** Disarm a timer for good: later attempts to arm it do nothing. @returns whether it was pending @linux kernel/time/timer.c timer_shutdown() */
export function timerShutdown(s: Scheduler, timer: TimerList): boolean {
  const wasPending = timerDelete(s, timer);
  timer.fn = null;
  return wasPending;
}

/** Does a wheel of the CPU have something to run at this jiffy? @linux kernel/time/timer.c run_local_timers() */
export function timersExpired(cpu: Cpu): boolean {
  const { local, global, deferrable } = cpu.timers;
  const { jiffies } = cpu.rq.sched;
  return jiffies >= local.nextExpiry || jiffies >= global.nextExpiry || jiffies >= deferrable.nextExpiry;
}

/** Run the expired timers of the CPU, and those of idle CPUs if they are this one's to run. @linux kernel/time/timer.c run_timer_softirq() */
export function runTimerSoftirq(cpu: Cpu): void {
  const s = cpu.rq.sched;
  const { local, global, deferrable } = cpu.timers;
  runTimerBase(s, local);
  runTimerBase(s, global);
  runTimerBase(s, deferrable);
  if (s.sim.explored) programExplored(s, cpu.timers);
  else tmigrHandleRemote(cpu);
}

/** Run the expired timers of one wheel. @linux kernel/time/timer.c __run_timer_base() */
export function runTimerBase(s: Scheduler, base: TimerBase): void {
  if (s.jiffies < base.nextExpiry || base.runningTimer !== null) return;
  const expired: TimerBucket[] = [];
  while (s.jiffies >= base.clk && s.jiffies >= base.nextExpiry) {
    collectExpiredTimers(base, expired);
    // one ahead, so that a function which arms its timer for this jiffy does not run again at once
    base.clk++;
    recalcNextExpiry(base);
    while (expired.length > 0) expireTimers(s, base, expired.pop()!);
  }
}

/** Take over the timers of a CPU that went down. @linux kernel/time/timer.c timers_dead_cpu() */
export function timersDeadCpu(s: Scheduler, deadCpu: number, newCpu: number): void {
  const from = s.cpus[deadCpu]!.timers;
  const to = s.cpus[newCpu]!.timers;
  migrateTimers(s, from.local, to.local);
  migrateTimers(s, from.global, to.global);
  migrateTimers(s, from.deferrable, to.deferrable);
}

/** Start the wheels of a CPU that comes up at the current jiffy. @linux kernel/time/timer.c timers_prepare_cpu() */
export function timersPrepareCpu(s: Scheduler, cpu: number): void {
  const { local, global, deferrable } = s.cpus[cpu]!.timers;
  for (const base of [local, global, deferrable]) {
    base.clk = s.jiffies;
    base.isIdle = false;
    recalcNextExpiry(base);
  }
}

/** The wheel on which the timer is, or belongs. @linux kernel/time/timer.c get_timer_base() */
function timerBase(s: Scheduler, timer: TimerList): TimerBase {
  const bases = s.cpus[timer.cpu]!.timers;
  if ((timer.flags & TIMER_DEFERRABLE) !== 0) return bases.deferrable;
  return (timer.flags & TIMER_PINNED) !== 0 ? bases.local : bases.global;
}

/** @emits timer_start @linux kernel/time/timer.c enqueue_timer() */
function enqueue(s: Scheduler, base: TimerBase, timer: TimerList, expires: number): void {
  timer.expires = expires;
  const bucketExpiry = wheelExpiry(expires, base.clk);
  const idx = wheelIndex(wheelLevel(expires, base.clk), bucketExpiry);
  wheelInsert(base, timer, idx);
  if (s.probes.timerStart.enabled) traceTimerStart(s, timer, bucketExpiry);
  if (bucketExpiry >= base.nextExpiry) return;
  base.nextExpiry = bucketExpiry;
  base.timersPending = true;
  base.nextExpiryRecalc = false;
  if (s.sim.explored) programExplored(s, s.cpus[base.cpu]!.timers);
  else if (base.isIdle) wakeUpNohzCpu(s, base.cpu);
}

/** @emits timer_cancel if it was pending @linux kernel/time/timer.c detach_if_pending() */
function detachIfPending(s: Scheduler, base: TimerBase, timer: TimerList): boolean {
  if (timer.bucket === null) return false;
  if (s.probes.timerCancel.enabled) traceTimerCancel(s, timer);
  if (wheelRemove(base, timer)) base.nextExpiryRecalc = true;
  return true;
}

/** @emits timer_cancel, timer_expire_entry, timer_expire_exit @linux kernel/time/timer.c expire_timers() */
function expireTimers(s: Scheduler, base: TimerBase, bucket: TimerBucket): void {
  const { timerCancel, timerExpireEntry, timerExpireExit } = s.probes;
  for (let timer = bucket.first; timer !== null; timer = bucket.first) {
    s.sim.touch(timer, 'timer', WRITE);
    base.runningTimer = timer;
    if (timerCancel.enabled) traceTimerCancel(s, timer);
    detachTimer(timer);
    if (timerExpireEntry.enabled) traceTimerExpireEntry(s, timer, base.clk);
    timer.fn!(timer);
    if (timerExpireExit.enabled) traceTimerExpireExit(s, timer);
    s.sim.charge(s.config.costs.timer);
    base.runningTimer = null;
  }
}

function migrateTimers(s: Scheduler, from: TimerBase, to: TimerBase): void {
  forwardTimerBase(to, s.jiffies);
  for (let i = 0; i < from.vectors.length; i++) {
    const bucket = from.vectors[i] ?? null;
    if (bucket === null) continue;
    for (let timer = bucket.first; timer !== null; timer = bucket.first) {
      if (s.probes.timerCancel.enabled) traceTimerCancel(s, timer);
      wheelRemove(from, timer);
      timer.cpu = to.cpu;
      enqueue(s, to, timer, timer.expires);
    }
  }
  recalcNextExpiry(from);
}

function programExplored(s: Scheduler, bases: TimerBases): void {
  const { local, global, deferrable } = bases;
  let next = Infinity;
  for (const base of [local, global, deferrable]) {
    if (base.nextExpiryRecalc) recalcNextExpiry(base);
    if (base.timersPending) next = Math.min(next, base.nextExpiry);
  }
  if (next !== Infinity) hrtimerStart(bases.explored, next * TICK_NSEC, local.cpu);
}

function raiseTimerSoftirq(cpu: Cpu): void {
  raiseSoftirq(cpu, TIMER_SOFTIRQ);
}
