import { POINT, type Step } from '@kernel-model/sim';
import { NOTHING, type Scheduler } from '@kernel-model/scheduler';

/** Let the current task work for ns; interrupts come in between. On an explored machine it takes no time. */
export function work(s: Scheduler, ns: number): Step<void> {
  return ns <= 0 || s.sim.explored ? NOTHING : owe(s, ns);
}

function* owe(s: Scheduler, ns: number): Step<void> {
  s.cpus[s.cpu]!.compute(ns, 0);
  yield POINT;
}
