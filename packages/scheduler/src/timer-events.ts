import type { HrTimer } from './hrtimer.ts';
import { kernelSymbol } from './probes.ts';
import type { Scheduler } from './scheduler.ts';
import type { TimerList } from './timer-list.ts';

// the tracepoints of timers: asked for only if somebody listens

/** @emits timer_init */
export function traceTimerInit(s: Scheduler, timer: TimerList): void {
  s.probes.timerInit.emit(address(s, timer));
}

/** @emits timer_start @linux include/trace/events/timer.h timer_start */
export function traceTimerStart(s: Scheduler, timer: TimerList, bucketExpiry: number): void {
  const { expires, cpu, idx, flags } = timer;
  s.probes.timerStart.emit(
    address(s, timer),
    symbol(s, timer),
    expires,
    expires - s.jiffies,
    bucketExpiry,
    cpu,
    idx,
    flags,
  );
}

/** @emits timer_cancel */
export function traceTimerCancel(s: Scheduler, timer: TimerList): void {
  s.probes.timerCancel.emit(address(s, timer));
}

/** @param clk clock of the base @emits timer_expire_entry */
export function traceTimerExpireEntry(s: Scheduler, timer: TimerList, clk: number): void {
  s.probes.timerExpireEntry.emit(address(s, timer), symbol(s, timer), s.jiffies, clk);
}

/** @emits timer_expire_exit */
export function traceTimerExpireExit(s: Scheduler, timer: TimerList): void {
  s.probes.timerExpireExit.emit(address(s, timer));
}

/** @emits hrtimer_init */
export function traceHrtimerInit(s: Scheduler, timer: HrTimer): void {
  s.probes.hrtimerInit.emit(address(s, timer), CLOCK_MONOTONIC, timer.mode);
}

/** @emits hrtimer_start */
export function traceHrtimerStart(s: Scheduler, timer: HrTimer, wasArmed: boolean): void {
  const { expiresNs, softExpiresNs, mode } = timer;
  const name = s.hub.intern(timer.symbol);
  s.probes.hrtimerStart.emit(address(s, timer), name, expiresNs, softExpiresNs, mode, Number(wasArmed));
}

/** @emits hrtimer_cancel */
export function traceHrtimerCancel(s: Scheduler, timer: HrTimer): void {
  s.probes.hrtimerCancel.emit(address(s, timer));
}

/** @emits hrtimer_expire_entry */
export function traceHrtimerExpireEntry(s: Scheduler, timer: HrTimer, now: number): void {
  s.probes.hrtimerExpireEntry.emit(address(s, timer), s.hub.intern(timer.symbol), now);
}

/** @emits hrtimer_expire_exit */
export function traceHrtimerExpireExit(s: Scheduler, timer: HrTimer): void {
  s.probes.hrtimerExpireExit.emit(address(s, timer));
}

const CLOCK_MONOTONIC = 1;

function address(s: Scheduler, timer: TimerList | HrTimer): number {
  if (timer.addr === 0) timer.addr = s.probes.newAddress();
  return timer.addr;
}

function symbol(s: Scheduler, timer: TimerList): number {
  return s.hub.intern(kernelSymbol(timer.fn?.name ?? ''));
}
