import { POINT, READ, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import {
  PF_KTHREAD,
  PF_NOFREEZE,
  TASK_FREEZABLE,
  TASK_FROZEN,
  TASK_NORMAL,
  TASK_RUNNING,
  __TASK_STOPPED,
  __TASK_TRACED,
  mightSleep,
  schedule,
  wakeUpState,
  type Task,
} from '@kernel-model/scheduler';
import { freezing, frozen } from './freezing.ts';
import { signalWakeUp } from './signal-pending.ts';
import type { Signals } from './signals.ts';

/**
 * The current task may be frozen from now on: kernel threads start with PF_NOFREEZE, which they inherit.
 * @returns whether it was frozen here
 * @linux kernel/freezer.c set_freezable()
 */
export function* setFreezable(sigs: Signals): MaySleep<boolean> {
  const { s } = sigs;
  yield* mightSleep(s);
  if (s.sim.point(sigs.freezer, 'state', WRITE)) yield POINT;
  s.current.flags &= ~PF_NOFREEZE;
  return yield* tryToFreeze(sigs);
}

/** Freeze if the current task has to. @returns whether it was frozen @linux include/linux/freezer.h try_to_freeze() */
export function* tryToFreeze(sigs: Signals): MaySleep<boolean> {
  const { s } = sigs;
  yield* mightSleep(s);
  if (s.sim.point(sigs.freezer, 'state', READ)) yield POINT;
  return freezing(sigs, s.current) ? yield* __refrigerator(sigs, never) : false;
}

function never(): boolean {
  return false;
}

/**
 * Stay frozen as long as the freezer says so. The state in which the task came is lost: it leaves running.
 * @param checkStop ends the stay; the answer of kthread_should_stop() for those who asked for it
 * @returns whether the task was frozen
 * @linux kernel/freezer.c __refrigerator()
 */
export function* __refrigerator(sigs: Signals, checkStop: () => boolean): MaySleep<boolean> {
  const { s, freezer } = sigs;
  const p = s.current;
  if (p.state !== TASK_RUNNING && (p.state & TASK_NORMAL) === 0) {
    s.reports.warnOnce(
      '__refrigerator',
      `${p.comm}/${p.pid} enters the refrigerator in state 0x${p.state.toString(16)}`,
    );
  }
  let wasFrozen = false;
  for (;;) {
    if (s.sim.point(p, 'state', WRITE)) yield POINT;
    p.state = TASK_FROZEN;
    // nothing to give back: the thaw has to wake the task
    p.savedState = TASK_RUNNING;
    if (s.sim.point(freezer, 'state', READ)) yield POINT;
    if (!freezing(sigs, p) || checkStop()) break;
    wasFrozen = true;
    p.waitsFor = 'thaw';
    yield* schedule(s);
    p.waitsFor = '';
  }
  p.state = TASK_RUNNING;
  return wasFrozen;
}

/**
 * Ask a task to freeze: in place if it sleeps freezably or is stopped; otherwise it is woken and has to come to the
 * refrigerator by itself. One atomic step.
 * @returns whether to ask again later
 * @linux kernel/freezer.c freeze_task()
 */
export function freezeTask(sigs: Signals, p: Task): boolean {
  sigs.s.sim.touch(p, 'state', WRITE);
  if (!freezing(sigs, p) || frozen(p) || freezeInPlace(sigs, p)) return false;
  if ((p.flags & PF_KTHREAD) === 0) signalWakeUp(sigs, p, false);
  else wakeUpState(sigs.s, p, TASK_NORMAL);
  return true;
}

/** @linux kernel/freezer.c __set_task_frozen() */
function freezeInPlace(sigs: Signals, p: Task): boolean {
  const runnable = p.onRq !== 0 && !p.se.schedDelayed;
  if (runnable || p.rq.curr === p) return false;
  if ((p.state & (TASK_FREEZABLE | __TASK_STOPPED | __TASK_TRACED)) === 0) return false;
  if ((p.state & TASK_FREEZABLE) !== 0 && (p.state & TASK_NORMAL) === 0) {
    sigs.s.reports.warnOnce('__set_task_frozen', `${p.comm}/${p.pid} is freezable in state 0x${p.state.toString(16)}`);
  }
  p.savedState = p.state;
  p.state = TASK_FROZEN;
  return true;
}

/**
 * Let a frozen task go on: it is asleep again if nobody woke it meanwhile, otherwise it runs. One atomic step.
 * @linux kernel/freezer.c __thaw_task()
 */
export function __thawTask(sigs: Signals, p: Task): void {
  sigs.s.sim.touch(p, 'state', WRITE);
  if (!frozen(p)) return;
  if (p.savedState === TASK_RUNNING) {
    wakeUpState(sigs.s, p, TASK_FROZEN);
    return;
  }
  p.state = p.savedState;
  p.savedState = TASK_RUNNING;
}

/** {@link __thawTask} as a step of its own. @linux kernel/freezer.c __thaw_task() */
export function* thawTask(sigs: Signals, p: Task): Step<void> {
  if (sigs.s.sim.point(p, 'state', WRITE)) yield POINT;
  __thawTask(sigs, p);
}
