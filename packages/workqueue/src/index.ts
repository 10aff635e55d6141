export {
  allocOrderedWorkqueue,
  allocWorkqueue,
  createFreezableWorkqueue,
  createSinglethreadWorkqueue,
  createWorkqueue,
} from './alloc.ts';
export {
  applyWorkqueueAttrs,
  workqueueSetUnboundCpumask,
  workqueueUnboundExcludeCpumask,
  wqAffnDflSet,
} from './apply-attrs.ts';
export { WorkqueueAttrs, allocWorkqueueAttrs, parseAffnScope } from './attrs.ts';
export { workqueueSoftirqAction, workqueueSoftirqDead } from './bh.ts';
export {
  cancelDelayedWork,
  cancelDelayedWorkSync,
  cancelWork,
  cancelWorkSync,
  disableDelayedWork,
  disableDelayedWorkSync,
  disableWork,
  disableWorkSync,
  enableAndQueueWork,
  enableDelayedWork,
  enableWork,
} from './cancel.ts';
export { checkWorkqueues } from './checks.ts';
export { wqWorkerLastFunc } from './concurrency.ts';
export * from './constants.ts';
export { currentIsWorkqueueRescuer, currentWork, currentWqWorker, setWorkerDesc } from './current.ts';
export {
  modDelayedWork,
  modDelayedWorkNow,
  modDelayedWorkOn,
  queueDelayedWork,
  queueDelayedWorkNow,
  queueDelayedWorkOn,
} from './delayed.ts';
export { destroyWorkqueue } from './destroy.ts';
export { drainWorkqueue } from './drain.ts';
export { flushDelayedWork, flushWork } from './flush-work.ts';
export { flushWorkqueue } from './flush-workqueue.ts';
export { freezeWorkqueuesBegin, freezeWorkqueuesBusy, thawWorkqueues } from './freeze.ts';
export {
  executeInProcessContext,
  flushScheduledWork,
  scheduleDelayedWork,
  scheduleDelayedWorkOn,
  scheduleOnEachCpu,
  scheduleWork,
  scheduleWorkOn,
  workBusy,
  workOnCpu,
  workOnCpuSafe,
} from './helpers.ts';
export { workqueueOfflineCpu, workqueueOnlineCpu, workqueuePrepareCpu } from './hotplug.ts';
export { workqueueInit, workqueueInitEarly, workqueueInitTopology } from './init.ts';
export { workqueueSetMaxActive, workqueueSetMinActive } from './max-active.ts';
export { wqMonitor, wqMonitorTable, wqStats, type WqStats } from './monitor.ts';
export { kfreeWork } from './misuse.ts';
export { printWorkerInfo, wqWorkerComm } from './names.ts';
export { PoolWorkqueue } from './pool-workqueue.ts';
export { queueWork, queueWorkNode, queueWorkNow, queueWorkOn, selectUnboundCpu, workqueueCongested } from './queue.ts';
export { flushRcuWork, queueRcuWork } from './rcu-work.ts';
export { showAllWorkqueues, showFreezableWorkqueues, showOneWorkqueue } from './show.ts';
export { wqSysfsFiles, wqSysfsShow, wqSysfsShowGlobal, wqSysfsStore, wqSysfsStoreGlobal } from './sysfs.ts';
export * from './topology.ts';
export { WqWatchdog } from './watchdog.ts';
export {
  DelayedWork,
  RcuWork,
  WorkStruct,
  delayedWorkPending,
  initWork,
  toDelayedWork,
  workData,
  workPending,
  type WorkFunc,
} from './work.ts';
export { Worker } from './worker.ts';
export { WorkerPool } from './worker-pool.ts';
export { WorkqueueStruct, WqNodeNrActive } from './workqueue-struct.ts';
export { Workqueues, type WciEnt, type WorkqueuesConfig, type WqAlloc } from './workqueues.ts';
