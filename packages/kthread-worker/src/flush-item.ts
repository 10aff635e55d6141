import type { MaySleep } from '@kernel-model/sim';
import { Completion, complete, type Task } from '@kernel-model/scheduler';
import { KthreadWork, type KthreadWorker } from './kthread-worker.ts';

/** A work that tells somebody that the one before it is done. @linux kernel/kthread.c struct kthread_flush_work */
export class KthreadFlushWork {
  readonly work: KthreadWork;
  readonly done: Completion;
  /** Who waits. */
  readonly task: Task;
  /** Since when, in ns. */
  readonly sinceNs: number;

  /**
   * @param target the work that is waited for; null: everything that is queued
   * @param call that waits, for reports
   */
  constructor(
    readonly worker: KthreadWorker,
    readonly target: KthreadWork | null,
    readonly call: string,
  ) {
    const { s } = worker.kw;
    this.task = s.current;
    this.sinceNs = s.sim.now;
    this.work = new KthreadWork(kthreadFlushWorkFn, 'kthread_flush_work_fn', `the flush item of ${this.task.comm}`);
    this.work.container = this;
    this.done = new Completion(
      target === null ? `${call} of ${worker.name}` : `${call} of ${target.name} on ${worker.name}`,
    );
  }
}

/** @linux kernel/kthread.c kthread_flush_work_fn() */
function kthreadFlushWorkFn(work: KthreadWork): MaySleep<void> {
  const item = work.container as KthreadFlushWork;
  return complete(item.worker.kw.s, item.done);
}
