// What a machine costs before it does anything, and while nothing happens.
import { boot } from '@kernel-model/machine';
import { threadNs } from '../measure.mjs';
import { startSleepers } from './switches.mjs';

/** ms a boot; the first ones compile. */
export function bootTime(boots) {
  for (let i = 0; i < boots / 2; i++) boot({ cpus: 2 });
  const start = threadNs();
  for (let i = 0; i < boots; i++) boot({ cpus: 2 });
  return { value: (threadNs() - start) / boots / 1e6 };
}

/** s of a simulated hour. */
export function idleHour() {
  const m = boot({ cpus: 8 });
  const start = threadNs();
  m.runFor(3600e9);
  return { value: (threadNs() - start) / 1e9 };
}

/** kB of heap a sleeping thread; needs --expose-gc. */
export function memory(tasks) {
  const m = boot({ cpus: 4 });
  const before = heapUsed();
  startSleepers(m, tasks);
  m.runFor(1e9);
  return { value: (heapUsed() - before) / tasks / 1000 };
}

/** Bytes of the heap that are in use; needs --expose-gc. */
export function heapUsed() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
