import type { MaySleep } from '@kernel-model/sim';
import { NOTHING } from './done.ts';
import type { Task } from './task.ts';

/**
 * Where Linux calls upward from the scheduler and needs the answer, or the effect, within the step. Higher packages
 * replace these; what stands here is a machine without them.
 */
export interface SchedHooks {
  /** The address-space part of a context switch. @linux kernel/sched/core.c context_switch() */
  contextSwitchMm(prev: Task, next: Task, cpu: number): void;
  /** After the switch: drop what the previous task had borrowed. @linux kernel/sched/core.c finish_task_switch() */
  finishSwitchMm(cpu: number): void;
  /** A workqueue worker is about to block. @linux kernel/workqueue.c wq_worker_sleeping() */
  wqWorkerSleeping(worker: Task): void;
  /** A workqueue worker runs again. @linux kernel/workqueue.c wq_worker_running() */
  wqWorkerRunning(worker: Task): void;
  /** The tick hit a workqueue worker. @linux kernel/workqueue.c wq_worker_tick() */
  wqWorkerTick(worker: Task): void;
  /** Is SIGKILL in the task's private pending set? @linux include/linux/sched/signal.h __fatal_signal_pending() */
  fatalSignalPending(p: Task): boolean;
  /** KTHREAD_IS_PER_CPU. @linux kernel/kthread.c kthread_is_per_cpu() */
  kthreadIsPerCpu(p: Task): boolean;
  /** A task begins to exit: no more signals for it. @linux kernel/signal.c exit_signals() */
  exitSignals(p: Task): void;
  /** An exiting task lets go of its address space. @linux kernel/exit.c exit_mm() */
  exitMm(p: Task): MaySleep<void>;
  /** An exiting task lets go of what else it holds. @linux kernel/exit.c do_exit() */
  exitTask(p: Task): void;
  /** Hand on the children of a task that exits, and tell its parent. @returns whether the child is reaped at once @linux kernel/exit.c exit_notify() */
  doNotifyParent(p: Task): boolean;
  /** How readily the task's process is killed for memory, -1000 .. 1000; asked for by tracepoints. @linux signal_struct.oom_score_adj */
  oomScoreAdj(p: Task): number;
  /** A CPU that was taken offline idles, for the last time. @linux kernel/cpu.c cpuhp_report_idle_dead() */
  cpuIdleDead(cpu: number): void;
  /** The last reference is gone. @linux kernel/fork.c free_task() */
  freeTask(p: Task): void;
  /**
   * The body of the current task has thrown. To go on, give the task a new body that ends it.
   * @returns whether the machine goes on; if not, the exception leaves it
   * @linux arch/x86/kernel/dumpstack.c oops_end()
   */
  taskOops(p: Task, error: unknown): boolean;
}

/** Hooks of a machine that has nothing above the scheduler. */
export function noHooks(): SchedHooks {
  return {
    contextSwitchMm() {},
    finishSwitchMm() {},
    wqWorkerSleeping() {},
    wqWorkerRunning() {},
    wqWorkerTick() {},
    fatalSignalPending: () => false,
    kthreadIsPerCpu: () => false,
    exitSignals() {},
    exitMm: () => NOTHING,
    exitTask() {},
    doNotifyParent: () => true,
    oomScoreAdj: () => 0,
    cpuIdleDead() {},
    freeTask() {},
    taskOops: () => false,
  };
}
