/** What the works of one function did on one queue. Spans and instants in ns. */
export interface WqFunctionRow {
  /** Name of the queue; `[comm]` of a kthread worker; `-` if the trace does not say. */
  readonly workqueue: string;
  readonly function: string;
  readonly queued: number;
  readonly started: number;
  readonly completed: number;
  /** Started and not completed, as far as the recording is whole. */
  readonly inFlight: number;
  /** Queued again without having been started: cancelled, at least as often. */
  readonly cancelled: number;
  /** From being queued to its start; of those works whose both were seen. */
  readonly waits: number;
  readonly waitTotalNs: number;
  readonly waitMaxNs: number;
  /** When the longest wait ended. */
  readonly waitMaxEndNs: number;
  /** How many were started on another CPU than the one that queued them. */
  readonly moved: number;
  /** From start to end, sleeps included; of those works whose both were seen. */
  readonly runs: number;
  readonly runTotalNs: number;
  readonly runMaxNs: number;
  /** When the longest run ended. */
  readonly runMaxEndNs: number;
  /** The part of the runs in which the worker had a CPU. */
  readonly onCpuNs: number;
  /** Most works that were in flight at once. */
  readonly maxConcurrent: number;
  /** CPUs that works were started on. */
  readonly cpus: readonly number[];
}

/** Adds up a {@link WqFunctionRow}. */
export class WqFunction {
  queued = 0;
  cancelled = 0;
  #started = 0;
  #completed = 0;
  #lost = 0;
  #waits = 0;
  #waitTotalNs = 0;
  #waitMaxNs = 0;
  #waitMaxEndNs = 0;
  #moved = 0;
  #runTotalNs = 0;
  #runMaxNs = 0;
  #runMaxEndNs = 0;
  #onCpuNs = 0;
  #maxConcurrent = 0;
  readonly #cpus = new Set<number>();

  constructor(
    public queue: string,
    readonly name: string,
  ) {}

  /** One has waited until now. */
  waited(ns: number, atNs: number, moved: boolean): void {
    this.#waits++;
    this.#waitTotalNs += ns;
    if (moved) this.#moved++;
    if (ns < this.#waitMaxNs) return;
    this.#waitMaxNs = ns;
    this.#waitMaxEndNs = atNs;
  }

  started(cpu: number): void {
    this.#started++;
    this.#cpus.add(cpu);
    this.#maxConcurrent = Math.max(this.#maxConcurrent, this.#inFlight());
  }

  /** One runs of which nobody knows whether it has ended. */
  lost(): void {
    this.#lost++;
  }

  #inFlight(): number {
    return this.#started - this.#completed - this.#lost;
  }

  completed(ranNs: number, onCpuNs: number, atNs: number): void {
    this.#completed++;
    this.#runTotalNs += ranNs;
    this.#onCpuNs += onCpuNs;
    if (ranNs < this.#runMaxNs) return;
    this.#runMaxNs = ranNs;
    this.#runMaxEndNs = atNs;
  }

  /** Add what another one has, which is not used any more. */
  join(other: WqFunction): void {
    this.queued += other.queued;
    this.cancelled += other.cancelled;
    this.#started += other.#started;
    this.#completed += other.#completed;
    this.#lost += other.#lost;
    this.#waits += other.#waits;
    this.#waitTotalNs += other.#waitTotalNs;
    this.#moved += other.#moved;
    this.#runTotalNs += other.#runTotalNs;
    this.#onCpuNs += other.#onCpuNs;
    this.#maxConcurrent = Math.max(this.#maxConcurrent, other.#maxConcurrent);
    if (other.#waitMaxNs > this.#waitMaxNs)
      [this.#waitMaxNs, this.#waitMaxEndNs] = [other.#waitMaxNs, other.#waitMaxEndNs];
    if (other.#runMaxNs > this.#runMaxNs) [this.#runMaxNs, this.#runMaxEndNs] = [other.#runMaxNs, other.#runMaxEndNs];
    for (const cpu of other.#cpus) this.#cpus.add(cpu);
  }

  row(): WqFunctionRow {
    return {
      workqueue: this.queue,
      function: this.name,
      queued: this.queued,
      started: this.#started,
      completed: this.#completed,
      inFlight: this.#inFlight(),
      cancelled: this.cancelled,
      waits: this.#waits,
      waitTotalNs: this.#waitTotalNs,
      waitMaxNs: this.#waitMaxNs,
      waitMaxEndNs: this.#waitMaxEndNs,
      moved: this.#moved,
      runs: this.#completed,
      runTotalNs: this.#runTotalNs,
      runMaxNs: this.#runMaxNs,
      runMaxEndNs: this.#runMaxEndNs,
      onCpuNs: this.#onCpuNs,
      maxConcurrent: this.#maxConcurrent,
      cpus: [...this.#cpus].sort((a, b) => a - b),
    };
  }
}
