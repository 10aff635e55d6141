import { TASK_RUNNING } from './constants.ts';
import type { Rq } from './rq.ts';
import type { Task } from './task.ts';

/** A task begins to wait for the CPU, unless it waits already. @linux kernel/sched/stats.h sched_info_enqueue() */
export function schedInfoEnqueue(rq: Rq, p: Task): void {
  if (p.lastQueuedNs === 0) p.lastQueuedNs = rq.clock;
}

/** A task leaves the queue: what it waited counts. @linux kernel/sched/stats.h sched_info_dequeue() */
export function schedInfoDequeue(rq: Rq, p: Task): void {
  if (p.lastQueuedNs !== 0) waited(rq, p);
}

/** The CPU goes from one task to another. @linux kernel/sched/stats.h sched_info_switch() */
export function schedInfoSwitch(rq: Rq, prev: Task, next: Task): void {
  if (prev !== rq.idle) {
    rq.cpuTimeNs += rq.clock - prev.lastArrivalNs;
    if (prev.state === TASK_RUNNING) schedInfoEnqueue(rq, prev);
  }
  if (next === rq.idle || next.lastQueuedNs === 0) return;
  waited(rq, next);
  next.lastArrivalNs = rq.clock;
  next.nrTimeslices++;
  rq.nrTimeslices++;
}

function waited(rq: Rq, p: Task): void {
  const delay = rq.clock - p.lastQueuedNs;
  p.lastQueuedNs = 0;
  p.runDelayNs += delay;
  rq.runDelayNs += delay;
}
