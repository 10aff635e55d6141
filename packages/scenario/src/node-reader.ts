import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Node } from 'yaml';
import type { YamlFile } from './document.ts';
import type { Problems, ScenarioErrorCode } from './errors.ts';
import type { Position } from './program.ts';

/** How many values a file may have once its aliases are written out. */
export const MAX_VALUES = 200_000;

/** What a name may look like: it becomes one word of a mark in the trace. */
export const NAME_PATTERN = '^[!-~]{1,31}$';

/** One `key: value` of a map. */
export interface Entry {
  readonly key: string;
  readonly at: Position;
  /** Null where nothing follows the colon. */
  readonly value: Node | null;
  /** Where the value starts, or the key if there is none. */
  readonly valueAt: Position;
}

/** Reads typed values out of YAML nodes and says what is wrong with those that do not fit; the caller then goes on without them. */
export class NodeReader {
  readonly problems: Problems;
  readonly #file: YamlFile;
  #values = 0;
  constructor(file: YamlFile, problems: Problems) {
    this.#file = file;
    this.problems = problems;
  }

  /** The node itself, not its alias; null for an empty value. @throws ScenarioError `SCENARIO_ALIAS` if aliases make the file explode */
  resolve(value: unknown): Node | null {
    if (++this.#values > MAX_VALUES) {
      const what = `the file has more than ${MAX_VALUES} values (MAX_VALUES) once its aliases are written out`;
      this.problems.add('SCENARIO_ALIAS', this.at(value as Node | null), what);
      this.problems.check();
    }
    const node = isAlias(value) ? this.#file.targets.get(value) : (value as Node | null);
    if (!node || (isScalar(node) && node.value === null)) return null;
    return node;
  }

  /** Where a node starts. */
  at(node: Node | null): Position {
    return this.#file.lines.position(node?.range?.[0] ?? 0);
  }

  /** Note a problem. */
  problem(code: ScenarioErrorCode, at: Position, message: string): void {
    this.problems.add(code, at, message);
  }

  /** The entries of a map, each key once; empty for an empty value, null if it is something else. */
  entries(node: Node | null, what: string, at: Position): Entry[] | null {
    if (node === null) return [];
    if (!isMap(node)) {
      this.problem('SCENARIO_SHAPE', at, `${what} must be a map (name: value), not ${describe(node)}`);
      return null;
    }
    const entries: Entry[] = [];
    const lines = new Map<string, number>();
    for (const pair of node.items) {
      const key = this.resolve(pair.key);
      const keyAt = this.at((pair.key as Node | null) ?? node);
      if (key === null || !isScalar(key) || typeof key.value !== 'string') {
        this.problem('SCENARIO_SHAPE', keyAt, `a key of ${what} must be text, not ${describe(key)}${quoteHint(key)}`);
        continue;
      }
      const before = lines.get(key.value);
      if (before !== undefined) {
        this.problem(
          'SCENARIO_DUPLICATE_KEY',
          keyAt,
          `the key ${key.value} occurs twice in ${what}; the first is in line ${before}`,
        );
        continue;
      }
      lines.set(key.value, keyAt.line);
      const value = this.resolve(pair.value);
      entries.push({ key: key.value, at: keyAt, value, valueAt: value === null ? keyAt : this.at(pair.value as Node) });
    }
    return entries;
  }

  /** The items of a list; empty for an empty value, null if it is something else. An item is null if it is empty. */
  items(node: Node | null, what: string, at: Position): { node: Node | null; at: Position }[] | null {
    if (node === null) return [];
    if (!isSeq(node)) {
      this.problem('SCENARIO_SHAPE', at, `${what} must be a list, not ${describe(node)}`);
      return null;
    }
    return node.items.map((item) => ({ node: this.resolve(item), at: this.at((item as Node | null) ?? node) }));
  }

  /** A whole number of a range, or null. */
  integer(node: Node | null, what: string, at: Position, [min, max]: readonly [number, number]): number | null {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.problem('SCENARIO_SHAPE', at, `${what} must be a whole number, not ${describe(node)}`);
      return null;
    }
    if (value < min || value > max) {
      this.problem('SCENARIO_RANGE', at, `${what} must be between ${min} and ${max}, not ${value}`);
      return null;
    }
    return value === 0 ? 0 : value;
  }

  /** Text, or null. */
  text(node: Node | null, what: string, at: Position): string | null {
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    this.problem('SCENARIO_SHAPE', at, `${what} must be text, not ${describe(node)}${quoteHint(node)}`);
    return null;
  }

  /** Text, a number, or true or false; null for anything else. */
  value(node: Node | null, what: string, at: Position): string | number | boolean | null {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as string;
    this.problem('SCENARIO_SHAPE', at, `${what} must be text, a number, true or false, not ${describe(node)}`);
    return null;
  }

  /** A word of a fixed set, or null. */
  word<T extends string>(node: Node | null, what: string, at: Position, words: readonly T[]): T | null {
    const value = isScalar(node) ? node.value : undefined;
    const word = words.find((w) => w === value);
    if (word === undefined)
      this.problem('SCENARIO_SHAPE', at, `${what} must be one of ${words.join(', ')}, not ${describe(node)}`);
    return word ?? null;
  }

  /** The name of something that is declared here, or null. */
  name(node: Node | null, what: string, at: Position): string | null {
    const name = this.text(node, what, at);
    return name !== null && this.checkName(name, what, at) ? name : null;
  }

  /** Whether text will do as a name; a problem if not. */
  checkName(name: string, what: string, at: Position): boolean {
    if (NAME.test(name)) return true;
    this.problem(
      'SCENARIO_NAME',
      at,
      `${what} must be 1 to 31 printable ASCII characters without blanks, not ${JSON.stringify(clip(name))}`,
    );
    return false;
  }
}

const NAME = new RegExp(NAME_PATTERN);

/** What a node is, for messages. */
export function describe(node: Node | null): string {
  if (node === null) return 'empty';
  if (isMap(node)) return 'a map';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return 'an alias';
  const value = node.value;
  return typeof value === 'string' ? JSON.stringify(clip(value)) : clip(String(value));
}

/** At most 40 characters of a text. */
export function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function quoteHint(node: Node | null): string {
  return isScalar(node) && node.value !== null ? '; put it in quotes' : '';
}
