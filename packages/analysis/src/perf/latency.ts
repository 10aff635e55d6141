import {
  isEvent,
  SCHED_MIGRATE_TASK,
  SCHED_STAT_RUNTIME,
  SCHED_SWITCH,
  type SchedSwitchFields,
  type SchedWakeupFields,
  type TraceEvent,
} from '@kernel-model/trace';
import type { Collector } from '../collector.ts';
import { nameOf, PerfThreads, type NameSource, type PerfThread } from './threads.ts';
import { Wakes } from './wakes.ts';

/** How long one task, or all tasks of one name, waited for a CPU. */
export interface LatencyRow {
  readonly comm: string;
  /** Of the task, or of the first of several. */
  readonly pid: number;
  /** Number of tasks that the row stands for. */
  readonly tasks: number;
  /** Sum of sched_stat_runtime. */
  readonly runtimeNs: number;
  /** How often it got a CPU after a wait whose start is known. */
  readonly count: number;
  /** Sum of the waits, in ns. */
  readonly totalDelayNs: number;
  /** Whole ns. */
  readonly avgDelayNs: number;
  readonly maxDelayNs: number;
  readonly maxDelayStartNs: number;
  readonly maxDelayEndNs: number;
}

/** What `perf sched latency` tells. */
export interface LatencyReport {
  /** Longest average first. */
  readonly rows: readonly LatencyRow[];
  /** Over the rows. */
  readonly runtimeNs: number;
  /** Over the rows. */
  readonly count: number;
  /** Wakeups of sleeping tasks: what the following are parts of. */
  readonly timestamps: number;
  /** Wakeups that seem older than the sleep they ended. */
  readonly unordered: number;
  /** Switches away from a task that did not run there. */
  readonly switchBugs: number;
}

/** How {@link SchedLatency} reports. */
export interface LatencyOptions {
  /** Default `kernel`. */
  readonly names?: NameSource;
  /** A row for each task, `perf sched latency -p`; otherwise tasks of one name share a row. */
  readonly perPid?: boolean;
}

/** The newest stretch off the CPU of a task. */
type Waiting = 'sleeping' | 'ready' | 'done';

class Atoms {
  waiting: Waiting = 'sleeping';
  sleptAtNs = 0;
  readyAtNs = 0;
  runtimeNs = 0;
  count = 0;
  totalNs = 0;
  maxNs = 0;
  maxStartNs = 0;
  maxEndNs = 0;
  tasks = 1;
  /** Where it was last. */
  cpu = -1;

  constructor(readonly thread: PerfThread) {}
}

/** Scheduling latency of tasks, as `perf sched latency` of Linux 6.12 counts it. */
export class SchedLatency implements Collector<LatencyReport> {
  readonly #threads: PerfThreads;
  readonly #perPid: boolean;
  readonly #wakes = new Wakes();
  readonly #atoms = new Map<PerfThread, Atoms>();
  readonly #current = new Map<number, number>();
  #timestamps = 0;
  #unordered = 0;
  #switchBugs = 0;

  constructor({ names = 'kernel', perPid = false }: LatencyOptions = {}) {
    this.#threads = new PerfThreads(names, false);
    this.#perPid = perPid;
  }

  /** Look at the next event. */
  take(event: TraceEvent): void {
    this.#threads.take(event);
    if (isEvent(event, SCHED_SWITCH)) this.#switch(event);
    else if (this.#wakes.is(event)) this.#wake(event.fields, event.at);
    else if (isEvent(event, SCHED_MIGRATE_TASK)) {
      const atoms = this.#atoms.get(this.#threads.get(event.fields.pid));
      if (atoms !== undefined) atoms.cpu = event.fields.dest_cpu;
    } else if (isEvent(event, SCHED_STAT_RUNTIME)) {
      this.#of(event.fields.pid, 'ready', event.at).runtimeNs += event.fields.runtime;
    }
  }

  /** Events of this CPU are missing here. */
  gap(cpu: number): void {
    this.#current.delete(cpu);
    for (const atoms of this.#atoms.values()) if (atoms.cpu === cpu) atoms.waiting = 'sleeping';
  }

  /** The report for what was seen so far. */
  result(): LatencyReport {
    const all = [...this.#atoms.values()].sort((a, b) => b.thread.tid - a.thread.tid);
    const rows = (this.#perPid ? all : merged(all))
      .filter(({ count, thread }) => count > 0 && nameOf(thread) !== 'swapper')
      .map(rowOf)
      .sort(
        (a, b) =>
          b.avgDelayNs - a.avgDelayNs || b.maxDelayNs - a.maxDelayNs || b.count - a.count || b.runtimeNs - a.runtimeNs,
      );
    return {
      rows,
      runtimeNs: rows.reduce((sum, row) => sum + row.runtimeNs, 0),
      count: rows.reduce((sum, row) => sum + row.count, 0),
      timestamps: this.#timestamps,
      unordered: this.#unordered,
      switchBugs: this.#switchBugs,
    };
  }

  #switch({ at, cpu, fields }: TraceEvent<SchedSwitchFields>): void {
    if ((this.#current.get(cpu) ?? fields.prev_pid) !== fields.prev_pid) this.#switchBugs++;
    this.#current.set(cpu, fields.next_pid);
    const prev = this.#of(fields.prev_pid, 'sleeping', at);
    prev.waiting = fields.prev_state.startsWith('R') ? 'ready' : 'sleeping';
    prev.sleptAtNs = at;
    prev.readyAtNs = at;
    // a task that was never seen has waited since now
    const next = this.#of(fields.next_pid, 'ready', at);
    prev.cpu = next.cpu = cpu;
    this.#run(next, at);
  }

  #run(next: Atoms, at: number): void {
    if (next.waiting !== 'ready') return;
    next.waiting = 'done';
    if (at < next.readyAtNs) return;
    const delayNs = at - next.readyAtNs;
    next.totalNs += delayNs;
    next.count++;
    if (delayNs <= next.maxNs) return;
    next.maxNs = delayNs;
    next.maxStartNs = next.readyAtNs;
    next.maxEndNs = at;
  }

  #wake({ pid, target_cpu }: SchedWakeupFields, at: number): void {
    const atoms = this.#of(pid, 'sleeping', at);
    atoms.cpu = target_cpu;
    // a task that is still queued, or runs, is made runnable by a wakeup, not ready for a CPU
    if (atoms.waiting !== 'sleeping') return;
    this.#timestamps++;
    if (atoms.sleptAtNs > at) {
      this.#unordered++;
      return;
    }
    atoms.waiting = 'ready';
    atoms.readyAtNs = at;
  }

  /** @param waiting what a task does that was not seen before */
  #of(pid: number, waiting: Waiting, at: number): Atoms {
    const thread = this.#threads.get(pid);
    let atoms = this.#atoms.get(thread);
    if (atoms === undefined) {
      atoms = new Atoms(thread);
      atoms.waiting = waiting;
      atoms.sleptAtNs = at;
      atoms.readyAtNs = at;
      this.#atoms.set(thread, atoms);
    }
    return atoms;
  }
}

/** One for each name. Of equal rows perf shows the name first that comes last in the order of bytes. */
function merged(all: readonly Atoms[]): Atoms[] {
  const byName = new Map<string, Atoms>();
  for (const atoms of all) {
    const name = nameOf(atoms.thread);
    const first = byName.get(name);
    if (first === undefined) {
      byName.set(name, atoms);
      continue;
    }
    first.tasks++;
    first.runtimeNs += atoms.runtimeNs;
    first.count += atoms.count;
    first.totalNs += atoms.totalNs;
    if (first.maxNs >= atoms.maxNs) continue;
    first.maxNs = atoms.maxNs;
    first.maxStartNs = atoms.maxStartNs;
    first.maxEndNs = atoms.maxEndNs;
  }
  return [...byName].sort(([a], [b]) => (a < b ? 1 : -1)).map(([, atoms]) => atoms);
}

function rowOf(atoms: Atoms): LatencyRow {
  return {
    comm: nameOf(atoms.thread),
    pid: atoms.thread.tid,
    tasks: atoms.tasks,
    runtimeNs: atoms.runtimeNs,
    count: atoms.count,
    totalDelayNs: atoms.totalNs,
    avgDelayNs: Math.floor(atoms.totalNs / atoms.count),
    maxDelayNs: atoms.maxNs,
    maxDelayStartNs: atoms.maxStartNs,
    maxDelayEndNs: atoms.maxEndNs,
  };
}
