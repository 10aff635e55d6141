import { Observable } from 'rxjs';
import type { TraceEvent } from '@kernel-model/trace';

/** An analysis that looks at one event after the other and has its result at the end. */
export interface Collector<T> {
  /** Look at the next event. */
  take(event: TraceEvent): void;
  /** Events of this CPU are missing here: forget who runs there, and who waits to. */
  gap?(cpu: number): void;
  /** The result for what was seen so far. */
  result(): T;
}

/** The result of an analysis for a whole trace. */
export function collect<T>(events: Iterable<TraceEvent>, collector: Collector<T>): T {
  for (const event of events) collector.take(event);
  return collector.result();
}

/**
 * The result of an analysis for a running machine: `collect$(hub.events$, new SchedLatency())`. Cold; emits once, when
 * the events complete, which they do when the machine is disposed of.
 */
export function collect$<T>(events$: Observable<TraceEvent>, collector: Collector<T>): Observable<T> {
  return new Observable((subscriber) =>
    events$.subscribe({
      next: (event) => collector.take(event),
      error: (error) => subscriber.error(error),
      complete: () => {
        subscriber.next(collector.result());
        subscriber.complete();
      },
    }),
  );
}
