import { Cpumask } from './cpumask.ts';
import type { Task } from './task.ts';

/** Not in the heap. */
const OFF = -1;

/**
 * The earliest deadline of each CPU that has deadline tasks, the latest on top, and the CPUs that have none: where a
 * deadline task could be pushed. A binary heap, because which of two equal deadlines is on top follows from its moves.
 * @linux kernel/sched/cpudeadline.c
 */
export class CpuDl {
  /** Online CPUs without deadline tasks. */
  freeCpus: Cpumask = Cpumask.NONE;
  #size = 0;
  /** By position in the heap. */
  readonly #cpus: number[];
  readonly #deadlines: number[];
  /** Position of each CPU, -1 for none. */
  readonly #index: number[];

  constructor(nrCpus: number) {
    this.#cpus = new Array<number>(nrCpus).fill(0);
    this.#deadlines = new Array<number>(nrCpus).fill(0);
    this.#index = new Array<number>(nrCpus).fill(OFF);
  }

  /** Tell the earliest deadline of a CPU, in ns. @linux kernel/sched/cpudeadline.c cpudl_set() */
  set(cpu: number, deadline: number): void {
    const at = this.#index[cpu]!;
    if (at !== OFF) {
      this.#deadlines[at] = deadline;
      this.#heapify(at);
      return;
    }
    const last = this.#size++;
    this.#place(last, cpu, deadline);
    this.#up(last);
    this.freeCpus = this.freeCpus.andNot(Cpumask.of(cpu));
  }

  /** The CPU has no deadline tasks any more. @param online false if it goes away @linux kernel/sched/cpudeadline.c cpudl_clear() */
  clear(cpu: number, online: boolean): void {
    const at = this.#index[cpu]!;
    if (at !== OFF) {
      const last = --this.#size;
      this.#place(at, this.#cpus[last]!, this.#deadlines[last]!);
      this.#index[cpu] = OFF;
      if (at < last) this.#heapify(at);
    }
    this.freeCpus = online ? this.freeCpus.or(Cpumask.of(cpu)) : this.freeCpus.andNot(Cpumask.of(cpu));
  }

  /**
   * The CPUs that the task could run on now: those without deadline tasks, else the one whose earliest deadline is the
   * latest, if it is later than the task's.
   * @returns null if there is none
   * @linux kernel/sched/cpudeadline.c cpudl_find()
   */
  find(p: Task): Cpumask | null {
    const free = this.freeCpus.and(p.cpusMask);
    if (!free.empty) return free;
    return this.laterCpu(p) ? Cpumask.of(this.#cpus[0]!) : null;
  }

  /** May the task use the CPU whose earliest deadline is the latest, and is that later than its own? */
  laterCpu(p: Task): boolean {
    return this.#size > 0 && p.cpusMask.has(this.#cpus[0]!) && p.dl.deadline < this.#deadlines[0]!;
  }

  #heapify(at: number): void {
    if (at > 0 && this.#deadlines[parent(at)]! < this.#deadlines[at]!) this.#up(at);
    else this.#down(at);
  }

  #up(from: number): void {
    const cpu = this.#cpus[from]!;
    const deadline = this.#deadlines[from]!;
    let at = from;
    while (at > 0) {
      const p = parent(at);
      if (deadline < this.#deadlines[p]!) break;
      this.#place(at, this.#cpus[p]!, this.#deadlines[p]!);
      at = p;
    }
    this.#place(at, cpu, deadline);
  }

  #down(from: number): void {
    const cpu = this.#cpus[from]!;
    const deadline = this.#deadlines[from]!;
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      let best = at;
      let latest = deadline;
      for (let child = left; child <= left + 1 && child < this.#size; child++) {
        if (this.#deadlines[child]! <= latest) continue;
        best = child;
        latest = this.#deadlines[child]!;
      }
      if (best === at) break;
      this.#place(at, this.#cpus[best]!, this.#deadlines[best]!);
      at = best;
    }
    this.#place(at, cpu, deadline);
  }

  #place(at: number, cpu: number, deadline: number): void {
    this.#cpus[at] = cpu;
    this.#deadlines[at] = deadline;
    this.#index[cpu] = at;
  }
}

function parent(at: number): number {
  return (at - 1) >> 1;
}
