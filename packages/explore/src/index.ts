export {
  explain,
  type Conflict,
  type ExplainedAccess,
  type ExplainedStep,
  type Explanation,
  type LateStore,
} from './explain.ts';
export {
  explore,
  exploring,
  toTheEnd,
  type Exploration,
  type ExploreOptions,
  type Exploring,
  type Failure,
  type Progress,
  type Strategy,
} from './explore.ts';
export type { Model, Outcome, OutcomeKind, Run } from './model.ts';
export { replay, type Replay } from './replay.ts';
export { formatSchedule, memoryOf, parseSchedule, type ScheduleStep } from './schedule.ts';
export { Cell, tasksModel, World, type TaskBody, type TasksOptions } from './tasks.ts';
