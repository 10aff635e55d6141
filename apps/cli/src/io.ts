/** Somewhere text goes, and the bytes of files. */
export interface TextStream {
  write(text: string | Uint8Array): unknown;
  /** A person is watching. */
  readonly isTTY?: boolean;
  /** Columns, if it is a terminal. */
  readonly columns?: number;
}

/** Signals that ask a command to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Where a command hears of signals. */
export interface Signals {
  on(signal: EndSignal, hear: (signal: EndSignal) => void): unknown;
  off(signal: EndSignal, hear: (signal: EndSignal) => void): unknown;
}

/** What a command uses of its surroundings, so that specs can give it their own. */
export interface CliIo {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Without them nobody can interrupt, and commands return when all is done. */
  readonly signals?: Signals;
}

/** The streams, the environment and the signals of this process. */
export function processIo(): CliIo {
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, signals: process };
}
