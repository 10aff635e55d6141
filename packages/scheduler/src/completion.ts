import { POINT, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import {
  ERESTARTSYS,
  MAX_SCHEDULE_TIMEOUT,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_NORMAL,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
} from './constants.ts';
import { signalPendingState } from './core.ts';
import { FALSE, TRUE } from './done.ts';
import { scheduleTimeout } from './schedule-timeout.ts';
import { mightSleep, preemptCheckResched } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { TaskList } from './task-list.ts';
import { tryToWakeUp } from './wakeup.ts';

/** Value of {@link Completion.done} after complete_all(): it stays. */
export const UINT_MAX = 4294967295;

/** Something that tasks wait for, counted. @linux include/linux/completion.h struct completion */
export class Completion {
  /** Tokens: completes that nobody has consumed yet, 0 .. UINT_MAX. */
  done = 0;
  /** Waiting tasks, first come first. */
  readonly wait: TaskList = new TaskList();
  /** @param name for reports */
  constructor(readonly name: string = '') {}
}

/** Take back what was completed; waiters stay. @linux include/linux/completion.h reinit_completion() */
export function reinitCompletion(c: Completion): void {
  c.done = 0;
}

/** Give one token and wake the first waiter. From any context. @linux kernel/sched/completion.c complete() */
export function complete(s: Scheduler, c: Completion): Step<void> {
  if (s.sim.point(c, 'done', WRITE)) return completeLater(s, c);
  completeNow(s, c);
  return preemptCheckResched(s);
}

function* completeLater(s: Scheduler, c: Completion): Step<void> {
  yield POINT;
  completeNow(s, c);
  yield* preemptCheckResched(s);
}

/** The locked part of {@link complete}: for code that is one atomic step already, such as a timer's function. */
export function completeNow(s: Scheduler, c: Completion): void {
  s.sim.touch(c, 'done', WRITE);
  if (c.done !== UINT_MAX) c.done++;
  const p = c.wait.first;
  if (p === null) return;
  tryToWakeUp(s, p, TASK_NORMAL, 0);
  c.wait.remove(p);
}

/** Complete for good: wake every waiter, and let every later wait pass. @linux kernel/sched/completion.c complete_all() */
export function* completeAll(s: Scheduler, c: Completion): Step<void> {
  if (s.sim.point(c, 'done', WRITE)) yield POINT;
  c.done = UINT_MAX;
  for (let p = c.wait.first; p !== null; p = c.wait.first) {
    tryToWakeUp(s, p, TASK_NORMAL, 0);
    c.wait.remove(p);
  }
  yield* preemptCheckResched(s);
}

/** Consume a token if there is one. @returns whether there was @linux kernel/sched/completion.c try_wait_for_completion() */
export function tryWaitForCompletion(s: Scheduler, c: Completion): Step<boolean> {
  if (s.sim.point(c, 'done', WRITE)) return tryLater(c);
  return consume(c) ? TRUE : FALSE;
}

function* tryLater(c: Completion): Step<boolean> {
  yield POINT;
  return consume(c);
}

/** Is there a token? @linux kernel/sched/completion.c completion_done() */
export function completionDone(c: Completion): boolean {
  return c.done !== 0;
}

function consume(c: Completion): boolean {
  if (c.done === 0) return false;
  if (c.done !== UINT_MAX) c.done--;
  return true;
}

/** Wait, uninterruptibly, for a token and consume it. @linux kernel/sched/completion.c wait_for_completion() */
export function* waitForCompletion(s: Scheduler, c: Completion): MaySleep<void> {
  yield* waitForCommon(s, c, MAX_SCHEDULE_TIMEOUT, TASK_UNINTERRUPTIBLE);
}

/**
 * Like {@link waitForCompletion}, but not longer than `timeout` jiffies.
 * @returns 0 after the timeout, otherwise the jiffies that were left, at least 1
 * @linux kernel/sched/completion.c wait_for_completion_timeout()
 */
export function waitForCompletionTimeout(s: Scheduler, c: Completion, timeout: number): MaySleep<number> {
  return waitForCommon(s, c, timeout, TASK_UNINTERRUPTIBLE);
}

/** @returns 0, or -ERESTARTSYS if a signal came first @linux kernel/sched/completion.c wait_for_completion_interruptible() */
export function* waitForCompletionInterruptible(s: Scheduler, c: Completion): MaySleep<number> {
  const left = yield* waitForCommon(s, c, MAX_SCHEDULE_TIMEOUT, TASK_INTERRUPTIBLE);
  return left === -ERESTARTSYS ? left : 0;
}

/** @returns jiffies left, at least 1; 0 after the timeout; -ERESTARTSYS @linux kernel/sched/completion.c wait_for_completion_interruptible_timeout() */
export function waitForCompletionInterruptibleTimeout(s: Scheduler, c: Completion, timeout: number): MaySleep<number> {
  return waitForCommon(s, c, timeout, TASK_INTERRUPTIBLE);
}

/** @returns 0, or -ERESTARTSYS if SIGKILL came first @linux kernel/sched/completion.c wait_for_completion_killable() */
export function* waitForCompletionKillable(s: Scheduler, c: Completion): MaySleep<number> {
  const left = yield* waitForCommon(s, c, MAX_SCHEDULE_TIMEOUT, TASK_KILLABLE);
  return left === -ERESTARTSYS ? left : 0;
}

/** @returns jiffies left, at least 1; 0 after the timeout; -ERESTARTSYS @linux kernel/sched/completion.c wait_for_completion_killable_timeout() */
export function waitForCompletionKillableTimeout(s: Scheduler, c: Completion, timeout: number): MaySleep<number> {
  return waitForCommon(s, c, timeout, TASK_KILLABLE);
}

/**
 * Every wakeup looks at the count again: a task that finds its token taken queues up again, at the tail.
 * @linux kernel/sched/completion.c do_wait_for_common()
 */
function* waitForCommon(s: Scheduler, c: Completion, timeout: number, state: number): MaySleep<number> {
  yield* mightSleep(s);
  const p = s.current;
  if (s.sim.point(c, 'done', WRITE)) yield POINT;
  let left = timeout;
  if (c.done === 0) {
    p.waitsFor = c.name;
    do {
      if (signalPendingState(s, state, p)) {
        left = -ERESTARTSYS;
        break;
      }
      if (!c.wait.has(p)) c.wait.append(p);
      p.state = state;
      left = yield* scheduleTimeout(s, left);
      if (s.sim.point(c, 'done', WRITE)) yield POINT;
    } while (c.done === 0 && left !== 0);
    p.state = TASK_RUNNING;
    if (c.wait.has(p)) c.wait.remove(p);
    p.waitsFor = '';
    if (c.done === 0) return left;
  }
  consume(c);
  return left > 0 ? left : 1;
}
