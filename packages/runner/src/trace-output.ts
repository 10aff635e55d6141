import type { TextOutput } from '@kernel-model/trace';

/** Where the text of a trace goes while it is recorded: its lines, whole ones, in pieces of any length; then its head. */
export interface TraceOutput extends TextOutput {
  /** What stands above the lines. It names their number, so it comes once, when all of them are there. */
  head(text: string): void;
}

/** Keeps a trace in memory. */
export class TraceText implements TraceOutput {
  readonly #pieces: string[] = [];
  #head = '';

  /** Take the next lines. */
  write(text: string): void {
    this.#pieces.push(text);
  }

  /** Take the head. */
  head(text: string): void {
    this.#head = text;
  }

  /** Head and lines. */
  get text(): string {
    return this.#head + this.#pieces.join('');
  }
}
