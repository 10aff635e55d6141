const PIECE = 1 << 16;

/** Takes pieces of text or bytes. */
export interface Sink {
  write(piece: string | Uint8Array): unknown;
}

/** Writes many short texts, or many short runs of bytes, in pieces of about 64 KiB. */
export class Pieces {
  readonly #out: Sink;
  #text = '';
  #bytes: Uint8Array[] = [];
  #size = 0;

  constructor(out: Sink) {
    this.#out = out;
  }

  /** Add a text, or a copy of some bytes. */
  write(piece: string | Uint8Array): void {
    if (typeof piece === 'string') this.#text += piece;
    else this.#bytes.push(piece.slice());
    this.#size += piece.length;
    if (this.#size >= PIECE) this.end();
  }

  /** Write what is left. */
  end(): void {
    if (this.#text !== '') this.#out.write(this.#text);
    if (this.#bytes.length > 0) this.#out.write(Buffer.concat(this.#bytes));
    this.#text = '';
    this.#bytes = [];
    this.#size = 0;
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
