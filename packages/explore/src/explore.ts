import { UsageError, type Memory } from '@kernel-model/sim';
import { DepthFirst } from './dfs.ts';
import { Dpor } from './dpor.ts';
import type { Driver } from './driver.ts';
import type { Model } from './model.ts';
import { Pct, RandomWalk } from './random.ts';
import { MAX_STEPS } from './replay.ts';
import { formatCodes } from './schedule.ts';
import { isShorter, shrink, type Found } from './shrink.ts';

/** How to search. */
export type Strategy = 'dfs' | 'dpor' | 'pct' | 'random';

/** What to search, and how far. */
export interface ExploreOptions {
  /**
   * - `dfs` (default): all schedules within a preemption bound, depth first;
   * - `dpor`: one schedule of each class that differs only in the order of independent steps. It relies on the
   *   accesses that the model announces and touches, and has no bound;
   * - `pct`: random priorities with few change points: finds shallow bugs in large models;
   * - `random`: every choice by dice.
   */
  readonly strategy?: Strategy;
  /**
   * How memory looks to processors: `sc` (default), every store is seen at once; `tso`, as on x86: plain stores wait in
   * store buffers, and later loads overtake them.
   */
  readonly memory?: Memory;
  /** Stop after so many executions, not counting shrinking; default 100,000. */
  readonly maxExecutions?: number;
  /**
   * dfs: most preemptions of a schedule; Infinity for all schedules. Default: first 2, then Infinity.
   * A preemption is a switch from a lane that could go on, or a future event before those that are due.
   */
  readonly bound?: number;
  /** pct: number of ordering constraints of the bugs looked for, i.e. change points and one; default 3. */
  readonly depth?: number;
  /** pct, random: seed of the dice; default 1. */
  readonly seed?: number;
  /** Cut an execution off after so many events; default 10,000. */
  readonly maxSteps?: number;
  /** Go on after the first failure and list every one that differs in kind or message; default false. */
  readonly all?: boolean;
  /** Executions spent on making a failing schedule shorter; default 2,000. 0 shows it as found. */
  readonly shrinkExecutions?: number;
  /** Called after every 4,096 executions. @returns false to stop here */
  readonly onProgress?: (progress: Progress) => boolean | void;
}

/** Where a search is. */
export interface Progress {
  /** Executions so far. */
  readonly executions: number;
  /** Events so far. */
  readonly steps: number;
  /** Different failures so far. */
  readonly failures: number;
}

/** A failure and the shortest schedule found for it. */
export interface Failure {
  /** Kind of the outcome. */
  readonly kind: string;
  /** Its message. */
  readonly message: string;
  /** Give it to `replay` or `explain`. */
  readonly schedule: string;
  /** Preemptions of that schedule. */
  readonly preemptions: number;
  /** Events of that run. */
  readonly steps: number;
}

/** What a search came to. */
export interface Exploration {
  /** Executions of the search; those for shrinking are not counted. */
  readonly executions: number;
  /** Events of these executions. */
  readonly steps: number;
  /**
   * Every schedule within the bound was run (or, with dpor, one that stands for it), and none was cut off.
   * It says nothing about schedules with more preemptions unless {@link complete} is true as well.
   */
  readonly exhausted: boolean;
  /** Exhausted, and the bound never left anything out: there is no other behaviour. */
  readonly complete: boolean;
  /** The last preemption bound that was searched; null for none. */
  readonly bound: number | null;
  /** Executions that were cut off after maxSteps: perhaps a livelock. */
  readonly limited: number;
  /** dpor: executions that were abandoned because others stand for them. They are counted as executions. */
  readonly redundant: number;
  /** Shortest first. */
  readonly failures: readonly Failure[];
}

/** Bound of the first pass if none is given: most bugs need no more preemptions. */
const FIRST_BOUND = 2;

/**
 * Run a model again and again under different schedules and collect how it fails.
 * @throws UsageError EXPLORE_OPTIONS for options that make no sense
 */
export function explore(model: Model, options: ExploreOptions = {}): Exploration {
  return toTheEnd(exploring(model, options), options.onProgress);
}

/** A search that pauses after each execution and says where it is; it goes on unless it gets back `false`. */
export type Exploring<T extends Exploration = Exploration> = Generator<Progress, T, boolean | void>;

/**
 * {@link explore} for a caller that has something else to do now and then.
 * @throws UsageError EXPLORE_OPTIONS for options that make no sense
 */
export function* exploring(model: Model, options: ExploreOptions = {}): Exploring {
  checkOptions(options);
  const search = new Search(model, options);
  switch (options.strategy ?? 'dfs') {
    case 'dfs':
      yield* search.dfs(options.bound);
      break;
    case 'dpor':
      yield* search.dpor();
      break;
    case 'pct':
      yield* search.pct(options.seed ?? 1, options.depth ?? 3);
      break;
    case 'random':
      yield* search.random(options.seed ?? 1);
      break;
  }
  return search.result();
}

/** Let a search go on until it ends, or until `onProgress`, called after every 4,096 executions, returns false. */
export function toTheEnd<T extends Exploration>(search: Exploring<T>, onProgress?: ExploreOptions['onProgress']): T {
  let step = search.next();
  while (step.done !== true) {
    const isTime = step.value.executions % 4096 === 0;
    step = search.next(!isTime || onProgress?.(step.value) !== false);
  }
  return step.value;
}

/** A part of {@link exploring}. */
type Part<T = void> = Generator<Progress, T, boolean | void>;

class Search {
  #executions = 0;
  #steps = 0;
  #limited = 0;
  #redundant = 0;
  #exhausted = false;
  #complete = false;
  #bound = Infinity;
  readonly #found: Found[] = [];
  readonly #model: Model;
  readonly #options: ExploreOptions;
  readonly #maxExecutions: number;
  readonly #maxSteps: number;
  readonly #memory: Memory;

  constructor(model: Model, options: ExploreOptions) {
    this.#model = model;
    this.#options = options;
    this.#maxExecutions = options.maxExecutions ?? 100_000;
    this.#maxSteps = options.maxSteps ?? MAX_STEPS;
    this.#memory = options.memory ?? 'sc';
  }

  *dfs(bound: number | undefined): Part {
    const boundHit = yield* this.#dfsPass(bound ?? FIRST_BOUND);
    if (bound === undefined && this.#exhausted && boundHit && (yield* this.#goesOn())) yield* this.#dfsPass(Infinity);
  }

  /** One bound. @returns whether it left something out */
  *#dfsPass(bound: number): Part<boolean> {
    const search = new DepthFirst(this.#maxSteps, this.#memory, bound);
    this.#bound = bound;
    this.#limited = 0;
    this.#exhausted = false;
    do this.#execute(search);
    while (search.next() ? yield* this.#goesOn() : ((this.#exhausted = true), false));
    this.#complete = this.#exhausted && !search.boundHit;
    return search.boundHit;
  }

  *dpor(): Part {
    const search = new Dpor(this.#maxSteps, this.#memory);
    do {
      this.#execute(search);
      if (search.redundant) this.#redundant++;
    } while (search.next() ? yield* this.#goesOn() : ((this.#exhausted = true), false));
    this.#complete = this.#exhausted;
  }

  *pct(seed: number, depth: number): Part {
    const search = new Pct(this.#maxSteps, this.#memory, seed, depth);
    do {
      search.next();
      this.#execute(search);
    } while (yield* this.#goesOn());
  }

  *random(seed: number): Part {
    const search = new RandomWalk(this.#maxSteps, this.#memory, seed);
    do this.#execute(search);
    while (yield* this.#goesOn());
  }

  result(): Exploration {
    const uncut = this.#limited === 0;
    return {
      executions: this.#executions,
      steps: this.#steps,
      exhausted: this.#exhausted && uncut,
      complete: this.#complete && uncut,
      bound: this.#bound === Infinity ? null : this.#bound,
      limited: this.#limited,
      redundant: this.#redundant,
      failures: this.#failures(),
    };
  }

  #execute(search: Driver): void {
    const outcome = search.execute(this.#model);
    this.#executions++;
    this.#steps += search.steps;
    if (search.limited) this.#limited++;
    if (!search.cut && outcome.kind !== 'ok') {
      this.#keep({ outcome, codes: search.necessary(), preemptions: search.preemptions, steps: search.steps });
    }
  }

  /** Keep the shortest execution of each failure. */
  #keep(found: Found): void {
    const i = this.#found.findIndex(
      ({ outcome }) => outcome.kind === found.outcome.kind && outcome.message === found.outcome.message,
    );
    if (i === -1) this.#found.push(found);
    else if (isShorter(found, this.#found[i]!)) this.#found[i] = found;
  }

  *#goesOn(): Part<boolean> {
    if (this.#found.length > 0 && this.#options.all !== true) return false;
    if (this.#executions >= this.#maxExecutions) return false;
    const goesOn = yield { executions: this.#executions, steps: this.#steps, failures: this.#found.length };
    return goesOn !== false;
  }

  #failures(): Failure[] {
    const budget = this.#options.shrinkExecutions ?? 2_000;
    const exact = this.#options.all === true;
    const conditions = { maxSteps: this.#maxSteps, memory: this.#memory };
    return this.#found
      .map((found) => shrink(this.#model, found, conditions, budget, exact))
      .sort((a, b) => (isShorter(a, b) ? -1 : 1))
      .map((found) => ({
        kind: found.outcome.kind,
        message: found.outcome.message,
        schedule: formatCodes(found.codes, this.#memory),
        preemptions: found.preemptions,
        steps: found.steps,
      }));
  }
}

function checkOptions(options: ExploreOptions): void {
  const { strategy = 'dfs', memory = 'sc', bound, maxExecutions = 1, maxSteps = 1, depth = 1 } = options;
  if (!['dfs', 'dpor', 'pct', 'random'].includes(strategy)) {
    throw refused(`strategy is "${String(strategy)}"`, 'The strategies are dfs, dpor, pct and random.');
  }
  if (!['sc', 'tso'].includes(memory)) {
    throw refused(`memory is "${String(memory)}"`, 'It is sc or tso.');
  }
  if (bound !== undefined && bound !== Infinity && strategy !== 'dfs') {
    throw refused(`bound ${bound} was given with strategy ${strategy}`, 'Only dfs keeps to a preemption bound.');
  }
  if (bound !== undefined && !(bound >= 0)) throw refused(`bound is ${bound}`, 'It counts preemptions: 0, 1, 2 ...');
  if (!(maxExecutions >= 1)) throw refused(`maxExecutions is ${maxExecutions}`, 'At least one execution is needed.');
  if (!(maxSteps >= 1)) throw refused(`maxSteps is ${maxSteps}`, 'An execution needs at least one step.');
  if (!(depth >= 1)) throw refused(`depth is ${depth}`, 'It counts ordering constraints: 1, 2, 3 ...');
}

function refused(what: string, advice: string): UsageError {
  return new UsageError('EXPLORE_OPTIONS', { what: `explore cannot run: ${what}.`, advice });
}
