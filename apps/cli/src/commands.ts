import { Option, type Command } from 'commander';
import { EVENT_BYTES, PREEMPT_MODES } from '@kernel-model/runner';
import { CONVERT_FORMATS, convertCommand, type ConvertCommandOptions } from './convert-command.ts';
import { exploreCommand, type ExploreCommandOptions } from './explore-command.ts';
import type { CliIo } from './io.ts';
import { eventNames, repeated, timeSpan, wholeNumber } from './options.ts';
import { replayCommand, type ReplayCommandOptions } from './replay-command.ts';
import { runCommand, type RunCommandOptions } from './run-command.ts';
import { registerReport } from './report-register.ts';
import { registerShell } from './shell/register.ts';
import type { ExitStatus } from './status.ts';
import { intervalSpan, wqCommand, type WqCommandOptions } from './wq-command.ts';

/** Adds a command to the program. When it has run, it gives its exit status to `done`. */
type CommandDefinition = (program: Command, io: CliIo, done: (status: ExitStatus) => void) => void;

/** All commands, in the order of the help text. */
export const COMMANDS: readonly CommandDefinition[] = [
  defineRun,
  defineExplore,
  defineReplay,
  defineWq,
  registerReport,
  defineConvert,
  registerShell,
];

const LARGEST_SEED = 2 ** 31 - 1;
const LIMIT = 'default: 300s, or twice the sleeps of main if that is more';
const INTERRUPT = `
Ctrl-C ends the run, keeps the trace up to there, and exits with 130 (SIGTERM: 143). A second one ends at once.`;

function defineRun(program: Command, io: CliIo, done: (status: ExitStatus) => void): void {
  machineOptions(program.command('run'))
    .description('Run scenarios on the timed machine and write their traces.')
    .argument('<file...>', 'scenarios (YAML)')
    .option('--trace <out>', 'write the trace of one scenario to this file; - is standard output')
    .option('--out-dir <dir>', 'write the trace of NAME.yaml to DIR/NAME.trace')
    .addOption(
      new Option('--host <how>', 'CPUs take turns, as in the emulator that recorded the real traces, or run at once')
        .choices(['serial', 'parallel'])
        .default('serial'),
    )
    .option('--schedstats', 'collect statistics of the scheduler: needed for the events sched_stat_sleep and its like')
    .option('--limit <time>', `most virtual time, e.g. 500ms or 24h (${LIMIT})`, timeSpan)
    .option('--daemon <what>', 'load this daemon first, a file or package; can be given again', repeated)
    .addOption(eventsOption())
    .option(
      '--buffer-size <kib>',
      `keep the last events only, in a ring buffer of this size for all CPUs; an event takes ${EVENT_BYTES} bytes`,
      wholeNumber(1, 4 * 1024 * 1024),
    )
    .option('--no-progress', 'show no progress on a terminal')
    .addHelpText('after', INTERRUPT)
    .action((files: string[], options: RunCommandOptions) => done(runCommand(files, options, io)));
}

function defineExplore(program: Command, io: CliIo, done: (status: ExitStatus) => void): void {
  machineOptions(program.command('explore'))
    .description('Search the interleavings of a scenario for one that fails.')
    .argument('<file>', 'a scenario (YAML)')
    .addOption(
      new Option('--strategy <how>', 'how to search (default: dpor, or dfs if a bound is given)').choices([
        'dpor',
        'dfs',
        'pct',
        'random',
      ]),
    )
    .addOption(
      new Option('--memory <model>', 'sc: a store is seen by all at once; tso: it waits in a store buffer, as on x86')
        .choices(['sc', 'tso'])
        .default('sc'),
    )
    .option('--max-executions <n>', 'give up after so many (default: 100000)', wholeNumber(1, 1e12))
    .option('--bound <n>', 'most preemptions (dfs, pct)', wholeNumber(0, 1e6))
    .option(
      '--early-timers <n>',
      'how often time may pass although something is left to do (default: 0, then 1 if the scenario names times)',
      wholeNumber(0, 1000),
    )
    .option('--all', 'go on after the first failure and show each that differs')
    .option('--json', 'print {executions, steps, exhausted, failures}')
    .option('--no-progress', 'show no progress on a terminal')
    .addHelpText('after', '\nCtrl-C ends the search, prints what was covered so far, and exits with 130.')
    .action((file: string, options: ExploreCommandOptions) => done(exploreCommand(file, options, io)));
}

function defineReplay(program: Command, io: CliIo, done: (status: ExitStatus) => void): void {
  machineOptions(program.command('replay'))
    .description('Show a run that explore found, as a trace.')
    .argument('<file>', 'the scenario (YAML)')
    .requiredOption('--schedule <s>', 'what explore printed')
    .option('--trace <out>', 'write the trace to this file (default: standard output)')
    .addOption(eventsOption())
    .action((file: string, options: ReplayCommandOptions) => done(replayCommand(file, options, io)));
}

function defineWq(program: Command, io: CliIo, done: (status: ExitStatus) => void): void {
  machineOptions(program.command('wq'))
    .description('Run a scenario on the timed machine and show what each workqueue did, as wq_monitor.py does.')
    .argument('<file>', 'a scenario (YAML)')
    .option('--interval <time>', 'show it after each such time, too, e.g. 10ms; without a unit: ms', intervalSpan)
    .option('--limit <time>', `most virtual time, e.g. 500ms (${LIMIT})`, timeSpan)
    .option('--json', 'print {file, outcome, tookNs, intervals, end, destroyed}')
    .action((file: string, options: WqCommandOptions) => done(wqCommand(file, options, io)));
}

function defineConvert(program: Command, io: CliIo, done: (status: ExitStatus) => void): void {
  program
    .command('convert')
    .description('Write a trace, real or simulated, in another format.')
    .argument('<trace>', 'text of a tracefs trace file, of trace-cmd report or of perf script; - is standard input')
    .addOption(new Option('--to <format>', 'what to write').choices(CONVERT_FORMATS).makeOptionMandatory())
    .option('-o, --output <file>', 'where to (default: standard output)')
    .addHelpText('after', '\nperfetto and chrome are for ui.perfetto.dev; ftrace is the text of a tracefs trace file.')
    .action((trace: string, options: ConvertCommandOptions) => done(convertCommand(trace, options, io)));
}

/** Options that every command has which runs scenarios. */
function machineOptions(command: Command): Command {
  return command
    .option('--seed <n>', 'seed of what is left to chance (default: 1)', wholeNumber(0, LARGEST_SEED))
    .option('--cpus <n>', "number of CPUs, instead of the scenario's", wholeNumber(1, 64))
    .addOption(new Option('--preempt <mode>', "preemption model, instead of the scenario's").choices(PREEMPT_MODES));
}

function eventsOption(): Option {
  return new Option('--events <list>', 'events to record: default, all, or names such as sched_*,softirq_*').argParser(
    eventNames,
  );
}
