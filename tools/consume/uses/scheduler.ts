import { busy, createScheduler, doExit, kernelClone, msleep, schedConfig, startCpus } from '@kernel-model/scheduler';
import { Sim } from '@kernel-model/sim';
import { SCHED_SWITCH, TraceHub } from '@kernel-model/trace';

const sim = new Sim();
const hub = new TraceHub(sim);
const s = createScheduler(sim, hub, schedConfig(sim, { nrCpus: 1 }));
const ran: string[] = [];
hub.on(SCHED_SWITCH).subscribe(({ fields }) => {
  if (fields.next_pid > 0) ran.push(fields.next_comm);
});
s.cpu = 0;
for (const name of ['A', 'B']) {
  const fork = kernelClone(s, {
    name,
    kthread: true,
    *fn() {
      yield* busy(s, 1000);
      yield* msleep(s, 5);
      yield* doExit(s, 0);
    },
  });
  for (const _ of fork);
}
s.cpu = -1;
startCpus(s);
sim.run(() => false, 50e6);
hub.flush();

export const result: unknown = ran.sort().join(' ');
export const expected: unknown = 'A A B B';
