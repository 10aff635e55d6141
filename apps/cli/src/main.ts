import { Command, CommanderError } from 'commander';
import { UsageError } from '@kernel-model/sim';
import { InputError } from '@kernel-model/runner';
import { COMMANDS } from './commands.ts';
import { processIo, type CliIo } from './io.ts';
import { STATUS_OK, STATUS_USAGE, type ExitStatus } from './status.ts';
import { VERSION } from './version.ts';

const EXIT = `
Exit status: 0 all is well; 1 a scenario hung, oopsed or broke a kernel rule; 2 bad input or usage;
130 interrupted by Ctrl-C.`;

/**
 * Run the command line.
 * @param argv what follows the name of the command
 * @returns the exit status, at once but for commands that talk with a user, or that signals can interrupt
 */
export function main(argv: readonly string[], io: CliIo = processIo()): ExitStatus {
  let status: ExitStatus = STATUS_OK;
  const program = commandLine(io);
  // returns nothing: commander would wait for a promise, too, and nobody would hear what becomes of that
  const done = (result: ExitStatus): void => void (status = result);
  for (const define of COMMANDS) define(program, io, done);
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? STATUS_OK : STATUS_USAGE;
    return complain(error, io);
  }
  return typeof status === 'number' ? status : (status as Promise<number>).catch((error) => complain(error, io));
}

function complain(error: unknown, io: CliIo): number {
  if (!isComplaint(error)) throw error;
  io.stderr.write(`${error.message}\n`);
  return STATUS_USAGE;
}

/** What is wrong with what the user gave us. The options and schedules of the search come as UsageErrors. */
function isComplaint(error: unknown): error is Error {
  return error instanceof InputError || (error instanceof UsageError && error.code.startsWith('EXPLORE_'));
}

function commandLine(io: CliIo): Command {
  return new Command('kmodel')
    .description('An executable model of the kernel threads of Linux 6.12.')
    .version(VERSION)
    .addHelpText('after', EXIT)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
    });
}
