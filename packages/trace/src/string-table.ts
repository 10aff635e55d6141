/** Gives texts for the ids in records. */
export interface Texts {
  /** The text of an id; an id that was never given out, or was forgotten, is `?`. */
  text(id: number): string;
}

/** Ids from here on are those of {@link StringTable.internRecent}. */
export const FIRST_RECENT: number = 2 ** 32;
/** Recent texts that are kept in any case: more than wait for their delivery. */
const MIN_RECENT = 4096;

/** The strings of one hub, each kept once and known by a number. */
export class StringTable implements Texts {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];
  // texts that came since #old was #young, and those that came before: an id is for ever, its text is not
  #young = new Generation();
  #old = new Generation();
  #nextRecent = FIRST_RECENT;
  #nrRecent = MIN_RECENT;

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

  /** The id of a text that may never come again: the text is forgotten when many others have come: {@link keepRecent}. */
  internRecent(text: string): number {
    let id = this.#young.ids.get(text);
    if (id !== undefined) return id;
    id = this.#old.ids.get(text) ?? this.#nextRecent++;
    if (this.#young.ids.size >= this.#nrRecent) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.add(id, text);
    return id;
  }

  /** Keep a text of {@link internRecent} until n others have come, at least; Infinity for ever. */
  keepRecent(n: number): void {
    this.#nrRecent = Math.max(this.#nrRecent, n);
  }

  /** The text of an id; an id that was never given out, or was forgotten, is `?`. */
  text(id: number): string {
    if (id < FIRST_RECENT) return this.#texts[id] ?? '?';
    return this.#young.texts.get(id) ?? this.#old.texts.get(id) ?? '?';
  }
}

class Generation {
  readonly ids = new Map<string, number>();
  readonly texts = new Map<number, string>();

  add(id: number, text: string): void {
    this.ids.set(text, id);
    this.texts.set(id, text);
  }
}

/** Stands for the only string of a record. */
export class OneText implements Texts {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text, whatever the id. */
  text(): string {
    return this.#text;
  }
}
