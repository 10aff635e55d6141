import { defineDaemon } from '@kernel-model/daemons';
import { boot } from '@kernel-model/machine';

const blinker = defineDaemon({
  name: 'blinker',
  options: { periodMs: { type: 'integer', default: 500, minimum: 1, description: 'time between two changes in ms' } },
  state: () => ({ changes: 0 }),
  threads: [
    {
      name: 'blinker',
      *fn({ k, options, state }) {
        while (!(yield* k.kthreadShouldStop())) {
          state.changes++;
          yield* k.msleep(options.periodMs);
        }
      },
    },
  ],
});
const machine = boot({ cpus: 1, daemons: [{ daemon: blinker, params: { periodMs: 100 } }] });
machine.runFor(1e9);
const { changes } = machine.modules.find('blinker')!.context.state as { changes: number };

export const result: unknown = [changes >= 9, changes <= 10, machine.rmmod('blinker')];
export const expected: unknown = [true, true, 0];
