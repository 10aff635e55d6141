export { kthreadCancelDelayedWorkSync, kthreadCancelWorkSync } from './cancel.ts';
export { checkKthreadWorkers } from './checks.ts';
export { kthreadCreateWorker, kthreadCreateWorkerOnCpu } from './create.ts';
export {
  KthreadDelayedWork,
  KthreadDelayedWorkTimer,
  __kthreadCancelWork,
  __kthreadQueueDelayedWork,
  kthreadCancelDelayedWorkTimer,
  kthreadDelayedWorkTimerFn,
  kthreadModDelayedWork,
  kthreadModDelayedWorkNow,
  kthreadQueueDelayedWork,
  kthreadQueueDelayedWorkNow,
  toKthreadDelayedWork,
} from './delayed.ts';
export { kthreadDestroyWorker } from './destroy.ts';
export { KthreadFlushWork } from './flush-item.ts';
export { kthreadFlushWork, kthreadFlushWorker } from './flush.ts';
export { kfreeKthreadWork, kthreadInitDelayedWork, kthreadInitWork, kthreadInitWorker } from './init.ts';
export {
  KTW_FREEZABLE,
  KthreadWork,
  KthreadWorker,
  kthreadWorkPending,
  type KthreadWorkFunc,
} from './kthread-worker.ts';
export { KthreadWorkers } from './kthread-workers.ts';
export { KthreadWorkerProbes } from './probes.ts';
export { kthreadInsertWork, kthreadQueueWork, kthreadQueueWorkNow } from './queue.ts';
export { kthreadWorkerWaits, whyKthreadWorkerWait, type KthreadWorkerWait } from './waits.ts';
export { kthreadWorkerFn } from './worker-fn.ts';
