import { MAX_FIELDS } from './event-def.ts';

/**
 * Layout of a record in a Float64Array: the instant in ns, the CPU, pid, comm (string id) and flags of the context it
 * was emitted in, the index of the event in its hub, and the values of the fields.
 */
export const AT = 0;
/** Offset of the CPU in a record. */
export const CPU = 1;
/** Offset of the pid in a record. */
export const PID = 2;
/** Offset of the comm's string id in a record. */
export const COMM = 3;
/** Offset of the context flags in a record. */
export const FLAGS = 4;
/** Offset of the event's index in a record. */
export const EVENT = 5;
/** Offset of the first field in a record. */
export const VALUES = 6;
/** Length of a record. */
export const RECORD_SIZE: number = VALUES + MAX_FIELDS;

/** Copy a record. Written out: a loop over so few numbers costs the engine twice as much. */
export function copyRecord(from: Float64Array, o: number, to: Float64Array, p: number): void {
  to[p] = from[o]!;
  to[p + 1] = from[o + 1]!;
  to[p + 2] = from[o + 2]!;
  to[p + 3] = from[o + 3]!;
  to[p + 4] = from[o + 4]!;
  to[p + 5] = from[o + 5]!;
  to[p + 6] = from[o + 6]!;
  to[p + 7] = from[o + 7]!;
  to[p + 8] = from[o + 8]!;
  to[p + 9] = from[o + 9]!;
  to[p + 10] = from[o + 10]!;
  to[p + 11] = from[o + 11]!;
  to[p + 12] = from[o + 12]!;
  to[p + 13] = from[o + 13]!;
}

/** Something that takes the records of a hub, in order, without an object being made for each. */
export interface RecordSink {
  /**
   * {@link take} only writes to memory: it does not throw and calls nobody. Such a sink may get a record while the step
   * that emits it is still under way, without the record being kept for later first.
   */
  readonly immediate?: boolean;
  /**
   * How many of the last records it keeps, so that the texts they name are kept as long. Default: all of them; a sink that
   * keeps none says 0.
   */
  readonly keeps?: number;
  /** A record begins at `data[offset]`; its content is valid during the call only. */
  take(data: Float64Array, offset: number): void;
  /** The step is over: the time to hand on what was taken. */
  stepOver?(): void;
}
