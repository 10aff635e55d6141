import { MAX_RT_PRIO } from './constants.ts';
import { Cpumask } from './cpumask.ts';
import type { Task } from './task.ts';

/** Argument of {@link CpuPri.set}: the CPU is offline. */
export const CPUPRI_INVALID = -1;
/** Argument of {@link CpuPri.set}: a deadline task is queued. Other arguments are 0 .. 98 for RT and 99 for anything below. */
export const CPUPRI_HIGHER: number = MAX_RT_PRIO;

const LEVELS = 101;

/**
 * Which CPUs run what RT priority, so that a CPU for an RT task is found without looking at every queue. Levels: 0
 * nothing of RT, 1 .. 99 rt_priority of the best queued RT task, 100 a deadline task.
 * @linux kernel/sched/cpupri.c
 */
export class CpuPri {
  /** CPUs 0 .. 31 and 32 .. 63 of each level, as bits. */
  readonly #lo: Uint32Array = new Uint32Array(LEVELS);
  readonly #hi: Uint32Array = new Uint32Array(LEVELS);
  /** Level of each CPU, -1 for none. */
  readonly #level: Int8Array;

  constructor(nrCpus: number) {
    this.#level = new Int8Array(nrCpus).fill(CPUPRI_INVALID);
  }

  /** Level of a CPU, -1 if it is offline. */
  level(cpu: number): number {
    return this.#level[cpu]!;
  }

  /**
   * Tell the best priority of a CPU.
   * @param prio 0 .. 98 (task.prio), 99 for no RT task, CPUPRI_HIGHER or CPUPRI_INVALID
   * @linux kernel/sched/cpupri.c cpupri_set()
   */
  set(cpu: number, prio: number): void {
    const level = convertPrio(prio);
    const old = this.#level[cpu]!;
    if (level === old) return;
    const bits = cpu < 32 ? this.#lo : this.#hi;
    const bit = 1 << (cpu & 31);
    if (level !== CPUPRI_INVALID) bits[level]! |= bit;
    if (old !== CPUPRI_INVALID) bits[old]! &= ~bit;
    this.#level[cpu] = level;
  }

  /**
   * The CPUs that the task may use and that run the lowest priority, below its own.
   * @param active CPUs on which anything may run
   * @returns null if there is none
   * @linux kernel/sched/cpupri.c cpupri_find()
   */
  find(p: Task, active: Cpumask): Cpumask | null {
    const mask = p.cpusMask;
    const end = convertPrio(p.prio);
    for (let i = 0; i < end; i++) {
      const lo = this.#lo[i]! & mask.lo & active.lo;
      const hi = this.#hi[i]! & mask.hi & active.hi;
      if ((lo | hi) !== 0) return new Cpumask(lo >>> 0, hi >>> 0);
    }
    return null;
  }

  /** Is there a CPU of a lower priority that the task may use? @linux kernel/sched/cpupri.c cpupri_find() */
  canMove(p: Task): boolean {
    const mask = p.cpusMask;
    const end = convertPrio(p.prio);
    for (let i = 0; i < end; i++) {
      if (((this.#lo[i]! & mask.lo) | (this.#hi[i]! & mask.hi)) !== 0) return true;
    }
    return false;
  }
}

/** The better priority has the higher level. @linux kernel/sched/cpupri.c convert_prio() */
function convertPrio(prio: number): number {
  if (prio === CPUPRI_INVALID || prio === CPUPRI_HIGHER) return prio;
  return MAX_RT_PRIO - 1 - prio;
}
