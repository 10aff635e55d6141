import { defineDaemon } from '@kernel-model/daemons';
import { TASK_UNINTERRUPTIBLE, WaitQueueHead, msecsToJiffies } from '@kernel-model/scheduler';

/**
 * The second kind of kernel thread: it wakes up every so often, compares a measure with a limit, and acts. As the
 * writeback of Linux it has two limits: from the first on it writes in the background, at the second whoever makes
 * more pages dirty has to wait.
 */
export const daemon = defineDaemon({
  name: 'cache_flusher',
  description: 'Writes a dirty cache back: every so often, and early when it grows',
  options: {
    intervalMs: { type: 'integer', default: 500, minimum: 1, description: 'time between two looks in ms' },
    background: { type: 'integer', default: 100, minimum: 1, description: 'dirty pages from which it writes' },
    limit: { type: 'integer', default: 200, minimum: 1, description: 'dirty pages at which writers have to wait' },
    batch: { type: 'integer', default: 32, minimum: 1, description: 'pages written at once' },
    writeUs: { type: 'integer', default: 2000, minimum: 0, description: 'time that the disk takes for a batch in us' },
  },
  state: () => ({
    dirty: 0,
    written: 0,
    /** The flusher waits here. */
    work: new WaitQueueHead('work for the flusher'),
    /** Writers wait here. */
    room: new WaitQueueHead('clean pages'),
  }),
  *init({ options }) {
    return options.background < options.limit ? 0 : -22; // EINVAL
  },
  *exit(d) {
    d.log(`wrote ${d.state.written} pages`);
  },
  threads: [
    {
      name: 'cache_flusher',
      *fn({ k, options, state }) {
        while (!(yield* k.kthreadShouldStop())) {
          const due = () => state.dirty > options.background || k.signalPending(k.current);
          // Returns early if somebody says that there is work; whatever the reason, look at the measure again.
          yield* k.waitEventInterruptibleTimeout(state.work, due, msecsToJiffies(options.intervalMs));
          // What is dirty after an interval is old enough, however little it is.
          while (state.dirty > 0) {
            const pages = Math.min(options.batch, state.dirty);
            yield* k.setCurrentState(TASK_UNINTERRUPTIBLE); // for the disk: nothing interrupts this
            yield* k.scheduleTimeout(Math.max(1, msecsToJiffies(options.writeUs / 1000)));
            state.dirty -= pages;
            state.written += pages;
            yield* k.wakeUpAll(state.room);
          }
        }
        return 0;
      },
    },
  ],
});

/** What somebody calls who changes a page of the cache. May sleep. */
export function* dirtyPage({ k, options, state }) {
  yield* k.waitEvent(state.room, () => state.dirty < options.limit);
  state.dirty++;
  if (state.dirty > options.background) yield* k.wakeUp(state.work);
}
