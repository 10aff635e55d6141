export { DEFAULT_EVENTS } from './default-events.ts';
export { InputError } from './input-error.ts';
export { PREEMPT_MODES, type MachineOptions, type PreemptMode } from './machine-options.ts';
export { machineOf } from './machine-of.ts';
export { EVENT_BYTES, Recording, type RecordingOptions } from './recording.ts';
export { TimedRun, runScenario, type RanScenario, type RunLeft, type RunScenarioOptions } from './run-scenario.ts';
export {
  scenarioModel,
  type ScenarioModel,
  type ScenarioModelOptions,
  type ScenarioModelRun,
} from './scenario-model.ts';
export { search, searching, type Search, type SearchOptions } from './search.ts';
export { TraceText, type TraceOutput } from './trace-output.ts';
export { verdict, type Verdict } from './verdict.ts';
