import type { MaySleep } from '@kernel-model/sim';
import { TASK_RUNNING, TASK_UNINTERRUPTIBLE } from './constants.ts';
import { updateRqClock } from './core.ts';
import { Cpumask } from './cpumask.ts';
import { dlServerStop } from './dl-server.ts';
import { getTaskStruct, putTaskStruct } from './fork.ts';
import { moveQueuedTask, selectFallbackRq } from './migrate.ts';
import { nohzBalanceExitIdle } from './nohz-balance.ts';
import { setRqOffline, setRqOnline } from './root-domain.ts';
import type { Rq } from './rq.ts';
import { rebuildSchedDomains } from './sched-domains.ts';
import { schedule, setCurrentState } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { stopOneCpuNowait } from './stopper.ts';
import type { Task } from './task.ts';
import { wakeUpProcess } from './wakeup.ts';

/**
 * A CPU begins to go down: no more balancing with it, and every task that may leave is pushed away as soon as it runs.
 * @param synchronizeRcu wait for a grace period
 * @linux kernel/sched/core.c sched_cpu_deactivate()
 */
export function* schedCpuDeactivate(s: Scheduler, cpu: number, synchronizeRcu: () => MaySleep<void>): MaySleep<number> {
  const rq = s.rqs[cpu]!;
  nohzBalanceExitIdle(rq);
  s.activeMask = s.activeMask.andNot(Cpumask.of(cpu));
  rq.balancePush = balancePush;
  yield* synchronizeRcu();
  setRqOffline(rq);
  rebuildSchedDomains(s);
  return 0;
}

/** A CPU is up: it takes part in everything again. @linux kernel/sched/core.c sched_cpu_activate() */
export function schedCpuActivate(s: Scheduler, cpu: number): void {
  const rq = s.rqs[cpu]!;
  rq.balancePush = null;
  s.activeMask = s.activeMask.or(Cpumask.of(cpu));
  rebuildSchedDomains(s);
  setRqOnline(rq);
}

/** Wait, on the CPU that goes down, until the current task is the only one there. @linux kernel/sched/core.c sched_cpu_wait_empty() */
export function* schedCpuWaitEmpty(s: Scheduler, cpu: number): MaySleep<void> {
  const rq = s.rqs[cpu]!;
  rq.hotplugWait = s.current;
  for (;;) {
    yield* setCurrentState(s, TASK_UNINTERRUPTIBLE);
    if (rq.nrRunning === 1 && rq.nrPinned === 0) break;
    yield* schedule(s);
  }
  s.current.state = TASK_RUNNING;
  rq.hotplugWait = null;
}

/** The last act of the scheduler on a CPU that dies; only its stopper is left. @linux kernel/sched/core.c sched_cpu_dying() */
export function schedCpuDying(s: Scheduler, cpu: number): void {
  const rq = s.rqs[cpu]!;
  updateRqClock(rq);
  if (rq.nrRunning !== 1 || rq.nrPinned !== 0) s.reports.warn('Dying CPU not properly vacated!');
  dlServerStop(rq);
}

/** After a switch on a CPU that goes down: if the next task may leave, have it pushed away. @linux kernel/sched/core.c balance_push() */
function balancePush(rq: Rq): void {
  const s = rq.sched;
  const p = rq.curr;
  if (!s.dyingMask.has(rq.cpu) || rq.cpu !== s.cpu) return;
  if (p === rq.idle || s.hooks.kthreadIsPerCpu(p) || p.migrateDisabled > 0) {
    const waiter = rq.hotplugWait;
    if (rq.nrRunning === 0 && rq.nrPinned === 0 && waiter !== null) wakeUpProcess(s, waiter);
    return;
  }
  getTaskStruct(p);
  stopOneCpuNowait(s, rq.cpu, () => balancePushCpuStop(rq, p));
}

/** Runs in migration/N. @linux kernel/sched/core.c __balance_push_cpu_stop() */
function balancePushCpuStop(rq: Rq, p: Task): void {
  const s = rq.sched;
  updateRqClock(rq);
  if (p.rq === rq && p.onRq === 1) moveQueuedTask(rq, p, selectFallbackRq(s, rq.cpu, p));
  putTaskStruct(s, p);
}
