import { boot } from '@kernel-model/machine';
import { ProcFiles } from '@kernel-model/procfs';

const machine = boot({ cpus: 1, daemons: 'minimal' });
const files = new ProcFiles(machine.sched, machine.workqueues);

export const result: unknown = files.read('/proc/2/comm');
export const expected: unknown = 'kthreadd\n';
