import { UsageError } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';
import { toKthread, type Kthread, type Kthreads } from './kthread.ts';

/**
 * The struct kthread of a task that must be a kernel thread and must not be freed.
 * @param call who asks
 * @throws UsageError NOT_A_KTHREAD, KTHREAD_USE_AFTER_FREE
 */
export function kthreadOf(k: Kthreads, p: Task, call: string): Kthread {
  if (p.freed) {
    throw new UsageError('KTHREAD_USE_AFTER_FREE', {
      what: `${call}: the task ${p.comm} (pid ${p.pid}) was freed before ${k.s.sim.now} ns.`,
      why: 'It exited by itself, and its last reference is gone.',
      advice: 'Take a reference with get_task_struct() before the thread is first woken.',
      linux: 'use after free; refcount_t: addition on 0; use-after-free.',
    });
  }
  const kthread = toKthread(p);
  if (kthread === null) {
    throw new UsageError('NOT_A_KTHREAD', {
      what: `${call}: the task ${p.comm} (pid ${p.pid}) is not a kernel thread.`,
      linux: 'WARNING in to_kthread(), then a NULL pointer dereference.',
    });
  }
  return kthread;
}

/**
 * What was given to the thread at its creation; null before it has started.
 * @throws UsageError NOT_A_KTHREAD, KTHREAD_USE_AFTER_FREE
 * @linux kernel/kthread.c kthread_data()
 */
export function kthreadData(k: Kthreads, p: Task): unknown {
  return kthreadOf(k, p, 'kthread_data').data;
}
