import { expect, test } from '@jest/globals';
// The examples of the README of daemons, which that package cannot run itself: it lies below this one.
import { LoopGuard, defineDaemon, loadDaemon } from '@kernel-model/daemons';
import { guardLoops } from '@kernel-model/daemons/guard-loops';
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

test('the first example of the README of daemons is run here', () => {
  expect(changes).toBe(10);
  expect(removed).toBe(0);
});

const source = `return { name: 'mine', threads: [{ name: 'mine', *fn() { while (true); } }] };`;
const guard = new LoopGuard();
const prepared = guardLoops(`const make = () => { ${source} };`, '$guard'); // lines stay where they are
const daemon = loadDaemon({ default: new Function('$guard', `${prepared} return make();`)(guard) }, guard);
const host = boot({ daemons: [daemon] });
host.runFor(30e9);
const log = host.sched.reports.lines[0]!.text; // watchdog: BUG: soft lockup - CPU#0 stuck for 20s! [mine:54]

test('and the second one', () => {
  expect(log).toMatch(/^watchdog: BUG: soft lockup - CPU#\d stuck for 20s! \[mine:\d+\]$/);
});
