import { Sim, SimEvent } from '@kernel-model/sim';

const sim = new Sim({ seed: 1 });
const tick = new SimEvent(sim.addLane('cpu0'), () => {
  sim.charge(500);
  if (sim.now < 10_000_000) sim.post(tick, sim.now + 4_000_000);
});
sim.post(tick, 4_000_000);
sim.run(() => false);

export const result: unknown = sim.now;
export const expected: unknown = 12_001_500;
