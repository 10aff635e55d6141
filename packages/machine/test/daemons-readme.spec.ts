import { expect, test } from '@jest/globals';
// The example of the README of daemons, which that package cannot run itself: it lies below this one.
import { defineDaemon } from '@kernel-model/daemons';
import { msecsToJiffies } from '@kernel-model/scheduler';
import { boot } from '../src/index.ts';

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
          yield* k.scheduleTimeoutInterruptible(msecsToJiffies(options.periodMs));
        }
      },
    },
  ],
});

const machine = boot({ daemons: [{ daemon: blinker, params: { periodMs: 100 } }] });
machine.runFor(1e9); // 1 s of virtual time
const { changes } = machine.modules.find('blinker')!.context.state as { changes: number };
const removed = machine.rmmod('blinker'); // 0, or what delete_module(2) returns

test('the example of the README of daemons is run here', () => {
  expect(changes).toBe(10);
  expect(removed).toBe(0);
});
