import { Sim, SimEvent } from '@kernel-model/sim';
import { SCHED_WAKING, TraceHub } from '@kernel-model/trace';

const sim = new Sim();
const hub = new TraceHub(sim);
const waking = hub.probe(SCHED_WAKING);
const seen: string[] = [];
hub.on(SCHED_WAKING).subscribe(({ at, fields }) => seen.push(`${at} ${fields.comm}`));
sim.post(new SimEvent(sim.addLane('cpu0'), () => waking.emit(hub.intern('kthreadd'), 2, 120, 1)), 1_000);
sim.run(() => false);
hub.dispose();

export const result: unknown = seen;
export const expected: unknown = ['1000 kthreadd'];
