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

/** Something that takes the records of a hub, in order, without an object being made for each. */
export interface RecordSink {
  /** A record begins at `data[offset]`; its content is valid during the call only. */
  take(data: Float64Array, offset: number): void;
}
