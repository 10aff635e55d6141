import type { Chooser } from '@kernel-model/sim';
import type { Model, Outcome, Run } from '@kernel-model/explore';
import type { DaemonUse } from '@kernel-model/machine';
import type { Daemon } from '@kernel-model/daemons';
import { ScenarioRun, type Scenario } from '@kernel-model/scenario';
import type { Task } from '@kernel-model/scheduler';
import { objectName } from './object-name.ts';
import { Recording } from './recording.ts';
import { scenarioDaemons } from './run-scenario.ts';
import { TraceText } from './trace-output.ts';
import { verdict } from './verdict.ts';

/** How {@link scenarioModel} runs. */
export interface ScenarioModelOptions {
  /** Seed of what is left to chance. */
  readonly seed?: number;
  /** How often time may pass although something is left to do; default without limit. */
  readonly earlyTimers?: number;
  /** Names of the events of the trace that each run keeps; none for no trace. */
  readonly events?: readonly string[];
  /**
   * Makes the daemons that are loaded before `main`, for each run anew: what their code keeps outside of the `state` of the
   * machine would otherwise go over from one run into the next.
   */
  readonly daemons?: () => readonly Daemon[];
  /** What the names under `daemons` of the scenario stand for; these are loaded after {@link daemons}. */
  readonly modules?: ReadonlyMap<string, Daemon>;
}

/** A run of a scenario, step by step. */
export interface ScenarioModelRun extends Run {
  /** Line of the file, from 1, that the task on a lane executes: it may be asked before each step. 0 for none. */
  line(lane: number): number;
}

/** A scenario as something whose interleavings can be searched. */
export interface ScenarioModel extends Model {
  boot(chooser: Chooser): ScenarioModelRun;
}

/** Make a model of a scenario. @throws InputError if it names a daemon that is not among `modules` */
export function scenarioModel(scenario: Scenario, options: ScenarioModelOptions = {}): ScenarioModel {
  const named = scenarioDaemons(scenario, options.modules);
  return { boot: (chooser) => new ModelRun(scenario, chooser, options, named) };
}

class ModelRun implements ScenarioModelRun {
  readonly #scenario: Scenario;
  readonly #run: ScenarioRun;
  readonly #recording: Recording | null;
  readonly #trace = new TraceText();

  constructor(scenario: Scenario, chooser: Chooser, options: ScenarioModelOptions, named: readonly DaemonUse[]) {
    const { seed, events, earlyTimers, daemons } = options;
    this.#scenario = scenario;
    const recording = events === undefined ? null : new Recording({ events }, this.#trace);
    this.#recording = recording;
    this.#run = new ScenarioRun(scenario, {
      config: { chooser, ...(seed !== undefined && { seed }) },
      daemons: [...(daemons?.() ?? []).map((daemon) => ({ daemon })), ...named],
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
    this.#recording?.finish(machine.sched.nrCpus);
    return { kind, message: message === '' ? details.join('; ') : message };
  }

  /** Asked before each step: a CPU is named with the task that runs there now. */
  laneName(lane: number): string {
    const { sim } = this.#run.machine;
    const task = this.#taskOn(lane);
    return task === null ? sim.laneName(lane) : `${sim.laneName(lane)} ${task.comm}`;
  }

  line(lane: number): number {
    const task = this.#taskOn(lane);
    return task === null ? 0 : (this.#run.positionOf(task)?.line ?? 0);
  }

  /** Who executes code on a lane; null if the lane is not that of a CPU's tasks. */
  #taskOn(lane: number): Task | null {
    const cpu = this.#run.machine.sched.cpus.find(({ lanes }) => lanes[0] === lane);
    return cpu === undefined ? null : cpu.rq.curr;
  }

  objectName(object: object): string {
    return objectName(object);
  }

  trace(): string {
    return this.#trace.text;
  }
}
