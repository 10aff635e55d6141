import { EventDef } from './event-def.ts';
import { STRING } from './field-types.ts';

/** Fields of {@link TRACING_MARK_WRITE}. */
export interface TracingMarkWriteFields {
  readonly buf: string;
}

/** A text written to tracefs `trace_marker`. @linux kernel/trace/trace.c tracing_mark_write() */
export const TRACING_MARK_WRITE: EventDef<TracingMarkWriteFields> = new EventDef<TracingMarkWriteFields>(
  'ftrace',
  'tracing_mark_write',
  '{buf}',
  { buf: STRING },
);
