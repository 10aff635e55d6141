import { Shell } from '@kernel-model/cli/shell';
import type { Daemon } from '@kernel-model/daemons';
import type { Machine } from '@kernel-model/machine';

/** The shell of the command line on a machine of a page. */
export class PageShell {
  readonly #shell: Shell;
  #text = '';

  constructor(machine: Machine, daemons: readonly Daemon[]) {
    const stream = { write: (text: string) => ((this.#text += text), true) };
    this.#shell = new Shell({ stdout: stream, stderr: stream }, { on: machine, daemons });
  }

  /** Run a line to its end. @returns what it writes, and the instant afterwards in ns */
  run(line: string): { readonly text: string; readonly nowNs: number } {
    this.#text = '';
    this.#shell.runLine(line);
    return { text: this.#text, nowNs: this.#shell.machine.sim.now };
  }
}
