import { AT, RECORD_SIZE } from './record.ts';

/** Little: most machines of a search never need more. */
const FIRST_CAPACITY = 16;

/**
 * The records that were emitted and not delivered yet, in order of (instant, order of emission).
 *
 * CPUs run ahead of each other by little, so a new record belongs at the end or near it: it is moved to its place by
 * exchanging slot numbers from the end. A record's place in memory never changes.
 */
export class RecordWindow {
  /** Number of records. */
  count = 0;
  /** The memory that offsets refer to, until the next {@link push}. */
  data: Float64Array = new Float64Array(FIRST_CAPACITY * RECORD_SIZE);
  #free: Int32Array = slots(0, FIRST_CAPACITY);
  #order: Int32Array = new Int32Array(2 * FIRST_CAPACITY);
  #head = 0;

  /** Instant of the earliest record in ns; there must be one. */
  get firstAtNs(): number {
    return this.data[this.#order[this.#head]! * RECORD_SIZE + AT]!;
  }

  /**
   * Add a record of an instant; the caller fills in the rest.
   * @returns its offset in {@link data}
   */
  push(at: number): number {
    if (this.count === this.#free.length) this.#grow();
    // the free slots are the last of #free: as many as there are records are taken from its front
    const slot = this.#free[this.count]!;
    const data = this.data;
    const o = slot * RECORD_SIZE;
    data[o + AT] = at;
    if (this.#head + this.count === this.#order.length) this.#slide();
    const order = this.#order;
    let i = this.#head + this.count++;
    while (i > this.#head && data[order[i - 1]! * RECORD_SIZE + AT]! > at) {
      order[i] = order[i - 1]!;
      i--;
    }
    order[i] = slot;
    return o;
  }

  /**
   * Take the earliest record out; there must be one.
   * @returns its offset in {@link data}, valid until the next {@link push}
   */
  shift(): number {
    const slot = this.#order[this.#head++]!;
    this.#free[--this.count] = slot;
    if (this.count === 0) this.#head = 0;
    return slot * RECORD_SIZE;
  }

  /** Forget every record. */
  clear(): void {
    while (this.count > 0) this.shift();
  }

  #slide(): void {
    this.#order.copyWithin(0, this.#head, this.#head + this.count);
    this.#head = 0;
  }

  #grow(): void {
    const old = this.#free.length;
    const data = new Float64Array(2 * old * RECORD_SIZE);
    data.set(this.data);
    this.data = data;
    // every old slot is in use
    this.#free = slots(0, 2 * old);
    const order = new Int32Array(4 * old);
    order.set(this.#order.subarray(this.#head, this.#head + this.count));
    this.#order = order;
    this.#head = 0;
  }
}

function slots(from: number, to: number): Int32Array {
  const out = new Int32Array(to - from);
  for (let i = 0; i < out.length; i++) out[i] = from + i;
  return out;
}
