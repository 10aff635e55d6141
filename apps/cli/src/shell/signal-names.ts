/** Names of the signals 1 .. 31, without SIG. */
export const SIGNAL_NAMES: readonly string[] = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU ' +
  'XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

/** The number of a signal: `9`, `KILL`, `SIGKILL`, in any case; 0 tests for existence. @returns null if there is none */
export function signalOf(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text) <= 64 ? Number(text) : null;
  const index = SIGNAL_NAMES.indexOf(text.toUpperCase().replace(/^SIG/, ''));
  return index < 0 ? null : index + 1;
}
