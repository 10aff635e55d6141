import { POINT, WRITE, type Sim, type Step } from '@kernel-model/sim';

/**
 * A word of memory that tasks share: reading and writing it are visible points. When store buffers are explored, they are
 * plain accesses; what changes the word atomically is a full barrier.
 * @linux READ_ONCE(), WRITE_ONCE()
 */
export class Cell<T> {
  #value: T;
  readonly #sim: Sim;
  /** @param name for explanations */
  constructor(
    sim: Sim,
    readonly name: string,
    value: T,
  ) {
    this.#sim = sim;
    this.#value = value;
  }

  /** @linux include/asm-generic/rwonce.h READ_ONCE() */
  *read(): Step<T> {
    const sim = this.#sim;
    if (sim.pointLoad(this, this.name)) yield POINT;
    const stored = sim.buffered ? sim.forwarded(this, this.name) : null;
    return stored === null ? this.#value : (stored.value as T);
  }

  /** @linux include/asm-generic/rwonce.h WRITE_ONCE() */
  *write(value: T): Step<void> {
    const sim = this.#sim;
    if (sim.pointStore(this, this.name)) yield POINT;
    if (sim.buffered) sim.store(this, this.name, value, (v) => void (this.#value = v));
    else this.#value = value;
  }

  /** Store a value and get the previous one, in one step. @linux include/linux/atomic/atomic-instrumented.h xchg() */
  *exchange(value: T): Step<T> {
    if (this.#sim.point(this, this.name, WRITE)) yield POINT;
    const old = this.#value;
    this.#value = value;
    return old;
  }

  /** Apply a function in one step. @returns the new value @linux include/linux/atomic/atomic-instrumented.h atomic_add_return() and the like */
  *update(fn: (value: T) => T): Step<T> {
    if (this.#sim.point(this, this.name, WRITE)) yield POINT;
    this.#value = fn(this.#value);
    return this.#value;
  }

  /** The value, for observers: no visible point. */
  get peek(): T {
    return this.#value;
  }
}
