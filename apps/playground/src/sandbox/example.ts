/** What the editor offers to begin a daemon with. */
export const FIRST_DAEMON = `import { defineDaemon } from '@kernel-model/daemons';
import { msecsToJiffies } from '@kernel-model/scheduler';

// A kernel thread that works for 2 ms, five times a second, until it is told to stop.
export const daemon = defineDaemon({
  name: 'blinker',
  options: { periodMs: { type: 'integer', default: 20, minimum: 1 } },
  state: () => ({ blinks: 0 }),
  threads: [
    {
      name: 'blinker',
      *fn({ k, options, state }) {
        while (!(yield* k.kthreadShouldStop())) {
          state.blinks++;
          yield* k.busy(2000);
          yield* k.scheduleTimeoutInterruptible(msecsToJiffies(options.periodMs));
        }
        return 0;
      },
    },
  ],
});
`;

/** A scenario that gives a daemon time. */
export const DAEMON_SCENARIO = `# The daemon is loaded before this starts.
name: daemon
machine: { cpus: 2 }
main:
  - msleep: 100
`;
