import type { Step } from '@kernel-model/sim';

/**
 * What a kernel call returns that completed at once: `yield*` finds it already over. Made once per value and reused,
 * because a call that does not stop should cost no generator.
 */
class Completed<T> implements Step<T>, Iterator<never, T, void> {
  readonly #result: IteratorReturnResult<T>;
  constructor(value: T) {
    this.#result = { done: true, value };
  }
  [Symbol.iterator](): this {
    return this;
  }
  next(): IteratorReturnResult<T> {
    return this.#result;
  }
}

/** A call that is over and returned nothing. */
export const NOTHING: Step<void> = new Completed<void>(undefined);
/** A call that is over and returned 0. */
export const ZERO: Step<number> = new Completed(0);
/** A call that is over and returned 1. */
export const ONE: Step<number> = new Completed(1);
/** A call that is over and returned true. */
export const TRUE: Step<boolean> = new Completed(true);
/** A call that is over and returned false. */
export const FALSE: Step<boolean> = new Completed(false);
