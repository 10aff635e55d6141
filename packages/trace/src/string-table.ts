/** The strings of one hub, each kept once and known by a small integer. */
export class StringTable {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor() {
    this.intern('');
  }

  /** The id of a text, new at first use. The empty text is 0. */
  intern(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.push(text) - 1;
      this.#ids.set(text, id);
    }
    return id;
  }

  /** The text of an id; an id that was never given out is `?`. */
  text(id: number): string {
    return this.#texts[id] ?? '?';
  }
}
