import { FORMATS } from './catalog.ts';
import type { TraceEvent } from './trace-event.ts';

/**
 * What the kernel prints for an event. For one that was read from a tool's own format (`bash:12 [120] R ==> ...`) that
 * is made of its fields; a format that lacks some of the kernel's fields stays as it is.
 */
export function kernelText(event: TraceEvent): string {
  const def = FORMATS.get(event.name)?.[0];
  const { fields, text } = event;
  if (def === undefined || !def.fields.every(({ name }) => name in fields)) return text;
  // a text with a field that its kernel has and ours has not, or a space at its end
  return def.parse(text) === null ? def.text(fields) : text;
}
