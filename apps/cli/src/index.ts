export { processIo, type CliIo, type TextStream } from './io.ts';
export { main } from './main.ts';
export { DEFAULT_EVENTS } from './options.ts';
export { runScenario, type RanScenario, type RunScenarioOptions } from './run-scenario.ts';
export { search, type Search, type SearchOptions } from './search.ts';
export { scenarioModel, type ScenarioModelOptions } from './scenario-model.ts';
