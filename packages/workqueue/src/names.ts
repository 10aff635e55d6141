import { PF_WQ_WORKER, type Task } from '@kernel-model/scheduler';
import type { Worker } from './worker.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Characters of the name in /proc. */
const PROC_COMM_MAX = 63;

/** Name of a worker's thread. @linux kernel/workqueue.c format_worker_id() */
export function formatWorkerId(worker: Worker, pool: WorkerPool | null): string {
  if (worker.rescueWq !== null) return `kworker/R-${worker.rescueWq.name}`;
  if (pool === null) return 'kworker/dying';
  if (pool.cpu >= 0) return `kworker/${pool.cpu}:${worker.id}${pool.attrs.nice < 0 ? 'H' : ''}`;
  return `kworker/u${pool.id}:${worker.id}`;
}

/**
 * What /proc/PID/comm, stat and status show for a task: a worker's whole name, and behind it what it runs (+) or has
 * run last (-); the comm of any other task.
 * @linux kernel/workqueue.c wq_worker_comm()
 */
export function wqWorkerComm(p: Task): string {
  if ((p.flags & PF_WQ_WORKER) === 0) return p.comm;
  const worker = p.worker as Worker;
  const { pool } = worker;
  let text = formatWorkerId(worker, pool);
  if (pool !== null && worker.desc !== '') text += (worker.currentWork !== null ? '+' : '-') + worker.desc;
  return text.slice(0, PROC_COMM_MAX);
}

/** The lines that a task dump shows for a worker; none for other tasks. @linux kernel/workqueue.c print_worker_info() */
export function printWorkerInfo(p: Task): string[] {
  if ((p.flags & PF_WQ_WORKER) === 0) return [];
  const worker = p.worker as Worker;
  const name = worker.currentPwq?.wq.name ?? '';
  const fn = worker.currentFunc === null ? '0x0' : worker.currentFuncName;
  if (worker.currentFunc === null && name === '' && worker.desc === '') return [];
  return [`Workqueue: ${name} ${fn}${name === worker.desc ? '' : ` (${worker.desc})`}`];
}
