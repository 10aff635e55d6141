import { Sim } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import type { Cpu } from './cpu.ts';
import { Cpumask } from './cpumask.ts';
import { baseSlice } from './core.ts';
import type { SchedConfig } from './config.ts';
import { NR_SOFTIRQS } from './constants.ts';
import { LoadAvg } from './loadavg.ts';
import { noHooks, type SchedHooks } from './hooks.ts';
import { SchedProbes } from './probes.ts';
import { RcuState } from './rcu.ts';
import { Reports } from './reports.ts';
import type { RootDomain } from './root-domain.ts';
import type { Rq } from './rq.ts';
import type { SerialHost } from './serial-host.ts';
import type { SoftirqAction } from './softirq.ts';
import { Nohz } from './sched-domains.ts';
import { LetterIds } from './state-letter.ts';
import type { CpuStopper } from './stopper.ts';
import type { Task } from './task.ts';
import type { TmigrGroup } from './timer-migration.ts';

/**
 * All state of the scheduler of one machine. The functions that work on it stand in files of their own, by their
 * kernel names; they take the Scheduler, a {@link Rq} or a {@link Task}.
 */
export class Scheduler {
  readonly probes: SchedProbes;
  readonly hooks: Readonly<SchedHooks> = noHooks();
  readonly rqs: Rq[] = [];
  readonly cpus: Cpu[] = [];
  readonly nrCpus: number;
  /** CPUs that exist. */
  readonly possibleMask: Cpumask;
  /** CPUs on which per-CPU kernel threads may run. */
  onlineMask: Cpumask;
  /** CPUs on which anything may run. */
  activeMask: Cpumask;
  dyingMask: Cpumask = Cpumask.NONE;
  /** The CPU whose code is running now; -1 between steps. */
  cpu = -1;
  /** Ticks since boot, in units of 1/HZ s; advanced by the tick. Starts at 0. */
  jiffies = 0;
  readonly loadAvg: LoadAvg = new LoadAvg();
  /** What each softirq does, by number. */
  readonly softirqVec: (SoftirqAction | null)[] = new Array<SoftirqAction | null>(NR_SOFTIRQS).fill(null);
  /** Groups of 8 CPUs of the timer migration hierarchy, and what joins them if there is more than one. */
  readonly tmigrGroups: TmigrGroup[] = [];
  tmigrTop: TmigrGroup | null = null;
  readonly rcu: RcuState = new RcuState();
  /** Every task that can be found by its pid. Idle tasks have none. */
  readonly tasks: Map<number, Task> = new Map();
  nextPid = 1;
  /** Statistics are collected: see schedstat.ts. @linux kernel/sched/core.c sched_schedstats */
  schedstats: boolean;
  /** Default slice in ns. */
  readonly baseSliceNs: number;
  readonly letterIds: LetterIds;
  readonly reports: Reports;
  readonly stoppers: CpuStopper[] = [];
  /** The CPU that {@link anyAndDistribute} chose last. */
  distributeCursor = 0;
  rd!: RootDomain;
  /** Takes turns between the CPUs; null if they run side by side. */
  host: SerialHost | null = null;
  /** Idle CPUs without a tick, and who balances for them when. */
  readonly nohz: Nohz = new Nohz();

  constructor(
    readonly sim: Sim,
    readonly hub: TraceHub,
    readonly config: SchedConfig,
  ) {
    this.nrCpus = config.nrCpus;
    this.schedstats = config.schedstats;
    this.possibleMask = this.onlineMask = this.activeMask = Cpumask.first(config.nrCpus);
    this.probes = new SchedProbes(hub);
    this.baseSliceNs = baseSlice(config.nrCpus);
    this.letterIds = new LetterIds((text) => hub.intern(text));
    this.reports = new Reports(sim, () => (this.cpu < 0 ? null : this.current));
  }

  /**
   * Replace some of the `hooks`. Not one by one, `hooks.name = () => ...`: V8 makes such a function among its old
   * objects, and with it a machine outlives its use until a full garbage collection. A search makes thousands of machines.
   */
  connect(hooks: Partial<SchedHooks>): void {
    Object.assign(this.hooks, hooks);
  }

  /** A tracepoint was passed: with tracing on, as on the machine that was measured, that takes time, whoever listens here. */
  recorded(): void {
    this.sim.charge(this.config.costs.record);
  }

  /** The task that is running on the CPU whose code runs now. */
  get current(): Task {
    return this.rqs[this.cpu]!.curr;
  }
}
