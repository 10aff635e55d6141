export { processIo, type CliIo, type TextStream } from './io.ts';
export { main } from './main.ts';
export {
  DEFAULT_EVENTS,
  runScenario,
  scenarioModel,
  search,
  type RanScenario,
  type RunScenarioOptions,
  type ScenarioModelOptions,
  type Search,
  type SearchOptions,
} from '@kernel-model/runner';
