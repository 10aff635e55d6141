import { FORMATS } from './catalog.ts';
import type { EventDef } from './event-def.ts';
import type { TraceEvent } from './trace-event.ts';

const NO_FIELDS = {};

/** A {@link TraceEvent} that was read from a file: its text is what stood there. */
export class ReadTraceEvent implements TraceEvent {
  /** What was recorded; empty if the text has no known format. */
  readonly fields: object;
  /** False for an event that this package knows, with a text that it does not know. */
  readonly known: boolean;

  constructor(
    readonly at: number,
    readonly cpu: number,
    readonly pid: number,
    readonly comm: string,
    readonly flags: number,
    readonly name: string,
    readonly text: string,
  ) {
    const formats = FORMATS.get(name);
    this.fields = formats === undefined ? NO_FIELDS : parseFields(formats, text);
    this.known = formats === undefined || this.fields !== NO_FIELDS;
  }
}

function parseFields(formats: readonly EventDef[], text: string): object {
  for (const def of formats) {
    const fields = def.parse(text);
    if (fields !== null) return fields;
  }
  return NO_FIELDS;
}
