export { INITIAL_JIFFIES, jiffiesNow, nrRunning } from './counts.ts';
export { EIO, EISDIR, ENOENT, ENOTDIR } from './errno.ts';
export { ProcFiles, type OomView, type ProcOptions, type Setting } from './files.ts';
export { USER_HZ, hexCpus, listCpus, nsecToClockT, splitNs } from './format.ts';
export { formatStack, kernelStack, wchan } from './kernel-stack.ts';
export { formatLoad, formatLoadAvg, loadAvg, type LoadAvgFile } from './loadavg.ts';
export { formatZone, vmstatFile, zoneinfoFile, type MemoryView } from './memory-files.ts';
export { meminfo } from './meminfo.ts';
export { PS_COLUMNS, type PsClock, type PsColumn } from './ps-columns.ts';
export { psEntries, psEntry, type PsEntry } from './ps-entry.ts';
export { parsePsArguments, type PsRequest } from './ps-options.ts';
export { formatPs, ps, type CommandResult } from './ps.ts';
export {
  SCHED_FEATURES,
  formatSchedDebugTask,
  schedDebugFile,
  schedDebugTask,
  type SchedDebugTask,
} from './sched-debug.ts';
export {
  formatSoftirqs,
  interruptsFile,
  schedstatFile,
  softirqs,
  statFile,
  uptimeFile,
  type SoftirqRow,
} from './system-files.ts';
export { isKthread, procTaskName, psCommand, taskCmdline } from './task-name.ts';
export { formatTaskSched, taskSched, type TaskSched } from './task-sched.ts';
export { normalizePath } from './normalize-path.ts';
export { formatTaskSchedstat, taskSchedstat, type TaskSchedstat } from './task-schedstat.ts';
export { formatTaskStat, taskStat, type TaskStat } from './task-stat.ts';
export { taskIsRunning, taskPpid, taskStateLetter, taskStateText } from './task-state.ts';
export { formatTaskStatus, taskStatus, type TaskStatus } from './task-status.ts';
export { taskMemory, type TaskMemory } from './task-memory.ts';
