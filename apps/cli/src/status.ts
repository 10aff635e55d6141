import { constants } from 'node:os';
import type { EndSignal } from './io.ts';

/** Exit status of every command. */
export const STATUS_OK = 0;
/** The scenario hung, oopsed or broke a kernel rule; or the search found such a run. */
export const STATUS_FAILED = 1;
/** Bad input or usage: nothing was done. */
export const STATUS_USAGE = 2;

/** Status of a command that a signal ended, as shells have it: 130 after Ctrl-C. */
export function statusOfSignal(signal: EndSignal): number {
  return 128 + constants.signals[signal];
}

/** What a command returns; one that waits for its user, or can be interrupted, returns a promise. */
export type ExitStatus = number | Promise<number>;
