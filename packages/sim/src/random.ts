/** A stream of pseudo-random 32-bit integers (sfc32): the same on every engine, reproducible from its seed. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #n = 1;
  #last = 0;

  /**
   * @param seed any integer; only its lower 32 bits count
   * @param name streams of different names are independent, so a new draw in one does not shift the others
   */
  constructor(seed: number, name: string) {
    this.#a = seed | 0;
    this.#b = fnv1a(name);
    this.#c = (seed / 0x1_0000_0000) | 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** The next integer, 0 .. 2^32-1. */
  next(): number {
    const t = (((this.#a + this.#b) | 0) + this.#n) | 0;
    this.#n = (this.#n + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#last = t >>> 0;
    return this.#last;
  }

  /** An integer 0 .. n-1; n is 1 .. 2^32. */
  below(n: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * n);
  }

  /** The last integer drawn: part of a run's fingerprint. */
  get last(): number {
    return this.#last;
  }
}

function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
}
