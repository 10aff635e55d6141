import { MmSubsystem, mmget, mmput, newUserMm } from '@kernel-model/mm';
import { createScheduler, schedConfig } from '@kernel-model/scheduler';
import { Sim } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';

const sim = new Sim();
const s = createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus: 2 }));
s.cpu = 0; // as the boot CPU's idle task
const ms = new MmSubsystem(s, { pcid: true });
const mm = newUserMm(ms, 'A');
mmget(mm);
const users = mm.users;
for (const _ of mmput(ms, mm));

export const result: unknown = [users, mm.users, mm.count];
export const expected: unknown = [2, 1, 1];
