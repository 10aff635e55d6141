/** A function that RCU calls. @linux include/linux/types.h struct callback_head */
export type RcuCallback = () => void;

/** `needs` of a callback that may run. */
const DONE = 0;
/** `needs` of a callback for which nobody has asked for a grace period yet. */
const UNASSIGNED = Infinity;

/**
 * The callbacks of a CPU, in the order in which they came: first those that may run, then those that wait for a grace
 * period, for at most two different ones, then those of which nobody has taken notice.
 * @linux kernel/rcu/rcu_segcblist.c struct rcu_segcblist
 */
export class RcuSegcblist {
  readonly #callbacks: RcuCallback[] = [];
  /** Per callback, the number of grace periods that must have ended before it may run. Never falls. */
  readonly #needs: number[] = [];

  /** Are there no callbacks at all? @linux kernel/rcu/rcu_segcblist.h rcu_segcblist_empty() */
  get empty(): boolean {
    return this.#callbacks.length === 0;
  }

  /** May some run now? @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_ready_cbs() */
  get ready(): boolean {
    return this.#needs[0] === DONE;
  }

  /** Do some wait? @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_pend_cbs() */
  get pending(): boolean {
    return this.#needs.length > 0 && this.#needs[this.#needs.length - 1] !== DONE;
  }

  /** Are there some for which nobody has asked for a grace period? */
  get unassigned(): boolean {
    return this.#needs[this.#needs.length - 1] === UNASSIGNED;
  }

  /** @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_enqueue() */
  enqueue(fn: RcuCallback): void {
    this.#callbacks.push(fn);
    this.#needs.push(UNASSIGNED);
  }

  /** So many grace periods have ended: some callbacks may run. @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_advance() */
  advance(completed: number): void {
    const needs = this.#needs;
    for (let i = 0; i < needs.length && needs[i]! <= completed; i++) needs[i] = DONE;
  }

  /**
   * Let everything that does not wait for an earlier one wait for grace period `seq`.
   * @returns whether anything does now
   * @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_accelerate()
   */
  accelerate(seq: number): boolean {
    const needs = this.#needs;
    let from = needs.length;
    while (from > 0 && needs[from - 1]! >= seq) from--;
    if (from === needs.length || this.#earlier(from) === 2) return false;
    needs.fill(seq, from);
    return true;
  }

  /** Take those that may run. @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_extract_done_cbs() */
  extractDone(): RcuCallback[] {
    const n = this.#needs.findLastIndex((need) => need === DONE) + 1;
    this.#needs.splice(0, n);
    return this.#callbacks.splice(0, n);
  }

  /** Take over the callbacks of another CPU; nobody has asked for a grace period for those that wait. @linux kernel/rcu/rcu_segcblist.c rcu_segcblist_merge() */
  merge(from: RcuSegcblist): void {
    const done = from.extractDone();
    this.#callbacks.unshift(...done);
    this.#needs.unshift(...done.map(() => DONE));
    for (const fn of from.#callbacks) this.enqueue(fn);
    from.#callbacks.length = from.#needs.length = 0;
  }

  /** For how many different grace periods the first `n` callbacks wait. */
  #earlier(n: number): number {
    let count = 0;
    for (let i = 0; i < n; i++) if (this.#needs[i] !== DONE && this.#needs[i] !== this.#needs[i - 1]) count++;
    return count;
  }
}
