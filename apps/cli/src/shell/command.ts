import type { Shell } from './shell.ts';

/**
 * What a command yields while it takes long: the shell waits so many ms of real time, 0 for none, and looks whether
 * somebody pressed Ctrl-C. It gets back whether somebody did.
 */
export interface Pause {
  readonly ms: number;
  /** Nothing goes on before this has come to an end, well or not. */
  readonly until?: Promise<void>;
}

/** A command that takes long. */
export type Paused<T> = Generator<Pause, T, boolean>;

/** One run of a command. */
export interface Invocation {
  readonly shell: Shell;
  /** Name under which it was called. */
  readonly name: string;
  readonly args: readonly string[];
  /** Standard input; null: there is none. */
  readonly stdin: string | null;
  out(text: string): void;
  err(text: string): void;
}

/** A command. What it returns is its exit status. */
export interface Command {
  readonly name: string;
  /** Arguments, for `help`. */
  readonly usage: string;
  /** One line, for `help`. */
  readonly about: string;
  run(c: Invocation): number | Paused<number>;
}

/** Say what is wrong, after the name of the command. @returns the exit status */
export function fail(c: Invocation, message: string, status = 1): number {
  c.err(`${c.name}: ${message}\n`);
  return status;
}
