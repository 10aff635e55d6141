import type { MaySleep } from '@kernel-model/sim';
import {
  TASK_FREEZABLE,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  schedSetFifo,
  schedule,
  setCurrentState,
  setUserNice,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, kthreadShouldStop, type Kthreads } from '@kernel-model/kthread';
import { setFreezable, tryToFreeze } from '@kernel-model/signals';

/** A kernel thread of which a machine without its work to do shows only that it waits. */
export interface IdleThreadSpec {
  readonly name: string;
  /** How it sleeps: S (default) or I, which does not count as load. */
  readonly state?: 'S' | 'I';
  /** It freezes with the system. */
  readonly freezable?: boolean;
  readonly nice?: number;
  /** SCHED_FIFO 50. */
  readonly fifo?: boolean;
  /** PF_* bits that it sets on itself. */
  readonly flags?: number;
  /** What it waits for, in words. */
  readonly waitsFor: string;
}

/** Start a thread that waits for ever, or until it is stopped. @returns the thread or a negative errno */
export function* startIdleThread(k: Kthreads, spec: IdleThreadSpec): MaySleep<Task | number> {
  return yield* kthreadRun(k, () => idleThread(k, spec), null, spec.name);
}

/** The loop of every thread that waits for work on demand: state first, test second. */
function* idleThread(k: Kthreads, spec: IdleThreadSpec): MaySleep<number> {
  const { s, signals } = k;
  const me = s.current;
  if (spec.nice !== undefined) setUserNice(s, me, spec.nice);
  if (spec.fifo === true) schedSetFifo(s, me);
  me.flags |= spec.flags ?? 0;
  if (spec.freezable === true) yield* setFreezable(signals);
  const state = spec.state === 'I' ? TASK_IDLE : TASK_INTERRUPTIBLE | (spec.freezable === true ? TASK_FREEZABLE : 0);
  for (;;) {
    yield* setCurrentState(s, state);
    if (yield* kthreadShouldStop(k)) break;
    me.waitsFor = spec.waitsFor;
    yield* schedule(s);
    me.waitsFor = '';
    if (spec.freezable === true) yield* tryToFreeze(signals);
  }
  me.state = 0;
  return 0;
}
