import { RandomStream, type Choice, type Memory } from '@kernel-model/sim';
import { Driver } from './driver.ts';

/** Every choice by dice. */
export class RandomWalk extends Driver {
  readonly #dice: RandomStream;

  constructor(maxSteps: number, memory: Memory, seed: number) {
    super(maxSteps, memory);
    this.#dice = new RandomStream(seed, 'explore');
  }

  protected decide(choices: readonly Choice[]): number {
    return choices.length === 1 ? 0 : this.#dice.below(choices.length);
  }

  protected decidePick(_name: string, n: number): number {
    return this.#dice.below(n);
  }
}

/**
 * Probabilistic concurrency testing: lanes have random priorities, the highest that is due acts, and at `depth - 1`
 * random steps the lane that would act drops below all others, or time passes instead. Finds a bug that needs `depth`
 * ordering constraints with a probability of at least 1 / (lanes * steps^(depth-1)) an execution.
 */
export class Pct extends Driver {
  readonly #dice: RandomStream;
  readonly #depth: number;
  readonly #priorities: number[] = [];
  readonly #changeAt: number[] = [];
  /** Longest execution so far, in steps: change points lie within. */
  #longest = 1;

  constructor(maxSteps: number, memory: Memory, seed: number, depth: number) {
    super(maxSteps, memory);
    this.#dice = new RandomStream(seed, 'explore');
    this.#depth = depth;
  }

  /** Draw priorities and change points for the next execution. */
  next(): void {
    if (this.steps > this.#longest) this.#longest = this.steps;
    this.#priorities.length = 0;
    this.#changeAt.length = 0;
    for (let i = 1; i < this.#depth; i++) this.#changeAt.push(this.#dice.below(this.#longest));
  }

  protected decide(choices: readonly Choice[]): number {
    let best = this.#highest(choices);
    for (let i = 0; i < this.#changeAt.length; i++) {
      if (this.#changeAt[i] !== this.steps) continue;
      const last = choices.length - 1;
      if (choices[last]!.future && !choices[best]!.future && this.#dice.below(2) === 0) return last;
      // below all first priorities, which are 1 and more; the later the change point in the list, the higher
      this.#priorities[choices[best]!.lane] = (i + 1) / (this.#depth + 1);
      best = this.#highest(choices);
    }
    return best;
  }

  protected decidePick(_name: string, n: number): number {
    return this.#dice.below(n);
  }

  #highest(choices: readonly Choice[]): number {
    let best = 0;
    for (let i = 0; i < choices.length; i++) {
      const choice = choices[i]!;
      if (choice.future && !choices[0]!.future) break;
      if (this.#priority(choice.lane) > this.#priority(choices[best]!.lane)) best = i;
    }
    return best;
  }

  #priority(lane: number): number {
    const priorities = this.#priorities;
    while (priorities.length <= lane) priorities.push(1 + this.#dice.next());
    return priorities[lane]!;
  }
}
