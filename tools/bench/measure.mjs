import { readFileSync } from 'node:fs';

/** Switches of all CPUs so far. */
export const switches = (m) => {
  let sum = 0;
  for (const rq of m.sched.rqs) sum += rq.nrSwitches;
  return sum;
};

/** Steps between two looks at the count: on 64 CPUs, counting at every step would be most of what is measured. */
const LOOK_EVERY = 256;

/**
 * Let the machine run until `count` more operations have happened, after a quarter as many to warm up.
 * @param operations number of operations so far
 */
export function measure(m, count, operations = switches) {
  runUntil(m, operations, operations(m) + count / 4);
  const before = operations(m);
  const start = threadNs();
  runUntil(m, operations, before + count);
  return { operations: operations(m) - before, ns: threadNs() - start };
}

/** CPU time of this thread in ns where the system tells it (Linux), so that a busy machine disturbs less; else the clock. */
export function threadNs() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]);
  } catch {
    return Number(process.hrtime.bigint());
  }
}

function runUntil(m, operations, goal) {
  let steps = 0;
  m.run(() => steps++ % LOOK_EVERY === 0 && operations(m) >= goal);
}
