import { Cpumask, Mutex, type Scheduler, type Task } from '@kernel-model/scheduler';
import type { Kthreads } from '@kernel-model/kthread';
import type { WorkqueueAttrs } from './attrs.ts';
import { wqWorkerRunning, wqWorkerSleeping, wqWorkerTick } from './concurrency.ts';
import { WqProbes } from './probes.ts';
import { PwqReleaseWorker } from './release.ts';
import { hexMask } from './show.ts';
import { WQ_AFFN_CACHE, WqTopology, type WqTopologyConfig } from './topology.ts';
import { WqWatchdog } from './watchdog.ts';
import type { WorkStruct } from './work.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** What of {@link Workqueues} can be chosen. Everything has a default, Debian's. */
export interface WorkqueuesConfig extends WqTopologyConfig {
  /** Parameter workqueue.power_efficient: WQ_POWER_EFFICIENT queues are unbound. */
  readonly powerEfficient?: boolean;
  /** Parameter workqueue.debug_force_rr_cpu. */
  readonly debugForceRrCpu?: boolean;
  /** Parameter workqueue.cpu_intensive_thresh_us; 0 switches the detection off; default: as {@link bogoMips} asks for. */
  readonly cpuIntensiveThreshUs?: number;
  /** Speed of the CPUs, as /proc/cpuinfo has it; default: fast enough for a threshold of 10 ms. */
  readonly bogoMips?: number;
  /** Parameter workqueue.cpu_intensive_warning_thresh; 0 switches the report off. */
  readonly cpuIntensiveWarningThresh?: number;
  /** Parameter workqueue.watchdog_thresh in s; 0 switches the watchdog off. */
  readonly watchdogThresh?: number;
  /** Parameter workqueue.panic_on_stall. */
  readonly panicOnStall?: number;
  /** Parameter workqueue.unbound_cpus. */
  readonly unboundCpus?: Cpumask;
}

/** What may run out of memory: {@link Workqueues.failAlloc} is asked. */
export type WqAlloc = 'worker' | 'worker_id' | 'rescuer' | 'workqueue' | 'pwq' | 'pool' | 'percpu_works';

/** How often a function was CPU-intensive. @linux kernel/workqueue.c struct wci_ent */
export interface WciEnt {
  readonly func: string;
  count: number;
}

/** All workqueues of one machine: pools, queues, and what they share. The functions take it as their first argument. */
export class Workqueues {
  readonly probes: WqProbes;
  readonly topology: WqTopology;
  /** init_topology has run: pods and per-node limits are used. */
  topologyReady = false;
  /** Workers exist. */
  online = false;

  // changed under wq_pool_mutex in Linux
  readonly poolMutex: Mutex = new Mutex('wq_pool_mutex');
  /** By id. */
  readonly pools: (WorkerPool | null)[] = [];
  /** Unbound pools, oldest first. */
  readonly unboundPools: WorkerPool[] = [];
  /** Queues, oldest first. */
  readonly workqueues: WorkqueueStruct[] = [];
  freezing = false;
  onlineCpumask: Cpumask;
  unboundCpumask: Cpumask;
  requestedUnboundCpumask: Cpumask;
  isolatedCpumask: Cpumask = Cpumask.NONE;

  readonly attachMutex: Mutex = new Mutex('wq_pool_attach_mutex');
  /** Who waits for a manager to be done. */
  managerWait: Task | null = null;

  /** By CPU: normal and highpri. */
  readonly bhPools: WorkerPool[][] = [];
  /** By CPU: normal and highpri. */
  readonly cpuPools: WorkerPool[][] = [];
  /** Attributes of unbound and of ordered queues: normal and highpri. */
  readonly unboundStdAttrs: WorkqueueAttrs[] = [];
  readonly orderedAttrs: WorkqueueAttrs[] = [];
  readonly release: PwqReleaseWorker;
  readonly watchdog: WqWatchdog;

  // parameters
  powerEfficient: boolean;
  debugForceRrCpu: boolean;
  /** May be changed at any time, like the next one: the next tick goes by it. */
  cpuIntensiveThreshUs: number;
  cpuIntensiveWarningThresh: number;
  /** WQ_AFFN_*: what "default" means. */
  dflAffnScope: number = WQ_AFFN_CACHE;
  /** Fault injection: true makes this allocation fail. */
  failAlloc: (what: WqAlloc) => boolean = () => false;

  /** By CPU: what the round robin chose last from there. */
  readonly rrCpuLast: number[] = [];
  readonly wciEnts: WciEnt[] = [];
  #nextAddr = 0x1000;
  #nameTruncated = false;

  // the system's own queues, set by workqueueInitEarly()
  systemWq!: WorkqueueStruct;
  systemPercpuWq!: WorkqueueStruct;
  systemHighpriWq!: WorkqueueStruct;
  systemLongWq!: WorkqueueStruct;
  systemUnboundWq!: WorkqueueStruct;
  systemDflWq!: WorkqueueStruct;
  systemFreezableWq!: WorkqueueStruct;
  systemPowerEfficientWq!: WorkqueueStruct;
  systemFreezablePowerEfficientWq!: WorkqueueStruct;
  systemBhWq!: WorkqueueStruct;
  systemBhHighpriWq!: WorkqueueStruct;

  constructor(
    readonly s: Scheduler,
    readonly k: Kthreads,
    config: WorkqueuesConfig = {},
  ) {
    this.probes = new WqProbes(s.hub);
    this.topology = new WqTopology(s.possibleMask, config);
    this.onlineCpumask = s.onlineMask;
    this.unboundCpumask = this.requestedUnboundCpumask = restrictUnboundCpumask(s, config.unboundCpus);
    this.powerEfficient = config.powerEfficient ?? false;
    this.debugForceRrCpu = config.debugForceRrCpu ?? false;
    this.cpuIntensiveThreshUs =
      config.cpuIntensiveThreshUs ?? wqCpuIntensiveThreshInit(config.bogoMips ?? FAST_BOGOMIPS);
    this.cpuIntensiveWarningThresh = config.cpuIntensiveWarningThresh ?? 4;
    this.release = new PwqReleaseWorker();
    this.watchdog = new WqWatchdog(this, config.watchdogThresh ?? 30, config.panicOnStall ?? 0);
    for (let cpu = 0; cpu < s.nrCpus; cpu++) this.rrCpuLast.push(0);
    s.connect({ wqWorkerSleeping, wqWorkerRunning, wqWorkerTick });
  }

  /** Say, once, that a name was too long. */
  nameTruncated(kept: string): void {
    if (this.#nameTruncated) return;
    this.#nameTruncated = true;
    this.s.reports.printk('err', `workqueue: name exceeds WQ_NAME_LEN. Truncating to: ${kept}`);
  }

  /** The number that stands for a work in traces. */
  addrOf(work: WorkStruct): number {
    if (work.addr === 0) work.addr = this.#nextAddr += 0x40;
    return work.addr;
  }
}

/** From here on the threshold is what it is at its shortest. */
const FAST_BOGOMIPS = 4000;

/**
 * How long a work may run until it counts as CPU-intensive: 10 ms, longer on slow CPUs, at most a second.
 * @param bogoMips below 1 counts as 1
 * @returns us
 * @linux kernel/workqueue.c wq_cpu_intensive_thresh_init()
 */
function wqCpuIntensiveThreshInit(bogoMips: number): number {
  const bogo = Math.max(Math.floor(bogoMips), 1);
  return bogo >= FAST_BOGOMIPS ? 10_000 : Math.min(Math.floor((10_000 * FAST_BOGOMIPS) / bogo), 1_000_000);
}

/** A restriction that leaves no CPU is not followed. @linux kernel/workqueue.c restrict_unbound_cpumask() */
function restrictUnboundCpumask(s: Scheduler, mask: Cpumask = s.possibleMask): Cpumask {
  const { reports, possibleMask } = s;
  const left = possibleMask.and(mask);
  if (!left.empty) return left;
  if (!mask.empty) {
    reports.printk(
      'warn',
      `workqueue: Restricting unbound_cpumask (${hexMask(s, possibleMask)}) with workqueue.unbound_cpus (${hexMask(s, mask)}) leaves no CPU, ignoring`,
    );
  }
  return possibleMask;
}

/** The pool of the machine with this id; null if there is none (any more). @linux kernel/workqueue.c get_work_pool() */
export function getWorkPool(w: Workqueues, work: WorkStruct): WorkerPool | null {
  if (work.pwq !== null) return work.pwq.pool;
  return work.poolId < 0 ? null : (w.pools[work.poolId] ?? null);
}
