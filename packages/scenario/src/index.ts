export { ARGUMENT_KINDS, CALLS, CALL_SPECS, isCallName } from './calls.ts';
export type { ArgumentInfo, ArgumentKind, CallName, CallSpec, MarkStyle } from './calls.ts';
export { MAX_PROBLEMS, ScenarioError } from './errors.ts';
export type { ScenarioErrorCode, ScenarioProblem } from './errors.ts';
export { leastTimeNs } from './least-time.ts';
export { parseScenario } from './parse.ts';
export type {
  CallStatement,
  Condition,
  FlagTest,
  IfStatement,
  MachineSpec,
  Position,
  RepeatStatement,
  ResultTest,
  Scenario,
  Statement,
  UserOp,
  DaemonSpec,
  UserSpec,
  VarTest,
  WhileStatement,
  WorkSpec,
  WorkqueueSpec,
} from './program.ts';
export { ScenarioRun, type RunOptions, type ScenarioOutcome } from './run.ts';
export { scenarioSchema } from './schema.ts';
export type { JsonSchema } from './schema.ts';
export { usesTime } from './uses.ts';
export { MAX_SCENARIO_BYTES } from './utf8.ts';
export type { FlagCondition, Policy, PreemptMode, TaskState, UserOpKind, WorkKind, WorkqueueFlag } from './words.ts';
export { didYouMean } from './suggest.ts';
