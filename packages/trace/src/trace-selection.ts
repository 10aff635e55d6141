import type { EventDef } from './event-def.ts';

/** Which records of a hub a sink gets. */
export class TraceSelection {
  /** Records of later instants are left out, in ns. It may be set at any time. */
  untilNs: number = Infinity;

  /** @param defs the tracepoints */
  constructor(readonly defs: readonly EventDef[]) {}
}
