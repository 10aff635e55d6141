import type { Daemon } from '@kernel-model/daemons';
import { ScenarioRun, type RunOptions, type Scenario } from '@kernel-model/scenario';
import type { Machine } from '@kernel-model/machine';
import { InvariantViolation, UsageError } from '@kernel-model/sim';
import type { MachineOptions } from './machine-options.ts';
import { Recording } from './recording.ts';
import { InputError } from './input-error.ts';
import { verdict, type Verdict } from './verdict.ts';

/** How to run a scenario on the timed machine. */
export interface RunScenarioOptions extends MachineOptions {
  readonly host?: 'serial' | 'parallel';
  /** Most virtual time, in ns. */
  readonly limit?: number;
  /** Names of the events to record; none for no trace. */
  readonly events: readonly string[];
  /** Loaded when the machine has booted, in this order. */
  readonly daemons?: readonly Daemon[];
  /** Called when `main` starts. */
  readonly watch?: (machine: Machine) => void;
}

/** What a run came to. */
export interface RanScenario extends Verdict {
  /** The whole trace, as text. */
  readonly trace: string;
  /** Events in it. */
  readonly events: number;
  /** Virtual time from the start of `main`, in ns. */
  readonly tookNs: number;
}

/** Run a scenario on the timed machine, with costs and clock. @throws InputError if a daemon cannot be loaded there */
export function runScenario(scenario: Scenario, options: RunScenarioOptions): RanScenario {
  const recording = new Recording(options.events);
  let startNs = 0;
  const { daemons = [] } = options;
  const run = booted(scenario, {
    config: {
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.host !== undefined && { host: options.host }),
      ...(daemons.length > 0 && { daemons: ['minimal', ...daemons] }),
    },
    ...(options.limit !== undefined && { limitNs: options.limit }),
    tracing: (on) => {
      const { now } = run.machine.sim;
      if (on) {
        startNs = now;
        recording.begin(run.machine);
        options.watch?.(run.machine);
      } else {
        recording.end(now);
      }
    },
  });
  const { machine } = run;
  const result = judged(scenario, run, daemons.length > 0 ? 'kernel-model or of a daemon' : 'kernel-model');
  machine.dispose();
  const trace = recording.text(machine.sched.nrCpus);
  return { ...result, trace, events: recording.count, tookNs: machine.sim.now - startNs };
}

function booted(scenario: Scenario, options: RunOptions): ScenarioRun {
  try {
    return new ScenarioRun(scenario, options);
  } catch (error) {
    // without daemons a boot that fails is a bug of the model
    if (typeof options.config?.daemons !== 'object') throw error;
    const problem = error instanceof RangeError || error instanceof UsageError ? '' : 'a daemon failed at the boot: ';
    throw new InputError(`${scenario.file}: ${problem}${(error as Error).message.trimEnd()}`);
  }
}

/** A wrong model must not take the other scenarios with it: it is reported, and the trace up to there is kept. */
function judged(scenario: Scenario, run: ScenarioRun, suspects: string): Verdict {
  try {
    return verdict(scenario, run.machine, run.run());
  } catch (error) {
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
