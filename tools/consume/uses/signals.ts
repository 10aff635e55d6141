import { SIGKILL, SIGTERM, SigSet, Signals } from '@kernel-model/signals';
import { createScheduler, schedConfig } from '@kernel-model/scheduler';
import { Sim } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';

const sim = new Sim();
const signals = new Signals(createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus: 1 })));
const set = new SigSet();
set.add(SIGTERM);

export const result: unknown = [signals instanceof Signals, set.has(SIGTERM), set.has(SIGKILL)];
export const expected: unknown = [true, true, false];
