import { Problems } from './errors.ts';
import type { Position } from './program.ts';

/** Largest scenario file, in bytes. */
export const MAX_SCENARIO_BYTES = 1_000_000;

/**
 * The text of a file, without byte order mark.
 * @throws ScenarioError `SCENARIO_TOO_LARGE`, `SCENARIO_UTF8`; `SCENARIO_YAML` for control characters
 */
export function readText(source: string | Uint8Array, file: string): string {
  const problems = new Problems(file);
  const bytes = typeof source === 'string' ? utf8Length(source) : source.length;
  if (bytes > MAX_SCENARIO_BYTES) {
    const what = `the file has ${bytes} bytes; a scenario may have at most ${MAX_SCENARIO_BYTES} (MAX_SCENARIO_BYTES)`;
    problems.add('SCENARIO_TOO_LARGE', { line: 1, column: 1 }, what);
    problems.check();
  }
  const text = typeof source === 'string' ? source : decodeUtf8(source, problems);
  const bad = CONTROL.exec(text);
  if (bad) {
    const code = bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    problems.add(
      'SCENARIO_YAML',
      positionAt(text, bad.index),
      `the character U+${code} may not occur in YAML; a scenario is plain text`,
    );
    problems.check();
  }
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** What YAML 1.2 calls unprintable: controls but tab, line feed and carriage return, and halves of a surrogate pair. */
const CONTROL = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Exact up to the limit; beyond it the number of UTF-16 units is large enough to know. */
function utf8Length(text: string): number {
  if (text.length > MAX_SCENARIO_BYTES) return text.length;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // each half of a surrogate pair counts for two of its four bytes
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

/** Own decoder, for `TextDecoder` says that bytes are wrong but not where. */
function decodeUtf8(bytes: Uint8Array, problems: Problems): string {
  let text = '';
  let units: number[] = [];
  for (let i = 0; i < bytes.length;) {
    const size = sequenceLength(bytes, i);
    if (size === 0) {
      text += String.fromCharCode(...units);
      const hex = bytes[i]!.toString(16).toUpperCase().padStart(2, '0');
      const hint = i === 0 && bytes[0]! >= 0xfe ? ' (this looks like UTF-16)' : '';
      problems.add(
        'SCENARIO_UTF8',
        positionAt(text, text.length),
        `byte 0x${hex} at offset ${i} is not valid UTF-8${hint}; save the file as UTF-8`,
      );
      problems.check();
    }
    let point = size === 1 ? bytes[i]! : bytes[i]! & (0x7f >> size);
    for (let k = 1; k < size; k++) point = (point << 6) | (bytes[i + k]! & 0x3f);
    if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + (point & 0x3ff));
    else units.push(point);
    i += size;
    if (units.length >= 8192) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

/** Bytes of the well-formed sequence at `i` (Unicode, table 3-7), 0 if there is none. */
function sequenceLength(bytes: Uint8Array, i: number): number {
  const lead = bytes[i]!;
  if (lead < 0x80) return 1;
  const size = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (i + size > bytes.length) return 0;
  const second = bytes[i + 1];
  if (size === 0 || second === undefined) return 0;
  // no overlong forms, no surrogates, nothing above U+10FFFF
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let k = 2; k < size; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return 0;
  return size;
}

function positionAt(text: string, offset: number): Position {
  const lines = new Lines(text);
  return lines.position(offset);
}

/** Finds line and column of an offset. A line ends with LF, CR LF or CR. */
export class Lines {
  readonly #starts: number[] = [0];
  constructor(text: string) {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 10 || (unit === 13 && text.charCodeAt(i + 1) !== 10)) this.#starts.push(i + 1);
    }
  }

  /** 1-based line and column of an offset. */
  position(offset: number): Position {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }
}
