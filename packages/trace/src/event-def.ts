import { DECIMAL, STRING, type FieldType } from './field-types.ts';
import type { Texts } from './string-table.ts';

/** Most fields an event may have. */
export const MAX_FIELDS = 8;

/** One field of an event: its name in the kernel, and how it is printed. */
export interface FieldDef {
  readonly name: string;
  readonly type: FieldType<unknown>;
}

type Bare = 0 | 1 | 2;
const OWN: Bare = 0;
const NUMBER: Bare = 1;
const TEXT: Bare = 2;

/** For each field of an event its type. */
export type FieldTypes<F extends object> = { readonly [K in keyof F]: FieldType<F[K]> };

/**
 * A tracepoint: its name, its fields, and the format that both prints it and reads it back. F is the type of its
 * fields, under the kernel's names. A probe records the fields in the order in which they are printed.
 */
export class EventDef<F extends object = object> {
  /** The fields in the order of the format, which is that of the arguments of `Probe.emit`. */
  readonly fields: readonly FieldDef[];
  // the text before each field, and last the text behind them all
  readonly #literals: readonly string[];
  readonly #pattern: RegExp;
  // for each field whether it prints as a bare number, as a bare string, or in a way of its own: most are bare
  readonly #bare: readonly Bare[];

  /**
   * @param system directory below tracefs `events`, e.g. `sched`
   * @param name e.g. `sched_switch`
   * @param format the printed text, each field as its name in braces: `comm={comm} pid={pid}`
   * @param types how to record and print each field
   */
  constructor(
    readonly system: string,
    readonly name: string,
    readonly format: string,
    types: FieldTypes<F>,
  ) {
    const pieces = format.split(/\{(\w+)\}/);
    this.#literals = pieces.filter((_, i) => i % 2 === 0);
    this.fields = pieces
      .filter((_, i) => i % 2 === 1)
      .map((field) => ({ name: field, type: (types as Record<string, FieldType<unknown>>)[field]! }));
    this.#bare = this.fields.map(({ type }) => bareness(type));
    const source = pieces.map((piece, i) =>
      i % 2 === 0 ? quote(piece) : `(${this.fields[(i - 1) / 2]!.type.pattern})`,
    );
    this.#pattern = new RegExp(`^${source.join('')}$`);
  }

  /** The fields of a record whose values begin at `data[offset]`. */
  decode(data: ArrayLike<number>, offset: number, strings: Texts): F {
    const out: Record<string, unknown> = {};
    for (let i = 0; i < this.fields.length; i++) {
      const { name, type } = this.fields[i]!;
      out[name] = type.decode(data[offset + i]!, strings);
    }
    return out as F;
  }

  /** The text of a record whose values begin at `data[offset]`, without the event's name. */
  print(data: ArrayLike<number>, offset: number, strings: Texts): string {
    let text = this.#literals[0]!;
    for (let i = 0; i < this.fields.length; i++) {
      const raw = data[offset + i]!;
      const bare = this.#bare[i]!;
      if (bare === NUMBER) text += raw;
      else if (bare === TEXT) text += strings.text(raw);
      else {
        const { type } = this.fields[i]!;
        text += type.print(type.decode(raw, strings));
      }
      text += this.#literals[i + 1]!;
    }
    return text;
  }

  /** The text of an event with these fields, without the event's name. */
  text(fields: F): string {
    let text = this.#literals[0]!;
    for (let i = 0; i < this.fields.length; i++) {
      const { name, type } = this.fields[i]!;
      text += type.print((fields as Record<string, unknown>)[name]) + this.#literals[i + 1]!;
    }
    return text;
  }

  /** The fields of a printed text, or null if it does not have this event's format. */
  parse(text: string): F | null {
    // an editor may have taken the space away that ends a line
    const lost = this.#literals.at(-1) === ' ' && !text.endsWith(' ');
    const match = this.#pattern.exec(lost ? `${text} ` : text);
    if (match === null) return null;
    const out: Record<string, unknown> = {};
    for (let i = 0; i < this.fields.length; i++) {
      const { name, type } = this.fields[i]!;
      out[name] = type.parse(match[i + 1]!);
    }
    return out as F;
  }
}

function bareness(type: FieldType<unknown>): Bare {
  if (type.decode === STRING.decode && type.print === STRING.print) return TEXT;
  return type.decode === DECIMAL.decode && type.print === DECIMAL.print ? NUMBER : OWN;
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
