export { CompareSummary } from './compare-summary.ts';
export {
  KINDS,
  compareTraces,
  failed,
  formatComparison,
  type CompareNames,
  type Comparison,
  type Judged,
  type JudgedFile,
  type Kind,
} from './compare.ts';
export { NoScenarioError, Projections } from './projections.ts';
export { followTasks, type StretchSink, type TaskDoing } from './task-states.ts';
export { formatSpan, timeAxis } from './time-axis.ts';
export { renderTimeline, type TimelineOptions, type TimelinePart } from './timeline.ts';
