import { type MaySleep } from '@kernel-model/sim';
import { EACCES, EINVAL, EPERM, type Scheduler, type Task } from '@kernel-model/scheduler';
import { zonesOf } from '@kernel-model/mm';
import { signalState } from '@kernel-model/signals';
import {
  WQ_AFFN_NAMES,
  wqSysfsFiles,
  wqSysfsShow,
  wqSysfsShowGlobal,
  wqSysfsStore,
  wqSysfsStoreGlobal,
  type WorkqueueStruct,
  type Workqueues,
} from '@kernel-model/workqueue';
import { cpuinfoFile } from './cpuinfo.ts';
import { EIO, EISDIR, ENOENT, ENOTDIR } from './errno.ts';
import { listCpus } from './format.ts';
import { formatStack, kernelStack, wchan } from './kernel-stack.ts';
import { formatLoadAvg, loadAvg } from './loadavg.ts';
import { vmstatFile, zoneinfoFile, type MemoryView } from './memory-files.ts';
import { meminfoFile } from './meminfo.ts';
import { SCHED_FEATURES, schedDebugFile } from './sched-debug.ts';
import { formatSoftirqs, interruptsFile, schedstatFile, softirqs, statFile, uptimeFile } from './system-files.ts';
import { formatStatm, mapsFile, taskMemory } from './task-memory.ts';
import { procTaskName, taskCmdline } from './task-name.ts';
import { formatTaskSched, taskSched } from './task-sched.ts';
import { normalizePath } from './normalize-path.ts';
import { formatTaskSchedstat, taskSchedstat } from './task-schedstat.ts';
import { formatTaskStat, taskStat } from './task-stat.ts';
import { formatTaskStatus, taskStatus } from './task-status.ts';

/** What {@link ProcFiles} shows besides the scheduler. Everything has a default. */
export interface ProcOptions {
  /** Instant of the boot in s since 1970; default 0. */
  readonly bootTimeS?: number;
  /** uname -r; default Debian's. */
  readonly release?: string;
  /** Default: an idle machine with 1 GiB. */
  readonly memory?: MemoryView;
  /** Numbers that can be read and written, by file; default none. */
  readonly settings?: ReadonlyMap<string, Setting>;
  /** What the OOM killer thinks of processes; default: of none. */
  readonly oom?: OomView;
  /** Files that do something when they are written, and cannot be read; default none. */
  readonly actions?: ReadonlyMap<string, (text: string) => MaySleep<void>>;
  /** Take a CPU down or up; default: -EPERM. */
  readonly setCpuOnline?: (cpu: number, online: boolean) => MaySleep<number>;
}

/** How readily processes are killed for want of memory. */
export interface OomView {
  /** 0 .. 2000. */
  score(p: Task): number;
  /** @param adj any number @returns 0 or -EINVAL */
  setScoreAdj(p: Task, adj: number): number;
}

/** A file with a number. */
export interface Setting {
  /** What it is set to. */
  get(): number;
  /** Set it. @param value from `min` to `max` */
  set(value: number): void;
  readonly min: number;
  readonly max: number;
}

/** Pages of the machine whose memory nobody models: 1 GiB. */
const DEFAULT_PAGES = 262_144;
const DEFAULT_RELEASE = '6.12.95+deb12-amd64';
const WQ_DIR = '/sys/devices/virtual/workqueue';
const WQ_BUS = '/sys/bus/workqueue/devices';
const CPU_DIR = '/sys/devices/system/cpu';
/** Files of /sys/devices/virtual/workqueue itself. */
const WQ_GLOBAL_FILES: readonly string[] = ['cpumask', 'cpumask_isolated', 'cpumask_requested'];

/** Nobody counts the I/O of tasks. @linux fs/proc/base.c do_io_accounting() */
const NO_IO = ['rchar', 'wchar', 'syscr', 'syscw', 'read_bytes', 'write_bytes', 'cancelled_write_bytes']
  .map((name) => `${name}: 0\n`)
  .join('');

type FileText = (f: ProcFiles) => string;
type TaskText = (f: ProcFiles, p: Task) => string;

const MODULE_PARAMETERS: readonly (readonly [string, (w: Workqueues) => string])[] = [
  ['cpu_intensive_thresh_us', (w) => String(w.cpuIntensiveThreshUs)],
  ['cpu_intensive_warning_thresh', (w) => String(w.cpuIntensiveWarningThresh)],
  ['debug_force_rr_cpu', (w) => (w.debugForceRrCpu ? 'Y' : 'N')],
  ['default_affinity_scope', (w) => WQ_AFFN_NAMES[w.dflAffnScope]!],
  ['panic_on_stall', (w) => String(w.watchdog.panicOnStall)],
  ['power_efficient', (w) => (w.powerEfficient ? 'Y' : 'N')],
  ['watchdog_thresh', (w) => String(w.watchdog.threshS)],
];

const FILES: ReadonlyMap<string, FileText> = new Map<string, FileText>([
  ['/proc/cpuinfo', (f) => cpuinfoFile(f.s)],
  ['/proc/interrupts', (f) => interruptsFile(f.s)],
  ['/proc/loadavg', (f) => formatLoadAvg(loadAvg(f.s))],
  ['/proc/meminfo', (f) => meminfoFile(f.memory)],
  ['/proc/schedstat', (f) => schedstatFile(f.s)],
  ['/proc/softirqs', (f) => formatSoftirqs(softirqs(f.s), f.s.nrCpus)],
  ['/proc/stat', (f) => statFile(f.s, f.bootTimeS)],
  ['/proc/sys/kernel/sched_deadline_period_max_us', () => '4194304\n'],
  ['/proc/sys/kernel/sched_deadline_period_min_us', () => '100\n'],
  ['/proc/sys/kernel/sched_rr_timeslice_ms', () => '100\n'],
  ['/proc/sys/kernel/sched_rt_period_us', (f) => `${f.s.rd.dlBw.periodUs}\n`],
  ['/proc/sys/kernel/sched_rt_runtime_us', (f) => `${f.s.rd.dlBw.runtimeUs}\n`],
  ['/proc/sys/kernel/threads-max', (f) => `${f.s.config.maxThreads}\n`],
  ['/proc/uptime', (f) => uptimeFile(f.s)],
  ['/proc/version', (f) => `Linux version ${f.release} (kernel-model) #1 SMP PREEMPT_DYNAMIC\n`],
  ['/proc/vmstat', (f) => vmstatFile(f.memory)],
  ['/proc/zoneinfo', (f) => zoneinfoFile(f.memory)],
  [`${CPU_DIR}/online`, (f) => `${listCpus(f.s.onlineMask)}\n`],
  [`${CPU_DIR}/possible`, (f) => `${listCpus(f.s.possibleMask)}\n`],
  [`${CPU_DIR}/present`, (f) => `${listCpus(f.s.possibleMask)}\n`],
  ['/sys/kernel/debug/sched/base_slice_ns', (f) => `${f.s.baseSliceNs}\n`],
  ['/sys/kernel/debug/sched/debug', (f) => schedDebugFile(f.s, `${f.release} #1`)],
  ['/sys/kernel/debug/sched/features', () => `${SCHED_FEATURES.join(' ')} \n`],
  ['/sys/kernel/debug/sched/preempt', (f) => preemptFile(f.s)],
]);

const TASK_FILES: ReadonlyMap<string, TaskText> = new Map<string, TaskText>([
  // all are in the root of the one hierarchy
  ['cgroup', () => '0::/\n'],
  ['cmdline', (_f, p) => taskCmdline(p) && `${taskCmdline(p)}\0`],
  ['comm', (_f, p) => `${procTaskName(p)}\n`],
  ['io', () => NO_IO],
  ['maps', (_f, p) => mapsFile(p)],
  ['oom_score', (f, p) => `${f.oom?.score(p) ?? 0}\n`],
  ['oom_score_adj', (_f, p) => `${signalState(p).group.oomScoreAdj}\n`],
  ['sched', (_f, p) => formatTaskSched(taskSched(p))],
  ['schedstat', (_f, p) => formatTaskSchedstat(taskSchedstat(p))],
  ['stack', (_f, p) => formatStack(kernelStack(p))],
  ['stat', (_f, p) => formatTaskStat(taskStat(p))],
  ['statm', (_f, p) => formatStatm(taskMemory(p))],
  ['status', (f, p) => formatTaskStatus(taskStatus(f.s, p))],
  ['wchan', (_f, p) => wchan(p)],
]);

/**
 * The files of /proc and /sys that show the state of a machine: made when they are read, from the state as it is then.
 * Reading takes no virtual time.
 */
export class ProcFiles {
  /** Instant of the boot in s since 1970. */
  readonly bootTimeS: number;
  /** uname -r. */
  readonly release: string;
  /** What /proc/zoneinfo and /proc/vmstat show. */
  readonly memory: MemoryView;
  /** What /proc/PID/oom_score shows; null: there is no OOM killer. */
  readonly oom: OomView | null;
  readonly #settings: ReadonlyMap<string, Setting>;
  readonly #actions: ReadonlyMap<string, (text: string) => MaySleep<void>>;
  readonly #setCpuOnline: (cpu: number, online: boolean) => MaySleep<number>;

  /** @param w null: the machine has no workqueues to show */
  constructor(
    readonly s: Scheduler,
    readonly w: Workqueues | null,
    options: ProcOptions = {},
  ) {
    this.bootTimeS = options.bootTimeS ?? 0;
    this.release = options.release ?? DEFAULT_RELEASE;
    this.memory = options.memory ?? { zones: zonesOf(DEFAULT_PAGES), counters: new Map() };
    this.#settings = new Map<string, Setting>([
      ['/proc/sys/kernel/sched_schedstats', schedstatsSetting(s)],
      ...(options.settings ?? []),
    ]);
    this.oom = options.oom ?? null;
    this.#actions = options.actions ?? new Map<string, never>();
    this.#setCpuOnline = options.setCpuOnline ?? notPermitted;
  }

  /** The text of a file; -ENOENT, -EISDIR or -EACCES. @param path absolute */
  read(path: string): string | number {
    const at = normalizePath(path);
    const text = this.#text(at);
    if (typeof text === 'string') return text;
    if (text !== null) return text;
    return this.#names(at) === null ? -ENOENT : -EISDIR;
  }

  /** The names in a directory; -ENOENT or -ENOTDIR. @param path absolute */
  list(path: string): string[] | number {
    const at = normalizePath(path);
    return this.#names(at) ?? (this.#text(at) === null ? -ENOENT : -ENOTDIR);
  }

  /**
   * Write a file, in the context of the current task.
   * @returns the length of the text; -ENOENT, -EISDIR, -EACCES, -EPERM, -EINVAL, -ENOMEM
   */
  *write(path: string, text: string): MaySleep<number> {
    const at = normalizePath(path);
    if (this.#text(at) === null) return this.#names(at) === null ? -ENOENT : -EISDIR;
    const setting = this.#settings.get(at);
    if (setting !== undefined) return storeSetting(setting, text);
    const action = this.#actions.get(at);
    if (action !== undefined) {
      yield* action(text);
      return text.length;
    }
    const adj = /^\/proc\/(\d+)\/oom_score_adj$/.exec(at);
    if (adj !== null) return this.#storeScoreAdj(this.s.tasks.get(Number(adj[1]))!, text);
    const cpu = /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/online$/.exec(at);
    if (cpu !== null) return yield* this.#storeOnline(Number(cpu[1]), text);
    const wq = this.#workqueueFile(at);
    if (wq === null) return -EACCES;
    if (wq.queue === null) return yield* wqSysfsStoreGlobal(this.w!, wq.file, text);
    return yield* wqSysfsStore(this.w!, wq.queue, wq.file, text);
  }

  /** @linux fs/proc/base.c oom_score_adj_write() */
  #storeScoreAdj(p: Task, text: string): number {
    if (this.oom === null) return -EACCES;
    const error = this.oom.setScoreAdj(p, /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : NaN);
    return error < 0 ? error : text.length;
  }

  *#storeOnline(cpu: number, text: string): MaySleep<number> {
    const value = text.trim();
    if (value !== '0' && value !== '1') return -EINVAL;
    const error = yield* this.#setCpuOnline(cpu, value === '1');
    return error < 0 ? error : text.length;
  }

  /** null: no such file. */
  #text(path: string): string | number | null {
    const file = FILES.get(path);
    if (file !== undefined) return file(this);
    const setting = this.#settings.get(path);
    if (setting !== undefined) return `${setting.get()}\n`;
    if (this.#actions.has(path)) return -EIO;
    const task = /^\/proc\/(\d+)(?:\/task\/(\d+))?\/([a-z_]+)$/.exec(path);
    if (task !== null) return this.#taskText(Number(task[1]), Number(task[2] ?? task[1]), task[3]!);
    const cpu = /^\/sys\/devices\/system\/cpu\/cpu(\d+)\/online$/.exec(path);
    if (cpu !== null) return this.#cpuText(Number(cpu[1]));
    return this.w === null ? null : this.#workqueueText(this.w, path);
  }

  /** Any thread can be looked at by its own id, and by that of its process. */
  #taskText(pid: number, tid: number, file: string): string | null {
    const { tasks } = this.s;
    const p = tasks.get(tid);
    const of = tasks.get(pid);
    const text = TASK_FILES.get(file);
    if (p === undefined || of === undefined || text === undefined) return null;
    return signalState(p).group === signalState(of).group ? text(this, p) : null;
  }

  /** The boot CPU cannot be taken down and has no such file. */
  #cpuText(cpu: number): string | null {
    return cpu === 0 || cpu >= this.s.nrCpus ? null : `${Number(this.s.onlineMask.has(cpu))}\n`;
  }

  #workqueueText(w: Workqueues, path: string): string | null {
    const parameter = /^\/sys\/module\/workqueue\/parameters\/(\w+)$/.exec(path);
    if (parameter !== null) {
      const show = MODULE_PARAMETERS.find(([name]) => name === parameter[1])?.[1];
      return show === undefined ? null : `${show(w)}\n`;
    }
    const wq = this.#workqueueFile(path);
    if (wq === null) return null;
    return wq.queue === null ? wqSysfsShowGlobal(w, wq.file) : wqSysfsShow(w, wq.queue, wq.file);
  }

  /** @returns null if the path is no file of a workqueue; queue null: a file for all queues */
  #workqueueFile(path: string): { readonly queue: WorkqueueStruct | null; readonly file: string } | null {
    const parts = /^(?:\/sys\/devices\/virtual\/workqueue|\/sys\/bus\/workqueue\/devices)\/(?:([^/]+)\/)?([^/]+)$/.exec(
      path,
    );
    if (parts === null || this.w === null) return null;
    const [, name, file] = parts as unknown as [string, string | undefined, string];
    if (name === undefined)
      return WQ_GLOBAL_FILES.includes(file) && path.startsWith(WQ_DIR) ? { queue: null, file } : null;
    const queue = this.#shownQueues().find((wq) => wq.name === name);
    return queue === undefined || !wqSysfsFiles(queue).includes(file) ? null : { queue, file };
  }

  #shownQueues(): WorkqueueStruct[] {
    return this.w === null ? [] : this.w.workqueues.filter((wq) => wq.sysfs);
  }

  /** null: no such directory. */
  #names(path: string): string[] | null {
    const names = new Set<string>();
    const prefix = path === '/' ? '/' : `${path}/`;
    for (const known of this.#paths(path)) {
      if (known.startsWith(prefix)) names.add(known.slice(prefix.length).split('/', 1)[0]!);
    }
    return names.size === 0 ? null : [...names].sort(byName);
  }

  /** Every file that could be below a directory. */
  #paths(below: string): string[] {
    const paths = [...FILES.keys(), ...this.#settings.keys(), ...this.#actions.keys()];
    if (below === '/proc' || below.startsWith('/proc/')) {
      for (const p of this.s.tasks.values()) {
        const dir = `/proc/${signalState(p).group.leader.pid}`;
        for (const file of TASK_FILES.keys()) paths.push(`${dir}/${file}`, `${dir}/task/${p.pid}/${file}`);
      }
    }
    for (let cpu = 0; cpu < this.s.nrCpus; cpu++) if (cpu > 0) paths.push(`${CPU_DIR}/cpu${cpu}/online`);
    if (this.w === null) return paths;
    for (const file of WQ_GLOBAL_FILES) paths.push(`${WQ_DIR}/${file}`);
    for (const wq of this.#shownQueues()) {
      for (const file of wqSysfsFiles(wq)) paths.push(`${WQ_DIR}/${wq.name}/${file}`, `${WQ_BUS}/${wq.name}/${file}`);
    }
    for (const [name] of MODULE_PARAMETERS) paths.push(`/sys/module/workqueue/parameters/${name}`);
    return paths;
  }
}

/** @linux kernel/sched/core.c sysctl_schedstats() */
function schedstatsSetting(s: Scheduler): Setting {
  return { get: () => Number(s.schedstats), set: (value) => void (s.schedstats = value !== 0), min: 0, max: 1 };
}

/** @linux kernel/sysctl.c proc_dointvec_minmax() */
function storeSetting(setting: Setting, text: string): number {
  const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : NaN;
  if (!(value >= setting.min && value <= setting.max)) return -EINVAL;
  setting.set(value);
  return text.length;
}

function* notPermitted(): MaySleep<number> {
  return -EPERM;
}

function preemptFile(s: Scheduler): string {
  return `${['none', 'voluntary', 'full'].map((mode) => (mode === s.config.preempt ? `(${mode})` : mode)).join(' ')} \n`;
}

/** Pids by number before other names. */
function byName(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : 1;
}
