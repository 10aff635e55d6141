import { EventQueue, SimEvent, WRITE } from '@kernel-model/sim';
import type { Cpu } from './cpu.ts';
import type { Scheduler } from './scheduler.ts';
import { tickDoUpdateJiffies } from './jiffies.ts';
import { kernelSymbol } from './probes.ts';
import {
  traceHrtimerCancel,
  traceHrtimerExpireEntry,
  traceHrtimerExpireExit,
  traceHrtimerStart,
} from './timer-events.ts';

/** Bits of `HrTimer.mode`: an instant. @linux include/linux/hrtimer.h */
export const HRTIMER_MODE_ABS = 0;
/** A span from now on. */
export const HRTIMER_MODE_REL = 1;
/** On this CPU. */
export const HRTIMER_MODE_PINNED = 2;
/** In the interrupt, on a real-time kernel too. */
export const HRTIMER_MODE_HARD = 8;

/** A timer that fires in an interrupt at an exact instant. @linux include/linux/hrtimer.h struct hrtimer */
export class HrTimer extends SimEvent {
  /** The machine. */
  readonly sched: Scheduler;
  /** Called with interrupts off; may start the timer again. */
  readonly fn: (cpu: Cpu) => void;
  /** The CPU on whose queue the timer is, or was last. */
  cpu = 0;
  /** The latest instant in ns: an interrupt is programmed for it. */
  expiresNs = 0;
  /** The earliest instant in ns: an interrupt that comes between the two for another timer's sake takes this one along. */
  softExpiresNs = 0;

  /** Number that stands for the address in traces; 0 until one is needed. */
  addr = 0;

  /**
   * @param mode HRTIMER_MODE_* bits, for traces
   * @param symbol the kernel's name of the function
   */
  constructor(
    s: Scheduler,
    fn: (cpu: Cpu) => void,
    readonly mode: number = HRTIMER_MODE_ABS,
    readonly symbol: string = kernelSymbol(fn.name),
  ) {
    super(-1, nothing);
    this.sched = s;
    this.fn = fn;
  }

  /** Does it wait to fire? @linux include/linux/hrtimer.h hrtimer_is_queued() */
  get active(): boolean {
    return this.queued;
  }
}

/** The hrtimers of a CPU, and the interrupt that is programmed for the first one. @linux include/linux/hrtimer.h struct hrtimer_cpu_base */
export class HrtimerBase {
  readonly queue: EventQueue = new EventQueue();
  readonly event: SimEvent;
  /** The interrupt runs timers now; it programs the next one itself when it is done. */
  inInterrupt = false;

  /** @param takeInterrupt what the hardware does when the programmed instant comes */
  constructor(s: Scheduler, cpu: number, takeInterrupt: () => void) {
    this.event = new SimEvent(s.sim.addLane(`cpu${cpu} timer`), takeInterrupt);
  }
}

/**
 * Arm a timer; if it is armed already, it moves.
 * @param atNs latest instant, in ns since boot
 * @param cpu whose interrupt runs it
 * @param windowNs how much earlier it may fire in an interrupt that comes anyway is atNs - windowNs
 * @emits hrtimer_start, and hrtimer_cancel before that if it was armed
 * @linux kernel/time/hrtimer.c hrtimer_start_range_ns()
 */
export function hrtimerStart(timer: HrTimer, atNs: number, cpu: number, windowNs = 0): void {
  const wasArmed = timer.queued && hrtimerCancel(timer);
  timer.cpu = cpu;
  timer.expiresNs = atNs;
  timer.softExpiresNs = atNs - windowNs;
  const s = timer.sched;
  const base = s.cpus[cpu]!.hrtimers;
  s.sim.touch(base, 'queue', WRITE);
  base.queue.push(timer, atNs);
  if (s.probes.hrtimerStart.enabled) traceHrtimerStart(s, timer, wasArmed);
  program(s, cpu);
}

/** Disarm a timer. @returns whether it was armed @emits hrtimer_cancel if so @linux kernel/time/hrtimer.c hrtimer_cancel() */
export function hrtimerCancel(timer: HrTimer): boolean {
  if (!timer.queued) return false;
  const s = timer.sched;
  const base = s.cpus[timer.cpu]!.hrtimers;
  s.sim.touch(base, 'queue', WRITE);
  if (s.probes.hrtimerCancel.enabled) traceHrtimerCancel(s, timer);
  base.queue.remove(timer);
  program(s, timer.cpu);
  return true;
}

/**
 * Move the expiry of a timer that is not armed past an instant, by whole intervals.
 * @returns the number of intervals, 0 if it lies behind the instant already
 * @linux kernel/time/hrtimer.c hrtimer_forward()
 */
export function hrtimerForward(timer: HrTimer, nowNs: number, intervalNs: number): number {
  const late = nowNs - timer.expiresNs;
  if (late < 0) return 0;
  const overruns = Math.floor(late / intervalNs) + 1;
  timer.expiresNs += overruns * intervalNs;
  timer.softExpiresNs += overruns * intervalNs;
  return overruns;
}

/** Instant of the CPU's first timer other than this one, in ns; Infinity if there is none. @linux kernel/time/hrtimer.c hrtimer_next_event_without() */
export function hrtimerNextEventWithout(cpu: Cpu, excluded: HrTimer): number {
  const { queue } = cpu.hrtimers;
  if (!excluded.queued || excluded.cpu !== cpu.id) return queue.headAtNs;
  queue.remove(excluded);
  const next = queue.headAtNs;
  queue.push(excluded, excluded.expiresNs);
  return next;
}

/**
 * The timer interrupt: run what has expired, in order of expiry and then of arming, and program the next interrupt.
 * @emits hrtimer_cancel, hrtimer_expire_entry, hrtimer_expire_exit
 * @linux kernel/time/hrtimer.c hrtimer_interrupt()
 */
export function hrtimerInterrupt(cpu: Cpu): void {
  const base = cpu.hrtimers;
  const s = cpu.rq.sched;
  if (s.sim.explored) tickDoUpdateJiffies(s);
  s.sim.touch(base, 'queue', WRITE);
  base.inInterrupt = true;
  let now: number;
  do {
    now = s.sim.now;
    runQueue(base, cpu, now);
  } while (base.queue.headAtNs <= s.sim.now);
  base.inInterrupt = false;
  program(s, cpu.id);
}

/** Take over the timers of a CPU that went down. @linux kernel/time/hrtimer.c hrtimers_cpu_dying() */
export function hrtimersCpuDying(s: Scheduler, deadCpu: number, newCpu: number): void {
  const from = s.cpus[deadCpu]!.hrtimers;
  const to = s.cpus[newCpu]!.hrtimers;
  while (from.queue.size > 0) {
    const timer = from.queue.pop() as HrTimer;
    timer.cpu = newCpu;
    to.queue.push(timer, timer.expiresNs);
  }
  program(s, deadCpu);
  program(s, newCpu);
}

/** A timer that is right of one whose window is not open yet waits with it, even if its own window is. @linux kernel/time/hrtimer.c __hrtimer_run_queues() */
function runQueue(base: HrtimerBase, cpu: Cpu, now: number): void {
  const s = cpu.rq.sched;
  const { hrtimerCancel, hrtimerExpireEntry, hrtimerExpireExit } = s.probes;
  for (;;) {
    const timer = base.queue.peek() as HrTimer | null;
    if (timer === null || timer.softExpiresNs > now) return;
    if (hrtimerCancel.enabled) traceHrtimerCancel(s, timer);
    base.queue.remove(timer);
    if (hrtimerExpireEntry.enabled) traceHrtimerExpireEntry(s, timer, now);
    timer.fn(cpu);
    if (hrtimerExpireExit.enabled) traceHrtimerExpireExit(s, timer);
  }
}

/**
 * Program the interrupt of a CPU for its first timer. Interrupts of one instant come in ascending order of CPUs, so
 * those of higher CPUs line up behind.
 */
function program(s: Scheduler, cpu: number): void {
  const base = s.cpus[cpu]!.hrtimers;
  if (base.inInterrupt) return;
  const { event } = base;
  const atNs = base.queue.headAtNs;
  if (atNs === Infinity) {
    s.sim.cancel(event);
    return;
  }
  if (event.queued && event.atNs === atNs) return;
  s.sim.post(event, atNs);
  for (let i = cpu + 1; i < s.cpus.length; i++) {
    const later = s.cpus[i]!.hrtimers.event;
    if (later.queued && later.atNs === atNs) s.sim.post(later, atNs);
  }
}

function nothing(): void {}
