import type { Daemon } from '@kernel-model/daemons';
import { ScenarioRun, leastTimeNs, type RunOptions, type Scenario } from '@kernel-model/scenario';
import type { DaemonUse, Machine } from '@kernel-model/machine';
import { InvariantViolation, UsageError } from '@kernel-model/sim';
import type { MachineOptions } from './machine-options.ts';
import { Recording, type RecordingOptions } from './recording.ts';
import { InputError } from './input-error.ts';
import { TraceText, type TraceOutput } from './trace-output.ts';
import { verdict, type Verdict } from './verdict.ts';

/** How to run a scenario on the timed machine. */
export interface RunScenarioOptions extends MachineOptions, RecordingOptions {
  readonly host?: 'serial' | 'parallel';
  /** Collect statistics of the scheduler: sched_stat_sleep and its like are recorded only then. */
  readonly schedstats?: boolean;
  /** Most virtual time, in ns. */
  readonly limit?: number;
  /** Takes the trace as it is recorded; null: nobody wants it. By default it is kept in memory, for the result. */
  readonly out?: TraceOutput | null;
  /** Loaded when the machine has booted, in this order. */
  readonly daemons?: readonly Daemon[];
  /** What the names under `daemons` of the scenario stand for; these are loaded after {@link daemons}. */
  readonly modules?: ReadonlyMap<string, Daemon>;
  /** Called when `main` starts. */
  readonly watch?: (machine: Machine) => void;
  /** Called when `main` has returned, with the instant in ns: what comes later is not in the trace. */
  readonly ended?: (atNs: number) => void;
}

/** What a run has left behind when it ends. */
export interface RunLeft {
  /** The whole trace, as text; empty if it went somewhere else. */
  readonly trace: string;
  /** Events that were recorded. */
  readonly events: number;
  /** Virtual time from the start of `main`, in ns. */
  readonly tookNs: number;
}

/** What a run came to. */
export interface RanScenario extends Verdict, RunLeft {}

/** Run a scenario on the timed machine, with costs and clock. @throws InputError if a daemon cannot be loaded there */
export function runScenario(scenario: Scenario, options: RunScenarioOptions): RanScenario {
  const run = new TimedRun(scenario, options);
  run.advance(() => false);
  return run.result();
}

/** A scenario on the timed machine that can be stopped on its way, looked at, and run on. */
export class TimedRun {
  readonly machine: Machine;
  /** The least virtual time in ns that `main` takes, as far as the scenario tells; 0 if it does not. */
  readonly leastNs: number;
  readonly #scenario: Scenario;
  readonly #run: ScenarioRun;
  readonly #recording: Recording;
  /** The trace, unless somebody else takes it. */
  readonly #text: TraceText | null;
  /** Who is to blame if the model is wrong. */
  readonly #suspects: string;
  #startNs = 0;
  #verdict: Verdict | null = null;

  /** Boots the machine. @throws InputError if a daemon cannot be loaded there */
  constructor(scenario: Scenario, options: RunScenarioOptions) {
    const own = (options.daemons ?? []).map((daemon) => ({ daemon }));
    const daemons = [...own, ...scenarioDaemons(scenario, options.modules)];
    this.#scenario = scenario;
    this.#suspects = daemons.length > 0 ? 'kernel-model or of a daemon' : 'kernel-model';
    this.#text = options.out === undefined ? new TraceText() : null;
    this.#recording = new Recording(options, options.out === undefined ? this.#text : options.out);
    this.leastNs = leastTimeNs(scenario);
    this.#run = booted(scenario, {
      config: {
        ...(options.seed !== undefined && { seed: options.seed }),
        ...(options.host !== undefined && { host: options.host }),
        ...(options.schedstats !== undefined && { schedstats: options.schedstats }),
      },
      daemons,
      ...(options.limit !== undefined && { limitNs: options.limit }),
      tracing: (on) => this.#tracing(on, options),
    });
    this.machine = this.#run.machine;
  }

  /** Instant at which `main` started, in ns; 0 before. */
  get startNs(): number {
    return this.#startNs;
  }

  /** Virtual time since `main` started, in ns; 0 before. */
  get tookNs(): number {
    return this.#startNs === 0 ? 0 : this.machine.sim.now - this.#startNs;
  }

  /** Events recorded so far. */
  get events(): number {
    return this.#recording.count;
  }

  /**
   * Run on until `done` says so, which is asked between steps. The trace does not depend on where that is.
   * @returns whether the run has ended
   */
  advance(done: () => boolean): boolean {
    this.#verdict ??= judged(this.#scenario, this.#run, this.#suspects, done);
    return this.#verdict !== null;
  }

  /** What it came to. Ends the machine. @throws Error if it has not ended */
  result(): RanScenario {
    if (this.#verdict === null) throw new Error('the run has not ended');
    return { ...this.#verdict, ...this.interrupt() };
  }

  /** End the run where it is: the trace is what was recorded so far. Ends the machine. */
  interrupt(): RunLeft {
    const { machine } = this;
    machine.dispose();
    this.#recording.finish(machine.sched.nrCpus);
    return { trace: this.#text?.text ?? '', events: this.events, tookNs: this.tookNs };
  }

  #tracing(on: boolean, { watch, ended }: RunScenarioOptions): void {
    const { machine } = this.#run;
    if (on) {
      this.#startNs = machine.sim.now;
      this.#recording.begin(machine);
      watch?.(machine);
    } else {
      this.#recording.end(machine.sim.now);
      ended?.(machine.sim.now);
    }
  }
}

/**
 * The daemons that a scenario names, with its values for their options.
 * @throws InputError if one is not among `modules`
 */
export function scenarioDaemons(scenario: Scenario, modules: ReadonlyMap<string, Daemon> = new Map()): DaemonUse[] {
  return scenario.daemons.map(({ use, params, at }) => {
    const daemon = modules.get(use);
    if (daemon === undefined) {
      const where = `${scenario.file}:${at.line}:${at.column}`;
      throw new InputError(`${where}: the daemon ${use} cannot be loaded here; kmodel loads daemons from files`);
    }
    return { daemon, params };
  });
}

function booted(scenario: Scenario, options: RunOptions): ScenarioRun {
  try {
    return new ScenarioRun(scenario, options);
  } catch (error) {
    // without daemons a boot that fails is a bug of the model
    if (options.daemons?.length === 0) throw error;
    const problem = error instanceof RangeError || error instanceof UsageError ? '' : 'a daemon failed at the boot: ';
    throw new InputError(`${scenario.file}: ${problem}${(error as Error).message.trimEnd()}`);
  }
}

/** A wrong model must not take the other scenarios with it: it is reported, and the trace up to there is kept. */
function judged(scenario: Scenario, run: ScenarioRun, suspects: string, done: () => boolean): Verdict | null {
  try {
    const outcome = run.advance(done);
    return outcome === null ? null : verdict(scenario, run.machine, outcome);
  } catch (error) {
    // the trace could not be written
    if (error instanceof InputError) throw error;
    const { message, stack = '' } = error as Error;
    const where =
      error instanceof InvariantViolation
        ? []
        : stack
            .split('\n')
            .slice(1, 4)
            .map((line) => line.trim());
    const details = [
      `This is a bug of ${suspects}, not of the scenario. Please report it with the scenario.`,
      ...where,
    ];
    return { kind: 'oops', message, details };
  }
}
