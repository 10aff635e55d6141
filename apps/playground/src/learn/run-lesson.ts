import { explain, replay } from '@kernel-model/explore';
import { boot } from '@kernel-model/machine';
import { DEFAULT_EVENTS, scenarioModel, search, verdict } from '@kernel-model/runner';
import { ScenarioRun, parseScenario, type Scenario } from '@kernel-model/scenario';
import type { TraceEvent } from '@kernel-model/trace';
import { BootedRecording } from './booted-recording.ts';
import type { BootedMachine, Lesson, ScenarioMachine, Settings } from './lesson.ts';
import type { Ran } from './ran.ts';
import type { RunData } from '../engine/protocol.ts';

/** What the reader gives: the text of the scenario, or what the knobs are set to. */
export type Input = string | Settings;

/** A run, and what the timeline needs of it if nobody else can run it again. */
export interface LessonRun {
  readonly ran: Ran;
  /** Null for a scenario: the playground runs that itself. */
  readonly data: RunData | null;
  /** Lines of that trace; empty for a scenario. */
  readonly lines: readonly string[];
}

/** Virtual time after which a scenario counts as hung: a lesson is over in a second, and an endless loop soon. */
const LIMIT_NS = 5e9;
/** Executions after which a search gives up. */
const MAX_EXECUTIONS = 5_000;

/**
 * Run the machine of a lesson.
 * @throws ScenarioError if the reader's scenario has mistakes
 */
export function runLesson(lesson: Lesson, input: Input): LessonRun {
  const { machine } = lesson;
  if (machine.kind === 'boot') return runBooted(lesson, machine, typeof input === 'string' ? {} : input);
  const scenario = parseScenario(String(input), 'scenario.yaml');
  return { ran: runScenario(lesson, machine, scenario), data: null, lines: [] };
}

/** What the knobs of a machine are set to at first. */
export function firstSettings({ knobs }: Pick<BootedMachine<unknown>, 'knobs'>): Settings {
  return Object.fromEntries(knobs.map(({ id, values }) => [id, values[0]!]));
}

function runScenario(lesson: Lesson, machine: ScenarioMachine<unknown>, scenario: Scenario): Ran {
  const notes = lesson.notes();
  const events: TraceEvent[] = [];
  let endNs = Infinity;
  const run = new ScenarioRun(scenario, {
    limitNs: LIMIT_NS,
    tracing: (on) => {
      if (!on) endNs = run.machine.sim.now;
      else {
        run.machine.hub.events$.subscribe((event) => {
          if (event.at <= endNs) events.push(event);
        });
        machine.watch?.(run.machine, notes);
      }
    },
  });
  const { kind, message } = verdict(scenario, run.machine, run.run());
  run.machine.dispose();
  const found = machine.explore === true ? searched(scenario) : { search: null, failing: null };
  return { kind, message, events, scenario, notes, ...found };
}

function runBooted(lesson: Lesson, { knobs, config, drive }: BootedMachine<unknown>, given: Settings): LessonRun {
  const settings = { ...firstSettings({ knobs }), ...given };
  const machine = boot(config(settings));
  const notes = lesson.notes();
  const events: TraceEvent[] = [];
  machine.hub.events$.subscribe((event) => events.push(event));
  const recording = new BootedRecording(machine, lesson.id);
  drive(machine, settings, notes);
  const data = recording.finish();
  const lines = recording.lines();
  machine.dispose();
  const { kind, message } = data.ended;
  return { ran: { kind, message, events, scenario: null, notes, search: null, failing: null }, data, lines };
}

/** Every interleaving of a scenario, time passing only when nothing is left to do. */
function searched(scenario: Scenario): Pick<Ran, 'search' | 'failing'> {
  const found = search(scenario, { strategy: 'dpor', earlyTimers: 0, maxExecutions: MAX_EXECUTIONS });
  const [failure] = found.failures;
  if (failure === undefined) return { search: found, failing: null };
  const model = scenarioModel(scenario, { earlyTimers: 0, events: DEFAULT_EVENTS });
  const { trace } = replay(model, failure.schedule);
  return { search: found, failing: { steps: explain(model, failure).text, trace: trace ?? '' } };
}
