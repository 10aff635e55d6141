import { copyRecord, EVENT, RECORD_SIZE, type RecordSink, VALUES } from './record.ts';
import type { TraceEvent } from './trace-event.ts';
import type { TraceHub } from './trace-hub.ts';
import type { TraceSelection } from './trace-selection.ts';

/** Records that can be gone through again, oldest first. */
export interface RecordList {
  /** The hub they come from. */
  readonly hub: TraceHub;
  /** Number of records. */
  readonly count: number;
  /** Number of records that came in, kept or overwritten. */
  readonly written: number;
  /** Give every record to fn, which must not keep `data`. */
  forEach(fn: (data: Float64Array, offset: number) => void): void;
}

/** Keeps the last records of a hub, like the kernel's ring buffer in overwrite mode. */
export class TraceRing implements RecordSink, RecordList {
  /** Number of records that came in. */
  written = 0;
  /** A record is only copied. */
  readonly immediate: boolean = true;
  readonly #data: Float64Array;
  /** Where the next record goes. */
  #to = 0;
  readonly #detach: () => void;

  /**
   * @param capacity most records to keep, at least 1
   * @param selection which records; default: every one
   */
  constructor(
    readonly hub: TraceHub,
    readonly capacity: number,
    selection: TraceSelection | null = null,
  ) {
    this.#data = new Float64Array(capacity * RECORD_SIZE);
    this.#detach = hub.attach(this, selection);
  }

  /** The texts of its records are kept as long as they are. */
  get keeps(): number {
    return this.capacity;
  }

  /** Number of records that are kept. */
  get count(): number {
    return Math.min(this.written, this.capacity);
  }

  /** Number of records that were overwritten. */
  get overrun(): number {
    return this.written - this.count;
  }

  /** Keep a record; called by the hub. */
  take(data: Float64Array, offset: number): void {
    const kept = this.#data;
    const to = this.#to;
    copyRecord(data, offset, kept, to);
    this.#to = to + RECORD_SIZE === kept.length ? 0 : to + RECORD_SIZE;
    this.written++;
  }

  /** Give every record that is kept to fn, oldest first. */
  forEach(fn: (data: Float64Array, offset: number) => void): void {
    for (let i = this.overrun; i < this.written; i++) fn(this.#data, (i % this.capacity) * RECORD_SIZE);
  }

  /** The records that are kept as events, oldest first. */
  events(): TraceEvent[] {
    return eventsOf(this);
  }

  /** Take in no more records. What is kept stays. */
  stop(): void {
    this.#detach();
  }
}

/** Numbers in use of a chunk, at most; a whole record can be copied to the end of the last one. */
const CHUNK = 1 << 16;

/** Keeps every record of a hub. A record takes as much memory as its event has fields: 48 bytes and 8 for each. */
export class TraceRecorder implements RecordSink, RecordList {
  /** Number of records. */
  count = 0;
  /** A record is only copied. */
  readonly immediate: boolean = true;
  readonly #chunks: Float64Array[] = [];
  // numbers in use of each chunk
  readonly #lengths: number[] = [];
  readonly #detach: () => void;

  constructor(readonly hub: TraceHub) {
    this.#detach = hub.attach(this);
  }

  /** Number of records that came in: all are kept. */
  get written(): number {
    return this.count;
  }

  /** Keep a record; called by the hub. */
  take(data: Float64Array, offset: number): void {
    const size = VALUES + this.hub.def(data[offset + EVENT]!).fields.length;
    let last = this.#chunks.length - 1;
    if (last < 0 || this.#lengths[last]! + size > CHUNK) {
      last = this.#chunks.push(new Float64Array(CHUNK + RECORD_SIZE)) - 1;
      this.#lengths.push(0);
    }
    const chunk = this.#chunks[last]!;
    const to = this.#lengths[last]!;
    copyRecord(data, offset, chunk, to);
    this.#lengths[last] = to + size;
    this.count++;
  }

  /** Give every record to fn, oldest first. */
  forEach(fn: (data: Float64Array, offset: number) => void): void {
    for (let c = 0; c < this.#chunks.length; c++) {
      const chunk = this.#chunks[c]!;
      for (let o = 0; o < this.#lengths[c]!;) {
        fn(chunk, o);
        o += VALUES + this.hub.def(chunk[o + EVENT]!).fields.length;
      }
    }
  }

  /** Every record as an event, oldest first. */
  events(): TraceEvent[] {
    return eventsOf(this);
  }

  /** Take in no more records. What is kept stays. */
  stop(): void {
    this.#detach();
  }
}

function eventsOf(records: RecordList): TraceEvent[] {
  const out: TraceEvent[] = [];
  records.forEach((data, offset) => out.push(records.hub.event(data, offset)));
  return out;
}
