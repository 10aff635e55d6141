import { POINT, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import { EINTR, TASK_INTERRUPTIBLE, TASK_KILLABLE, TASK_RUNNING, TASK_UNINTERRUPTIBLE } from './constants.ts';
import { signalPendingState } from './core.ts';
import { NOTHING } from './done.ts';
import { mightSleep, preemptDisable, preemptEnable, schedule } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';
import { TaskList } from './task-list.ts';
import { wakeUpProcess } from './wakeup.ts';

/** A sleeping lock with an owner. @linux include/linux/mutex.h struct mutex */
export class Mutex {
  owner: Task | null = null;
  /** The first waiter asked to get the lock at the next unlock, so that it does not starve. */
  handoff = false;
  /** The lock was handed to {@link owner}, who has not picked it up. */
  pickup = false;
  /** Waiters, first come first. */
  readonly wait: TaskList = new TaskList();
  /** CPUs that spin for the lock, first come first. @linux kernel/locking/osq_lock.c */
  readonly osq: Task[] = [];
  /** @param name for reports */
  constructor(readonly name: string = '') {}
}

/** Is it locked? @linux kernel/locking/mutex.c mutex_is_locked() */
export function mutexIsLocked(m: Mutex): boolean {
  return m.owner !== null;
}

/** Lock; sleep, uninterruptibly, as long as another task owns it. @linux kernel/locking/mutex.c mutex_lock() */
export function* mutexLock(s: Scheduler, m: Mutex): MaySleep<void> {
  yield* mutexLockCommon(s, m, TASK_UNINTERRUPTIBLE);
}

/** @returns 0, or -EINTR if a signal came first @linux kernel/locking/mutex.c mutex_lock_interruptible() */
export function mutexLockInterruptible(s: Scheduler, m: Mutex): MaySleep<number> {
  return mutexLockCommon(s, m, TASK_INTERRUPTIBLE);
}

/** @returns 0, or -EINTR after SIGKILL @linux kernel/locking/mutex.c mutex_lock_killable() */
export function mutexLockKillable(s: Scheduler, m: Mutex): MaySleep<number> {
  return mutexLockCommon(s, m, TASK_KILLABLE);
}

/** Lock if that is possible at once. @returns 1 or 0 @linux kernel/locking/mutex.c mutex_trylock() */
export function* mutexTrylock(s: Scheduler, m: Mutex): Step<number> {
  if (s.sim.point(m, 'owner', WRITE)) yield POINT;
  return trylock(m, s.current, false) ? 1 : 0;
}

/**
 * Unlock and wake the first waiter, if there is one. Only the owner may do that.
 * @linux kernel/locking/mutex.c mutex_unlock()
 */
export function mutexUnlock(s: Scheduler, m: Mutex): Step<void> {
  if (s.sim.point(m, 'owner', WRITE)) return unlockLater(s, m);
  return unlock(s, m);
}

function* unlockLater(s: Scheduler, m: Mutex): Step<void> {
  yield POINT;
  yield* unlock(s, m);
}

function unlock(s: Scheduler, m: Mutex): Step<void> {
  const first = m.wait.first;
  if (m.handoff) {
    m.owner = first;
    m.handoff = false;
    m.pickup = first !== null;
  } else {
    m.owner = null;
  }
  return first === null ? NOTHING : wakeFirst(s, first);
}

function* wakeFirst(s: Scheduler, first: Task): Step<void> {
  preemptDisable(s);
  wakeUpProcess(s, first);
  yield* preemptEnable(s);
}

/** @param ask for the lock to be handed over at the next unlock @linux kernel/locking/mutex.c __mutex_trylock_common() */
function trylock(m: Mutex, p: Task, ask: boolean): boolean {
  if (m.owner === null) {
    m.owner = p;
    return true;
  }
  if (m.pickup) {
    if (m.owner !== p) return false;
    m.pickup = false;
    return true;
  }
  if (ask) m.handoff = true;
  return false;
}

/** @linux kernel/locking/mutex.c __mutex_lock_common() */
function* mutexLockCommon(s: Scheduler, m: Mutex, state: number): MaySleep<number> {
  yield* mightSleep(s);
  const p = s.current;
  if (s.sim.point(m, 'owner', WRITE)) yield POINT;
  if (trylock(m, p, false)) return 0;
  preemptDisable(s);
  const spun = yield* optimisticSpin(s, m, p, false);
  if (spun || trylock(m, p, false)) {
    yield* preemptEnable(s);
    return 0;
  }
  const result = yield* waitForLock(s, m, p, state);
  yield* preemptEnable(s);
  return result;
}

function* waitForLock(s: Scheduler, m: Mutex, p: Task, state: number): MaySleep<number> {
  m.wait.append(p);
  p.state = state;
  p.waitsFor = m.name;
  let result = 0;
  while (!trylock(m, p, false)) {
    if (signalPendingState(s, state, p)) {
      result = -EINTR;
      break;
    }
    yield* schedulePreemptDisabled(s);
    const first = m.wait.first === p;
    if (s.sim.point(p, 'state', WRITE)) yield POINT;
    p.state = state;
    if (s.sim.point(m, 'owner', WRITE)) yield POINT;
    if (trylock(m, p, first)) break;
    if (first && (yield* optimisticSpin(s, m, p, true))) break;
    if (s.sim.point(m, 'owner', WRITE)) yield POINT;
  }
  p.state = TASK_RUNNING;
  p.waitsFor = '';
  m.wait.remove(p);
  if (m.wait.first === null) m.handoff = m.pickup = false;
  return result;
}

/** Sleep with preemption disabled around it. @linux kernel/sched/core.c schedule_preempt_disabled() */
export function* schedulePreemptDisabled(s: Scheduler): MaySleep<void> {
  const p = s.current;
  p.preemptCount--;
  yield* schedule(s);
  p.preemptCount++;
}

/**
 * As long as the owner runs on another CPU, it will be done soon: wait for it on the CPU. One task spins for the owner,
 * others for their turn; a waiter that is first in the queue needs no turn.
 * Unlike Linux, an explored machine never spins: for it this is only one more way to wait.
 * @returns whether it got the lock
 * @linux kernel/locking/mutex.c mutex_optimistic_spin()
 */
function* optimisticSpin(s: Scheduler, m: Mutex, p: Task, waiter: boolean): MaySleep<boolean> {
  if (s.sim.explored) return false;
  let locked = false;
  const mayTry = waiter || ((m.owner === null || m.owner.onCpu) && !p.needResched && (yield* osqLock(s, m, p)));
  if (mayTry) {
    for (;;) {
      if (trylock(m, p, false)) {
        locked = true;
        break;
      }
      if (!m.owner!.onCpu || p.needResched) break;
      yield* cpuRelax(s);
    }
    if (!waiter) m.osq.shift();
  }
  if (!locked && p.needResched) {
    p.state = TASK_RUNNING;
    yield* schedulePreemptDisabled(s);
  }
  return locked;
}

/** Queue for the right to spin. @returns false if the CPU is wanted elsewhere @linux kernel/locking/osq_lock.c osq_lock() */
function* osqLock(s: Scheduler, m: Mutex, p: Task): Step<boolean> {
  m.osq.push(p);
  while (m.osq[0] !== p) {
    if (p.needResched) {
      m.osq.splice(m.osq.indexOf(p), 1);
      return false;
    }
    yield* cpuRelax(s);
  }
  return true;
}

/** One turn of a busy loop that waits for another CPU. @linux arch/x86/include/asm/vdso/processor.h cpu_relax() */
export function* cpuRelax(s: Scheduler): Step<void> {
  s.sim.relax();
  s.cpus[s.cpu]!.owe(s.config.costs.spin, 0);
  yield POINT;
}
