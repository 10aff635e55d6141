import type { Texts } from './string-table.ts';

/**
 * How one field of an event is recorded, printed and read: as a number in a record, as text in a line of a trace, and
 * as a value of type T in a {@link TraceEvent}.
 */
export interface FieldType<T> {
  /** What a record holds: a plain number, the id of a string, or an address. */
  readonly kind: 'number' | 'string' | 'pointer';
  /** Source of the regular expression that finds the printed text, without a capturing group. */
  readonly pattern: string;
  /** The value of a recorded number. */
  decode(raw: number, strings: Texts): T;
  /** The text of a value. */
  print(value: T): string;
  /** The value of a text that matches {@link pattern}. */
  parse(text: string): T;
}

/** A whole number, printed as %d, %u or %ld. */
export const DECIMAL: FieldType<number> = {
  kind: 'number',
  pattern: '-?\\d+',
  decode: (raw) => raw,
  print: (value) => String(value),
  parse: Number,
};

/** A whole number printed with three digits at least, %03d. */
export const DECIMAL_3: FieldType<number> = {
  ...DECIMAL,
  print: (value) => String(value).padStart(3, '0'),
};

/** A number printed in hexadecimal, %lx. */
export const HEX: FieldType<number> = {
  ...DECIMAL,
  pattern: '(?:0x)?[0-9a-f]+',
  print: (value) => value.toString(16),
  parse: (text) => parseInt(text, 16),
};

/** A flag, printed as 0 or 1. */
export const BOOL: FieldType<boolean> = {
  kind: 'number',
  pattern: '[01]',
  decode: (raw) => raw !== 0,
  print: (value) => (value ? '1' : '0'),
  parse: (text) => text === '1',
};

/** A string, or the name of a function (%ps): recorded as its id in the hub's string table. */
export const STRING: FieldType<string> = {
  kind: 'string',
  pattern: '.*',
  decode: (raw, strings) => strings.text(raw),
  print: (value) => value,
  parse: (text) => text,
};

/** An address, %p: any number that stands for one object, printed with 16 hexadecimal digits. The value is the text. */
export const POINTER: FieldType<string> = {
  kind: 'pointer',
  pattern: '\\S+',
  decode: (raw) => raw.toString(16).padStart(16, '0'),
  print: (value) => value,
  parse: (text) => text,
};

/** A number that is printed as a word: `words[number]`. The value is the word; an unknown number prints itself. */
export function words(list: readonly string[]): FieldType<string> {
  return {
    kind: 'number',
    pattern: '.*?',
    decode: (raw) => list[raw] ?? String(raw),
    print: (value) => value,
    parse: (text) => text,
  };
}

/**
 * A number that is printed together with what it means, like `1 [action=TIMER]`. The value is the number.
 * @param show the text of a number
 * @param pattern matches such a text, and captures the number in its only group
 */
export function explained(show: (value: number) => string, pattern: string): FieldType<number> {
  const find = new RegExp(`^${pattern}$`);
  return {
    kind: 'number',
    pattern: pattern.replace('(\\d+)', '\\d+'),
    decode: (raw) => raw,
    print: show,
    parse: (text) => Number(find.exec(text)![1]),
  };
}

/** Bits that are printed as their names joined by `|`, nothing if none is set. The value is that text. */
export function bits(names: readonly (readonly [bit: number, name: string])[]): FieldType<string> {
  return {
    kind: 'number',
    pattern: '\\S*',
    decode: (raw) =>
      names
        .filter(([bit]) => (raw & bit) !== 0)
        .map(([, name]) => name)
        .join('|'),
    print: (value) => value,
    parse: (text) => text,
  };
}
