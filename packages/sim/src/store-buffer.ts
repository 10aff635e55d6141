import { SimEvent } from './event-queue.ts';
import type { Sim } from './sim.ts';
import { READ, WRITE } from './step.ts';

/**
 * How memory looks to the processors of an explored machine.
 *
 * - `sc`: sequentially consistent: a store is seen by all at once;
 * - `tso`: total store order, as on x86: a plain store waits in its processor's store buffer, from which this processor
 *   alone reads it, and reaches memory later, in order. Loads may so overtake earlier stores.
 */
export type Memory = 'sc' | 'tso';

/**
 * An object whose accesses tell a search of an order that nothing can reverse: the step that reads it could not have come
 * before the step that wrote it.
 */
export class Precedence {}

/** A plain store between its processor and memory: storing writes it, draining reads it. */
export class BufferedStore<T = unknown> extends Precedence {
  /**
   * @param object what is stored to, by identity
   * @param field the part of the object
   * @param value what its processor reads back meanwhile
   * @param commit puts the value into memory
   */
  constructor(
    readonly object: object,
    readonly field: string,
    readonly value: T,
    readonly commit: (value: T) => void,
  ) {
    super();
  }
}

/**
 * The plain stores of one processor that memory has not seen, oldest first. Draining the oldest is an event of a lane of
 * its own, so that a chooser can put it anywhere; what has to come after all stores waits for them.
 */
export class StoreBuffer extends Precedence {
  readonly #sim: Sim;
  readonly #owner: number;
  readonly #stores: BufferedStore[] = [];
  readonly #drain: SimEvent;
  /** The processor's next step, which waits for the buffer; null if none does. */
  #waiting: SimEvent | null = null;
  #waitingAtNs = 0;
  /** The processor's next step is a plain access, which waits for nothing. */
  #plain = false;

  /** Made by {@link Sim.addStoreBuffer}. @param owner lane of the processor's code */
  constructor(sim: Sim, owner: number, lane: number) {
    super();
    this.#sim = sim;
    this.#owner = owner;
    this.#drain = new SimEvent(lane, () => this.#drainOldest());
  }

  /** Add a store at the end. */
  put<T>(store: BufferedStore<T>): void {
    this.#sim.note(store, store.field, WRITE);
    this.#sim.note(this.#drain, 'order', WRITE);
    this.#stores.push(store as BufferedStore);
    // not told as posted: the store itself says what comes before what
    if (this.#stores.length === 1) this.#sim.postQuietly(this.#drain);
  }

  /** The latest store to this field, or null. */
  find(object: object, field: string): BufferedStore | null {
    for (let i = this.#stores.length - 1; i >= 0; i--) {
      const store = this.#stores[i]!;
      if (store.object === object && store.field === field) return store;
    }
    return null;
  }

  /**
   * Bring everything to memory within the running step: a barrier without a visible point before it. The processor's own
   * step may call it, and an interrupt, which on x86 drains the buffer before its first instruction.
   */
  flush(): void {
    const sim = this.#sim;
    const own = sim.lane === this.#owner;
    // an interrupt may come before or after any of the stores and drains, a plain step before or after any drain
    if (!own) sim.note(this.#drain, 'order', WRITE);
    if (!own || this.#plain || this.#stores.length > 0) sim.cancel(this.#drain);
    while (this.#stores.length > 0) this.#commit(this.#stores.shift()!);
    this.#goOn();
  }

  /** The processor's code queues its own next step. @returns true if that waits for the buffer */
  holdsBack(ev: SimEvent, atNs: number, plain: boolean): boolean {
    this.#plain = plain;
    if (plain || this.#stores.length === 0) return false;
    this.#waiting = ev;
    this.#waitingAtNs = atNs;
    return true;
  }

  /** The processor's code begins a step. If it is a barrier, all stores before it have drained. */
  begin(): void {
    if (!this.#plain) this.#sim.note(this, 'drained', READ);
  }

  #drainOldest(): void {
    const store = this.#stores.shift()!;
    this.#sim.note(store, store.field, READ);
    this.#sim.note(this, 'drained', WRITE);
    this.#commit(store);
    if (this.#stores.length > 0) this.#sim.postQuietly(this.#drain);
    else this.#goOn();
  }

  #commit(store: BufferedStore): void {
    this.#sim.note(store.object, store.field, WRITE);
    store.commit(store.value);
  }

  #goOn(): void {
    const ev = this.#waiting;
    if (ev === null) return;
    this.#waiting = null;
    this.#sim.post(ev, this.#waitingAtNs);
  }
}
