import type { MaySleep } from '@kernel-model/sim';
import { DEQUEUE_DELAYED, DEQUEUE_NOCLOCK, DEQUEUE_SLEEP, TASK_ON_RQ_QUEUED } from './constants.ts';
import { dequeueTask, updateRqClock } from './core.ts';
import { cpuRelax } from './mutex.ts';
import { scheduleTimeoutUninterruptible } from './schedule-timeout.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * Wait until a task is off its CPU and off its run queue.
 * @param matchState 0, or the state in which it must be
 * @returns 0 as soon as the state does not match; otherwise its voluntary switches with the top bit set: equal values
 *   of two calls mean that it did not run in between
 * @emits sched_wait_task
 * @linux kernel/sched/core.c wait_task_inactive()
 */
export function* waitTaskInactive(s: Scheduler, p: Task, matchState: number): MaySleep<number> {
  for (;;) {
    while (p.onCpu) {
      if (!matches(p, matchState)) return 0;
      yield* cpuRelax(s);
    }
    const { waitTask } = s.probes;
    if (waitTask.enabled) waitTask.emit(p.commId, p.pid, p.prio);
    if (p.se.schedDelayed) {
      updateRqClock(p.rq);
      dequeueTask(p.rq, p, DEQUEUE_SLEEP | DEQUEUE_DELAYED | DEQUEUE_NOCLOCK);
    }
    const queued = p.onRq === TASK_ON_RQ_QUEUED;
    if (!matches(p, matchState)) return 0;
    if (!queued) return (p.nvcsw | 0x80000000) >>> 0;
    yield* scheduleTimeoutUninterruptible(s, 1);
  }
}

function matches(p: Task, matchState: number): boolean {
  return matchState === 0 || ((p.state | p.savedState) & matchState) !== 0;
}
