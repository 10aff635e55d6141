/** Somewhere text goes, and the bytes of files. */
export interface TextStream {
  write(text: string | Uint8Array): unknown;
  /** A person is watching. */
  readonly isTTY?: boolean;
  /** Columns, if it is a terminal. */
  readonly columns?: number;
}

/** What a command uses of its surroundings, so that specs can give it their own. */
export interface CliIo {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The streams and the environment of this process. */
export function processIo(): CliIo {
  return { stdout: process.stdout, stderr: process.stderr, env: process.env };
}
