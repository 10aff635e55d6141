import { closeSync, openSync, readSync } from 'node:fs';
import { InputError } from '@kernel-model/runner';
import {
  MAX_SCENARIO_BYTES,
  ScenarioError,
  parseScenario,
  type MachineSpec,
  type Scenario,
} from '@kernel-model/scenario';
import { systemProblem } from './system-problem.ts';

/** Files whose problems are listed; the rest is counted. */
const MOST_FILES = 10;

/**
 * Read and check scenarios, all of them before any is used.
 * @param machine what the command line says about the machine, instead of the files
 * @throws InputError with the problems of up to ten files
 */
export function readScenarios(files: readonly string[], machine: Partial<MachineSpec>): Scenario[] {
  const scenarios: Scenario[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      scenarios.push(parseScenario(readBytes(file), file, machine));
    } catch (error) {
      if (!(error instanceof ScenarioError || error instanceof InputError)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length === 0) return scenarios;
  const more = problems.length - MOST_FILES;
  throw new InputError(
    [...problems.slice(0, MOST_FILES), ...(more > 0 ? [`... and problems in ${more} more files`] : [])].join('\n'),
  );
}

/** The content of a file, or the beginning of one that is too large: enough for the parser to say so. */
function readBytes(file: string): Uint8Array {
  const bytes = new Uint8Array(MAX_SCENARIO_BYTES + 1);
  let length = 0;
  let fd = -1;
  try {
    fd = openSync(file, 'r');
    for (let n = -1; n !== 0 && length < bytes.length; length += n)
      n = readSync(fd, bytes, length, bytes.length - length, null);
  } catch (error) {
    throw new InputError(`${file === '' ? '""' : file}: ${systemProblem(error, 'read')}`);
  } finally {
    if (fd !== -1) closeSync(fd);
  }
  return bytes.subarray(0, length);
}
