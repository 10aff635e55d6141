// One tracepoint, emitted alone: what it costs whoever listens.
import { Sim } from '@kernel-model/sim';
import { SCHED_WAKEUP, TraceHub, TraceRing, TracefsTextSink } from '@kernel-model/trace';
import { timed } from '../measure.mjs';

/** Events between two deliveries. */
const STEP = 64;

/** @param count events @param prepare attaches the listeners to the hub */
export function tracepoint(count, prepare = () => {}) {
  const hub = new TraceHub(new Sim());
  const probe = hub.probe(SCHED_WAKEUP);
  prepare(hub);
  const comm = hub.intern('sleeper');
  return timed(count, (events) => {
    for (let i = 0; i < events; i++) {
      if (probe.enabled) probe.emit(comm, i, 120, 0);
      if (i % STEP === 0) hub.flush();
    }
    hub.flush();
  });
}

/** @param n how many rxjs subscribers */
export const subscribers = (n) => (hub) => {
  for (let i = 0; i < n; i++) hub.events$.subscribe(() => {});
};
export const ring = (hub) => void hub.attach(new TraceRing(hub, 65536));
export const text = (hub) => void new TracefsTextSink(hub, { write: () => {} });
