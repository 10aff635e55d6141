import type { Memory } from '@kernel-model/sim';
import { DepthFirst } from './dfs.ts';
import type { Model, Outcome } from './model.ts';
import { Follower } from './replay.ts';
import { isPick, type Code } from './schedule.ts';

/** How to run a model. @internal */
export interface Conditions {
  readonly maxSteps: number;
  readonly memory: Memory;
}

/** A failing execution. @internal */
export interface Found {
  readonly outcome: Outcome;
  /** Its choices; the usual ones at the end are left off. */
  readonly codes: readonly Code[];
  readonly preemptions: number;
  readonly steps: number;
}

/**
 * Look for a shorter execution with the same kind of failure: first a depth-first search with fewer preemptions, then
 * changes to the schedule itself: cut its end, drop a stretch, let a stretch join the next one of its lane.
 * @param exact the message must stay the same, too
 * @internal
 */
export function shrink(
  model: Model,
  found: Found,
  conditions: Conditions,
  maxExecutions: number,
  exact: boolean,
): Found {
  const shrinker = new Shrinker(model, found, conditions, maxExecutions, exact);
  shrinker.searchLowerBounds();
  shrinker.edit();
  return shrinker.best;
}

/** Whether a is the better one to show: fewer preemptions, then a shorter schedule, then a shorter run. @internal */
export function isShorter(a: Found, b: Found): boolean {
  if (a.preemptions !== b.preemptions) return a.preemptions < b.preemptions;
  if (a.codes.length !== b.codes.length) return a.codes.length < b.codes.length;
  const stretches = stretchesOf(a.codes).length - stretchesOf(b.codes).length;
  return stretches !== 0 ? stretches < 0 : a.steps < b.steps;
}

class Shrinker {
  best: Found;
  #executions = 0;
  readonly #exact: boolean;
  readonly #model: Model;
  readonly #conditions: Conditions;
  readonly #maxExecutions: number;
  readonly #follower: Follower;

  constructor(model: Model, found: Found, conditions: Conditions, maxExecutions: number, exact: boolean) {
    this.#exact = exact;
    this.#model = model;
    this.best = found;
    this.#conditions = conditions;
    this.#maxExecutions = maxExecutions;
    this.#follower = new Follower(conditions.maxSteps, conditions.memory);
  }

  /** Half of the executions may go here: the first failure with the fewest preemptions wins. */
  searchLowerBounds(): void {
    const { maxSteps, memory } = this.#conditions;
    for (let bound = 0; bound < this.best.preemptions; bound++) {
      const search = new DepthFirst(maxSteps, memory, bound);
      do {
        if (this.#executions * 2 >= this.#maxExecutions) return;
        const outcome = search.execute(this.#model);
        this.#executions++;
        if (search.cut || !this.#alike(outcome)) continue;
        this.best = { outcome, codes: search.necessary(), preemptions: search.preemptions, steps: search.steps };
        return;
      } while (search.next());
    }
  }

  edit(): void {
    for (let improved = true; improved;) {
      improved = this.#cutEnd() || this.#dropStretch() || this.#joinStretch() || this.#shortenStretch();
    }
  }

  #cutEnd(): boolean {
    const stretches = stretchesOf(this.best.codes);
    for (let n = 0; n < stretches.length; n++) {
      if (this.#try(join(stretches.slice(0, n)))) return true;
    }
    return false;
  }

  #dropStretch(): boolean {
    const stretches = stretchesOf(this.best.codes);
    for (let i = stretches.length - 1; i >= 0; i--) {
      if (this.#try(join(stretches.toSpliced(i, 1)))) return true;
    }
    return false;
  }

  #joinStretch(): boolean {
    const stretches = stretchesOf(this.best.codes);
    for (let i = 0; i < stretches.length; i++) {
      const code = stretches[i]![0];
      const j = stretches.findIndex((stretch, k) => k > i && stretch[0] === code);
      if (j === -1) continue;
      const joined = [...stretches[i]!, ...stretches[j]!];
      if (this.#try(join(stretches.with(j, joined).toSpliced(i, 1)))) return true;
      if (this.#try(join(stretches.with(i, joined).toSpliced(j, 1)))) return true;
    }
    return false;
  }

  #shortenStretch(): boolean {
    const stretches = stretchesOf(this.best.codes);
    for (let i = 0; i < stretches.length; i++) {
      const n = stretches[i]!.length;
      for (const keep of n > 2 ? [n >> 1, n - 1] : [n - 1]) {
        if (keep > 0 && this.#try(join(stretches.with(i, stretches[i]!.slice(0, keep))))) return true;
      }
    }
    return false;
  }

  /** Run a candidate. @returns true if it fails alike and is better; it is the best then */
  #try(codes: readonly Code[]): boolean {
    if (this.#executions >= this.#maxExecutions) return false;
    const follower = this.#follower;
    follower.follow(codes, true);
    const outcome = follower.execute(this.#model);
    this.#executions++;
    if (follower.cut || !this.#alike(outcome)) return false;
    const candidate: Found = {
      outcome,
      codes: follower.necessary(),
      preemptions: follower.preemptions,
      steps: follower.steps,
    };
    if (!isShorter(candidate, this.best)) return false;
    this.best = candidate;
    return true;
  }

  #alike(outcome: Outcome): boolean {
    const best = this.best.outcome;
    return outcome.kind === best.kind && (!this.#exact || outcome.message === best.message);
  }
}

/** Equal choices in a row; picks stand alone. */
function stretchesOf(codes: readonly Code[]): Code[][] {
  const stretches: Code[][] = [];
  let last: Code[] | null = null;
  for (const code of codes) {
    if (last !== null && last[0] === code && !isPick(code)) last.push(code);
    else stretches.push((last = [code]));
  }
  return stretches;
}

function join(stretches: readonly Code[][]): Code[] {
  return stretches.flat();
}
