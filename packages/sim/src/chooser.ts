import type { SimEvent } from './event-queue.ts';
import type { AccessKind } from './step.ts';
import type { Memory } from './store-buffer.ts';

/** One thing that an explored machine could do next: the first event of a lane. */
export interface Choice {
  /** Who would act. */
  readonly lane: number;
  /** What would happen; its owner runs it. */
  readonly event: SimEvent;
  /** Its instant lies in the future: choosing it lets time pass first. */
  readonly future: boolean;
  /** Nobody acts: the oldest store of a store buffer reaches memory. */
  readonly drains: boolean;
}

/** An access to a shared object, as a visible point announced it or a step reported it. */
export interface Access {
  /** Who made it. */
  readonly lane: number;
  /** The object, by identity. */
  readonly object: object;
  /** The part of the object. */
  readonly field: string;
  /** READ or WRITE. */
  readonly kind: AccessKind;
}

/**
 * Decides what an explored machine does next. A machine without a chooser is timed: the earliest event goes first.
 *
 * The arguments belong to the machine and change with its next call: copy what you keep.
 */
export interface Chooser {
  /** How memory looks to the machine's processors; default `sc`. Who stands between a machine and a chooser passes it on. */
  readonly memory?: Memory;
  /**
   * Pick one of the choices, at least one of which exists. First come the lanes that are due, ordered by lane, then
   * the lanes that would be due at the next instant, ordered by lane.
   * @returns the index of the choice, or -1 to end the run here
   */
  choose(choices: readonly Choice[]): number;
  /** A lane announces, at a visible point, what its next step touches; or reports a further access of this step. */
  access(access: Access, announced: boolean): void;
  /** Pick 0 .. n-1 at a point where the modelled system itself is free to choose, e.g. by dice. */
  pick(name: string, n: number): number;
  /** The acting lane queued, took back or asked for an event of another lane. */
  posted?(by: number, lane: number): void;
  /** The acting lane took back, or moved, an event that another lane had queued; {@link posted} has told of it, too. */
  takenBack?(lane: number): void;
}
