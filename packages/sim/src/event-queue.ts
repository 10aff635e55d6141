/** Index of an event that is not queued. */
const OFF = -1;
/** Index of an event that is due and waits for its turn, see {@link Arbiter}. */
export const DUE = -2;

/**
 * Something that happens at an instant of virtual time. Made once by its owner and queued as often as
 * needed, so that queueing allocates nothing.
 */
export class SimEvent {
  /** Instant in ns; meaningful while queued. */
  atNs = 0;
  /** Order among events of one instant: the earlier queued goes first. */
  seq = 0;
  /** Position in the heap, owned by {@link EventQueue}. */
  index: number = OFF;
  /**
   * @param lane who acts: events of one lane happen in order, events of different lanes may be reordered by a
   *   {@link Chooser}. See {@link Sim.lane}.
   * @param run called when the instant has come, with the event no longer queued.
   */
  constructor(
    readonly lane: number,
    readonly run: () => void,
  ) {}

  /** True while the event waits in the queue. */
  get queued(): boolean {
    return this.index !== OFF;
  }
}

/** Binary heap of events, ordered by (atNs, seq). Links live in the events: cancelling is O(log n). */
export class EventQueue {
  readonly #heap: SimEvent[] = [];
  #seq = 0;

  /** Number of queued events. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest event, or null. */
  peek(): SimEvent | null {
    return this.#heap[0] ?? null;
  }

  /** Instant of the earliest event in ns; Infinity when there is none. */
  get headAtNs(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.atNs;
  }

  /** Queue an event. It must not be queued already. */
  push(ev: SimEvent, atNs: number): void {
    ev.atNs = atNs;
    ev.seq = this.#seq++;
    ev.index = this.#heap.length;
    this.#heap.push(ev);
    this.#up(ev);
  }

  /** Take the earliest event out. The queue must not be empty. */
  pop(): SimEvent {
    const ev = this.#heap[0]!;
    this.remove(ev);
    return ev;
  }

  /** Take an event out; nothing happens if it is not queued. */
  remove(ev: SimEvent): void {
    const i = ev.index;
    if (i < 0) return;
    ev.index = OFF;
    const last = this.#heap.pop()!;
    if (last === ev) return;
    last.index = i;
    this.#heap[i] = last;
    this.#up(last);
    this.#down(last);
  }

  /** Every queued event in order of (atNs, seq). For printing: O(n log n). */
  sorted(): SimEvent[] {
    return [...this.#heap].sort((a, b) => a.atNs - b.atNs || a.seq - b.seq);
  }

  /**
   * Put the first event of every lane that is due by an instant into `first[lane]`, whose other places are null.
   * Looks at those events and their neighbours in the heap only.
   * @returns the instant of the earliest event that is not due, Infinity if there is none
   */
  firstDue(untilNs: number, first: (SimEvent | null)[]): number {
    return this.#firstDue(0, untilNs, first, Infinity);
  }

  #firstDue(i: number, untilNs: number, first: (SimEvent | null)[], nextNs: number): number {
    const heap = this.#heap;
    if (i >= heap.length) return nextNs;
    const ev = heap[i]!;
    if (ev.atNs > untilNs) return ev.atNs < nextNs ? ev.atNs : nextNs;
    const known = first[ev.lane]!;
    if (known === null || ev.atNs < known.atNs || (ev.atNs === known.atNs && ev.seq < known.seq)) first[ev.lane] = ev;
    return this.#firstDue(2 * i + 2, untilNs, first, this.#firstDue(2 * i + 1, untilNs, first, nextNs));
  }

  #up(ev: SimEvent): void {
    const heap = this.#heap;
    let i = ev.index;
    while (i > 0) {
      const parent = heap[(i - 1) >> 1]!;
      if (parent.atNs < ev.atNs || (parent.atNs === ev.atNs && parent.seq < ev.seq)) break;
      heap[i] = parent;
      parent.index = i;
      i = (i - 1) >> 1;
    }
    heap[i] = ev;
    ev.index = i;
  }

  #down(ev: SimEvent): void {
    const heap = this.#heap;
    const n = heap.length;
    let i = ev.index;
    for (;;) {
      let c = 2 * i + 1;
      if (c >= n) break;
      let child = heap[c]!;
      if (c + 1 < n) {
        const right = heap[c + 1]!;
        if (right.atNs < child.atNs || (right.atNs === child.atNs && right.seq < child.seq)) {
          child = right;
          c++;
        }
      }
      if (ev.atNs < child.atNs || (ev.atNs === child.atNs && ev.seq < child.seq)) break;
      heap[i] = child;
      child.index = i;
      i = c;
    }
    heap[i] = ev;
    ev.index = i;
  }
}
