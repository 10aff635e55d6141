import type { Scenario } from '@kernel-model/scenario';
import type { Daemon } from '@kernel-model/daemons';
import {
  DEFAULT_EVENTS,
  InputError,
  TimedRun,
  type RanScenario,
  type RunLeft,
  type RunScenarioOptions,
  machineOf,
} from '@kernel-model/runner';
import { EVENTS } from '@kernel-model/trace';
import { readScenarios } from './input.ts';
import type { CliIo, EndSignal } from './io.ts';
import { loadDaemonFile, loadModules } from './load-daemon-file.ts';
import { STDOUT, planOutput, prepareOutput, type OutputOptions } from './output.ts';
import { paintFor, type Paint } from './paint.ts';
import { Progress } from './progress.ts';
import { Slice, inSlices, type Sliced } from './slices.ts';
import { STATUS_FAILED, STATUS_OK, statusOfSignal, type ExitStatus } from './status.ts';
import { TraceFile } from './trace-file.ts';

/** Options of `kmodel run`. */
export interface RunCommandOptions
  extends OutputOptions, Omit<RunScenarioOptions, 'events' | 'bufferBytes' | 'out' | 'daemons' | 'modules'> {
  readonly events?: readonly string[];
  /** KiB of the ring buffer that keeps the last events. */
  readonly bufferSize?: number;
  /** Files and packages of daemons. */
  readonly daemon?: readonly string[];
  /** Show how far it is, on a terminal. */
  readonly progress?: boolean;
}

/** With more scenarios than this, only those that fail get lines of their own. */
const FEW = 10;

/**
 * Run scenarios and write their traces.
 * @returns the exit status: a promise if daemons have to be loaded before, or if signals can interrupt
 */
export function runCommand(files: readonly string[], options: RunCommandOptions, io: CliIo): ExitStatus {
  const { daemon = [] } = options;
  if (options.bufferSize !== undefined && options.trace === undefined && options.outDir === undefined) {
    throw new InputError('--buffer-size says how much of a trace to keep: give --trace or --out-dir, too.');
  }
  const scenarios = readScenarios(files, machineOf(options));
  if (daemon.length === 0 && scenarios.every(({ daemons }) => daemons.length === 0))
    return inSlices(runAll(files, scenarios, options, [], [], io), io);
  return Promise.all([Promise.all(daemon.map(loadDaemonFile)), Promise.all(scenarios.map(loadModules))]).then(
    ([daemons, modules]) => inSlices(runAll(files, scenarios, options, daemons, modules, io), io),
  );
}

function* runAll(
  files: readonly string[],
  scenarios: readonly Scenario[],
  options: RunCommandOptions,
  daemons: readonly Daemon[],
  modules: readonly ReadonlyMap<string, Daemon>[],
  io: CliIo,
): Sliced<number> {
  const paths = planOutput(files, options);
  prepareOutput(paths, options);
  const show = new Show(io, scenarios.length, options);
  show.hintAt(options);
  const { bufferSize } = options;
  const runOptions = {
    ...options,
    events: options.events ?? DEFAULT_EVENTS,
    daemons,
    ...(bufferSize !== undefined && { bufferBytes: bufferSize * 1024 }),
  };
  const slice = new Slice();
  for (const [i, scenario] of scenarios.entries()) {
    show.begins(i, scenario);
    const path = paths[i]!;
    const out = path === null ? null : new TraceFile(path, io);
    try {
      const run = new TimedRun(scenario, { ...runOptions, out, modules: modules[i] ?? new Map() });
      const signal = yield* advance(run, slice, (part) => show.goesOn(i, scenario, run, part));
      const left = signal === null ? run.result() : run.interrupt();
      out?.end();
      if (signal !== null) {
        show.interrupted(i, scenario, run, left, path);
        return statusOfSignal(signal);
      }
      show.ended(scenario, left as RanScenario, path);
    } catch (error) {
      show.clear();
      out?.abandon();
      throw error;
    }
  }
  show.sum();
  return show.failed > 0 ? STATUS_FAILED : STATUS_OK;
}

/** Let a run go on until it has ended. @returns the signal that ended it before, or null */
function* advance(run: TimedRun, slice: Slice, show: (part: number | null) => void): Sliced<EndSignal | null> {
  for (;;) {
    if (slice.isOver) {
      show(run.leastNs === 0 ? null : Math.min(1, run.tookNs / run.leastNs));
      const signal = yield* slice.pause();
      if (signal !== null) return signal;
    }
    if (run.advance(slice.over)) return null;
  }
}

/** Tells how the scenarios fare. */
class Show {
  failed = 0;
  #events = 0;
  readonly #of: number;
  readonly #options: RunCommandOptions;
  readonly #io: CliIo;
  readonly #out: (text: string) => void;
  readonly #paint: Paint;
  readonly #errorPaint: Paint;
  readonly #progress: Progress;

  /** @param of number of scenarios */
  constructor(io: CliIo, of: number, options: RunCommandOptions) {
    // otherwise standard output is the trace's
    const stream = options.trace === STDOUT ? io.stderr : io.stdout;
    this.#of = of;
    this.#options = options;
    this.#io = io;
    this.#out = (text) => void stream.write(text);
    this.#paint = paintFor(stream, io);
    this.#errorPaint = paintFor(io.stderr, io);
    this.#progress = new Progress(io.stderr, options.progress);
  }

  /** Who asks for events that nobody tells is told why; who asks for all of them did not ask for these. */
  hintAt({ events = [], schedstats = false }: RunCommandOptions): void {
    const silent = events.filter((name) => /^sched_stat_(wait|sleep|iowait|blocked)$/.test(name));
    if (schedstats || silent.length === 0 || events.length === EVENTS.length) return;
    this.#io.stderr.write(`${silent.join(', ')}: the kernel tells these only with --schedstats.\n`);
  }

  begins(i: number, scenario: Scenario): void {
    if (this.#of > 1) this.#progress.show(`${i + 1}/${this.#of} ${scenario.name}`, i / this.#of);
  }

  /** @param part what is done of this scenario, from 0 to 1, or null if nobody knows */
  goesOn(i: number, scenario: Scenario, { tookNs, leastNs, events }: TimedRun, part: number | null): void {
    const many = this.#of > 1;
    const time = part === null ? seconds(tookNs) : `${seconds(tookNs)} of ${seconds(leastNs)}`;
    const what = `${many ? `${i + 1}/${this.#of} ${scenario.name}: ` : ''}${time}, ${events} events`;
    this.#progress.show(what, many ? (i + (part ?? 0)) / this.#of : part);
  }

  ended(scenario: Scenario, ran: RanScenario, path: string | null): void {
    this.#events += ran.events;
    if (ran.kind === 'ok') {
      if (this.#of > FEW) return;
      this.clear();
      const took = `${(ran.tookNs / 1e6).toFixed(3)} ms`;
      this.#out(`${this.#paint.green('ok')} ${scenario.file}: ${took}, ${ran.events} events${arrow(path)}\n`);
      return;
    }
    // a WARN is Linux's answer to a misuse, and the kernel goes on; so does the run
    if (ran.kind !== 'warn') this.failed++;
    this.clear();
    this.#io.stderr.write(failureText(scenario, ran, this.#errorPaint));
  }

  interrupted(i: number, scenario: Scenario, { machine }: TimedRun, { events }: RunLeft, path: string | null): void {
    this.clear();
    const lead = this.#errorPaint.red('interrupted');
    const at = (machine.sim.now / 1e9).toFixed(6);
    this.#io.stderr.write(`${lead} ${scenario.file}: at ${at} s, ${events} events${arrow(path)}\n`);
    if (this.#of > 1) this.#io.stderr.write(`${i} of ${this.#of} scenarios were run before, ${this.failed} failed\n`);
  }

  clear(): void {
    this.#progress.clear();
  }

  sum(): void {
    this.clear();
    const { trace, outDir } = this.#options;
    if (this.#of > FEW) {
      const well = this.#of - this.failed;
      this.#out(`${this.#of} scenarios: ${well} ok, ${this.failed} failed, ${this.#events} events${arrow(outDir)}\n`);
    }
    if (trace === undefined && outDir === undefined) {
      this.#out(
        this.#paint.dim(
          `No trace was kept: --trace FILE keeps it, --trace - prints it, --out-dir DIR keeps one each.\n`,
        ),
      );
    }
  }
}

function arrow(path: string | null | undefined): string {
  return path === null || path === undefined || path === STDOUT ? '' : ` -> ${path}`;
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(1)} s`;
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
