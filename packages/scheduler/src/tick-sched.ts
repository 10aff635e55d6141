import { TICK_NSEC, TIMER_SOFTIRQ } from './constants.ts';
import { schedTick } from './core.ts';
import type { Cpu } from './cpu.ts';
import { accountProcessTick } from './cputime.ts';
import {
  HRTIMER_MODE_HARD,
  HRTIMER_MODE_PINNED,
  HrTimer,
  hrtimerCancel,
  hrtimerForward,
  hrtimerStart,
} from './hrtimer.ts';
import { tickDoUpdateJiffies } from './jiffies.ts';
import { nohzBalanceEnterIdle, nohzRunIdleBalance } from './nohz-balance.ts';
import { rcuIdleEnter, rcuNeedsCpu, rcuSchedClockIrq } from './rcu.ts';
import type { Scheduler } from './scheduler.ts';
import { raiseSoftirq } from './softirq.ts';
import { tmigrRequiresHandleRemote } from './timer-migration.ts';
import { getNextTimerInterrupt, timerBaseTryToSetIdle, timerClearIdle } from './timer-next.ts';
import { timersExpired } from './timer.ts';

/** No instant: the CPU does not idle. */
export const NOT_IDLE = -1;

/** The tick of a CPU. @linux kernel/time/tick-sched.h struct tick_sched */
export class TickSched {
  readonly timer: HrTimer;
  /** Between idle entry and idle exit. */
  inIdle = false;
  /** No tick every 4 ms: the timer stands at the next timer of the wheel, or is off. */
  stopped = false;
  /** Instant of the tick that was due when it was stopped, in ns. */
  lastTickNs = 0;
  /** What the timer is programmed to while the tick is stopped, in ns; 0: unknown. */
  nextTickNs = 0;
  /** Instant from which the CPU idles, in ns; {@link NOT_IDLE} while it does not, or serves an interrupt. */
  idleEntryNs: number = NOT_IDLE;
  /** Time that it idled before in ns, and of that how much with a task that waited for I/O. */
  idleNs = 0;
  iowaitNs = 0;

  constructor(s: Scheduler) {
    this.timer = new HrTimer(s, tickHandler, HRTIMER_MODE_PINNED | HRTIMER_MODE_HARD, 'tick_nohz_handler');
  }
}

/** Start the tick of a CPU, at the next multiple of 4 ms. Nothing on an explored machine. @linux kernel/time/tick-sched.c tick_setup_sched_timer() */
export function tickSetupSchedTimer(cpu: Cpu): void {
  const s = cpu.rq.sched;
  if (s.sim.explored) return;
  tickDoUpdateJiffies(s);
  hrtimerStart(cpu.tick.timer, (Math.floor(s.sim.now / TICK_NSEC) + 1) * TICK_NSEC, cpu.id);
}

/** The CPU goes down: no more ticks. @linux kernel/time/tick-sched.c tick_sched_timer_dying() */
export function tickSchedTimerDying(cpu: Cpu): void {
  const { tick } = cpu;
  hrtimerCancel(tick.timer);
  tick.stopped = false;
  stopIdle(cpu);
  tick.inIdle = false;
  tick.nextTickNs = 0;
}

/** The idle task begins to idle: stop the tick if nothing is due within the next one. @linux kernel/time/tick-sched.c tick_nohz_idle_enter() */
export function tickNohzIdleEnter(cpu: Cpu): void {
  if (cpu.rq.sched.sim.explored) return;
  rcuIdleEnter(cpu);
  nohzRunIdleBalance(cpu);
  cpu.tick.inIdle = true;
  cpu.tick.idleEntryNs = cpu.rq.sched.sim.now;
  idleStopTick(cpu);
}

/** An interrupt hit the idle CPU, and it stays idle: think about the tick again. @linux kernel/time/tick-sched.c tick_nohz_irq_exit() */
export function tickNohzIrqExit(cpu: Cpu): void {
  if (!cpu.tick.inIdle) return;
  cpu.tick.idleEntryNs = cpu.rq.sched.sim.now;
  idleStopTick(cpu);
}

/** The idle task ends: tick again, at the next multiple of 4 ms. @linux kernel/time/tick-sched.c tick_nohz_idle_exit() */
export function tickNohzIdleExit(cpu: Cpu): void {
  cpu.tick.inIdle = false;
  stopIdle(cpu);
  if (cpu.tick.stopped) restartTick(cpu);
}

/** An interrupt hit an idle CPU: with the tick stopped, jiffies may be stale. @linux kernel/time/tick-sched.c tick_irq_enter() */
export function tickIrqEnter(cpu: Cpu): void {
  stopIdle(cpu);
  if (cpu.tick.stopped) tickDoUpdateJiffies(cpu.rq.sched);
}

/** What the CPU idled counts. @linux kernel/time/tick-sched.c tick_nohz_stop_idle() */
function stopIdle(cpu: Cpu): void {
  const { tick } = cpu;
  if (tick.idleEntryNs === NOT_IDLE) return;
  const delta = cpu.rq.sched.sim.now - tick.idleEntryNs;
  tick.idleEntryNs = NOT_IDLE;
  if (cpu.rq.nrIowait > 0) tick.iowaitNs += delta;
  else tick.idleNs += delta;
}

/** Is the tick of the CPU stopped? @linux kernel/time/tick-sched.c tick_nohz_tick_stopped_cpu() */
export function tickNohzTickStoppedCpu(cpu: Cpu): boolean {
  return cpu.tick.stopped;
}

/**
 * An idle CPU got a new first timer from elsewhere: let it leave idle and look.
 * @linux kernel/sched/core.c wake_up_nohz_cpu()
 */
export function wakeUpNohzCpu(s: Scheduler, cpu: number): void {
  if (cpu === s.cpu) return;
  const { idle } = s.rqs[cpu]!;
  if (idle.needResched) return;
  idle.needResched = true;
  s.cpus[cpu]!.sendReschedule();
}

/**
 * The tick. Unlike Linux, whichever CPU ticks first advances jiffies. There, one CPU has that duty, and a CPU that
 * happens to tick before it at the same instant sees a stale count and runs its timers a tick late: that befell one
 * sleep in twenty of the traces, by chance.
 * @linux kernel/time/tick-sched.c tick_nohz_handler(), tick_sched_do_timer()
 */
function tickHandler(cpu: Cpu): void {
  const { tick } = cpu;
  const { sim } = cpu.rq.sched;
  const now = sim.now;
  sim.charge(cpu.rq.sched.config.costs.tick);
  tickDoUpdateJiffies(cpu.rq.sched);
  // it may have fired before what it was programmed for: the same instant has to be programmed again
  if (tick.stopped) tick.nextTickNs = 0;
  updateProcessTimes(cpu);
  if (tick.stopped) return;
  hrtimerForward(tick.timer, now, TICK_NSEC);
  hrtimerStart(tick.timer, tick.timer.expiresNs, cpu.id);
}

/** @linux kernel/time/timer.c update_process_times() */
function updateProcessTimes(cpu: Cpu): void {
  accountProcessTick(cpu);
  if (timersExpired(cpu) || tmigrRequiresHandleRemote(cpu)) raiseSoftirq(cpu, TIMER_SOFTIRQ);
  rcuSchedClockIrq(cpu);
  schedTick(cpu);
}

/** @linux kernel/time/tick-sched.c tick_nohz_idle_stop_tick() */
function idleStopTick(cpu: Cpu): void {
  // a CPU that polls keeps ticking
  if (cpu.rq.sched.config.idle === 'poll') return;
  if (cpu.rq.curr.needResched) return;
  const { tick } = cpu;
  const s = cpu.rq.sched;
  const { jiffies } = s;
  const expires = nextEvent(cpu, jiffies);
  if (expires === KEEP_TICKING) return;
  const wasStopped = tick.stopped;
  stopTick(cpu, jiffies, expires);
  if (wasStopped || !tick.stopped) return;
  nohzBalanceEnterIdle(cpu);
}

const KEEP_TICKING = 0;

/**
 * The instant until which the CPU could sleep, in ns. Linux asks an idle governor too, which may keep the tick when it
 * expects a short sleep; the machine of the traces has none, and neither has this one.
 * @returns KEEP_TICKING if something is due by the next tick
 * @linux kernel/time/tick-sched.c tick_nohz_next_event()
 */
function nextEvent(cpu: Cpu, jiffies: number): number {
  const baseNs = jiffies * TICK_NSEC;
  const busy = rcuNeedsCpu(cpu) || (cpu.softirqPending & (1 << TIMER_SOFTIRQ)) !== 0;
  const next = busy ? baseNs + TICK_NSEC : getNextTimerInterrupt(cpu, jiffies);
  return next <= baseNs + TICK_NSEC && !cpu.tick.stopped ? KEEP_TICKING : next;
}

/** @linux kernel/time/tick-sched.c tick_nohz_stop_tick() */
function stopTick(cpu: Cpu, jiffies: number, limitNs: number): void {
  const { tick } = cpu;
  let expires = limitNs;
  if (!tick.stopped) {
    expires = Math.min(expires, timerBaseTryToSetIdle(cpu, jiffies));
    if (!cpu.timers.local.isIdle) return;
  }
  if (tick.stopped && expires === tick.nextTickNs) return;
  if (!tick.stopped) {
    tick.lastTickNs = tick.timer.expiresNs;
    tick.stopped = true;
  }
  tick.nextTickNs = expires;
  if (expires === Infinity) hrtimerCancel(tick.timer);
  else hrtimerStart(tick.timer, expires, cpu.id);
}

/** @linux kernel/time/tick-sched.c tick_nohz_restart_sched_tick() */
function restartTick(cpu: Cpu): void {
  const { tick } = cpu;
  const s = cpu.rq.sched;
  tickDoUpdateJiffies(s);
  timerClearIdle(cpu);
  tick.stopped = false;
  tick.nextTickNs = 0;
  hrtimerCancel(tick.timer);
  tick.timer.expiresNs = tick.lastTickNs;
  hrtimerForward(tick.timer, s.sim.now, TICK_NSEC);
  hrtimerStart(tick.timer, tick.timer.expiresNs, cpu.id);
}
