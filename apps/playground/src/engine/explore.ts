import { loadDaemon, type Daemon } from '@kernel-model/daemons';
import { explain, type Failure, type Model } from '@kernel-model/explore';
import { machineOf, scenarioModel, search, type ScenarioModelOptions } from '@kernel-model/runner';
import { parseScenario, type Scenario } from '@kernel-model/scenario';
import { WRITE } from '@kernel-model/sim';
import type { Exploration, ExploreRequest, FoundFailure, Program } from './protocol.ts';

/** Real time between two reports of progress, in ms. */
const REPORT_MS = 100;

/**
 * Search the interleavings of a program.
 * @param daemonModule what the code of its daemon exports: run anew for each execution, so that nothing is left of the last
 */
export function exploreProgram(
  request: Program & ExploreRequest,
  daemonModule: () => unknown,
  progress: (text: string) => void,
  clock: () => number,
): Exploration {
  const { strategy, maxExecutions, options } = request;
  const scenario = parseScenario(request.scenario, 'scenario.yaml', machineOf(options));
  let reportAt = clock() + REPORT_MS;
  const tell = (text: () => string): void => {
    if (clock() < reportAt) return;
    reportAt = clock() + REPORT_MS;
    progress(text());
  };
  let boots = 0;
  const daemons = (): Daemon[] => {
    // a machine with a daemon takes long to boot: who waits for a sign of life gets it here
    boots++;
    tell(() => `${boots} executions`);
    return [loadDaemon(daemonModule())];
  };
  const how: ScenarioModelOptions = {
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(request.daemon !== '' && { daemons }),
  };
  const found = search(scenario, {
    strategy,
    maxExecutions,
    ...how,
    onProgress: ({ executions, failures }) => tell(() => `${executions} executions, ${failures} failures`),
  });
  const { executions, steps, exhausted, complete } = found;
  return {
    executions,
    steps,
    exhausted,
    complete,
    strategy: found.strategy,
    failures: found.failures.map((failure) => explained(scenario, failure, how)),
  };
}

/** A failure with its steps, and where in the file each of them is. */
function explained(scenario: Scenario, failure: Failure, how: ScenarioModelOptions): FoundFailure {
  const lines: number[] = [];
  const inner = scenarioModel(scenario, how);
  const model: Model = {
    boot: (chooser) => {
      const run = inner.boot(chooser);
      return {
        run: () => run.run(),
        objectName: (object) => run.objectName!(object),
        laneName: (lane) => {
          lines.push(run.line(lane));
          return run.laneName!(lane);
        },
      };
    },
  };
  const { steps, conflicts, text } = explain(model, failure);
  let next = 0;
  return {
    kind: failure.kind,
    message: failure.message,
    schedule: failure.schedule,
    text,
    conflicts: conflicts.filter(({ after }) => after !== null || conflicts.every((other) => other.after === null)),
    steps: steps.map(({ number, laneName, future, preempted, accesses }) => {
      // the witness asks for the step's lane, then for the lane that waits
      const line = lines[next++] ?? 0;
      if (preempted !== null) next++;
      return {
        number,
        lane: laneName,
        future,
        preempted,
        accesses: accesses.map(({ object, field, kind }) => ({ object, field, write: kind === WRITE })),
        line,
      };
    }),
  };
}
