import { replay } from '@kernel-model/explore';
import { DEFAULT_EVENTS, type MachineOptions, machineOf, scenarioModel } from '@kernel-model/runner';
import { readScenarios } from './input.ts';
import type { CliIo } from './io.ts';
import { STDOUT, planOutput, prepareOutput, writeWhole } from './output.ts';
import { paintFor } from './paint.ts';
import { STATUS_FAILED, STATUS_OK } from './status.ts';

/** Options of `kmodel replay`. */
export interface ReplayCommandOptions extends MachineOptions {
  readonly schedule: string;
  readonly trace?: string;
  readonly events?: readonly string[];
}

/** Show the run of a schedule as a trace. @returns the exit status: that of the run */
export function replayCommand(file: string, options: ReplayCommandOptions, io: CliIo): number {
  const output = { trace: options.trace ?? STDOUT };
  const [scenario] = readScenarios([file], machineOf(options));
  const paths = planOutput([file], output);
  prepareOutput(paths, output);
  const events = options.events ?? DEFAULT_EVENTS;
  const { outcome, steps, trace } = replay(scenarioModel(scenario!, { ...options, events }), options.schedule);
  const [path] = paths;
  if (path === STDOUT) io.stdout.write(trace ?? '');
  else writeWhole(path!, trace ?? '');
  const paint = paintFor(io.stderr, io);
  const well = outcome.kind === 'ok';
  const ended = well ? paint.green('ok') : `${paint.red(outcome.kind)}: ${outcome.message}`;
  io.stderr.write(`${file}: ${ended} after ${steps} steps\n`);
  return well ? STATUS_OK : STATUS_FAILED;
}
