import { replay } from '@kernel-model/explore';
import { DEFAULT_EVENTS, type MachineOptions, machineOf, scenarioModel } from '@kernel-model/runner';
import type { Daemon } from '@kernel-model/daemons';
import type { Scenario } from '@kernel-model/scenario';
import { readScenarios } from './input.ts';
import type { CliIo } from './io.ts';
import { loadModules } from './load-daemon-file.ts';
import { STDOUT, planOutput, prepareOutput, writeWhole } from './output.ts';
import { paintFor } from './paint.ts';
import { STATUS_FAILED, STATUS_OK, type ExitStatus } from './status.ts';

/** Options of `kmodel replay`. */
export interface ReplayCommandOptions extends MachineOptions {
  readonly schedule: string;
  readonly trace?: string;
  readonly events?: readonly string[];
}

/** Show the run of a schedule as a trace. @returns the exit status: that of the run, at once if it has no daemons */
export function replayCommand(file: string, options: ReplayCommandOptions, io: CliIo): ExitStatus {
  const [scenario] = readScenarios([file], machineOf(options));
  if (scenario!.daemons.length === 0) return replayed(file, scenario!, options, new Map(), io);
  return loadModules(scenario!).then((modules) => replayed(file, scenario!, options, modules, io));
}

function replayed(
  file: string,
  scenario: Scenario,
  options: ReplayCommandOptions,
  modules: ReadonlyMap<string, Daemon>,
  io: CliIo,
): number {
  const output = { trace: options.trace ?? STDOUT };
  const paths = planOutput([file], output);
  prepareOutput(paths, output);
  const events = options.events ?? DEFAULT_EVENTS;
  const { outcome, steps, trace } = replay(scenarioModel(scenario, { ...options, modules, events }), options.schedule);
  const [path] = paths;
  if (path === STDOUT) io.stdout.write(trace ?? '');
  else writeWhole(path!, trace ?? '');
  const paint = paintFor(io.stderr, io);
  const well = outcome.kind === 'ok';
  const ended = well ? paint.green('ok') : `${paint.red(outcome.kind)}: ${outcome.message}`;
  io.stderr.write(`${file}: ${ended} after ${steps} steps\n`);
  return well ? STATUS_OK : STATUS_FAILED;
}
