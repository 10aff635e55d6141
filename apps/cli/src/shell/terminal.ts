import { setImmediate, setTimeout } from 'node:timers/promises';
import { createInterface, type Interface } from 'node:readline';
import type { TextStream } from '../io.ts';
import type { ExitStatus } from '../status.ts';
import { complete } from './completion.ts';
import type { Paused } from './command.ts';
import type { Shell } from './shell.ts';

/** Where lines come from. */
export interface LineInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** Run lines. @returns the exit status of the last command, at once unless one has to read the file of a daemon */
export function runLines(shell: Shell, lines: readonly string[]): ExitStatus {
  const run = inTurn(shell, lines);
  for (let step = run.next(false); step.done !== true; step = run.next(false)) {
    if (step.value.until !== undefined) return finish(shell, run, step.value.until);
  }
  return shell.status;
}

async function finish(shell: Shell, run: Paused<void>, until: Promise<void>): Promise<number> {
  await until;
  for (let step = run.next(false); step.done !== true; step = run.next(false)) await step.value.until;
  return shell.status;
}

function* inTurn(shell: Shell, lines: readonly string[]): Paused<void> {
  for (const line of lines) if (!shell.ended) yield* shell.submit(line);
}

/** Run the lines of a file or pipe, one after the other. @returns the exit status of the last command */
export async function runScript(shell: Shell, input: LineInput): Promise<number> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    await runLines(shell, [line]);
    if (shell.ended) break;
  }
  return shell.status;
}

/**
 * Talk to a person at a terminal: line editing, history, completion. Ctrl-C interrupts what runs, or forgets what was
 * typed; Ctrl-D ends.
 * @returns the exit status of the last command
 */
export async function runTerminal(shell: Shell, input: LineInput, output: TextStream): Promise<number> {
  const terminal = createInterface({
    input,
    output: output as unknown as NodeJS.WritableStream,
    terminal: true,
    completer: (line: string) => complete(shell, line),
  });
  const keyboard = new Keyboard(terminal);
  output.write(
    `Linux ${shell.files.release}, a model of it. Virtual time passes only when a command needs it: see "help".\n`,
  );
  while (!shell.ended) {
    terminal.setPrompt(`[${(shell.machine.sim.now / 1e9).toFixed(6)}] # `);
    const line = await keyboard.line();
    if (line === null) break;
    await runLine(shell, line, keyboard);
  }
  if (!shell.ended) output.write('exit\n');
  terminal.close();
  return shell.status;
}

async function runLine(shell: Shell, line: string, keyboard: Keyboard): Promise<void> {
  const run = shell.submit(line);
  keyboard.interrupted = false;
  for (let step = run.next(false); step.done !== true; step = run.next(keyboard.interrupted)) {
    if (step.value.until !== undefined) await step.value.until;
    else if (step.value.ms > 0) await Promise.race([setTimeout(step.value.ms), keyboard.interrupt()]);
    else await setImmediate();
  }
}

/** Lines that come when they like, for somebody who wants one at a time. */
class Keyboard {
  /** Ctrl-C was pressed since this was set to false. */
  interrupted = false;
  readonly #terminal: Interface;
  readonly #lines: string[] = [];
  #closed = false;
  #changed: () => void = () => {};

  constructor(terminal: Interface) {
    this.#terminal = terminal;
    terminal.on('line', (line) => {
      this.#lines.push(line);
      this.#changed();
    });
    terminal.on('close', () => {
      this.#closed = true;
      this.#changed();
    });
    terminal.on('SIGINT', () => this.#onInterrupt());
  }

  /** The next line; null at the end. */
  async line(): Promise<string | null> {
    if (this.#lines.length === 0 && !this.#closed) {
      this.#waiting = true;
      this.#terminal.prompt();
      await new Promise<void>((resolve) => (this.#changed = resolve));
      this.#waiting = false;
    }
    return this.#lines.shift() ?? null;
  }

  /** Resolves when Ctrl-C is pressed. */
  async interrupt(): Promise<void> {
    await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  /** A line is being typed. */
  #waiting = false;

  #onInterrupt(): void {
    this.interrupted = true;
    if (this.#waiting) {
      // forget what was typed
      this.#terminal.write(null, { ctrl: true, name: 'e' });
      this.#terminal.write(null, { ctrl: true, name: 'u' });
      this.#terminal.prompt();
    } else {
      this.#changed();
    }
  }
}
