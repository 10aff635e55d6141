import { TICK_NSEC } from './constants.ts';
import type { Cpu } from './cpu.ts';
import { tmigrCpuActivate, tmigrCpuDeactivate, tmigrCpuNewTimer, tmigrQuickCheck } from './timer-migration.ts';
import { NEXT_TIMER_MAX_DELTA, forwardTimerBase, recalcNextExpiry, type TimerBase } from './timer-wheel.ts';

/** First timers of a CPU. Infinity: none, or it does not matter because the other one comes first. */
export interface TimerEvents {
  /** Instant in ns of the first pinned timer. */
  localNs: number;
  /** Instant in ns of the first timer that others may run. */
  globalNs: number;
  /** Jiffy of the first of both. */
  jiffy: number;
}

/** An empty result for {@link nextTimers}. */
export function timerEvents(): TimerEvents {
  return { localNs: Infinity, globalNs: Infinity, jiffy: 0 };
}

/** Look up the first timers of a CPU at a jiffy. @returns out @linux kernel/time/timer.c fetch_next_timer_interrupt() */
export function nextTimers(cpu: Cpu, jiffies: number, out: TimerEvents): TimerEvents {
  const { local, global } = cpu.timers;
  const localJiffy = nextTimerInterrupt(local, jiffies);
  const globalJiffy = nextTimerInterrupt(global, jiffies);
  const localFirst = localJiffy <= globalJiffy;
  const first = localFirst ? localJiffy : globalJiffy;
  out.localNs = out.globalNs = Infinity;
  if (first <= jiffies + 1) {
    // within a tick: nobody else needs to know, this CPU keeps ticking
    out.jiffy = Math.max(first, jiffies);
    out.localNs = out.jiffy * TICK_NSEC;
    if (!localFirst) out.globalNs = out.localNs;
    return out;
  }
  out.jiffy = first;
  if (!localFirst && global.timersPending) out.globalNs = globalJiffy * TICK_NSEC;
  if (local.timersPending) out.localNs = localJiffy * TICK_NSEC;
  return out;
}

/**
 * Instant in ns of the next timer for which this CPU has to be awake; Infinity if there is none.
 * @linux kernel/time/timer.c get_next_timer_interrupt()
 */
export function getNextTimerInterrupt(cpu: Cpu, jiffies: number): number {
  const next = nextTimers(cpu, jiffies, timerEvents());
  if (next.jiffy > jiffies + 1) {
    const { isIdle } = cpu.timers.local;
    useMigration(jiffies, next, isIdle ? tmigrCpuNewTimer(cpu, next.globalNs) : tmigrQuickCheck(cpu, next.globalNs));
  }
  forwardBases(cpu, jiffies);
  return next.localNs;
}

/**
 * The CPU is about to stop its tick: mark its wheels idle and leave the global timers to the others, if the next timer
 * is more than a tick away.
 * @returns instant in ns of the next timer, Infinity if there is none; whether it worked is in `timers.local.isIdle`
 * @linux kernel/time/timer.c timer_base_try_to_set_idle()
 */
export function timerBaseTryToSetIdle(cpu: Cpu, jiffies: number): number {
  const { local } = cpu.timers;
  const next = nextTimers(cpu, jiffies, timerEvents());
  const possible = next.jiffy > jiffies + 1;
  if (possible) {
    useMigration(
      jiffies,
      next,
      local.isIdle ? tmigrCpuNewTimer(cpu, next.globalNs) : tmigrCpuDeactivate(cpu, next.globalNs),
    );
  }
  forwardBases(cpu, jiffies);
  if (!local.isIdle && next.jiffy > jiffies + 1) local.isIdle = true;
  // the migration may have found a timer that is due at once: then this CPU goes on ticking, and stays in charge
  if (!local.isIdle && possible) tmigrCpuActivate(cpu);
  return next.localNs;
}

/** The CPU ticks again. @linux kernel/time/timer.c timer_clear_idle() */
export function timerClearIdle(cpu: Cpu): void {
  cpu.timers.local.isIdle = false;
  tmigrCpuActivate(cpu);
}

/** The CPU has to wake for the timers of all if they come before its own. @linux kernel/time/timer.c timer_use_tmigr() */
function useMigration(jiffies: number, next: TimerEvents, migrationNs: number): void {
  if (migrationNs >= next.localNs) return;
  next.localNs = Math.max(migrationNs, jiffies * TICK_NSEC);
  next.jiffy = Math.floor(next.localNs / TICK_NSEC);
}

function forwardBases(cpu: Cpu, jiffies: number): void {
  forwardTimerBase(cpu.timers.local, jiffies);
  forwardTimerBase(cpu.timers.global, jiffies);
}

/** @linux kernel/time/timer.c next_timer_interrupt() */
function nextTimerInterrupt(base: TimerBase, jiffies: number): number {
  if (base.nextExpiryRecalc) recalcNextExpiry(base);
  if (!base.timersPending) base.nextExpiry = jiffies + NEXT_TIMER_MAX_DELTA;
  return base.nextExpiry;
}
