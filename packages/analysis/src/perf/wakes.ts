import {
  isEvent,
  SCHED_WAKEUP,
  SCHED_WAKEUP_NEW,
  SCHED_WAKING,
  type SchedWakeupFields,
  type TraceEvent,
} from '@kernel-model/trace';

/** Which events make a task ready: sched_wakeup only in traces that have no sched_waking. */
export class Wakes {
  #waking = false;

  /** Whether this event makes a task ready. */
  is(event: TraceEvent): event is TraceEvent<SchedWakeupFields> {
    if (isEvent(event, SCHED_WAKING)) return (this.#waking = true);
    return isEvent(event, SCHED_WAKEUP_NEW) || (!this.#waking && isEvent(event, SCHED_WAKEUP));
  }
}
