import { TASK_FROZEN, type Task } from '@kernel-model/scheduler';
import type { KthreadFlushWork } from './flush-item.ts';
import type { KthreadWork, KthreadWorker } from './kthread-worker.ts';
import type { KthreadWorkers } from './kthread-workers.ts';
import { worksOf } from './work-list.ts';

/** Somebody who waits in a flush, a cancel or a destroy. */
export interface KthreadWorkerWait {
  readonly task: Task;
  /** The call, as the kernel names it. */
  readonly call: string;
  /** What is waited for; null: everything that was queued. */
  readonly work: KthreadWork | null;
  readonly worker: KthreadWorker;
  /** Instant in ns at which the wait began. */
  readonly sinceNs: number;
  /** Why it is not over, in one sentence without a full stop. */
  readonly why: string;
  /** Nothing that can still happen ends it. */
  readonly forever: boolean;
}

/** Who waits for a work or a worker, for what, since when, and why it is not over. Oldest first. */
export function kthreadWorkerWaits(kw: KthreadWorkers): KthreadWorkerWait[] {
  const waits: KthreadWorkerWait[] = [];
  for (const item of kw.flushes) {
    const { why, forever } = explain(kw, item);
    waits.push({
      task: item.task,
      call: item.call,
      work: item.target,
      worker: item.worker,
      sinceNs: item.sinceNs,
      why,
      forever,
    });
  }
  return waits;
}

/** Why a task waits for a work or a worker; empty if it does not. */
export function whyKthreadWorkerWait(kw: KthreadWorkers, task: Task): string {
  const item = itemOf(kw, task);
  return item === null ? '' : explain(kw, item).why;
}

interface Reason {
  readonly why: string;
  readonly forever: boolean;
}

function explain(kw: KthreadWorkers, item: KthreadFlushWork): Reason {
  const { worker, target } = item;
  const target_ = target === null ? 'them' : target.name;
  if (isOn(worker.delayedWorkList, item)) {
    const why = `the timer of ${target_} was pending when the flush came, so its item is on the list of delayed works of ${worker.name}, from which nobody takes anything; the timer queues ${target_} alone`;
    return { why, forever: true };
  }
  if (!isOn(worker.workList, item)) return { why: `${worker.name} has just served it`, forever: false };
  if (worker.freed) return { why: `${worker.name} was destroyed by ${worker.freedBy}`, forever: true };
  const { task } = worker;
  if (task === null) return { why: `${worker.name} has no thread: it was stopped, or never started`, forever: true };
  if (task === item.task) {
    return {
      why: `${task.comm} is the thread of ${worker.name}: nobody else can run what it waits for`,
      forever: true,
    };
  }
  if ((task.state & TASK_FROZEN) !== 0) return { why: `${task.comm} is frozen until the thaw`, forever: false };
  return behind(kw, item, task);
}

/** The thread exists; something keeps it from coming to the item. */
function behind(kw: KthreadWorkers, item: KthreadFlushWork, task: Task): Reason {
  const { worker } = item;
  const running = worker.currentWork === null ? '' : ` runs ${worker.currentWork.name}`;
  const chain = new Set<Task>([item.task]);
  let text = `${task.comm}${running}`;
  for (let p = task; ;) {
    if (chain.has(p)) return { why: `${text}: a circle`, forever: true };
    chain.add(p);
    const next = itemOf(kw, p);
    if (next === null) {
      const waiting = p.waitsFor === '' ? '' : `, which waits for ${p.waitsFor}`;
      return { why: `${text}${waiting}`, forever: false };
    }
    text += `, which waits in ${next.done.name}`;
    const reason = next.worker.task;
    if (reason === null || reason === p || isOn(next.worker.delayedWorkList, next)) {
      return { why: `${text}; ${explain(kw, next).why}`, forever: true };
    }
    p = reason;
  }
}

function itemOf(kw: KthreadWorkers, task: Task): KthreadFlushWork | null {
  for (const item of kw.flushes) if (item.task === task) return item;
  return null;
}

function isOn(head: KthreadWork, item: KthreadFlushWork): boolean {
  for (const work of worksOf(head)) if (work === item.work) return true;
  return false;
}
