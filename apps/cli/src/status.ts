/** Exit status of every command. */
export const STATUS_OK = 0;
/** The scenario hung, oopsed or broke a kernel rule; or the search found such a run. */
export const STATUS_FAILED = 1;
/** Bad input or usage: nothing was done. */
export const STATUS_USAGE = 2;

/** What a command returns; one that has to wait for its user returns a promise. */
export type ExitStatus = number | Promise<number>;
