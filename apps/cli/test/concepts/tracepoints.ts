import { boot } from '@kernel-model/machine';
import { SCHED_PROCESS_FORK } from '@kernel-model/trace';

const machine = boot({ cpus: 1 });
machine.hub.on(SCHED_PROCESS_FORK).subscribe(({ comm, fields }) => console.log(comm, fields.child_comm));
const { kernel: k } = machine;
machine.post(function* () {
  yield* k.kthreadRun(
    function* () {
      return 0;
    },
    null,
    'demo',
  );
});
machine.runFor(1_000_000);
