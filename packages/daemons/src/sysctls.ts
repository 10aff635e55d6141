import type { KernelDaemons } from './kernel-daemons.ts';

/** A number that a person can read and write in /proc/sys. */
export interface Sysctl {
  /** What it is set to. */
  get(): number;
  /** In the context of the current task, whom it may make wake somebody. */
  set(value: number): void;
  /** What may be written. */
  readonly min: number;
  readonly max: number;
}

const INT_MAX = 2 ** 31 - 1;
/** @linux kernel/hung_task.c hung_task_timeout_max */
const HUNG_TASK_TIMEOUT_MAX = Math.floor((2 ** 63 - 1) / 250);

/** The settings of daemons, by file. @linux kernel/sysctl.c, mm/page-writeback.c vm_page_writeback_sysctls */
export function daemonSysctls(d: KernelDaemons): ReadonlyMap<string, Sysctl> {
  const { hungTask, softlockup, kcompactd, dirtySettings, oomKiller, ksmd } = d;
  return new Map<string, Sysctl>([
    ['/proc/sys/kernel/hung_task_check_interval_secs', field(hungTask, 'intervalS', 0, HUNG_TASK_TIMEOUT_MAX)],
    [
      '/proc/sys/kernel/hung_task_timeout_secs',
      { get: () => hungTask.timeoutS, set: (s) => hungTask.setTimeout(s), min: 0, max: HUNG_TASK_TIMEOUT_MAX },
    ],
    ['/proc/sys/kernel/hung_task_warnings', field(hungTask, 'warnings', -1, INT_MAX)],
    ['/proc/sys/kernel/watchdog_thresh', field(softlockup, 'threshS', 1, 60)],
    ['/proc/sys/vm/compaction_proactiveness', field(kcompactd, 'proactiveness', 0, 100)],
    ['/proc/sys/vm/dirty_background_ratio', field(dirtySettings, 'backgroundRatio', 0, 100)],
    ['/proc/sys/vm/dirty_expire_centisecs', field(dirtySettings, 'expireCentisecs', 0, INT_MAX)],
    ['/proc/sys/vm/dirty_ratio', field(dirtySettings, 'ratio', 0, 100)],
    ['/proc/sys/vm/dirty_writeback_centisecs', field(dirtySettings, 'writebackCentisecs', 0, INT_MAX)],
    ['/sys/kernel/mm/ksm/full_scans', readOnly(() => ksmd.fullScans)],
    ['/sys/kernel/mm/ksm/pages_scanned', readOnly(() => ksmd.pagesScanned)],
    ['/sys/kernel/mm/ksm/pages_to_scan', field(ksmd, 'pagesToScan', 0, INT_MAX)],
    ['/sys/kernel/mm/ksm/run', { get: () => ksmd.run, set: (run) => ksmd.setRun(run), min: 0, max: 2 }],
    ['/sys/kernel/mm/ksm/sleep_millisecs', field(ksmd, 'sleepMillisecs', 0, INT_MAX)],
    ['/proc/sys/vm/oom_dump_tasks', field(oomKiller, 'oomDumpTasks', 0, INT_MAX)],
    ['/proc/sys/vm/oom_kill_allocating_task', field(oomKiller, 'oomKillAllocatingTask', 0, INT_MAX)],
    ['/proc/sys/vm/panic_on_oom', field(oomKiller, 'panicOnOom', 0, 2)],
  ]);
}

function field<K extends string>(object: Record<K, number>, key: K, min: number, max: number): Sysctl {
  return { get: () => object[key], set: (value) => void (object[key] = value), min, max };
}

/** Nothing can be written: no number is allowed. */
function readOnly(get: () => number): Sysctl {
  return { get, set: () => {}, min: 1, max: 0 };
}
