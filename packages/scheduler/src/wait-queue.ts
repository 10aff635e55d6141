import { POINT, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import {
  ERESTARTSYS,
  ETIME,
  MAX_SCHEDULE_TIMEOUT,
  TASK_FREEZABLE,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_NORMAL,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
} from './constants.ts';
import { signalPendingState } from './core.ts';
import { scheduleHrtimeout, scheduleTimeout } from './schedule-timeout.ts';
import { mightSleep, preemptCheckResched, schedule } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';
import { tryToWakeUp } from './wakeup.ts';

/** Counts against the number of exclusive waiters that one wakeup may wake. */
export const WQ_FLAG_EXCLUSIVE = 1;
/** wait_woken: a wakeup came since the last sleep. */
export const WQ_FLAG_WOKEN = 2;
/** Stays at the front. */
export const WQ_FLAG_PRIORITY = 0x10;

/**
 * What a wakeup does to an entry.
 * @returns above 0 if it woke somebody, 0 if not, below 0 to stop the walk
 */
export type WaitQueueFunc = (s: Scheduler, entry: WaitQueueEntry, mode: number) => number;

/** A waiter in a wait queue. @linux include/linux/wait.h struct wait_queue_entry */
export class WaitQueueEntry {
  flags = 0;
  /** The queue it is in, or null. */
  head: WaitQueueHead | null = null;
  next: WaitQueueEntry | null = null;
  prev: WaitQueueEntry | null = null;
  /**
   * @param task who waits
   * @param func what a wakeup does; default: wake the task and, if that worked, leave the queue
   */
  constructor(
    readonly task: Task,
    readonly func: WaitQueueFunc = autoremoveWakeFunction,
  ) {}
}

/** Tasks that wait for a condition. @linux include/linux/wait.h struct wait_queue_head */
export class WaitQueueHead {
  first: WaitQueueEntry | null = null;
  #last: WaitQueueEntry | null = null;
  /** @param name for reports */
  constructor(readonly name: string = '') {}

  /** Put an entry behind the priority entries at the front. */
  addFront(e: WaitQueueEntry): void {
    let after: WaitQueueEntry | null = null;
    for (let w = this.first; w !== null && (w.flags & WQ_FLAG_PRIORITY) !== 0; w = w.next) after = w;
    this.#insert(e, after);
  }

  /** Put an entry at the end. */
  addTail(e: WaitQueueEntry): void {
    this.#insert(e, this.#last);
  }

  /** Take an entry out; nothing happens if it is in no queue. */
  remove(e: WaitQueueEntry): void {
    if (e.head !== this) return;
    if (e.prev === null) this.first = e.next;
    else e.prev.next = e.next;
    if (e.next === null) this.#last = e.prev;
    else e.next.prev = e.prev;
    e.head = e.next = e.prev = null;
  }

  #insert(e: WaitQueueEntry, after: WaitQueueEntry | null): void {
    e.head = this;
    e.prev = after;
    e.next = after === null ? this.first : after.next;
    if (e.next === null) this.#last = e;
    else e.next.prev = e;
    if (after === null) this.first = e;
    else after.next = e;
  }
}

/** @linux kernel/sched/core.c default_wake_function() */
export function defaultWakeFunction(s: Scheduler, e: WaitQueueEntry, mode: number): number {
  return tryToWakeUp(s, e.task, mode, 0) ? 1 : 0;
}

/** @linux kernel/sched/wait.c autoremove_wake_function() */
export function autoremoveWakeFunction(s: Scheduler, e: WaitQueueEntry, mode: number): number {
  const woken = defaultWakeFunction(s, e, mode);
  if (woken !== 0) e.head?.remove(e);
  return woken;
}

/** @linux kernel/sched/wait.c woken_wake_function() */
export function wokenWakeFunction(s: Scheduler, e: WaitQueueEntry, mode: number): number {
  e.flags |= WQ_FLAG_WOKEN;
  return defaultWakeFunction(s, e, mode);
}

/** Wake every waiter and one exclusive one. @linux include/linux/wait.h wake_up() */
export function wakeUp(s: Scheduler, h: WaitQueueHead): Step<void> {
  return __wakeUp(s, h, TASK_NORMAL, 1);
}

/** Wake every waiter and nr exclusive ones. @linux include/linux/wait.h wake_up_nr() */
export function wakeUpNr(s: Scheduler, h: WaitQueueHead, nr: number): Step<void> {
  return __wakeUp(s, h, TASK_NORMAL, nr);
}

/** Wake all. @linux include/linux/wait.h wake_up_all() */
export function wakeUpAll(s: Scheduler, h: WaitQueueHead): Step<void> {
  return __wakeUp(s, h, TASK_NORMAL, 0);
}

/** Wake interruptible sleepers, one exclusive one. @linux include/linux/wait.h wake_up_interruptible() */
export function wakeUpInterruptible(s: Scheduler, h: WaitQueueHead): Step<void> {
  return __wakeUp(s, h, TASK_INTERRUPTIBLE, 1);
}

/** Wake all interruptible sleepers. @linux include/linux/wait.h wake_up_interruptible_all() */
export function wakeUpInterruptibleAll(s: Scheduler, h: WaitQueueHead): Step<void> {
  return __wakeUp(s, h, TASK_INTERRUPTIBLE, 0);
}

/**
 * Wake waiters whose state is in mode.
 * @param nr how many exclusive waiters at most; 0: all
 * @linux kernel/sched/wait.c __wake_up()
 */
export function __wakeUp(s: Scheduler, h: WaitQueueHead, mode: number, nr: number): Step<void> {
  if (s.sim.point(h, 'list', WRITE)) return wakeUpLater(s, h, mode, nr);
  wakeUpLocked(s, h, mode, nr);
  return preemptCheckResched(s);
}

function* wakeUpLater(s: Scheduler, h: WaitQueueHead, mode: number, nr: number): Step<void> {
  yield POINT;
  wakeUpLocked(s, h, mode, nr);
  yield* preemptCheckResched(s);
}

/** The walk itself, for code that is one atomic step already. @linux kernel/sched/wait.c __wake_up_common() */
export function wakeUpLocked(s: Scheduler, h: WaitQueueHead, mode: number, nr: number): void {
  s.sim.touch(h, 'list', WRITE);
  let left = nr;
  let next: WaitQueueEntry | null;
  for (let e = h.first; e !== null; e = next) {
    next = e.next;
    const { flags } = e;
    const result = e.func(s, e, mode);
    if (result < 0) return;
    if (result > 0 && (flags & WQ_FLAG_EXCLUSIVE) !== 0 && --left === 0) return;
  }
}

/** Queue up and declare a state. @linux kernel/sched/wait.c prepare_to_wait() */
export function prepareToWait(s: Scheduler, h: WaitQueueHead, e: WaitQueueEntry, state: number): Step<void> {
  return prepare(s, h, e, state, false);
}

/** Queue up as one of those of whom a wakeup wakes only one. @linux kernel/sched/wait.c prepare_to_wait_exclusive() */
export function prepareToWaitExclusive(s: Scheduler, h: WaitQueueHead, e: WaitQueueEntry, state: number): Step<void> {
  return prepare(s, h, e, state, true);
}

function* prepare(s: Scheduler, h: WaitQueueHead, e: WaitQueueEntry, state: number, exclusive: boolean): Step<void> {
  if (s.sim.point(h, 'list', WRITE)) yield POINT;
  enqueueEntry(h, e, exclusive);
  s.current.state = state;
}

function enqueueEntry(h: WaitQueueHead, e: WaitQueueEntry, exclusive: boolean): void {
  if (e.head !== null) return;
  if (exclusive) {
    e.flags |= WQ_FLAG_EXCLUSIVE;
    h.addTail(e);
  } else {
    e.flags &= ~WQ_FLAG_EXCLUSIVE;
    h.addFront(e);
  }
}

/**
 * {@link prepareToWait}, unless a signal forbids the sleep: then the entry leaves the queue.
 * @returns 0 or -ERESTARTSYS
 * @linux kernel/sched/wait.c prepare_to_wait_event()
 */
export function* prepareToWaitEvent(
  s: Scheduler,
  h: WaitQueueHead,
  e: WaitQueueEntry,
  state: number,
  exclusive = false,
): Step<number> {
  if (s.sim.point(h, 'list', WRITE)) yield POINT;
  const p = s.current;
  if (signalPendingState(s, state, p)) {
    h.remove(e);
    return -ERESTARTSYS;
  }
  enqueueEntry(h, e, exclusive);
  p.state = state;
  return 0;
}

/** Stop waiting. @linux kernel/sched/wait.c finish_wait() */
export function* finishWait(s: Scheduler, h: WaitQueueHead, e: WaitQueueEntry): Step<void> {
  s.sim.barrier();
  s.current.state = TASK_RUNNING;
  if (e.head === null) return;
  if (s.sim.point(h, 'list', WRITE)) yield POINT;
  h.remove(e);
}

/** A condition: what it says now, or, if it reads shared cells, how to find out. */
export type Condition = () => boolean | Step<boolean>;

function test(s: Scheduler, h: WaitQueueHead, condition: Condition): boolean | Step<boolean> {
  return s.sim.pointLoad(h, 'condition') ? testLater(condition) : condition();
}

function* testLater(condition: Condition): Step<boolean> {
  yield POINT;
  const answer = condition();
  return typeof answer === 'boolean' ? answer : yield* answer;
}

/**
 * Sleep until the condition holds. It is tested once without queueing, then after each wakeup.
 * @param timeout jiffies, MAX_SCHEDULE_TIMEOUT for none
 * @returns jiffies left, at least 1, if it holds; 0 if the time is over; -ERESTARTSYS
 * @linux include/linux/wait.h ___wait_event()
 */
function* waitEventCommon(
  s: Scheduler,
  h: WaitQueueHead,
  condition: Condition,
  state: number,
  timeout: number,
  exclusive: boolean,
): MaySleep<number> {
  yield* mightSleep(s);
  const first = test(s, h, condition);
  if (typeof first === 'boolean' ? first : yield* first) return Math.max(timeout, 1);
  const p = s.current;
  const entry = new WaitQueueEntry(p);
  p.waitsFor = h.name;
  let left = timeout;
  for (;;) {
    const interrupted = yield* prepareToWaitEvent(s, h, entry, state, exclusive);
    const now = test(s, h, condition);
    if (typeof now === 'boolean' ? now : yield* now) {
      left = Math.max(left, 1);
      break;
    }
    if (left === 0) break;
    if (interrupted !== 0) {
      p.waitsFor = '';
      return interrupted;
    }
    if (left === MAX_SCHEDULE_TIMEOUT) yield* schedule(s);
    else left = yield* scheduleTimeout(s, left);
  }
  yield* finishWait(s, h, entry);
  p.waitsFor = '';
  return left;
}

/** Sleep, uninterruptibly, until the condition holds. @linux include/linux/wait.h wait_event() */
export function* waitEvent(s: Scheduler, h: WaitQueueHead, condition: Condition): MaySleep<void> {
  yield* waitEventCommon(s, h, condition, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT, false);
}

/** Like {@link waitEvent} in TASK_IDLE: not part of the load. @linux include/linux/wait.h wait_event_idle() */
export function* waitEventIdle(s: Scheduler, h: WaitQueueHead, condition: Condition): MaySleep<void> {
  yield* waitEventCommon(s, h, condition, TASK_IDLE, MAX_SCHEDULE_TIMEOUT, false);
}

/** @returns 0, or -ERESTARTSYS if a signal came and the condition does not hold @linux include/linux/wait.h wait_event_interruptible() */
export function waitEventInterruptible(s: Scheduler, h: WaitQueueHead, condition: Condition): MaySleep<number> {
  return waitEventSignal(s, h, condition, TASK_INTERRUPTIBLE, false);
}

/** {@link waitEventInterruptible}, queued so that one wakeup wakes only one such waiter. @linux include/linux/wait.h wait_event_interruptible_exclusive() */
export function waitEventInterruptibleExclusive(
  s: Scheduler,
  h: WaitQueueHead,
  condition: Condition,
): MaySleep<number> {
  return waitEventSignal(s, h, condition, TASK_INTERRUPTIBLE, true);
}

/** @returns 0, or -ERESTARTSYS after SIGKILL @linux include/linux/wait.h wait_event_killable() */
export function waitEventKillable(s: Scheduler, h: WaitQueueHead, condition: Condition): MaySleep<number> {
  return waitEventSignal(s, h, condition, TASK_KILLABLE, false);
}

/** {@link waitEventInterruptible} that the freezer may freeze where it is. @linux include/linux/wait.h wait_event_freezable() */
export function waitEventFreezable(s: Scheduler, h: WaitQueueHead, condition: Condition): MaySleep<number> {
  return waitEventSignal(s, h, condition, TASK_INTERRUPTIBLE | TASK_FREEZABLE, false);
}

function* waitEventSignal(
  s: Scheduler,
  h: WaitQueueHead,
  condition: Condition,
  state: number,
  exclusive: boolean,
): MaySleep<number> {
  const left = yield* waitEventCommon(s, h, condition, state, MAX_SCHEDULE_TIMEOUT, exclusive);
  return left < 0 ? left : 0;
}

/**
 * Sleep until the condition holds, not longer than `timeout` jiffies.
 * @returns 0 if it does not hold after that time; 1 if it holds only then; otherwise the jiffies left
 * @linux include/linux/wait.h wait_event_timeout()
 */
export function waitEventTimeout(
  s: Scheduler,
  h: WaitQueueHead,
  condition: Condition,
  timeout: number,
): MaySleep<number> {
  return waitEventCommon(s, h, condition, TASK_UNINTERRUPTIBLE, timeout, false);
}

/** {@link waitEventTimeout} that a signal ends with -ERESTARTSYS. @linux include/linux/wait.h wait_event_interruptible_timeout() */
export function waitEventInterruptibleTimeout(
  s: Scheduler,
  h: WaitQueueHead,
  condition: Condition,
  timeout: number,
): MaySleep<number> {
  return waitEventCommon(s, h, condition, TASK_INTERRUPTIBLE, timeout, false);
}

/**
 * Sleep until the condition holds, not longer than `timeoutNs` by a high-resolution timer.
 * @returns 0, or -ETIME
 * @linux include/linux/wait.h wait_event_hrtimeout()
 */
export function* waitEventHrtimeout(
  s: Scheduler,
  h: WaitQueueHead,
  condition: Condition,
  timeoutNs: number,
): MaySleep<number> {
  const endNs = s.sim.now + timeoutNs;
  const entry = new WaitQueueEntry(s.current);
  let result = 0;
  for (;;) {
    yield* prepareToWaitEvent(s, h, entry, TASK_UNINTERRUPTIBLE);
    const now = test(s, h, condition);
    if (typeof now === 'boolean' ? now : yield* now) break;
    if (s.sim.now >= endNs) {
      result = -ETIME;
      break;
    }
    yield* scheduleHrtimeout(s, endNs);
  }
  yield* finishWait(s, h, entry);
  return result;
}

/**
 * Sleep unless a wakeup came since the last time, or the thread is asked to stop or park.
 * @param stopOrPark the answer of kthread_should_stop_or_park()
 * @returns jiffies left
 * @linux kernel/sched/wait.c wait_woken()
 */
export function* waitWoken(
  s: Scheduler,
  e: WaitQueueEntry,
  mode: number,
  timeout: number,
  stopOrPark: () => boolean,
): MaySleep<number> {
  const p = s.current;
  if (s.sim.point(p, 'state', WRITE)) yield POINT;
  p.state = mode;
  let left = timeout;
  if ((e.flags & WQ_FLAG_WOKEN) === 0 && !stopOrPark()) left = yield* scheduleTimeout(s, left);
  p.state = TASK_RUNNING;
  if (s.sim.point(e, 'flags', WRITE)) yield POINT;
  e.flags &= ~WQ_FLAG_WOKEN;
  return left;
}

/** Queue an entry: waiters are woken last come first. @linux kernel/sched/wait.c add_wait_queue() */
export function addWaitQueue(h: WaitQueueHead, e: WaitQueueEntry): void {
  e.flags &= ~WQ_FLAG_EXCLUSIVE;
  h.addFront(e);
}

/** Queue an exclusive entry: first come first. @linux kernel/sched/wait.c add_wait_queue_exclusive() */
export function addWaitQueueExclusive(h: WaitQueueHead, e: WaitQueueEntry): void {
  e.flags |= WQ_FLAG_EXCLUSIVE;
  h.addTail(e);
}

/** Does anybody wait? @linux include/linux/wait.h waitqueue_active() */
export function waitqueueActive(h: WaitQueueHead): boolean {
  return h.first !== null;
}
