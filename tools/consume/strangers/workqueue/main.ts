// The workqueue with a daemon of one's own: a log that is flushed by a work, at the latest when the module goes.
import { defineDaemon } from '@kernel-model/daemons';
import { boot } from '@kernel-model/machine';
import { WORKQUEUE_EXECUTE_START } from '@kernel-model/trace';
import { WQ_UNBOUND, WorkStruct, type WorkqueueStruct } from '@kernel-model/workqueue';

interface State {
  wq: WorkqueueStruct | null;
  pending: number;
  flushed: number;
}

const logger = defineDaemon({
  name: 'logger',
  options: { lines: { type: 'integer', default: 8, minimum: 1, description: 'lines to write' } },
  state: (): State => ({ wq: null, pending: 0, flushed: 0 }),
  *init({ k, state }) {
    state.wq = yield* k.allocWorkqueue('logger', WQ_UNBOUND, 1);
    return state.wq === null ? -12 : 0;
  },
  threads: [
    {
      name: 'logger',
      *fn({ k, options, state }) {
        const flush = new WorkStruct(function* log_flush() {
          yield* k.msleep(2);
          state.flushed += state.pending;
          state.pending = 0;
        });
        for (let line = 0; line < options.lines; line++) {
          state.pending++;
          if (state.wq !== null) yield* k.queueWork(state.wq, flush);
          yield* k.msleep(1);
        }
        while (!(yield* k.kthreadShouldStop())) yield* k.msleep(5);
      },
    },
  ],
  *exit({ k, state }) {
    if (state.wq !== null) yield* k.destroyWorkqueue(state.wq);
  },
});

const machine = boot({ cpus: 2, daemons: [{ daemon: logger, params: { lines: 5 } }] });
const workers = new Set<string>();
machine.hub.on(WORKQUEUE_EXECUTE_START).subscribe(({ comm, fields }) => {
  if (fields.function === 'log_flush') workers.add(comm.replace(/\d+/g, 'N'));
});
machine.runFor(100e6);
const state = machine.modules.find('logger')!.context.state as State;
const status = machine.rmmod('logger');
if (status !== 0 || state.flushed !== 5) throw new Error(`rmmod ${status}, flushed ${state.flushed} of 5`);
if ([...workers].join() !== 'kworker/uN:N') throw new Error(`flushed by ${[...workers].join()}`);
machine.dispose();
console.log('ok');
