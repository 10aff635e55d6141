import { PF_WQ_WORKER } from '@kernel-model/scheduler';
import type { WorkStruct } from './work.ts';
import { truncateDesc, type Worker } from './worker.ts';
import type { Workqueues } from './workqueues.ts';

/** The worker whose thread runs now; null in interrupts and softirqs on top of one. @linux kernel/workqueue_internal.h current_wq_worker() */
export function currentWqWorker(w: Workqueues): Worker | null {
  const { s } = w;
  if (s.cpu < 0) return null;
  const cpu = s.cpus[s.cpu]!;
  if (cpu.hardirq > 0 || cpu.inSoftirq || (cpu.rq.curr.flags & PF_WQ_WORKER) === 0) return null;
  return cpu.rq.curr.worker as Worker | null;
}

/** The work that runs in the current task; null for anything else, BH works too. @linux kernel/workqueue.c current_work() */
export function currentWork(w: Workqueues): WorkStruct | null {
  return currentWqWorker(w)?.currentWork ?? null;
}

/** Is the current task a rescuer? @linux kernel/workqueue.c current_is_workqueue_rescuer() */
export function currentIsWorkqueueRescuer(w: Workqueues): boolean {
  return (currentWqWorker(w)?.rescueWq ?? null) !== null;
}

/** Say, from a work, what the worker does: ps shows it behind the name. 31 bytes are kept. @linux kernel/workqueue.c set_worker_desc() */
export function setWorkerDesc(w: Workqueues, desc: string): void {
  const worker = currentWqWorker(w);
  if (worker !== null) worker.desc = truncateDesc(desc);
}
