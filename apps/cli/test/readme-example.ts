import { boot } from '@kernel-model/machine';
import { SCHED_SWITCH } from '@kernel-model/trace';

const machine = boot({ cpus: 2 });
const k = machine.kernel;
machine.hub.on(SCHED_SWITCH).subscribe((event) => console.log(event.at, event.cpu, event.fields.next_comm));
machine.post(function* () {
  yield* k.kthreadRun(demo, null, 'demo');
});
machine.runFor(20e6);

function* demo() {
  yield* k.msleep(10);
  return 0;
}
