import { PF_KTHREAD, TASK_ON_RQ_MIGRATING } from './constants.ts';
import { activateTask, deactivateTask, updateRqClock, wakeupPreempt } from './core.ts';
import { Cpumask } from './cpumask.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/** Put a task that is on no queue onto a CPU, silently. @linux kernel/sched/sched.h __set_task_cpu() */
export function __setTaskCpu(p: Task, cpu: number): void {
  p.rq = p.rq.sched.rqs[cpu]!;
  p.cpu = p.wakeCpu = cpu;
}

/** Move a task that is on no queue to another CPU. @emits sched_migrate_task @linux kernel/sched/core.c set_task_cpu() */
export function setTaskCpu(p: Task, cpu: number): void {
  if (p.cpu === cpu) return;
  const { sched } = p.rq;
  const { migrateTask } = sched.probes;
  if (migrateTask.enabled) migrateTask.emit(p.commId, p.pid, p.prio, p.cpu, cpu);
  sched.recorded();
  p.schedClass.migrateTaskRq(p, cpu);
  p.se.nrMigrations++;
  __setTaskCpu(p, cpu);
}

/** May the task run on the CPU now? @linux kernel/sched/core.c is_cpu_allowed() */
export function isCpuAllowed(s: Scheduler, p: Task, cpu: number): boolean {
  if (!p.cpusPtr.has(cpu)) return false;
  if (p.migrateDisabled > 0) return s.onlineMask.has(cpu);
  if ((p.flags & PF_KTHREAD) === 0) return s.activeMask.has(cpu);
  return s.onlineMask.has(cpu) && (!s.dyingMask.has(cpu) || s.hooks.kthreadIsPerCpu(p));
}

/**
 * Where a task that wakes up, or starts, shall run.
 * @param cpu the hint
 * @param flags WF_* bits
 * @linux kernel/sched/core.c select_task_rq()
 */
export function selectTaskRq(s: Scheduler, p: Task, cpu: number, flags: number): number {
  const chosen =
    p.nrCpusAllowed > 1 && p.migrateDisabled === 0 ? p.schedClass.selectTaskRq(p, cpu, flags) : p.cpusPtr.lowest;
  return isCpuAllowed(s, p, chosen) ? chosen : selectFallbackRq(s, p.cpu, p);
}

/**
 * A CPU for a task none of whose CPUs can be used, or whose CPU went away. If need be the mask is overwritten: the
 * binding is lost.
 * @linux kernel/sched/core.c select_fallback_rq()
 */
export function selectFallbackRq(s: Scheduler, cpu: number, p: Task): number {
  for (const candidate of s.possibleMask) if (isCpuAllowed(s, p, candidate)) return candidate;
  p.cpusMask = p.cpusPtr = s.possibleMask;
  p.nrCpusAllowed = s.possibleMask.weight;
  for (const candidate of s.possibleMask) {
    if (!isCpuAllowed(s, p, candidate)) continue;
    if ((p.flags & PF_KTHREAD) === 0) {
      s.reports.printk('info', `process ${p.pid} (${p.comm}) no longer affine to cpu${cpu}`);
    }
    return candidate;
  }
  throw new Error('unreachable: no CPU is online');
}

/** Move a queued task that is not running to another CPU. @returns the new rq @emits sched_migrate_task @linux kernel/sched/core.c move_queued_task() */
export function moveQueuedTask(rq: Rq, p: Task, cpu: number): Rq {
  p.onRq = TASK_ON_RQ_MIGRATING;
  updateRqClock(rq);
  deactivateTask(rq, p, 0);
  setTaskCpu(p, cpu);
  const dst = rq.sched.rqs[cpu]!;
  updateRqClock(dst);
  activateTask(dst, p, 0);
  wakeupPreempt(dst, p, 0);
  return dst;
}

/** A CPU of the intersection, by a cursor that turns: work spreads. -1 if there is none. @linux lib/cpumask.c cpumask_any_and_distribute() */
export function anyAndDistribute(s: Scheduler, a: Cpumask, b: Cpumask): number {
  const both = a.and(b);
  if (both.empty) return -1;
  const cpu = both.nextWrap(s.distributeCursor + 1);
  s.distributeCursor = cpu;
  return cpu;
}
