import type { Chooser } from '@kernel-model/sim';
import type { Model, Outcome, Run } from '@kernel-model/explore';
import { ScenarioRun, type Scenario } from '@kernel-model/scenario';
import { objectName } from './object-name.ts';
import { Recording } from './recording.ts';
import { verdict } from './verdict.ts';

/** How {@link scenarioModel} runs. */
export interface ScenarioModelOptions {
  /** Seed of what is left to chance. */
  readonly seed?: number;
  /** How often time may pass although something is left to do; default without limit. */
  readonly earlyTimers?: number;
  /** Names of the events of the trace that each run keeps; none for no trace. */
  readonly events?: readonly string[];
}

/** A scenario as something whose interleavings can be searched. */
export function scenarioModel(scenario: Scenario, options: ScenarioModelOptions = {}): Model {
  return { boot: (chooser) => new ModelRun(scenario, chooser, options) };
}

class ModelRun implements Run {
  readonly #scenario: Scenario;
  readonly #run: ScenarioRun;
  readonly #recording: Recording | null;

  constructor(scenario: Scenario, chooser: Chooser, { seed, events, earlyTimers }: ScenarioModelOptions) {
    this.#scenario = scenario;
    const recording = events === undefined ? null : new Recording(events);
    this.#recording = recording;
    this.#run = new ScenarioRun(scenario, {
      config: { chooser, ...(seed !== undefined && { seed }) },
      ...(earlyTimers !== undefined && { earlyTimers }),
      tracing: (on) => {
        if (on) recording?.begin(this.#run.machine);
      },
    });
  }

  run(): Outcome {
    const { machine } = this.#run;
    const outcome = this.#run.run();
    const { kind, message, details } = verdict(this.#scenario, machine, outcome);
    machine.dispose();
    return { kind, message: message === '' ? details.join('; ') : message };
  }

  /** Asked before each step: a CPU is named with the task that runs there now. */
  laneName(lane: number): string {
    const { sim, sched } = this.#run.machine;
    const cpu = sched.cpus.find(({ lanes }) => lanes[0] === lane);
    return cpu === undefined ? sim.laneName(lane) : `${sim.laneName(lane)} ${cpu.rq.curr.comm}`;
  }

  objectName(object: object): string {
    return objectName(object);
  }

  trace(): string {
    return this.#recording?.text(this.#run.machine.sched.nrCpus) ?? '';
  }
}
