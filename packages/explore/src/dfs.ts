import type { Choice, Memory } from '@kernel-model/sim';
import { costs, Driver } from './driver.ts';

/**
 * Depth first over all choices, each execution from scratch: the prefix is replayed, then the usual choices follow.
 * Executions with more than `bound` preemptions are left out.
 */
export class DepthFirst extends Driver {
  /** Something was left out because of the bound. */
  boundHit = false;
  readonly #bound: number;
  // one place per choice of the current execution
  readonly #at: number[] = [];
  readonly #usual: number[] = [];
  readonly #count: number[] = [];
  /** How many alternatives were started. */
  readonly #tried: number[] = [];
  /** By alternative, whether it is a preemption. */
  readonly #costly: boolean[][] = [];
  /** Preemptions before this choice. */
  readonly #used: number[] = [];
  #length = 0;

  constructor(maxSteps: number, memory: Memory, bound: number) {
    super(maxSteps, memory);
    this.#bound = bound;
  }

  /** Prepare the next execution. @returns false if there is none */
  next(): boolean {
    for (let d = this.#length - 1; d >= 0; d--) {
      const i = this.#alternative(d);
      if (i >= 0) {
        this.#at[d] = i;
        this.#length = d + 1;
        return true;
      }
    }
    return false;
  }

  /** The next alternative at depth d within the bound, the usual one first and then in order; -1 if there is none. */
  #alternative(d: number): number {
    const usual = this.#usual[d]!;
    const count = this.#count[d]!;
    while (this.#tried[d]! < count) {
      const k = this.#tried[d]!++;
      const i = k <= usual ? k - 1 : k;
      if (!this.#costly[d]![i]! || this.#used[d]! < this.#bound) return i;
      this.boundHit = true;
    }
    return -1;
  }

  protected decide(choices: readonly Choice[], usual: number): number {
    const d = this.depth;
    if (d < this.#length) {
      if (this.#count[d] !== choices.length) return this.fail(this.nondeterministic());
      return this.#at[d]!;
    }
    const costly = this.#push(d, usual, choices.length);
    for (let i = 0; i < choices.length; i++) costly[i] = i !== usual && costs(choices, i, this.lane);
    return usual;
  }

  protected decidePick(_name: string, n: number): number {
    const d = this.depth;
    if (d < this.#length) {
      if (this.#count[d] !== n) this.fail(this.nondeterministic());
      return this.#at[d]!;
    }
    this.#push(d, 0, n).fill(false, 0, n);
    return 0;
  }

  /** @returns where to say which alternatives are preemptions */
  #push(d: number, usual: number, count: number): boolean[] {
    this.#at[d] = usual;
    this.#usual[d] = usual;
    this.#count[d] = count;
    this.#tried[d] = 1;
    this.#used[d] = this.preemptions;
    this.#length = d + 1;
    const costly = (this.#costly[d] ??= []);
    while (costly.length < count) costly.push(false);
    return costly;
  }
}
