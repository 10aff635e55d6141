import { isEvent, SCHED_SWITCH, type TraceEvent } from '@kernel-model/trace';
import type { Collector } from '../collector.ts';
import { kworkItem } from './kwork-item.ts';

/** How much of the CPUs a task used. */
export interface KworkTopTask {
  /** 0 for an idle task. */
  readonly pid: number;
  readonly comm: string;
  /** Hundredths of a percent of a CPU, cut off for each CPU and added up; interrupts and softirqs do not count. */
  readonly usageHundredths: number;
  readonly runNs: number;
}

/** What a CPU did. */
export interface KworkTopCpu {
  readonly cpu: number;
  readonly totalNs: number;
  /** Time of tasks other than the idle one, without interrupts and softirqs. */
  readonly loadNs: number;
}

/** What `perf kwork top` tells. */
export interface KworkTopReport {
  readonly totalNs: number;
  readonly idleNs: number;
  readonly irqNs: number;
  readonly softirqNs: number;
  /** CPUs on which something ran. */
  readonly cpus: readonly KworkTopCpu[];
  /** Most of the CPUs first. */
  readonly tasks: readonly KworkTopTask[];
}

/** Who used the CPUs, as `perf kwork top` of Linux 6.12 counts it. */
export class KworkTop implements Collector<KworkTopReport> {
  readonly #tasks = new Map<string, OnCpu>();
  readonly #irqs = new Map<string, OnCpu>();
  readonly #softirqs = new Map<string, OnCpu>();

  /** Look at the next event. */
  take(event: TraceEvent): void {
    const { at, cpu } = event;
    if (isEvent(event, SCHED_SWITCH)) {
      const { prev_pid, prev_comm, next_pid, next_comm } = event.fields;
      const prev = of(this.#tasks, prev_pid, cpu, prev_comm);
      if (prev.sinceNs !== null) prev.runNs += at - prev.sinceNs;
      prev.sinceNs = null;
      of(this.#tasks, next_pid, cpu, next_comm).sinceNs = at;
      return;
    }
    const item = kworkItem(event);
    if (item === null || item.class === 'workqueue' || item.step === 'raise') return;
    // what interrupts a task is charged to that task
    const work = of(item.class === 'irq' ? this.#irqs : this.#softirqs, event.pid, cpu, '');
    if (item.step === 'entry') work.sinceNs = at;
    else if (work.sinceNs !== null) {
      if (this.#tasks.has(keyOf(event.pid, cpu))) work.runNs += at - work.sinceNs;
      work.sinceNs = null;
    }
  }

  /** Events of this CPU are missing here. */
  gap(cpu: number): void {
    for (const map of [this.#tasks, this.#irqs, this.#softirqs])
      for (const entry of map.values()) if (entry.cpu === cpu) entry.sinceNs = null;
  }

  /** The report for what was seen so far. */
  result(): KworkTopReport {
    const tasks = [...this.#tasks.values()].sort((a, b) => b.cpu - a.cpu || b.pid - a.pid);
    const cpus = new Map<number, { cpu: number; totalNs: number; loadNs: number }>();
    for (const { cpu, runNs } of tasks) {
      const sum = cpus.get(cpu) ?? { cpu, totalNs: 0, loadNs: 0 };
      cpus.set(cpu, { ...sum, totalNs: sum.totalNs + runNs });
    }
    const sums = { idleNs: 0, irqNs: 0, softirqNs: 0 };
    const merged = new Map<string, { pid: number; comm: string; usageHundredths: number; runNs: number }>();
    for (const { pid, cpu, comm, runNs } of tasks) {
      if (runNs === 0) continue;
      const irqNs = taken(this.#irqs, pid, cpu, runNs);
      const softirqNs = taken(this.#softirqs, pid, cpu, runNs - irqNs);
      const ownNs = runNs - irqNs - softirqNs;
      const sum = cpus.get(cpu)!;
      if (pid === 0) sums.idleNs += ownNs;
      else sum.loadNs += ownNs;
      sums.irqNs += irqNs;
      sums.softirqNs += softirqNs;
      const key = pid === 0 ? `idle ${cpu}` : String(pid);
      const task = merged.get(key) ?? { pid, comm, usageHundredths: 0, runNs: 0 };
      task.usageHundredths += Math.floor((ownNs * 10_000) / sum.totalNs);
      task.runNs += ownNs;
      merged.set(key, task);
    }
    return {
      totalNs: tasks.reduce((ns, { runNs }) => ns + runNs, 0),
      ...sums,
      cpus: [...cpus.values()].filter(({ totalNs }) => totalNs > 0).sort((a, b) => a.cpu - b.cpu),
      tasks: [...merged.values()].sort((a, b) => b.usageHundredths - a.usageHundredths || b.runNs - a.runNs),
    };
  }
}

/** A task on one CPU, or what interrupted it there. */
interface OnCpu {
  readonly pid: number;
  readonly cpu: number;
  readonly comm: string;
  runNs: number;
  sinceNs: number | null;
}

function of(map: Map<string, OnCpu>, pid: number, cpu: number, comm: string): OnCpu {
  const key = keyOf(pid, cpu);
  let entry = map.get(key);
  if (entry === undefined) map.set(key, (entry = { pid, cpu, comm, runNs: 0, sinceNs: null }));
  return entry;
}

/** What was taken from a task by interrupts; perf believes it only if it is less than the task's own time. */
function taken(map: ReadonlyMap<string, OnCpu>, pid: number, cpu: number, runNs: number): number {
  const ns = map.get(keyOf(pid, cpu))?.runNs ?? 0;
  return runNs > ns ? ns : 0;
}

function keyOf(pid: number, cpu: number): string {
  return `${pid} ${cpu}`;
}
