// How costs grow: the same machine with more tasks, more CPUs, or for more events.
import { boot } from '@kernel-model/machine';
import { TraceRing } from '@kernel-model/trace';
import { measure, threadNs } from '../measure.mjs';
import { heapUsed } from './costs.mjs';
import { startPairs, startSleepers } from './switches.mjs';

/** Switches that are measured. */
const COUNT = 500_000;

/** Sleeping and waking tasks on 4 CPUs. */
function tasks(n) {
  const before = heapUsed();
  const m = boot({ cpus: 4, maxThreads: n + 1000 }); // the kernel's default is 32,768
  startSleepers(m, n);
  return result(measure(m, Math.max(COUNT, 5 * n)), before, m);
}

/** A pair of tasks that wake each other on each CPU. */
function cpus(n) {
  const before = heapUsed();
  const m = boot({ cpus: n });
  startPairs(m, n);
  return result(measure(m, COUNT), before, m);
}

/** 1,000 sleeping and waking tasks on 4 CPUs, with every event recorded in a ring. */
function events(n) {
  const before = heapUsed();
  const m = boot({ cpus: 4 });
  let recorded = 0;
  m.hub.attach(new TraceRing(m.hub, 65536));
  m.hub.attach({ immediate: true, take: () => recorded++ });
  startSleepers(m, 1000);
  recorded = 0;
  const start = threadNs();
  m.run(() => recorded >= n);
  return result({ operations: recorded, ns: threadNs() - start }, before, m);
}

/** @returns ns an operation, and MB of heap that the machine takes */
function result({ operations, ns }, before, m) {
  const megabytes = (heapUsed() - before) / 1e6;
  m.dispose(); // until here it was in use
  return { ns: ns / operations, megabytes };
}

/** The curves: `label` says what x counts, and `unit` what one operation is. */
export const CURVES = {
  tasks: { label: 'tasks on 4 CPUs', unit: 'switch', values: [10, 100, 1000, 10_000, 100_000], run: tasks },
  cpus: { label: 'CPUs, 2 tasks each', unit: 'switch', values: [1, 2, 4, 8, 16, 32, 64], run: cpus },
  events: { label: 'events recorded', unit: 'event', values: [1e4, 1e5, 1e6, 1e7], run: events },
};
