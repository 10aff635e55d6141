export { CpuHotplug, CpuhpCpuState, type CpuhpStep, type HotplugParts } from './cpu-hotplug.ts';
export * from './cpuhp-states.ts';
export { DaemonContext } from './daemon-context.ts';
export {
  DAEMON_KIND,
  defineDaemon,
  type Daemon,
  type DaemonSpec,
  type ThreadSpec,
  type WorkSpec,
} from './define-daemon.ts';
export { Kernel } from './kernel.ts';
export { isDaemon, loadDaemon } from './load-daemon.ts';
export { ENOENT } from '@kernel-model/scheduler';
export { LoopGuard, type GuardedMachine } from './loop-guard.ts';
export { EEXIST, LoadedDaemon, Modules, type ModuleState } from './modules.ts';
export { callTrace, oopsLines } from './oops-of.ts';
export { UserProcess, type UserFn, type UserHandler } from './user-process.ts';
export { UserSpace, type SpawnOptions } from './user-space.ts';
export {
  optionsJsonSchema,
  parseOptions,
  type OptionSchema,
  type OptionsOf,
  type OptionsSchema,
  type Params,
  type ParsedOptions,
} from './options.ts';
export { cpuStopThreads, softirqThreads } from './percpu-threads.ts';
export { ExpeditedRcu, RcuSync } from './rcu-exp.ts';
export { IdleInject } from './idle-inject.ts';
export { startIdleThread, type IdleThreadSpec } from './idle-threads.ts';
export { ThreadedIrq } from './irq-thread.ts';
export { Devtmpfs } from './kdevtmpfs.ts';
export { KernelDaemons } from './kernel-daemons.ts';
export { Filesystem, type FilesystemParts } from './filesystem.ts';
export { HungTaskDetector } from './khungtaskd.ts';
export {
  EARLY_WORKQUEUES,
  INITCALLS,
  PF_KCOMPACTD,
  RCU_TASKS_TRACE,
  type InitcallStep,
  type RescuedWorkqueue,
} from './linux-threads.ts';
export { OOM_SCORE_ADJ_MAX, OOM_SCORE_ADJ_MIN, OomKiller } from './oom-kill.ts';
export { Ksmd } from './ksmd.ts';
export { RcuTasks } from './rcu-tasks.ts';
export { handleSysrq } from './sysrq.ts';
export { MAX_OOM_REAP_RETRIES, OOM_REAPER_DELAY, OomReaper, type OomVictim } from './oom-reaper.ts';
export { SoftlockupDetector } from './softlockup.ts';
export { JBD2_DEFAULT_MAX_COMMIT_AGE, Jbd2Journal } from './jbd2.ts';
export { COMPACT_MAX_DEFER_SHIFT, HPAGE_FRAG_CHECK_INTERVAL_MSEC, Kcompactd } from './kcompactd.ts';
export { Kswapd, PF_KSWAPD } from './kswapd.ts';
export { DEF_PRIORITY, Pgdat, SWAP_CLUSTER_MAX, type Reclaimed } from './pgdat.ts';
export { daemonSysctls, type Sysctl } from './sysctls.ts';
export { DirtySettings, Writeback, type DirtyLimits } from './writeback.ts';
export { ThreadMaker, eraReport, type Era, type MakingCost } from './eras.ts';
