import { POINT, type MaySleep, type Point, type Sleep, type Step } from '@kernel-model/sim';
import {
  EINTR,
  MAX_SCHEDULE_TIMEOUT,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
} from './constants.ts';
import { HRTIMER_MODE_ABS, HrTimer, hrtimerCancel, hrtimerStart } from './hrtimer.ts';
import { jiffiesToMsecs, msecsToJiffies } from './jiffies.ts';
import { ScheduleCall, schedule } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { TIF_NOTIFY_SIGNAL, TIF_SIGPENDING, type Task } from './task.ts';
import { TimerList } from './timer-list.ts';
import { addTimer, timerDeleteSync } from './timer.ts';
import { traceHrtimerInit, traceTimerInit } from './timer-events.ts';
import { wakeUpProcess } from './wakeup.ts';

/** Length of the pieces in which a busy wait notices interrupts, in us. */
const BUSY_PIECE_US = 5;

/**
 * Sleep until somebody wakes the current task or the time is over. The caller has set its state; a task in
 * TASK_RUNNING comes back at once.
 * @param timeout jiffies; MAX_SCHEDULE_TIMEOUT means without end
 * @returns jiffies that were left, 0 if the time was over; MAX_SCHEDULE_TIMEOUT if that was the timeout
 * @linux kernel/time/timer.c schedule_timeout()
 */
export function scheduleTimeout(s: Scheduler, timeout: number): MaySleep<number> {
  const p = s.current;
  return (p.timeoutCall ??= new TimeoutCall(s, p)).of(timeout);
}

/** {@link scheduleTimeout} of a task that waits for I/O, see {@link ioSchedule}. @linux kernel/sched/core.c io_schedule_timeout() */
export function* ioScheduleTimeout(s: Scheduler, timeout: number): MaySleep<number> {
  const p = s.current;
  const outer = p.inIowait;
  p.inIowait = true;
  const left = yield* scheduleTimeout(s, timeout);
  p.inIowait = outer;
  return left;
}

// where a TimeoutCall stands
const CALLED = 0;
const WAITS = 1;

/**
 * {@link scheduleTimeout} of one task, with its timer: an iterator written by hand and used again, like
 * {@link ScheduleCall}. As a generator it would read:
 *
 *     if (timeout !== MAX_SCHEDULE_TIMEOUT) addTimer(s, timer);
 *     yield* schedule(s);
 *     timerDeleteSync(s, timer);
 *     return Math.max(0, expires - s.jiffies);
 */
export class TimeoutCall implements Iterable<Point | Sleep, number, void>, Iterator<Point | Sleep, number, void> {
  readonly #sched: Scheduler;
  readonly #timer: ProcessTimer;
  readonly #schedule: ScheduleCall;
  readonly #over: IteratorReturnResult<number> = { done: true, value: 0 };
  #timeout = 0;
  #expires = 0;
  #at = CALLED;

  constructor(s: Scheduler, task: Task) {
    this.#sched = s;
    this.#timer = new ProcessTimer(s, task);
    this.#schedule = task.scheduleCall ??= new ScheduleCall(task);
  }

  /** Begin a call. @param timeout jiffies */
  of(timeout: number): this {
    this.#timeout = timeout;
    return this;
  }

  [Symbol.iterator](): this {
    this.#at = CALLED;
    return this;
  }

  next(): IteratorResult<Point | Sleep, number> {
    if (this.#at === CALLED) {
      if (this.#timeout < 0) return this.#wrongTimeout();
      this.#at = WAITS;
      this.#start();
    }
    const step = this.#schedule.next();
    return step.done === true ? this.#end() : step;
  }

  #start(): void {
    this.#schedule[Symbol.iterator]();
    if (this.#timeout === MAX_SCHEDULE_TIMEOUT) return;
    const s = this.#sched;
    s.sim.charge(s.config.costs.lock);
    const timer = this.#timer;
    timer.cpu = s.cpu;
    if (s.probes.timerInit.enabled) traceTimerInit(s, timer);
    this.#expires = timer.expires = this.#timeout + s.jiffies;
    addTimer(s, timer);
  }

  #end(): IteratorReturnResult<number> {
    const s = this.#sched;
    const over = this.#over;
    over.value = this.#timeout;
    if (this.#timeout === MAX_SCHEDULE_TIMEOUT) return over;
    timerDeleteSync(s, this.#timer);
    over.value = Math.max(0, this.#expires - s.jiffies);
    return over;
  }

  #wrongTimeout(): IteratorReturnResult<number> {
    const s = this.#sched;
    const hex = BigInt.asUintN(64, BigInt(this.#timeout)).toString(16);
    s.reports.printk('err', `schedule_timeout: wrong timeout value ${hex}`);
    s.current.state = TASK_RUNNING;
    this.#over.value = 0;
    return this.#over;
  }
}

/** {@link scheduleTimeout} in TASK_INTERRUPTIBLE. @linux kernel/time/timer.c schedule_timeout_interruptible() */
export function scheduleTimeoutInterruptible(s: Scheduler, timeout: number): MaySleep<number> {
  return inState(s, TASK_INTERRUPTIBLE, timeout);
}

/** {@link scheduleTimeout} in TASK_KILLABLE. @linux kernel/time/timer.c schedule_timeout_killable() */
export function scheduleTimeoutKillable(s: Scheduler, timeout: number): MaySleep<number> {
  return inState(s, TASK_KILLABLE, timeout);
}

/** {@link scheduleTimeout} in TASK_UNINTERRUPTIBLE. @linux kernel/time/timer.c schedule_timeout_uninterruptible() */
export function scheduleTimeoutUninterruptible(s: Scheduler, timeout: number): MaySleep<number> {
  return inState(s, TASK_UNINTERRUPTIBLE, timeout);
}

/** {@link scheduleTimeout} in TASK_IDLE. @linux kernel/time/timer.c schedule_timeout_idle() */
export function scheduleTimeoutIdle(s: Scheduler, timeout: number): MaySleep<number> {
  return inState(s, TASK_IDLE, timeout);
}

/** Sleep at least ms, whoever wakes the task meanwhile. @linux kernel/time/timer.c msleep() */
export function* msleep(s: Scheduler, ms: number): MaySleep<void> {
  let timeout = msecsToJiffies(ms);
  while (timeout > 0) timeout = yield* scheduleTimeoutUninterruptible(s, timeout);
}

/** Sleep until the time is over or a signal comes. @returns ms that were left @linux kernel/time/timer.c msleep_interruptible() */
export function* msleepInterruptible(s: Scheduler, ms: number): MaySleep<number> {
  let timeout = msecsToJiffies(ms);
  while (timeout > 0 && (s.current.tif & (TIF_SIGPENDING | TIF_NOTIFY_SIGNAL)) === 0) {
    timeout = yield* scheduleTimeoutInterruptible(s, timeout);
  }
  return jiffiesToMsecs(timeout);
}

/** Sleep at least minUs; up to maxUs in order to share an interrupt with another timer. @linux kernel/time/timer.c usleep_range() */
export function* usleepRange(s: Scheduler, minUs: number, maxUs: number): MaySleep<void> {
  const atNs = s.sim.now + minUs * 1000;
  if (maxUs < minUs)
    s.reports.warnOnce('usleep_range', `usleep_range(${minUs}, ${maxUs}): the maximum is below the minimum`);
  const windowNs = Math.max(0, maxUs - minUs) * 1000;
  s.sim.barrier();
  do {
    s.current.state = TASK_UNINTERRUPTIBLE;
  } while ((yield* scheduleHrtimeoutRange(s, atNs, windowNs)) !== 0);
}

/**
 * Sleep until an instant, or until somebody wakes the task. The caller has set its state.
 * @param atNs earliest end in ns since boot; Infinity: without end
 * @param windowNs how much later it may end
 * @returns 0 if the time was over, -EINTR otherwise
 * @linux kernel/time/hrtimer.c schedule_hrtimeout_range()
 */
export function* scheduleHrtimeoutRange(s: Scheduler, atNs: number, windowNs: number): MaySleep<number> {
  if (atNs === Infinity) {
    yield* schedule(s);
    return -EINTR;
  }
  const sleeper = new HrtimerSleeper(s, s.current);
  hrtimerStart(sleeper, atNs + windowNs, s.cpu, windowNs);
  yield* schedule(s);
  hrtimerCancel(sleeper);
  s.current.state = TASK_RUNNING;
  return sleeper.expired ? 0 : -EINTR;
}

/** {@link scheduleHrtimeoutRange} without a window. @linux kernel/time/hrtimer.c schedule_hrtimeout() */
export function scheduleHrtimeout(s: Scheduler, atNs: number): MaySleep<number> {
  return scheduleHrtimeoutRange(s, atNs, 0);
}

/**
 * Use the CPU for us, in pieces as short as a udelay(): an interrupt in between uses up what is left of its piece.
 * On an explored machine no time passes.
 * @linux include/asm-generic/delay.h udelay()
 */
export function* busy(s: Scheduler, us: number): Step<void> {
  if (s.sim.explored || us <= 0) return;
  const { udelayPiece } = s.config.costs;
  const whole = Math.floor(us / BUSY_PIECE_US);
  const rest = us % BUSY_PIECE_US;
  const restNs = rest === 0 ? 0 : rest * 1000 + udelayPiece - BUSY_PIECE_US * 1000;
  s.cpus[s.cpu]!.owe(whole * udelayPiece + restNs, udelayPiece);
  yield POINT;
}

/** One busy wait, by the clock: interruptions count. @linux include/asm-generic/delay.h udelay() */
export function* udelay(s: Scheduler, us: number): Step<void> {
  if (s.sim.explored || us <= 0) return;
  const ns = us * 1000 + s.config.costs.udelayPiece - BUSY_PIECE_US * 1000;
  s.cpus[s.cpu]!.owe(ns, ns);
  yield POINT;
}

/** The timer of a task in {@link scheduleTimeout}. @linux kernel/time/timer.c struct process_timer */
class ProcessTimer extends TimerList {
  readonly sched: Scheduler;
  readonly task: Task;

  constructor(s: Scheduler, task: Task) {
    super(processTimeout, 0, s.cpu);
    this.sched = s;
    this.task = task;
  }
}

function processTimeout(timer: TimerList): void {
  const { sched, task } = timer as ProcessTimer;
  wakeUpProcess(sched, task);
}

/** @linux include/linux/hrtimer.h struct hrtimer_sleeper */
class HrtimerSleeper extends HrTimer {
  expired = false;

  constructor(s: Scheduler, task: Task) {
    const wake = (): void => {
      this.expired = true;
      wakeUpProcess(s, task);
    };
    super(s, wake, HRTIMER_MODE_ABS, 'hrtimer_wakeup');
    if (s.probes.hrtimerInit.enabled) traceHrtimerInit(s, this);
  }
}

function inState(s: Scheduler, state: number, timeout: number): MaySleep<number> {
  s.sim.barrier();
  s.current.state = state;
  return scheduleTimeout(s, timeout);
}
