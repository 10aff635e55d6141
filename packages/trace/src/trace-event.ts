import type { EventDef } from './event-def.ts';
import type { Texts } from './string-table.ts';

/** An event of a trace, simulated or read from a file. F is the type of its fields, under the kernel's names. */
export interface TraceEvent<F extends object = object> {
  /** Instant in ns. */
  readonly at: number;
  /** CPU it was emitted on. */
  readonly cpu: number;
  /** The task that was running. */
  readonly pid: number;
  /** Its name; `<idle>` for pid 0. */
  readonly comm: string;
  /** Context columns, see {@link flagsText}. */
  readonly flags: number;
  /** Name of the event, e.g. `sched_switch`. */
  readonly name: string;
  /** What was recorded; empty for an event of a file whose text has no known format. */
  readonly fields: F;
  /** What the kernel prints behind the name. */
  readonly text: string;
}

/**
 * A {@link TraceEvent} of a machine. Its fields and its text are made when asked for: most subscribers look at the name
 * and the instant first, and an object with properties by name costs more than all the rest.
 */
export class SimTraceEvent<F extends object = object> implements TraceEvent<F> {
  readonly #values: readonly number[];
  readonly #strings: Texts;
  #fields: F | null = null;

  /** @param values what was recorded for the fields */
  constructor(
    readonly at: number,
    readonly cpu: number,
    readonly pid: number,
    readonly comm: string,
    readonly flags: number,
    /** The tracepoint. */
    readonly def: EventDef<F>,
    values: readonly number[],
    strings: Texts,
  ) {
    this.#values = values;
    this.#strings = strings;
  }

  /** Name of the event. */
  get name(): string {
    return this.def.name;
  }

  /** What was recorded. */
  get fields(): F {
    return (this.#fields ??= this.def.decode(this.#values, 0, this.#strings));
  }

  /** What the kernel prints behind the name. */
  get text(): string {
    return this.def.print(this.#values, 0, this.#strings);
  }
}

/** Whether an event, of a machine or of a file, is one of this tracepoint with its fields known. */
export function isEvent<F extends object>(event: TraceEvent, def: EventDef<F>): event is TraceEvent<F> {
  if (event.name !== def.name) return false;
  const first = def.fields[0];
  return first === undefined || first.name in event.fields;
}
