import type { TextStream } from './io.ts';

/** One line that is written over and over, on a terminal only. */
export class ProgressLine {
  readonly #out: TextStream;
  #shown = false;

  constructor(out: TextStream) {
    this.#out = out;
  }

  /** Show this instead of what is shown. */
  show(text: string): void {
    if (this.#out.isTTY !== true) return;
    this.#out.write(`\r\x1b[K${text.slice(0, (this.#out.columns ?? 80) - 1)}`);
    this.#shown = true;
  }

  /** Take the line away, before something else is written. */
  clear(): void {
    if (this.#shown) this.#out.write('\r\x1b[K');
    this.#shown = false;
  }
}
