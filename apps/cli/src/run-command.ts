import type { Scenario } from '@kernel-model/scenario';
import type { Daemon } from '@kernel-model/daemons';
import {
  DEFAULT_EVENTS,
  type RanScenario,
  type RunScenarioOptions,
  machineOf,
  runScenario,
} from '@kernel-model/runner';
import { readScenarios } from './input.ts';
import type { CliIo } from './io.ts';
import { loadDaemonFile, loadModules } from './load-daemon-file.ts';
import { STDOUT, planOutput, prepareOutput, writeWhole, type OutputOptions } from './output.ts';
import { paintFor, type Paint } from './paint.ts';
import { ProgressLine } from './progress.ts';
import { STATUS_FAILED, STATUS_OK, type ExitStatus } from './status.ts';

/** Options of `kmodel run`. */
export interface RunCommandOptions extends OutputOptions, Omit<RunScenarioOptions, 'events' | 'daemons' | 'modules'> {
  readonly events?: readonly string[];
  /** Files and packages of daemons. */
  readonly daemon?: readonly string[];
}

/** With more scenarios than this, only those that fail get lines of their own. */
const FEW = 10;

/** Run scenarios and write their traces. @returns the exit status, at once if no daemons have to be loaded before */
export function runCommand(files: readonly string[], options: RunCommandOptions, io: CliIo): ExitStatus {
  const { daemon = [] } = options;
  const scenarios = readScenarios(files, machineOf(options));
  if (daemon.length === 0 && scenarios.every(({ daemons }) => daemons.length === 0))
    return runAll(files, scenarios, options, [], [], io);
  return Promise.all([Promise.all(daemon.map(loadDaemonFile)), Promise.all(scenarios.map(loadModules))]).then(
    ([daemons, modules]) => runAll(files, scenarios, options, daemons, modules, io),
  );
}

function runAll(
  files: readonly string[],
  scenarios: readonly Scenario[],
  options: RunCommandOptions,
  daemons: readonly Daemon[],
  modules: readonly ReadonlyMap<string, Daemon>[],
  io: CliIo,
): number {
  const paths = planOutput(files, options);
  prepareOutput(paths, options);
  const show = new Show(io, options.trace === STDOUT);
  const events = options.events ?? DEFAULT_EVENTS;
  scenarios.forEach((scenario, i) => {
    show.begins(i, scenarios.length, scenario);
    const path = paths[i]!;
    const ran = runScenario(scenario, { ...options, events, daemons, modules: modules[i] ?? new Map() });
    if (path === STDOUT) io.stdout.write(ran.trace);
    else if (path !== null) writeWhole(path, ran.trace);
    show.ended(scenario, ran, path, scenarios.length <= FEW);
  });
  show.sum(scenarios.length, options);
  return show.failed > 0 ? STATUS_FAILED : STATUS_OK;
}

/** Tells how the scenarios fare. */
class Show {
  failed = 0;
  #events = 0;
  readonly #io: CliIo;
  readonly #out: (text: string) => void;
  readonly #paint: Paint;
  readonly #errorPaint: Paint;
  readonly #progress: ProgressLine;

  /** @param taken standard output is the trace's */
  constructor(io: CliIo, taken: boolean) {
    const stream = taken ? io.stderr : io.stdout;
    this.#io = io;
    this.#out = (text) => void stream.write(text);
    this.#paint = paintFor(stream, io);
    this.#errorPaint = paintFor(io.stderr, io);
    this.#progress = new ProgressLine(io.stderr);
  }

  begins(i: number, of: number, scenario: Scenario): void {
    if (of > 1) this.#progress.show(`${i + 1}/${of} ${scenario.name}`);
  }

  ended(scenario: Scenario, ran: RanScenario, path: string | null, each: boolean): void {
    this.#events += ran.events;
    if (ran.kind === 'ok') {
      if (!each) return;
      this.#progress.clear();
      const where = path === null || path === STDOUT ? '' : ` -> ${path}`;
      this.#out(
        `${this.#paint.green('ok')} ${scenario.file}: ${(ran.tookNs / 1e6).toFixed(3)} ms, ${ran.events} events${where}\n`,
      );
      return;
    }
    // a WARN is Linux's answer to a misuse, and the kernel goes on; so does the run
    if (ran.kind !== 'warn') this.failed++;
    this.#progress.clear();
    this.#io.stderr.write(failureText(scenario, ran, this.#errorPaint));
  }

  sum(n: number, options: OutputOptions): void {
    this.#progress.clear();
    if (n > FEW) {
      const well = n - this.failed;
      const where = options.outDir === undefined ? '' : ` -> ${options.outDir}`;
      this.#out(`${n} scenarios: ${well} ok, ${this.failed} failed, ${this.#events} events${where}\n`);
    }
    if (options.trace === undefined && options.outDir === undefined) {
      this.#out(
        this.#paint.dim(
          `No trace was kept: --trace FILE keeps it, --trace - prints it, --out-dir DIR keeps one each.\n`,
        ),
      );
    }
  }
}

/** What went wrong, for the error stream. */
export function failureText(
  scenario: Scenario,
  ran: Pick<RanScenario, 'kind' | 'message' | 'details'>,
  paint: Paint,
): string {
  const lead = { ok: '', hang: 'hung', oops: 'oops', warn: 'the kernel complained' }[ran.kind];
  const head = `${paint.red(lead)} ${scenario.file}: ${ran.message}\n`;
  return head + ran.details.map((line) => `  ${line}\n`).join('');
}
