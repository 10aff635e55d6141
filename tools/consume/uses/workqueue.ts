import { boot } from '@kernel-model/machine';
import { WorkStruct } from '@kernel-model/workqueue';

const machine = boot({ cpus: 2, daemons: 'minimal' });
const { kernel: k } = machine;
let comm = '';
const work = new WorkStruct(function* () {
  comm = machine.sched.current.comm;
}, 'work_fn');
machine.post(function* () {
  const wq = yield* k.allocWorkqueue('my_wq', 0, 0);
  if (wq !== null) yield* k.queueWorkOn(1, wq, work);
});
machine.runFor(30e6);

export const result: unknown = comm.replace(/\d+(?=-|$)/, 'N');
export const expected: unknown = 'kworker/1:N';
