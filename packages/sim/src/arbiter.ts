import type { SimEvent } from './event-queue.ts';

/** Decides who goes first among events that are due at once. */
export interface Arbiter {
  /** Time has advanced, because nothing was due. */
  advanced(): void;
  /** Nothing is due now, or nothing may happen now: the next event is one to come, and this is the time to queue one. */
  settle(): void;
  /** Pick one of the events, which are in order of (atNs, seq). @returns its index; -1: they have to wait */
  pick(due: readonly SimEvent[]): number;
}
