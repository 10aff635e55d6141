import type { EventDef } from './event-def.ts';
import type { TraceHub } from './trace-hub.ts';

/** The place where one tracepoint is emitted. Made by {@link TraceHub.probe}. */
export class Probe {
  /** Whether anybody listens. Ask before arguments of {@link emit} are worked out. */
  enabled = false;

  constructor(
    readonly hub: TraceHub,
    /** The tracepoint. */
    readonly def: EventDef,
    /** Its index in the hub. */
    readonly index: number,
  ) {}

  /**
   * Record the event at this instant, in the hub's context; nothing happens if nobody listens.
   * Fields come in the order of `def.fields`: numbers as they are, strings as ids of the hub, pointers as any number
   * that stands for the object.
   */
  emit(a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0): void {
    if (this.enabled) this.hub.record(this.index, a0, a1, a2, a3, a4, a5, a6, a7);
  }
}
