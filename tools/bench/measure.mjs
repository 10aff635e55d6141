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
export function measure(m, count, operations = () => switches(m)) {
  return timed(count, (more) => {
    const before = operations();
    let steps = 0;
    m.run(() => steps++ % LOOK_EVERY === 0 && operations() >= before + more);
    return operations() - before;
  });
}

/**
 * Time of `count` operations, after a quarter as many to warm up.
 * @param run does as many operations as it is told, and may return how many it did
 * @returns {{operations: number, ns: number}}
 */
export function timed(count, run) {
  run(Math.ceil(count / 4));
  const start = threadNs();
  const operations = run(count) ?? count;
  return { operations, ns: threadNs() - start };
}

/** {@link timed} for what has to be awaited. */
export async function timedAsync(count, run) {
  await run(Math.ceil(count / 4));
  const start = threadNs();
  const operations = (await run(count)) ?? count;
  return { operations, ns: threadNs() - start };
}

/** CPU time of this thread in ns where the system tells it (Linux), so that a busy machine disturbs less; else the clock. */
export function threadNs() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]);
  } catch {
    return Number(process.hrtime.bigint());
  }
}

/** How long a sleeper of the loads sleeps next, in ticks less one; the programs for peers count alike. */
export const nextPause = (pause) => (pause * 5 + 3) % 16;
