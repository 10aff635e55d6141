import type { Position } from './program.ts';

/** Why a scenario was refused. Each code has its own spec; users may switch on it. */
export type ScenarioErrorCode =
  | 'SCENARIO_TOO_LARGE'
  | 'SCENARIO_UTF8'
  | 'SCENARIO_YAML'
  | 'SCENARIO_DUPLICATE_KEY'
  | 'SCENARIO_ALIAS'
  | 'SCENARIO_TOO_DEEP'
  | 'SCENARIO_TOO_MUCH'
  | 'SCENARIO_SHAPE'
  | 'SCENARIO_UNKNOWN_KEY'
  | 'SCENARIO_MISSING_KEY'
  | 'SCENARIO_UNKNOWN_CALL'
  | 'SCENARIO_ARGUMENTS'
  | 'SCENARIO_RANGE'
  | 'SCENARIO_NAME'
  | 'SCENARIO_UNDECLARED'
  | 'SCENARIO_WRONG_KIND'
  | 'SCENARIO_EMPTY_MAIN'
  | 'SCENARIO_ENDLESS';

/** One thing that is wrong, and where. */
export interface ScenarioProblem extends Position {
  readonly code: ScenarioErrorCode;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** Most problems that one {@link ScenarioError} lists. */
export const MAX_PROBLEMS = 10;

/**
 * A scenario file that cannot be used. `message` has one line `FILE:LINE:COLUMN: text` per problem, in the order of the
 * file; code, line and column are those of the first.
 */
export class ScenarioError extends Error {
  readonly code: ScenarioErrorCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** At most {@link MAX_PROBLEMS}, never none. */
  readonly problems: readonly ScenarioProblem[];
  constructor(file: string, problems: readonly [ScenarioProblem, ...ScenarioProblem[]], more = 0) {
    const lines = problems.map((p) => `${file}:${p.line}:${p.column}: ${p.message}`);
    if (more > 0) lines.push(`${file}: and ${more} more`);
    super(lines.join('\n'));
    this.name = 'ScenarioError';
    this.code = problems[0].code;
    this.file = file;
    this.line = problems[0].line;
    this.column = problems[0].column;
    this.problems = problems;
  }
}

/** After so many, a file is given up. */
const ENOUGH = 100;

/** Collects the problems of one file. The same problem at the same place counts once: an alias may lead to it many times. */
export class Problems {
  readonly #file: string;
  readonly #seen = new Set<string>();
  readonly #list: ScenarioProblem[] = [];
  constructor(file: string) {
    this.#file = file;
  }

  /** Add one. @throws ScenarioError if there are so many that the rest is not worth finding */
  add(code: ScenarioErrorCode, at: Position, message: string): void {
    const key = `${at.line}:${at.column}:${message}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#list.push({ code, line: at.line, column: at.column, message });
    if (this.#list.length >= ENOUGH) this.check();
  }

  /** Throw if there are any. @throws ScenarioError */
  check(): void {
    const sorted = this.#list.sort(
      (a, b) => a.line - b.line || a.column - b.column || (a.message < b.message ? -1 : 1),
    );
    const [first, ...rest] = sorted;
    if (first)
      throw new ScenarioError(
        this.#file,
        [first, ...rest.slice(0, MAX_PROBLEMS - 1)],
        Math.max(0, sorted.length - MAX_PROBLEMS),
      );
  }
}
