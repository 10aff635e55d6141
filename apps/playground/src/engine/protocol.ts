import type { ScenarioProblem } from '@kernel-model/scenario';
import type { ShellAnswer } from './page-shell.ts';
import type { Snapshot } from './snapshot.ts';

/** What a run is made of: the same program always gives the same run. */
export interface Program {
  /** Text of the scenario file. */
  readonly scenario: string;
  /** JavaScript of a daemon that is loaded before the scenario starts, or empty. */
  readonly daemon: string;
  readonly options: ProgramOptions;
}

/** Changes to what the scenario says. */
export interface ProgramOptions {
  readonly cpus?: number;
  readonly preempt?: 'none' | 'voluntary' | 'full';
  readonly seed?: number;
  /** Nice value that the threads of these names have from their start. */
  readonly nice?: Readonly<Record<string, number>>;
}

/** What a task does, or a CPU: what the state column of spans holds. */
export const STATES = ['running', 'runnable', 'S', 'D', 'I', 'parked', 'frozen', 'T', 'dead', 'idle'] as const;
/** One of {@link STATES}. */
export type StateName = (typeof STATES)[number];

/** The events of a run, column by column, oldest first. */
export interface EventColumns {
  readonly count: number;
  /** ns. */
  readonly at: Float64Array;
  readonly cpu: Uint16Array;
  /** The task that was running. */
  readonly pid: Int32Array;
  /** Context flags, as in the trace package. */
  readonly flags: Uint32Array;
  /** Index in {@link RunData.names}. */
  readonly name: Uint16Array;
  /** The task that the event is about: who is woken, forked, moved, signalled, switched to; -1 for none. */
  readonly about: Int32Array;
  /** The CPU that it is about, where there is one: the target of a wakeup, a migration or an IPI; else -1. */
  readonly target: Int32Array;
}

/** A row of the timeline: spans `first` to `first + count - 1`. */
export interface LaneInfo {
  readonly kind: 'cpu' | 'task';
  /** CPU or pid. */
  readonly id: number;
  readonly name: string;
  /** One of the scenario's own tasks. */
  readonly own: boolean;
  readonly first: number;
  readonly count: number;
}

/** All spans of all lanes, lane after lane, in order of time. */
export interface SpanColumns {
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Index in {@link STATES}. */
  readonly state: Uint8Array;
  /** On a CPU's lane the pid that runs, on a task's lane the CPU. */
  readonly who: Int32Array;
  /** Event that began it; -1 if it began before the recording. */
  readonly event: Int32Array;
}

/** A work item that was executed. */
export interface WorkSpan {
  readonly pid: number;
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** How a run ended. */
export interface Ended {
  readonly kind: 'ok' | 'hang' | 'oops' | 'warn';
  readonly message: string;
  readonly details: readonly string[];
}

/** Everything the page keeps of a run. */
export interface RunData {
  /** Of the scenario. */
  readonly title: string;
  readonly cpus: number;
  readonly preempt: string;
  /** When `main` started and when the recording ended, in ns since boot. */
  readonly startNs: number;
  readonly endNs: number;
  readonly names: readonly string[];
  readonly events: EventColumns;
  readonly lanes: readonly LaneInfo[];
  readonly spans: SpanColumns;
  readonly works: readonly WorkSpan[];
  readonly ended: Ended;
  /** Names of the threads whose nice value can be set, for a second run. */
  readonly threads: readonly string[];
  /** Real time it took, in ms. */
  readonly tookMs: number;
}

/** What was wrong with the program. */
export interface Problem extends Pick<ScenarioProblem, 'message' | 'line' | 'column'> {
  readonly where: 'scenario' | 'daemon';
}

/** A failing interleaving. */
export interface FoundFailure {
  readonly kind: string;
  readonly message: string;
  readonly schedule: string;
  readonly text: string;
  readonly steps: readonly FoundStep[];
  readonly conflicts: readonly FoundConflict[];
}

/** A step of a schedule. */
export interface FoundStep {
  readonly number: number;
  readonly lane: string;
  readonly future: boolean;
  readonly preempted: string | null;
  readonly accesses: readonly { readonly object: string; readonly field: string; readonly write: boolean }[];
  /** Line of the scenario that its task was at, 1-based; 0 for none. */
  readonly line: number;
}

/** Two accesses with one of somebody else in between. Numbers of steps. */
export interface FoundConflict {
  readonly object: string;
  readonly field: string;
  readonly before: number;
  readonly between: number;
  readonly after: number | null;
}

/** What a search came to. */
export interface Exploration {
  readonly executions: number;
  readonly steps: number;
  readonly exhausted: boolean;
  readonly complete: boolean;
  readonly strategy: string;
  readonly failures: readonly FoundFailure[];
}

/** How to search. */
export interface ExploreRequest {
  readonly strategy: 'dpor' | 'dfs' | 'pct' | 'random';
  readonly maxExecutions: number;
}

/** What the page can ask: argument and answer of each request. */
export interface Requests {
  run: { readonly in: Program; readonly out: RunData };
  snapshot: { readonly in: { readonly event: number }; readonly out: Snapshot };
  read: { readonly in: { readonly event: number; readonly path: string }; readonly out: string };
  lines: { readonly in: { readonly from: number; readonly count: number }; readonly out: readonly string[] };
  linesOf: { readonly in: { readonly events: readonly number[] }; readonly out: readonly string[] };
  find: { readonly in: { readonly text: string }; readonly out: Int32Array };
  trace: { readonly in: Record<string, never>; readonly out: string };
  chrome: { readonly in: Record<string, never>; readonly out: string };
  shell: {
    /** `event`: under the cursor; `fresh`: in a new shell. */
    readonly in: { readonly event: number; readonly line: string; readonly fresh: boolean };
    readonly out: ShellAnswer;
  };
  explore: { readonly in: Program & ExploreRequest; readonly out: Exploration };
  check: { readonly in: { readonly scenario: string }; readonly out: readonly Problem[] };
}

/** Name of a request. */
export type RequestName = keyof Requests;

/** From the page to the worker. */
export interface Ask {
  readonly id: number;
  readonly name: RequestName;
  readonly data: unknown;
}

/** From the worker to the page. */
export type Reply =
  | { readonly id: number; readonly kind: 'answer'; readonly data: unknown }
  | { readonly id: number; readonly kind: 'progress'; readonly text: string }
  | { readonly id: number; readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string };
