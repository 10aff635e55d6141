import { POINT, READ, type MaySleep } from '@kernel-model/sim';
import { kthreadStop } from '@kernel-model/kthread';
import { freeWorker } from './create.ts';
import { flushWorker } from './flush.ts';
import type { KthreadWork, KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { warn, workerMustExist } from './misuse.ts';
import { listEmpty, worksOf } from './work-list.ts';

/**
 * Wait for everything that is queued, stop the thread and free the worker. The caller must have stopped all who queue,
 * and cancelled delayed works: what is left over is complained about, and dangles.
 * @emits sched_kthread_stop, sched_kthread_stop_ret
 * @linux kernel/kthread.c kthread_destroy_worker()
 */
export function* kthreadDestroyWorker(kw: KthreadWorkers, worker: KthreadWorker): MaySleep<void> {
  if (kw.s.sim.point(worker, 'lock', READ)) yield POINT;
  workerMustExist(kw, worker, 'kthread_destroy_worker', '');
  const { task } = worker;
  if (task === null) {
    warn(kw, 1424, `kthread_destroy_worker: ${worker.name} has no thread: it is not freed`);
    return;
  }
  yield* flushWorker(kw, worker, 'kthread_destroy_worker');
  yield* kthreadStop(kw.k, task);
  if (kw.s.sim.point(worker, 'lock', READ)) yield POINT;
  complainAbout(kw, 1429, worker.delayedWorkList, `kthread_destroy_worker: timers run for ${worker.name}`);
  complainAbout(kw, 1430, worker.workList, `kthread_destroy_worker: works are left on ${worker.name}`);
  freeWorker(kw, worker);
}

function complainAbout(kw: KthreadWorkers, line: number, list: KthreadWork, what: string): void {
  if (listEmpty(list)) return;
  const names: string[] = [];
  for (const work of worksOf(list)) names.push(work.name);
  warn(kw, line, `${what}: ${names.join(', ')}`);
}
