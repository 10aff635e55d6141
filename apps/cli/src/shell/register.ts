import { Option, type Command } from 'commander';
import type { Daemon } from '@kernel-model/daemons';
import { type MachineOptions, PREEMPT_MODES } from '@kernel-model/runner';
import type { CliIo } from '../io.ts';
import { loadDaemonFile } from '../load-daemon-file.ts';
import { repeated, wholeNumber } from '../options.ts';
import type { ExitStatus } from '../status.ts';
import { Shell } from './shell.ts';
import { runLines, runScript, runTerminal, type LineInput } from './terminal.ts';

/** What the shell uses of its surroundings besides what every command does. */
export interface ShellIo extends CliIo {
  /** Where commands are read from; default: standard input. */
  readonly stdin?: LineInput;
}

interface ShellCommandOptions extends MachineOptions {
  readonly command?: string;
  /** Files and packages of daemons. */
  readonly daemon?: readonly string[];
}

const LARGEST_SEED = 2 ** 31 - 1;

/** Add the command `shell`. @param done called with the exit status; what reads from standard input gives a promise of it */
export function registerShell(program: Command, io: ShellIo, done: (status: ExitStatus) => void): void {
  program
    .command('shell')
    .description('Boot a machine and type at its console: ps, cat /proc/2/stack, kill, chrt, run 10ms ...')
    .option('-c, --command <commands>', 'run these commands and end, with the exit status of the last one')
    .option('--daemon <what>', 'insmod knows this daemon, a file or package; can be given again', repeated)
    .option('--seed <n>', 'seed of what is left to chance (default: 1)', wholeNumber(0, LARGEST_SEED))
    .option('--cpus <n>', 'number of CPUs (default: 2)', wholeNumber(1, 64))
    .addOption(new Option('--preempt <mode>', 'preemption model (default: voluntary)').choices(PREEMPT_MODES))
    .action((options: ShellCommandOptions) => done(shellCommand(options, io)));
}

function shellCommand(options: ShellCommandOptions, io: ShellIo): ExitStatus {
  const { daemon = [] } = options;
  if (daemon.length === 0) return startShell(options, [], io);
  return Promise.all(daemon.map(loadDaemonFile)).then((daemons) => startShell(options, daemons, io));
}

function startShell(
  { command, cpus, preempt, seed }: ShellCommandOptions,
  daemons: readonly Daemon[],
  io: ShellIo,
): ExitStatus {
  const machine = {
    ...(cpus !== undefined && { cpus }),
    ...(preempt !== undefined && { preempt }),
    ...(seed !== undefined && { seed }),
  };
  if (command !== undefined) return runLines(new Shell(io, { machine, daemons }), command.split('\n'));
  const input = io.stdin ?? process.stdin;
  const interactive = input.isTTY === true && io.stdout.isTTY === true;
  const shell = new Shell(io, { machine, daemons, interactive });
  return interactive ? runTerminal(shell, input, io.stdout) : runScript(shell, input);
}
