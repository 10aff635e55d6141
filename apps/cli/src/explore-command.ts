import { explain, type Failure, type Model } from '@kernel-model/explore';
import { usesTime, type Scenario } from '@kernel-model/scenario';
import {
  type MachineOptions,
  type Search,
  type SearchOptions,
  machineOf,
  scenarioModel,
  search,
} from '@kernel-model/runner';
import type { Daemon } from '@kernel-model/daemons';
import { readScenarios } from './input.ts';
import type { CliIo } from './io.ts';
import { loadModules } from './load-daemon-file.ts';
import { paintFor, type Paint } from './paint.ts';
import { ProgressLine } from './progress.ts';
import { replayLine } from './replay-line.ts';
import { STATUS_FAILED, STATUS_OK, type ExitStatus } from './status.ts';

/** Options of `kmodel explore`. */
export interface ExploreCommandOptions
  extends MachineOptions, Omit<SearchOptions, 'onProgress' | 'seed' | 'daemons' | 'modules'> {
  readonly json?: boolean;
}

/** Search the interleavings of a scenario for one that fails. @returns the exit status, at once if it has no daemons */
export function exploreCommand(file: string, options: ExploreCommandOptions, io: CliIo): ExitStatus {
  const [scenario] = readScenarios([file], machineOf(options));
  if (scenario!.daemons.length === 0) return explored(file, scenario!, options, io);
  return loadModules(scenario!).then((modules) => explored(file, scenario!, { ...options, modules }, io));
}

/** With the daemons that the scenario names. */
type WithModules = ExploreCommandOptions & { readonly modules?: ReadonlyMap<string, Daemon> };

function explored(file: string, scenario: Scenario, options: WithModules, io: CliIo): number {
  const progress = new ProgressLine(io.stderr);
  progress.show('exploring ...');
  const found = search(scenario, {
    ...options,
    onProgress: ({ executions, failures }) => progress.show(`${executions} executions, ${failures} failures`),
  });
  progress.clear();
  if (options.json === true) io.stdout.write(json(found));
  else io.stdout.write(text(file, scenario, found, options, paintFor(io.stdout, io)));
  return found.failures.length > 0 ? STATUS_FAILED : STATUS_OK;
}

function json({ executions, steps, exhausted, failures }: Search): string {
  const shown = failures.map(({ kind, message, schedule }) => ({ kind, message, schedule }));
  return `${JSON.stringify({ executions, steps, exhausted, failures: shown }, null, 2)}\n`;
}

function text(file: string, scenario: Scenario, found: Search, options: WithModules, paint: Paint): string {
  const { failures } = found;
  const model = scenarioModel(scenario, options);
  const parts = failures.map((failure) => failureText(file, model, failure, options, paint));
  const verdict = failures.length === 0 ? paint.green('no failure') : paint.red(plural(failures.length, 'failure'));
  const spent = `${plural(found.executions, 'execution')}, ${plural(found.steps, 'step')}, ${found.strategy}${options.memory === 'tso' ? ', memory tso' : ''}`;
  return [...parts, `${verdict} in ${spent}: ${coverage(found)}${timers(scenario, found)}\n`].join('\n');
}

function failureText(file: string, model: Model, failure: Failure, options: MachineOptions, paint: Paint): string {
  const again = replayLine(file, failure.schedule, options);
  return `${explain(model, failure).text}\n\nTo see the trace of this run:\n  ${paint.bold(again)}\n`;
}

/** What the search says about the runs that it did not make. */
function coverage({ exhausted, complete, bound, limited, failures, strategy }: Search): string {
  if (failures.length > 0 && !exhausted) return 'the search ended at the first; --all goes on';
  if (complete) return 'every interleaving was covered';
  if (exhausted) return `every interleaving with at most ${bound} preemptions was covered`;
  if (limited > 0) return `${plural(limited, 'execution')} did not come to an end and were cut off; perhaps a livelock`;
  if (strategy === 'pct' || strategy === 'random') return 'a sample; --strategy dpor covers all';
  return 'there are more; --max-executions N goes on';
}

/** What was assumed about time. */
function timers(scenario: Scenario, { earlyTimers, failures }: Search): string {
  if (failures.length > 0 || !usesTime(scenario)) return '';
  const before = ['and only then', 'and once before', `and up to ${earlyTimers} times before`][
    Math.min(earlyTimers, 2)
  ]!;
  return `\n(time passed when nothing was left to do, ${before}; --early-timers ${earlyTimers + 1} tries more)`;
}

function plural(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
