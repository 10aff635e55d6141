import { defineDaemon } from '@kernel-model/daemons';
import { boot } from '@kernel-model/machine';
import { TASK_INTERRUPTIBLE, TASK_RUNNING } from '@kernel-model/scheduler';

const sleeper = defineDaemon({
  name: 'sleeper',
  state: () => ({ requests: 0, served: 0 }),
  threads: [
    {
      name: 'sleeper',
      *fn({ k, state }) {
        while (!(yield* k.kthreadShouldStop())) {
          // state first, test second: a wakeup in between is not lost
          yield* k.setCurrentState(TASK_INTERRUPTIBLE);
          if (state.requests === 0 && !(yield* k.kthreadShouldStop())) yield* k.schedule();
          yield* k.setCurrentState(TASK_RUNNING);
          for (; state.requests > 0; state.requests--) {
            yield* k.busy(50); // us of work
            state.served++;
          }
        }
        return 0;
      },
    },
  ],
});

const machine = boot({ daemons: ['minimal', sleeper] });
machine.runFor(10_000_000);
console.log(machine.rmmod('sleeper'));
