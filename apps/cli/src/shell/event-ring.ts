/** The last lines of a trace, in order. */
export class EventRing {
  /** Lines that came in. */
  written = 0;
  #lines: string[] = [];
  #first = 0;
  #capacity: number;

  /** @param capacity most lines to keep, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Keep a line; the oldest one makes room for it. */
  push(line: string): void {
    this.written++;
    this.#lines.push(line);
    if (this.count > this.#capacity) this.#first++;
    // now and then, so that a line costs little
    if (this.#first < this.#capacity) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }

  /** Lines that are kept. */
  get count(): number {
    return this.#lines.length - this.#first;
  }

  /** The lines, oldest first. */
  lines(): string[] {
    return this.#lines.slice(this.#first);
  }

  /** Take the lines out, oldest first. */
  consume(): string[] {
    const lines = this.lines();
    this.#lines = [];
    this.#first = 0;
    return lines;
  }

  /** Forget everything, and keep so many lines from now on. */
  reset(capacity: number = this.#capacity): void {
    this.consume();
    this.written = 0;
    this.#capacity = capacity;
  }
}
