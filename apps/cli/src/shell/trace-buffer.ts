import type { Machine } from '@kernel-model/machine';
import { EVENTS, traceHeader, traceLine } from '@kernel-model/trace';
import { DEFAULT_EVENTS } from '@kernel-model/runner';

const TRACE_DIR = '/sys/kernel/tracing';

/** The trace of the shell's machine: what `trace`, `step` and /sys/kernel/tracing work on. */
export class TraceBuffer {
  /** Keep what happens. */
  on = false;
  readonly #machine: Machine;
  readonly #lines: string[] = [];
  #watcher: ((line: string) => void) | null = null;
  #listening: { unsubscribe(): void }[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Start or stop to keep what happens. */
  setOn(on: boolean): void {
    this.on = on;
    this.#listen();
  }

  /** Forget what was kept. */
  clear(): void {
    this.#lines.length = 0;
  }

  /** Show every event from now on, whether or not it is kept; null: no more. */
  watch(watcher: ((line: string) => void) | null): void {
    this.#watcher = watcher;
    this.#listen();
  }

  /** The text of the tracefs file `trace`. */
  text(): string {
    const count = this.#lines.length;
    return traceHeader(count, count, this.#machine.sched.nrCpus) + this.#lines.map((line) => `${line}\n`).join('');
  }

  /** Read a file of tracefs; null if it is none of them. */
  read(path: string): string | null {
    if (path === `${TRACE_DIR}/trace`) return this.text();
    if (path === `${TRACE_DIR}/tracing_on`) return `${Number(this.on)}\n`;
    return null;
  }

  /** The files in the directory of tracefs; null for any other path. */
  list(path: string): string[] | null {
    return path.replace(/\/+$/, '') === TRACE_DIR ? ['trace', 'tracing_on'] : null;
  }

  /** Write a file of tracefs. @returns whether it is one of them */
  write(path: string, text: string): boolean {
    if (path === `${TRACE_DIR}/trace`) this.clear();
    else if (path === `${TRACE_DIR}/tracing_on`) this.setOn(text.trim() !== '0');
    else return false;
    return true;
  }

  /** Events cost nothing while nobody wants them. */
  #listen(): void {
    const wanted = this.on || this.#watcher !== null;
    if (wanted === this.#listening.length > 0) return;
    for (const subscription of this.#listening) subscription.unsubscribe();
    this.#listening = [];
    if (!wanted) return;
    for (const def of EVENTS) {
      if (!DEFAULT_EVENTS.includes(def.name)) continue;
      this.#listening.push(this.#machine.hub.on(def).subscribe((event) => this.#take(traceLine(event))));
    }
  }

  #take(line: string): void {
    if (this.on) this.#lines.push(line);
    this.#watcher?.(line);
  }
}
