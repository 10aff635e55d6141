import { explore, replay, type Exploration, type Model } from '@kernel-model/explore';
import { boot, type Machine } from '@kernel-model/machine';
import { ScenarioRun, parseScenario, type Scenario, type ScenarioOutcome } from '@kernel-model/scenario';
import type { TraceEvent } from '@kernel-model/trace';
import type { BootedMachine, Lesson, ScenarioMachine, Settings } from './lesson.ts';
import type { Ran } from './ran.ts';

/** What the reader gives: the text of the scenario, or what the knobs are set to. */
export type Input = string | Settings;

/** Virtual time after which a scenario counts as hung: a lesson is over in a second, and an endless loop soon. */
const LIMIT_NS = 5e9;
/** Executions after which a search gives up. */
const MAX_EXECUTIONS = 5_000;

/**
 * Run the machine of a lesson.
 * @throws ScenarioError if the reader's scenario has mistakes
 */
export function runLesson(lesson: Lesson, input: Input): Ran {
  const { machine } = lesson;
  if (machine.kind === 'boot') return runBooted(lesson, machine, typeof input === 'string' ? {} : input);
  return runScenario(lesson, machine, parseScenario(String(input), `${lesson.id}.yaml`));
}

/** What the knobs of a machine are set to at first. */
export function firstSettings({ knobs }: BootedMachine<unknown>): Settings {
  return Object.fromEntries(knobs.map(({ id, values }) => [id, values[0]!]));
}

function runScenario(lesson: Lesson, { explore: search, watch }: ScenarioMachine<unknown>, scenario: Scenario): Ran {
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
        watch?.(run.machine, notes);
      }
    },
  });
  const { kind, message } = judge(run.machine, run.run());
  run.machine.dispose();
  const base = { kind, message, events, scenario, notes };
  if (search !== true) return { ...base, search: null, failing: [] };
  return { ...base, ...searched(scenario) };
}

function runBooted(lesson: Lesson, { config, drive }: BootedMachine<unknown>, given: Settings): Ran {
  const settings = { ...firstSettings(lesson.machine as BootedMachine<unknown>), ...given };
  const machine = boot(config(settings));
  const notes = lesson.notes();
  const events: TraceEvent[] = [];
  machine.hub.events$.subscribe((event) => events.push(event));
  drive(machine, settings, notes);
  const { kind, message } = judge(machine, { kind: 'ok' });
  machine.dispose();
  return { kind, message, events, scenario: null, notes, search: null, failing: [] };
}

function judge(machine: Machine, outcome: ScenarioOutcome): Pick<Ran, 'kind' | 'message'> {
  const log = machine.sched.reports.lines;
  const bug = log.find(({ level }) => level === 'bug');
  const warning = log.find(({ level }) => level === 'warn');
  if (outcome.kind === 'oops') return { kind: 'oops', message: outcome.error.message };
  if (outcome.kind === 'hang') {
    const main = outcome.blocked.find(({ task }) => task.comm === 'km_main');
    return { kind: 'hang', message: `km_main waits for ${main?.waitsFor || 'a wakeup'}` };
  }
  if (bug !== undefined) return { kind: 'oops', message: bug.text };
  return warning === undefined ? { kind: 'ok', message: '' } : { kind: 'warn', message: warning.text };
}

/** Every interleaving of a scenario, time passing only when nothing is left to do. */
function searched(scenario: Scenario): { search: Exploration; failing: TraceEvent[] } {
  const search = explore(modelOf(scenario, null), { strategy: 'dpor', maxExecutions: MAX_EXECUTIONS });
  const failing: TraceEvent[] = [];
  const [failure] = search.failures;
  if (failure !== undefined) replay(modelOf(scenario, failing), failure.schedule);
  return { search, failing };
}

function modelOf(scenario: Scenario, events: TraceEvent[] | null): Model {
  return {
    boot(chooser) {
      const run = new ScenarioRun(scenario, {
        config: { chooser },
        earlyTimers: 0,
        tracing: (on) => {
          if (on && events !== null) run.machine.hub.events$.subscribe((event) => events.push(event));
        },
      });
      return {
        run() {
          const outcome = judge(run.machine, run.run());
          run.machine.dispose();
          return outcome;
        },
      };
    },
  };
}
