import {
  exploring,
  toTheEnd,
  type Exploration,
  type ExploreOptions,
  type Exploring,
  type Model,
  type Strategy,
} from '@kernel-model/explore';
import type { Memory } from '@kernel-model/sim';
import { usesTime, type Scenario } from '@kernel-model/scenario';
import { scenarioModel, type ScenarioModelOptions } from './scenario-model.ts';

/** How to search a scenario. */
export interface SearchOptions extends Pick<ScenarioModelOptions, 'daemons' | 'modules' | 'seed'> {
  readonly strategy?: Strategy;
  readonly memory?: Memory;
  readonly maxExecutions?: number;
  /** Most preemptions: of the search (dfs), or of each of its samples (pct). Without a strategy it asks for dfs. */
  readonly bound?: number;
  readonly all?: boolean;
  /** How often time may pass although something is left to do; by default 0 and then, if the scenario names times, 1. */
  readonly earlyTimers?: number;
  /** Called now and then; false ends the search. */
  readonly onProgress?: NonNullable<ExploreOptions['onProgress']>;
}

/** What {@link search} came to. */
export interface Search extends Exploration {
  readonly strategy: Strategy;
  /** The last number of early timers that was searched. */
  readonly earlyTimers: number;
}

const MAX_EXECUTIONS = 100_000;

/**
 * Search the interleavings of a scenario. First time passes only when nothing is left to do, which covers most races in
 * few executions; then, if the scenario names times or has daemons, a timer may also go off before that.
 */
export function search(scenario: Scenario, options: SearchOptions): Search {
  return toTheEnd(searching(scenario, options), options.onProgress);
}

/** {@link search} for a caller that has something else to do now and then: see `exploring` of the package explore. */
export function* searching(scenario: Scenario, options: SearchOptions): Exploring<Search> {
  const strategy = options.strategy ?? (options.bound === undefined ? 'dpor' : 'dfs');
  const passes = options.earlyTimers === undefined ? defaultPasses(scenario, options, strategy) : [options.earlyTimers];
  const most = options.maxExecutions ?? MAX_EXECUTIONS;
  let sum: Search | null = null;
  for (const earlyTimers of passes) {
    if (sum !== null && sum.executions >= most) return { ...sum, exhausted: false, complete: false };
    const maxExecutions = most - (sum?.executions ?? 0);
    const pass = exploring(modelOf(scenario, options, earlyTimers), exploreOptions(options, strategy, maxExecutions));
    let goesOn: boolean | void = true;
    let step = pass.next();
    while (step.done !== true) {
      const { executions, steps, failures } = step.value;
      goesOn = yield {
        executions: executions + (sum?.executions ?? 0),
        steps: steps + (sum?.steps ?? 0),
        failures,
      };
      step = pass.next(goesOn);
    }
    sum = added(sum, { ...step.value, strategy, earlyTimers });
    if (sum.failures.length > 0 || goesOn === false) break;
  }
  return sum!;
}

function modelOf(scenario: Scenario, { seed, daemons, modules }: SearchOptions, earlyTimers: number): Model {
  return scenarioModel(scenario, {
    earlyTimers,
    ...(seed !== undefined && { seed }),
    ...(daemons !== undefined && { daemons }),
    ...(modules !== undefined && { modules }),
  });
}

/** A bound means something to each strategy but two: dpor covers more than any bound, and random knows no preemptions. */
function exploreOptions(options: SearchOptions, strategy: Strategy, maxExecutions: number): ExploreOptions {
  const { seed, memory, bound, all } = options;
  return {
    strategy,
    maxExecutions,
    ...(memory !== undefined && { memory }),
    ...(seed !== undefined && { seed }),
    ...(bound !== undefined && strategy === 'dfs' && { bound }),
    ...(bound !== undefined && strategy === 'pct' && { depth: bound + 1 }),
    ...(all === true && { all }),
  };
}

function added(sum: Search | null, found: Search): Search {
  if (sum === null) return found;
  return { ...found, executions: sum.executions + found.executions, steps: sum.steps + found.steps };
}

function defaultPasses(scenario: Scenario, { daemons }: SearchOptions, strategy: Strategy): readonly number[] {
  if (!usesTime(scenario) && scenario.daemons.length === 0 && daemons === undefined) return [0];
  return strategy === 'dpor' || strategy === 'dfs' ? [0, 1] : [1];
}
