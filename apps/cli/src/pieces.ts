import type { TextStream } from './io.ts';

const PIECE = 1 << 16;

/** Writes many short texts to a stream in pieces of about 64 KiB. */
export class Pieces {
  readonly #out: TextStream;
  #text = '';

  constructor(out: TextStream) {
    this.#out = out;
  }

  /** Add a text. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE) this.end();
  }

  /** Write what is left. */
  end(): void {
    if (this.#text !== '') this.#out.write(this.#text);
    this.#text = '';
  }
}

/** Writes a list of objects as they come, as `"NAME": [...]` in JSON, an entry a line. */
export class JsonList {
  readonly #out: Pieces;
  #empty = true;

  constructor(out: Pieces, name: string) {
    this.#out = out;
    out.write(`${JSON.stringify(name)}: [`);
  }

  /** Add an object. */
  add(entry: unknown): void {
    this.#out.write(`${this.#empty ? '\n' : ',\n'}${JSON.stringify(entry)}`);
    this.#empty = false;
  }

  /** Close the list. */
  end(): void {
    this.#out.write(this.#empty ? ']' : '\n]');
  }
}
