import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import type { ProgramOptions } from '../engine/protocol.ts';
import type { View } from '../timeline/view.ts';

/** What a link holds: the program and the place in its run. */
export interface Shared {
  readonly scenario: string;
  readonly daemon: string;
  readonly options: ProgramOptions;
  readonly cursor: number;
  readonly view: View;
  readonly span: number;
  readonly tab: string;
}

/** Begins the part of an address behind `#` that holds a {@link Shared}; the number is that of the format. */
const PREFIX = 'p1=';

/** As the part of an address behind the `#`. */
export function toHash({ scenario, daemon, options, cursor, view, span, tab }: Shared): string {
  const text = JSON.stringify([
    scenario,
    daemon,
    options,
    cursor,
    Math.round(view.from),
    Math.round(view.to),
    span,
    tab,
  ]);
  const bytes = deflateSync(strToU8(text), { level: 9 });
  return PREFIX + base64url(bytes);
}

/** What such a part of an address holds; null if it is none, or broken. */
export function fromHash(hash: string): Shared | null {
  const part = hash.replace(/^#/, '');
  if (!part.startsWith(PREFIX)) return null;
  try {
    const bytes = Uint8Array.from(atob(part.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const value: unknown = JSON.parse(strFromU8(inflateSync(bytes)));
    if (!Array.isArray(value)) return null;
    const [scenario, daemon, options, cursor, from, to, span, tab] = value as readonly unknown[];
    if (typeof scenario !== 'string' || typeof daemon !== 'string' || typeof options !== 'object') return null;
    if (![cursor, from, to, span].every((n) => typeof n === 'number')) return null;
    return {
      scenario,
      daemon,
      options: (options ?? {}) as ProgramOptions,
      cursor: cursor as number,
      view: { from: from as number, to: to as number },
      span: span as number,
      tab: typeof tab === 'string' ? tab : '',
    };
  } catch {
    return null;
  }
}

function base64url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
