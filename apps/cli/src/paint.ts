import pc from 'picocolors';
import type { CliIo, TextStream } from './io.ts';

/** Colours for one stream; plain text if nobody watches or the user wants none. */
export type Paint = ReturnType<typeof pc.createColors>;

/** Colours on a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal is dumb. */
export function paintFor(stream: TextStream, { env }: CliIo): Paint {
  const wanted = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return pc.createColors(wanted);
}
