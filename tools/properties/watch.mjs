// What must hold between any two steps of a machine.
import { checkMachine } from '@kernel-model/testkit';

const TICK_NS = 4e6;
/** Longest that a task may be ready to run and not run, in ns: real-time tasks leave the others 5 % of each second. */
const STARVED_NS = 2e9;

/** Recounts after every step; throws what the machine then reports as its own fault. */
export function watch(machine) {
  const { sim, sched } = machine;
  const readySince = new Map();
  sim.afterStep(() => {
    checkMachine(machine);
    for (const p of sched.tasks.values()) {
      checkLag(sched, p);
      if (p.onRq !== 1 || p.onCpu || p.se.schedDelayed) readySince.delete(p);
      else if (!readySince.has(p)) readySince.set(p, sim.now);
      else if (sim.now - readySince.get(p) > STARVED_NS)
        throw new Error(`${p.comm} (pid ${p.pid}) starves since ${readySince.get(p)} ns`);
    }
  });
}

/** The lag that a sleeper keeps is at most twice its slice, or a tick, of its own virtual time. */
function checkLag(sched, { comm, se, onRq, schedClass }) {
  if (onRq !== 0 || schedClass.name !== 'fair') return;
  const limit = (Math.max(2 * se.slice, 2 * sched.baseSliceNs, TICK_NS) * 1024) / se.load.weight;
  // rounding, when the weight of a sleeper changes
  if (Math.abs(se.vlag) > limit + 2) throw new Error(`${comm} keeps a lag of ${se.vlag}, more than ${limit}`);
}
