import { POINT, READ, WRITE, type Sim, type Step } from '@kernel-model/sim';

/** A word of memory that tasks share: reading and writing it are visible points. @linux READ_ONCE(), WRITE_ONCE() */
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
    if (this.#sim.point(this, this.name, READ)) yield POINT;
    return this.#value;
  }

  /** @linux include/asm-generic/rwonce.h WRITE_ONCE() */
  *write(value: T): Step<void> {
    if (this.#sim.point(this, this.name, WRITE)) yield POINT;
    this.#value = value;
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
