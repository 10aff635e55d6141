import type { Chooser } from '@kernel-model/sim';

/** How a run ended. Anything but 'ok' is a failure; models may add kinds of their own. */
export type OutcomeKind = 'ok' | 'hang' | 'oops' | 'violation' | 'usage' | (string & {});

/** How a run ended, and why. */
export interface Outcome {
  /** 'ok', or the kind of the failure. */
  readonly kind: OutcomeKind;
  /** One sentence; runs of the same kind and message count as the same failure. */
  readonly message: string;
}

/** One run of a freshly booted machine. */
export interface Run {
  /**
   * Run to the end, or until the chooser returns -1. What it returns in that second case is ignored.
   * A model reports what went wrong as an outcome; an exception is an error of the model and ends the search.
   */
  run(): Outcome;
  /** Name of a lane, for explanations. */
  laneName?(lane: number): string;
  /** Name of an object that was announced or touched, for explanations. */
  objectName?(object: object): string;
  /** The trace of the run as text. */
  trace?(): string;
}

/**
 * Something whose interleavings can be searched. Booting it twice with the same choices must lead to the same run.
 */
export interface Model {
  /** Make a fresh machine that asks this chooser. */
  boot(chooser: Chooser): Run;
}
