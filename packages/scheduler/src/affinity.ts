import type { MaySleep } from '@kernel-model/sim';
import { Completion, completeAll, completeNow, UINT_MAX, waitForCompletion } from './completion.ts';
import {
  DEQUEUE_NOCLOCK,
  DEQUEUE_SAVE,
  EBUSY,
  EINVAL,
  ENQUEUE_NOCLOCK,
  ENQUEUE_RESTORE,
  PF_KTHREAD,
  PF_NO_SETAFFINITY,
  TASK_WAKING,
} from './constants.ts';
import { dequeueTask, enqueueTask, putPrevTask, setNextTask, updateRqClock } from './core.ts';
import { Cpumask } from './cpumask.ts';
import { anyAndDistribute, moveQueuedTask } from './migrate.ts';
import { pushDeferred } from './push-cpu-stop.ts';
import type { Scheduler } from './scheduler.ts';
import { stopOneCpuNowait } from './stopper.ts';
import type { Task } from './task.ts';
import { schedTtwuPending } from './wakeup.ts';

/** A request to get a task off CPUs that it may no longer use; concurrent callers share it. @linux kernel/sched/core.c struct set_affinity_pending */
class SetAffinityPending {
  readonly done = new Completion('set_cpus_allowed_ptr');
  stopPending = false;
  constructor(public destCpu: number) {}
}

/**
 * Change where a task may run, and get it off CPUs that it may no longer use.
 * @returns 0; -EINVAL if none of the CPUs can be used; -EBUSY if the current task may not migrate now
 * @emits sched_migrate_task if a queued task is moved; the wakeup of migration/N if a running one is
 * @linux kernel/sched/core.c set_cpus_allowed_ptr()
 */
export function setCpusAllowedPtr(s: Scheduler, p: Task, mask: Cpumask): MaySleep<number> {
  return __setCpusAllowedPtr(s, p, mask, false);
}

/** @param check refuse threads that user space may not move (PF_NO_SETAFFINITY) @linux kernel/sched/core.c __set_cpus_allowed_ptr() */
export function* __setCpusAllowedPtr(s: Scheduler, p: Task, mask: Cpumask, check: boolean): MaySleep<number> {
  s.sim.charge(s.config.costs.call);
  let wanted = mask;
  // a user's new wish replaces the old one; the kernel stays within it as long as it can
  if (p.userCpusPtr !== null && !check) {
    const both = mask.and(p.userCpusPtr);
    if (!both.empty) wanted = both;
  }
  const kthread = (p.flags & PF_KTHREAD) !== 0;
  const valid = kthread || p.migrateDisabled > 0 ? s.onlineMask : s.activeMask;
  if (!kthread && !wanted.subsetOf(s.possibleMask)) return -EINVAL;
  if (check && (p.flags & PF_NO_SETAFFINITY) !== 0) return -EINVAL;
  if (wanted.equals(p.cpusMask)) return 0;
  if (p === s.current && p.migrateDisabled > 0 && !wanted.has(p.cpu)) {
    s.reports.warn(`${p.comm}/${p.pid} is migration-disabled on CPU ${p.cpu}, which its new mask excludes`);
    return -EBUSY;
  }
  const dest = anyAndDistribute(s, valid, wanted);
  if (dest < 0) return -EINVAL;
  updateRqClock(p.rq);
  doSetCpusAllowed(p, wanted);
  return yield* affineMoveTask(s, p, dest);
}

/** What user space may ask for. @returns 0 or -EINVAL @linux kernel/sched/syscalls.c sched_setaffinity() */
export function* schedSetaffinity(s: Scheduler, p: Task, mask: Cpumask): MaySleep<number> {
  if ((p.flags & PF_NO_SETAFFINITY) !== 0) return -EINVAL;
  const result = yield* __setCpusAllowedPtr(s, p, mask.and(s.possibleMask), true);
  if (result === 0) p.userCpusPtr = mask;
  return result;
}

/** Store a mask; a queued task is requeued, in its place. @linux kernel/sched/core.c __do_set_cpus_allowed() */
export function doSetCpusAllowed(p: Task, mask: Cpumask): void {
  const { rq } = p;
  const queued = p.onRq === 1;
  const running = rq.curr === p;
  if (queued) dequeueTask(rq, p, DEQUEUE_SAVE | DEQUEUE_NOCLOCK);
  if (running) putPrevTask(rq, p);
  setCpusAllowedCommon(p, mask);
  if (queued) enqueueTask(rq, p, ENQUEUE_RESTORE | ENQUEUE_NOCLOCK);
  if (running) setNextTask(rq, p);
}

/** @linux kernel/sched/core.c set_cpus_allowed_common() */
export function setCpusAllowedCommon(p: Task, mask: Cpumask): void {
  p.cpusMask = p.cpusPtr = mask;
  p.nrCpusAllowed = mask.weight;
}

/** @linux kernel/sched/core.c affine_move_task() */
function* affineMoveTask(s: Scheduler, p: Task, destCpu: number): MaySleep<number> {
  if (p.cpusMask.has(p.cpu)) {
    const waiting = p.migrationPending as SetAffinityPending | null;
    if (waiting !== null && !waiting.stopPending) {
      p.migrationPending = null;
      yield* completeAll(s, waiting.done);
    }
    return 0;
  }
  let pending = p.migrationPending as SetAffinityPending | null;
  if (pending === null) pending = p.migrationPending = new SetAffinityPending(destCpu);
  else pending.destCpu = destCpu;
  if (p.migrateDisabled > 0 && p.rq.curr !== p) {
    yield* waitForCompletion(s, pending.done);
    return 0;
  }
  if (p.onCpu || p.state === TASK_WAKING) {
    if (!pending.stopPending) {
      pending.stopPending = true;
      queueMigration(s, p, pending);
    }
    yield* waitForCompletion(s, pending.done);
    return 0;
  }
  if (p.migrateDisabled === 0) {
    if (p.onRq === 1) moveQueuedTask(p.rq, p, destCpu);
    if (!pending.stopPending) {
      p.migrationPending = null;
      yield* completeAll(s, pending.done);
      return 0;
    }
  }
  yield* waitForCompletion(s, pending.done);
  return 0;
}

function queueMigration(s: Scheduler, p: Task, pending: SetAffinityPending): void {
  stopOneCpuNowait(s, p.cpu, () => migrationCpuStop(s, p, pending));
}

/** Runs in migration/N, on the CPU the task was on: move it, or follow it. @linux kernel/sched/core.c migration_cpu_stop() */
function migrationCpuStop(s: Scheduler, p: Task, pending: SetAffinityPending): void {
  const rq = s.rqs[s.cpu]!;
  schedTtwuPending(rq);
  if (p.rq !== rq) {
    if (p.cpusMask.has(p.cpu)) finishPending(s, p, pending);
    else queueMigration(s, p, pending);
    return;
  }
  if (p.migrateDisabled > 0) {
    pending.stopPending = false;
    return;
  }
  if (!p.cpusMask.has(p.cpu)) {
    updateRqClock(rq);
    if (p.onRq === 1) moveQueuedTask(rq, p, pending.destCpu);
    else p.wakeCpu = pending.destCpu;
  }
  finishPending(s, p, pending);
}

function finishPending(s: Scheduler, p: Task, pending: SetAffinityPending): void {
  pending.stopPending = false;
  p.migrationPending = null;
  while (pending.done.wait.first !== null) completeNow(s, pending.done);
  pending.done.done = UINT_MAX;
}

/** Undo one migrate_disable(); at the outermost, a move that had to wait happens now. @linux kernel/sched/core.c migrate_enable() */
export function* migrateEnable(s: Scheduler): MaySleep<void> {
  const p = s.current;
  if (--p.migrateDisabled > 0) return;
  p.rq.nrPinned--;
  p.cpusPtr = p.cpusMask;
  pushDeferred(p);
  const pending = p.migrationPending as SetAffinityPending | null;
  if (pending !== null) yield* affineMoveTask(s, p, pending.destCpu);
}
