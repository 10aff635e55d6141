import type { MaySleep, Step } from '@kernel-model/sim';
import { Completion, completeNow, waitForCompletion } from './completion.ts';
import { ENOENT, SCHED_FIFO } from './constants.ts';
import { condResched } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { stopSchedClass } from './stop.ts';
import type { Task } from './task.ts';
import { wakeUpProcess } from './wakeup.ts';

/** Work for a stopper: runs on its CPU with nothing else running there. */
export interface CpuStopWork {
  readonly fn: () => unknown;
  /** Goes on after fn, and must not sleep; default: nothing. */
  readonly spin?: () => Step<void>;
  /** Completed when fn has returned, or null. */
  readonly done: Completion | null;
}

/** The thread migration/N and its queue. @linux kernel/stop_machine.c struct cpu_stopper */
export class CpuStopper {
  thread: Task | null = null;
  enabled = false;
  readonly works: CpuStopWork[] = [];
}

/** Make a task the stopper of a CPU: nothing preempts it, user space cannot change it. @linux kernel/sched/core.c sched_set_stop_task() */
export function schedSetStopTask(s: Scheduler, cpu: number, p: Task): void {
  p.policy = SCHED_FIFO;
  p.rtPriority = 99;
  p.prio = p.normalPrio = 0;
  p.schedClass = stopSchedClass;
  s.rqs[cpu]!.stop = p;
  s.stoppers[cpu]!.thread = p;
}

/** Has the stopper anything to do? @linux kernel/stop_machine.c cpu_stop_should_run() */
export function cpuStopShouldRun(s: Scheduler, cpu: number): boolean {
  return s.stoppers[cpu]!.works.length > 0;
}

/** What migration/N does when it has work: all of it. @linux kernel/stop_machine.c cpu_stopper_thread() */
export function* cpuStopperThread(s: Scheduler, cpu: number): Step<void> {
  const { works } = s.stoppers[cpu]!;
  for (let work = works.shift(); work !== undefined; work = works.shift()) {
    work.fn();
    if (work.spin !== undefined) yield* work.spin();
    if (work.done !== null) completeNow(s, work.done);
  }
}

/** Queue work for a CPU's stopper and wake it. @returns false if that CPU's stopper is off @linux kernel/stop_machine.c cpu_stop_queue_work() */
export function cpuStopQueueWork(s: Scheduler, cpu: number, work: CpuStopWork): boolean {
  const stopper = s.stoppers[cpu]!;
  if (!stopper.enabled) {
    if (work.done !== null) completeNow(s, work.done);
    return false;
  }
  stopper.works.push(work);
  wakeUpProcess(s, stopper.thread!);
  return true;
}

/** Run fn on a CPU, soon, without waiting for it. @returns whether it was queued @linux kernel/stop_machine.c stop_one_cpu_nowait() */
export function stopOneCpuNowait(s: Scheduler, cpu: number, fn: () => void): boolean {
  return cpuStopQueueWork(s, cpu, { fn, done: null });
}

/** Run fn on a CPU and wait until it has returned. @returns what fn returned, or -ENOENT if that CPU's stopper is off @linux kernel/stop_machine.c stop_one_cpu() */
export function* stopOneCpu(s: Scheduler, cpu: number, fn: () => number): MaySleep<number> {
  const done = new Completion('stop_one_cpu');
  let result = -ENOENT;
  if (!cpuStopQueueWork(s, cpu, { fn: () => (result = fn()), done })) return result;
  // on the caller's own CPU: let the stopper have it
  yield* condResched(s);
  yield* waitForCompletion(s, done);
  return result;
}

/**
 * Let a CPU that comes up go on when the stopper of every CPU that is online has run. Call it in the turn of that CPU,
 * which cannot sleep yet: it spins.
 * @param then goes on
 * @linux kernel/stop_machine.c stop_machine_from_inactive_cpu()
 */
export function stopMachineFromInactiveCpu(s: Scheduler, then: () => void): void {
  let left = s.onlineMask.weight;
  const fn = (): void => {
    if (--left === 0) then();
  };
  for (const cpu of s.onlineMask)
    s.cpus[cpu]!.callFunction(() => {
      if (!cpuStopQueueWork(s, cpu, { fn, done: null })) fn();
    }, 'stop_machine_from_inactive_cpu');
}
