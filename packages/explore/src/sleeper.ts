import type { AccessLog } from './access-log.ts';
import type { Code } from './schedule.ts';

/**
 * A choice that needs no exploring for now: executions that begin with it were run, and those that begin otherwise
 * come to the same as long as no step depends on what it does.
 */
export class Sleeper {
  readonly #accesses: readonly number[];
  readonly #global: boolean;
  readonly #known: number;

  /**
   * @param global the choice's step depends on all others
   * @param accesses of the step, each made by {@link lastingAccess}
   * @param known number of fields that were met before the step
   */
  constructor(
    readonly code: Code,
    global: boolean,
    accesses: readonly number[],
    known: number,
  ) {
    this.#global = global;
    this.#known = known;
    this.#accesses = accesses;
  }

  /** Whether step s of the log depends on the sleeper's step. */
  dependsOn(log: AccessLog, s: number): boolean {
    if (this.#global || log.global[s]!) return true;
    const end = log.start[s + 1]!;
    for (let i = log.start[s]!; i < end; i++) {
      const b = log.accesses[i]!;
      for (let k = 0; k < this.#accesses.length; k++) if (this.#conflicts(this.#accesses[k]!, b, log)) return true;
    }
    return false;
  }

  #conflicts(a: number, b: number, log: AccessLog): boolean {
    if (a >= 0) return a >> 1 === b >> 1 && ((a | b) & 1) === 1;
    const unknown = -1 - a;
    const variable = b >> 1;
    if (variable % 2 === 0 || ((unknown | b) & 1) === 0) return false;
    const field = (variable - 1) >> 1;
    return field >= this.#known && log.nameOf[field] === unknown >> 1;
  }
}

/**
 * An access in a form that holds in other executions that get to the same node. Fields that were met before have the
 * same number in all of them; of the others only the name is known, so that they may be any field of that name.
 * @param known number of fields that were met before
 */
export function lastingAccess(access: number, known: number, log: AccessLog): number {
  const variable = access >> 1;
  const field = (variable - 1) >> 1;
  return variable % 2 === 0 || field < known ? access : -1 - (log.nameOf[field]! * 2 + (access & 1));
}
