// Only the scheduler, and its streams: how long does a thread of nice 10 wait behind one of nice 0?
import {
  busy,
  createScheduler,
  doExit,
  kernelClone,
  schedConfig,
  setUserNice,
  startCpus,
} from '@kernel-model/scheduler';
import { Sim } from '@kernel-model/sim';
import { SCHED_SWITCH, TraceHub } from '@kernel-model/trace';
import { filter, map, pairwise, toArray } from 'rxjs';

const sim = new Sim();
const hub = new TraceHub(sim);
const s = createScheduler(sim, hub, schedConfig(sim, { nrCpus: 1 }));
let turns: string[] = [];
hub
  .on(SCHED_SWITCH)
  .pipe(
    map(({ at, fields }) => ({ at, comm: fields.next_comm })),
    pairwise(),
    filter(([from]) => from.comm === 'eager' || from.comm === 'polite'),
    map(([from, to]) => `${from.comm} ${Math.round((to.at - from.at) / 1e6)}`),
    toArray(),
  )
  .subscribe((all) => (turns = all));
s.cpu = 0;
for (const [name, nice] of [
  ['eager', 0],
  ['polite', 10],
] as const) {
  const fork = kernelClone(s, {
    name,
    kthread: true,
    *fn() {
      setUserNice(s, s.current, nice);
      yield* busy(s, 40_000);
      yield* doExit(s, 0);
    },
  });
  for (const _ of fork);
}
s.cpu = -1;
startCpus(s);
sim.run(() => false, 1e9);
hub.dispose();

const total = (comm: string): number =>
  turns.filter((turn) => turn.startsWith(comm)).reduce((sum, turn) => sum + Number(turn.split(' ')[1]), 0);
if (total('eager') < 39 || total('polite') < 39) throw new Error(`not all ran: ${turns.join(', ')}`);
if (turns.at(-1)?.startsWith('polite') !== true) throw new Error(`the polite one was not last: ${turns.join(', ')}`);
console.log('ok');
