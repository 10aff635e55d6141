import { violated } from '@kernel-model/sim';
import { TASK_INTERRUPTIBLE, timerPending } from '@kernel-model/scheduler';
import { toKthreadDelayedWork } from './delayed.ts';
import { KthreadFlushWork } from './flush-item.ts';
import type { KthreadWork, KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { listEmpty, worksOf } from './work-list.ts';

/**
 * Recount everything that is counted by hand, and test what always holds: the invariants INV-W* of the specification.
 * For tests, after every step.
 * @throws InvariantViolation
 */
export function checkKthreadWorkers(kw: KthreadWorkers): void {
  const seen = new Set<KthreadWork>();
  const threads = new Set<object>();
  for (const worker of kw.workers) {
    const nrQueued = countList(worker, worker.workList, seen);
    const nrDelayed = countList(worker, worker.delayedWorkList, seen);
    checkDelayed(worker);
    const nrPending = worker.nrLinked - worker.nrStarted - worker.nrRemoved - worker.nrDropped;
    if (nrPending !== nrQueued + nrDelayed) {
      throw violated(
        'KTW_EVERY_LINK_ENDS',
        `${worker.name}: ${nrPending} works should be pending, ${nrQueued} are queued and ${nrDelayed} delayed (INV-W05)`,
      );
    }
    checkAwake(worker);
    const { task } = worker;
    if (task === null) continue;
    if (threads.has(task)) throw violated('KTW_ONE_THREAD', `${task.comm} serves two workers (INV-W03)`);
    threads.add(task);
    if (task.exitState !== 0)
      throw violated('KTW_STOPPED', `the thread of ${worker.name} is gone, but still its thread (INV-W11)`);
  }
}

function countList(worker: KthreadWorker, head: KthreadWork, seen: Set<KthreadWork>): number {
  let n = 0;
  for (const work of worksOf(head)) {
    if (work.prev.next !== work || work.next.prev !== work)
      throw violated('KTW_LIST', `the links of ${work.name} are broken (INV-W01)`);
    if (seen.has(work)) throw violated('KTW_LIST', `${work.name} is on two lists (INV-W01)`);
    seen.add(work);
    if (work.worker !== worker)
      throw violated('KTW_WORKER', `${work.name} is pending on ${worker.name}, which is not its worker (INV-W10)`);
    if (work.canceling < 0) throw violated('KTW_CANCELING', `${work.name}: canceling is ${work.canceling} (INV-W07)`);
    n++;
  }
  return n;
}

/** A delayed work waits for its timer, or is in the hands of somebody who cancels; a flush item there waits for ever. */
function checkDelayed(worker: KthreadWorker): void {
  for (const work of worksOf(worker.delayedWorkList)) {
    if (work.container instanceof KthreadFlushWork || work.canceling > 0) continue;
    const dwork = toKthreadDelayedWork(work);
    if (dwork === null || !timerPending(dwork.timer)) {
      throw violated('KTW_TIMER', `${work.name} waits for a timer that does not run (INV-W05)`);
    }
  }
}

/** The thread sleeps only if there is nothing to do, or somebody has it frozen. */
function checkAwake(worker: KthreadWorker): void {
  const { task } = worker;
  if (task === null || worker.currentWork !== null || listEmpty(worker.workList)) return;
  if (task.state === TASK_INTERRUPTIBLE && task.onRq === 0 && !task.onCpu) {
    throw violated(
      'KTW_LOST_WAKEUP',
      `${worker.name} sleeps, although ${worker.workList.next.name} is queued (INV-W08)`,
    );
  }
}
