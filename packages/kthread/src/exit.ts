import type { MaySleep } from '@kernel-model/sim';
import { complete, doExit, type Completion } from '@kernel-model/scheduler';
import { kthreadOf } from './checks.ts';
import type { Kthreads } from './kthread.ts';

/**
 * End the current kernel thread.
 * @param result what kthread_stop() returns, kept to 32 bits
 * @emits sched_process_exit
 * @linux kernel/kthread.c kthread_exit()
 */
export function* kthreadExit(k: Kthreads, result: number): MaySleep<never> {
  kthreadOf(k, k.s.current, 'kthread_exit').result = Number(BigInt.asIntN(32, BigInt(result)));
  return yield* doExit(k.s, 0);
}

/** Complete `comp`, if it is not null, and end the current kernel thread. @linux kernel/kthread.c kthread_complete_and_exit() */
export function* kthreadCompleteAndExit(k: Kthreads, comp: Completion | null, code: number): MaySleep<never> {
  if (comp !== null) yield* complete(k.s, comp);
  return yield* kthreadExit(k, code);
}
