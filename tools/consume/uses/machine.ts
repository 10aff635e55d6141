import { boot } from '@kernel-model/machine';
import { SCHED_SWITCH } from '@kernel-model/trace';

const machine = boot({ cpus: 2 });
const k = machine.kernel;
const seen: string[] = [];
machine.hub.on(SCHED_SWITCH).subscribe((event) => seen.push(event.fields.next_comm));
machine.post(function* () {
  yield* k.kthreadRun(
    function* () {
      yield* k.msleep(10);
      return 0;
    },
    null,
    'demo',
  );
});
machine.runFor(30e6);

export const result: unknown = seen.includes('demo');
export const expected: unknown = true;
