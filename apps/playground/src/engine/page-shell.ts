import { Shell, TimeNeeded } from '@kernel-model/cli/shell';
import type { Machine } from '@kernel-model/machine';
import type { Session } from './session.ts';

/** What a line wrote. */
export interface ShellAnswer {
  readonly text: string;
  /** The instant afterwards, in ns. */
  readonly nowNs: number;
  /** Time has passed: the machine goes its own way, and not with the cursor. */
  readonly moved: boolean;
}

/**
 * The shell of the command line on the machine of a run. What only reads is answered as of the event under the cursor, in
 * the middle of the step that it happened in. The first command that takes time begins when this step is over, on a machine
 * of its own.
 */
export class PageShell {
  readonly #session: Session;
  /** Lines that were typed while the machine stood still. */
  readonly #lines: string[] = [];
  /** The shell since time has passed. */
  #moving: Shell | null = null;
  #text = '';

  constructor(session: Session) {
    this.#session = session;
  }

  /** Run a line to its end. @param event under the cursor */
  run(line: string, event: number): ShellAnswer {
    const still = this.#moving === null ? this.#still(line, event) : null;
    if (still !== null) return still;
    this.#moving ??= this.#after(this.#session.fork(event), false);
    return this.#answer(this.#moving, line);
  }

  /** @returns null if time has to pass for this line */
  #still(line: string, event: number): ShellAnswer | null {
    try {
      const answer = this.#session.standing(event, (machine) => this.#answer(this.#after(machine, true), line));
      this.#lines.push(line);
      return answer;
    } catch (error) {
      if (error instanceof TimeNeeded) return null;
      throw error;
    }
  }

  /** A shell in which the lines before were typed. */
  #after(machine: Machine, still: boolean): Shell {
    const stream = { write: (text: string) => ((this.#text += text), true) };
    const { daemons } = this.#session;
    const shell = new Shell({ stdout: stream, stderr: stream }, { on: machine, daemons, still });
    for (const line of this.#lines) shell.runLine(line);
    return shell;
  }

  #answer(shell: Shell, line: string): ShellAnswer {
    this.#text = '';
    shell.runLine(line);
    return { text: this.#text, nowNs: shell.machine.sim.now, moved: shell === this.#moving };
  }
}
