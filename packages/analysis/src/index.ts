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
export { collect, collect$, type Collector } from './collector.ts';
export { SchedLatency, type LatencyOptions, type LatencyReport, type LatencyRow } from './perf/latency.ts';
export { formatLatency } from './perf/latency-text.ts';
export type { NameSource } from './perf/threads.ts';
export { SchedMap, formatMapRow, type MapOptions, type MapRow } from './perf/map.ts';
export {
  SchedTimehist,
  type TimehistOptions,
  type TimehistRow,
  type TimehistSummary,
  type TimehistTask,
} from './perf/timehist.ts';
export { TimehistText } from './perf/timehist-text.ts';
export { KWORK_CLASSES, type KworkClass, type KworkStep } from './perf/kwork-item.ts';
export {
  Kwork,
  KworkTimehist,
  type KworkMeasure,
  type KworkReport,
  type KworkRow,
  type KworkRun,
} from './perf/kwork.ts';
export { formatKwork, formatKworkRun, formatKworkTop, kworkRunHead } from './perf/kwork-text.ts';
export { KworkTop, type KworkTopCpu, type KworkTopReport, type KworkTopTask } from './perf/kwork-top.ts';
export { UNKNOWN_QUEUE, WqActivity, type WqReport } from './wq/wq-activity.ts';
export type { WqFunctionRow } from './wq/wq-function.ts';
export { formatWqReport } from './wq/wq-text.ts';
export { TraceLint } from './lint/lint.ts';
export { LINT_RULES, type LintFinding, type LintRule } from './lint/rule.ts';
