import { FORMATS } from './catalog.ts';
import type { TraceEvent } from './trace-event.ts';

const NO_FIELDS = {};

/** A {@link TraceEvent} that was read from a file: its text is what stood there. */
export class ReadTraceEvent implements TraceEvent {
  /** What was recorded; empty if the text has no known format. */
  readonly fields: object;

  constructor(
    readonly at: number,
    readonly cpu: number,
    readonly pid: number,
    readonly comm: string,
    readonly flags: number,
    readonly name: string,
    readonly text: string,
  ) {
    this.fields = parseFields(name, text);
  }
}

function parseFields(name: string, text: string): object {
  const formats = FORMATS.get(name);
  if (formats === undefined) return NO_FIELDS;
  for (const def of formats) {
    const fields = def.parse(text);
    if (fields !== null) return fields;
  }
  return NO_FIELDS;
}
