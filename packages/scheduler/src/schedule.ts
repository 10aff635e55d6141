import { POINT, SLEEP, WRITE, READ, type MaySleep, type Point, type Sleep, type Step } from '@kernel-model/sim';
import { PF_WQ_WORKER, SM_NONE, SM_PREEMPT, TASK_RUNNING } from './constants.ts';
import { __schedule, preemptible } from './core.ts';
import { NOTHING, ZERO } from './done.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * Give up the CPU: sleep if the state of the current task says so, otherwise let somebody else run who is due.
 * @emits sched_switch
 * @linux kernel/sched/core.c schedule()
 */
export function schedule(s: Scheduler): MaySleep<void> {
  const p = s.current;
  return (p.scheduleCall ??= new ScheduleCall(p));
}

// where a ScheduleCall stands
const CALLED = 0;
const ANNOUNCED = 1;
const SWITCHED = 2;

/**
 * {@link schedule} of one task: an iterator written by hand and used again, because a task is in one schedule() at a
 * time and a generator for each would cost as much as the switch itself. As a generator it would read:
 *
 *     if (s.sim.point(p, 'state', READ)) yield POINT;
 *     if (p.state !== TASK_RUNNING && (p.flags & PF_WQ_WORKER) !== 0) s.hooks.wqWorkerSleeping(p);
 *     do {
 *       if (__schedule(p.rq, SM_NONE)) yield SLEEP;
 *     } while (p.needResched);
 *     if ((p.flags & PF_WQ_WORKER) !== 0) s.hooks.wqWorkerRunning(p);
 */
export class ScheduleCall implements Iterable<Point | Sleep, void, void>, Iterator<Point | Sleep, void, void> {
  readonly #task: Task;
  #at = CALLED;

  constructor(task: Task) {
    this.#task = task;
  }

  [Symbol.iterator](): this {
    this.#at = CALLED;
    return this;
  }

  next(): IteratorResult<Point | Sleep, void> {
    const p = this.#task;
    const s = p.rq.sched;
    if (this.#at === CALLED) {
      this.#at = ANNOUNCED;
      if (s.sim.point(p, 'state', READ)) return AT_POINT;
    }
    if (this.#at === ANNOUNCED) {
      this.#at = SWITCHED;
      if (p.state !== TASK_RUNNING && (p.flags & PF_WQ_WORKER) !== 0) s.hooks.wqWorkerSleeping(p);
      if (__schedule(p.rq, SM_NONE)) return ASLEEP;
    }
    while (p.needResched) if (__schedule(p.rq, SM_NONE)) return ASLEEP;
    if ((p.flags & PF_WQ_WORKER) !== 0) s.hooks.wqWorkerRunning(p);
    return OVER;
  }
}

// what iterators say, made once
const AT_POINT: IteratorYieldResult<Point> = { done: false, value: POINT };
const ASLEEP: IteratorYieldResult<Sleep> = { done: false, value: SLEEP };
const OVER: IteratorReturnResult<void> = { done: true, value: undefined };

/** {@link schedule} of a task that waits for I/O: its CPU's idle time counts as such. @linux kernel/sched/core.c io_schedule() */
export function* ioSchedule(s: Scheduler): MaySleep<void> {
  const p = s.current;
  const outer = p.inIowait;
  p.inIowait = true;
  yield* schedule(s);
  p.inIowait = outer;
}

/** Declare that the current task is about to sleep, with a full barrier. @linux include/linux/sched.h set_current_state() */
export function setCurrentState(s: Scheduler, state: number): Step<void> {
  const p = s.current;
  if (!s.sim.point(p, 'state', WRITE)) {
    p.state = state;
    return NOTHING;
  }
  return storeState(p, state);
}

function* storeState(p: Task, state: number): Step<void> {
  yield POINT;
  p.state = state;
}

/**
 * {@link setCurrentState} without a barrier: enough to become running again, or if a lock follows before the test. When
 * store buffers are explored, others may see the state later than what the task loads after this.
 * @linux include/linux/sched.h __set_current_state()
 */
export function __setCurrentState(s: Scheduler, state: number): Step<void> {
  const p = s.current;
  if (s.sim.pointStore(p, 'state')) return storeStatePlainly(p, state);
  p.state = state;
  return NOTHING;
}

function* storeStatePlainly(p: Task, state: number): Step<void> {
  yield POINT;
  const { sim } = p.rq.sched;
  if (sim.buffered) sim.store(p, 'state', state, (value) => void (p.state = value));
  else p.state = state;
}

/** A full barrier: makes a difference only when store buffers are explored. @linux include/asm-generic/barrier.h smp_mb() */
export function smpMb(s: Scheduler): Step<void> {
  return s.sim.pointBarrier() ? stop() : NOTHING;
}

function* stop(): Step<void> {
  yield POINT;
}

/**
 * A place where the current task does not mind to be preempted.
 * @returns 1 if somebody else ran meanwhile; always 0 with full preemption, which needs no such places
 * @linux kernel/sched/core.c __cond_resched()
 */
export function condResched(s: Scheduler): Step<number> {
  const mode = s.config.preempt;
  if (mode === 'full') return ZERO;
  return preemptionPoint(s);
}

/** A call that may sleep begins: with voluntary preemption, a place to be preempted. @linux include/linux/kernel.h might_sleep() */
export function mightSleep(s: Scheduler): Step<number> {
  if (s.config.preempt !== 'voluntary') return ZERO;
  return preemptionPoint(s);
}

function preemptionPoint(s: Scheduler): Step<number> {
  const p = s.current;
  // an interrupt that is due may set need_resched: look at the clock first
  const due = !s.sim.explored && s.sim.now >= s.sim.horizon;
  if (due) return (p.reschedCall ??= new ReschedCall(p));
  return p.needResched ? reschedule(p) : ZERO;
}

function* reschedule(p: Task): Step<number> {
  if (!p.needResched || !preemptible(p)) return 0;
  yield* preemptSchedule(p);
  return 1;
}

/**
 * A {@link preemptionPoint} at which somebody else is due: mostly nothing comes of it, so it is written by hand and used
 * again, like {@link ScheduleCall}. As a generator it would read `yield POINT; return yield* reschedule(p);`
 */
export class ReschedCall implements Iterable<Point, number, void>, Iterator<Point, number, void> {
  readonly #task: Task;
  #called = false;
  #rest: Iterator<Point, number, void> | null = null;

  constructor(task: Task) {
    this.#task = task;
  }

  [Symbol.iterator](): this {
    this.#called = false;
    this.#rest = null;
    return this;
  }

  next(): IteratorResult<Point, number> {
    if (!this.#called) {
      this.#called = true;
      return AT_POINT;
    }
    if (this.#rest === null) {
      if (!this.#task.needResched) return NOBODY_RAN;
      this.#rest = reschedule(this.#task)[Symbol.iterator]();
    }
    const result = this.#rest.next();
    if (result.done === true) this.#rest = null;
    return result;
  }
}

const NOBODY_RAN: IteratorReturnResult<number> = { done: true, value: 0 };

/**
 * What follows the end of a section that could not be preempted (an unlock): with full preemption, a task that woke
 * somebody more urgent gives way here.
 * @linux include/linux/preempt.h preempt_check_resched()
 */
export function preemptCheckResched(s: Scheduler): Step<void> {
  const p = s.current;
  if (!p.needResched || s.config.preempt !== 'full' || !preemptible(p)) return NOTHING;
  return preemptSchedule(p);
}

/** @linux kernel/sched/core.c preempt_schedule_common() */
function* preemptSchedule(p: Task): Step<void> {
  do {
    if (__schedule(p.rq, SM_PREEMPT)) yield POINT;
  } while (p.needResched);
}

/** Forbid preemption of the current task; nests. @linux include/linux/preempt.h preempt_disable() */
export function preemptDisable(s: Scheduler): void {
  s.current.preemptCount++;
}

/** Undo one {@link preemptDisable}; at the outermost, give way if somebody waits (full preemption). @linux include/linux/preempt.h preempt_enable() */
export function preemptEnable(s: Scheduler): Step<void> {
  s.current.preemptCount--;
  return preemptCheckResched(s);
}

/** Keep the current task on its CPU; nests. @linux kernel/sched/core.c migrate_disable() */
export function migrateDisable(s: Scheduler): void {
  const p = s.current;
  if (p.migrateDisabled++ === 0) p.rq.nrPinned++;
}

/** Has the current task's CPU something better to do? @linux include/linux/sched.h need_resched() */
export function needResched(s: Scheduler): boolean {
  return s.current.needResched;
}
