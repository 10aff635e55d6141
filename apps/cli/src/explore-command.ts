import { explain, type Failure, type Model } from '@kernel-model/explore';
import { usesTime, type Scenario } from '@kernel-model/scenario';
import {
  type MachineOptions,
  type Search,
  type SearchOptions,
  machineOf,
  scenarioModel,
  searching,
} from '@kernel-model/runner';
import type { Daemon } from '@kernel-model/daemons';
import { readScenarios } from './input.ts';
import type { CliIo, EndSignal } from './io.ts';
import { loadModules } from './load-daemon-file.ts';
import { paintFor, type Paint } from './paint.ts';
import { Progress } from './progress.ts';
import { replayLine } from './replay-line.ts';
import { Slice, inSlices, type Sliced } from './slices.ts';
import { STATUS_FAILED, STATUS_OK, statusOfSignal, type ExitStatus } from './status.ts';

/** Options of `kmodel explore`. */
export interface ExploreCommandOptions
  extends MachineOptions, Omit<SearchOptions, 'onProgress' | 'seed' | 'daemons' | 'modules'> {
  readonly json?: boolean;
  /** Show how far it is, on a terminal. */
  readonly progress?: boolean;
}

/**
 * Search the interleavings of a scenario for one that fails.
 * @returns the exit status: a promise if it has daemons, which have to be loaded, or if signals can interrupt
 */
export function exploreCommand(file: string, options: ExploreCommandOptions, io: CliIo): ExitStatus {
  const [scenario] = readScenarios([file], machineOf(options));
  if (scenario!.daemons.length === 0) return inSlices(explored(file, scenario!, options, io), io);
  return loadModules(scenario!).then((modules) => inSlices(explored(file, scenario!, { ...options, modules }, io), io));
}

/** With the daemons that the scenario names. */
type WithModules = ExploreCommandOptions & { readonly modules?: ReadonlyMap<string, Daemon> };

function* explored(file: string, scenario: Scenario, options: WithModules, io: CliIo): Sliced<number> {
  const progress = new Progress(io.stderr, options.progress);
  const { found, signal } = yield* searchOf(scenario, options, progress);
  if (options.json === true) io.stdout.write(json(found));
  else io.stdout.write(text(file, scenario, found, options, paintFor(io.stdout, io), signal !== null));
  if (signal !== null) {
    io.stderr.write(`interrupted: what was covered so far is on standard output\n`);
    return statusOfSignal(signal);
  }
  return found.failures.length > 0 ? STATUS_FAILED : STATUS_OK;
}

function* searchOf(
  scenario: Scenario,
  options: SearchOptions,
  progress: Progress,
): Sliced<{ readonly found: Search; readonly signal: EndSignal | null }> {
  const slice = new Slice();
  const search = searching(scenario, options);
  let signal: EndSignal | null = null;
  progress.show('exploring ...');
  try {
    let step = search.next();
    while (step.done !== true) {
      if (slice.isOver) {
        const { executions, failures } = step.value;
        progress.show(`${executions} executions, ${failures} failures`);
        signal = yield* slice.pause();
      }
      step = search.next(signal === null);
    }
    return { found: step.value, signal };
  } finally {
    progress.clear();
  }
}

function json({ executions, steps, exhausted, failures }: Search): string {
  const shown = failures.map(({ kind, message, schedule }) => ({ kind, message, schedule }));
  return `${JSON.stringify({ executions, steps, exhausted, failures: shown }, null, 2)}\n`;
}

function text(
  file: string,
  scenario: Scenario,
  found: Search,
  options: WithModules,
  paint: Paint,
  interrupted: boolean,
): string {
  const { failures } = found;
  const model = scenarioModel(scenario, options);
  const parts = failures.map((failure) => failureText(file, model, failure, options, paint));
  const verdict = failures.length === 0 ? paint.green('no failure') : paint.red(plural(failures.length, 'failure'));
  const spent = `${plural(found.executions, 'execution')}, ${plural(found.steps, 'step')}, ${found.strategy}${options.memory === 'tso' ? ', memory tso' : ''}`;
  return [
    ...parts,
    `${verdict} in ${spent}: ${interrupted ? 'interrupted, there are more' : coverage(found)}${timers(scenario, found)}\n`,
  ].join('\n');
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
