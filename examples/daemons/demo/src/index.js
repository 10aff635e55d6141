import { defineDaemon } from '@kernel-model/daemons';
import { KthreadWork } from '@kernel-model/kthread-worker';

/**
 * The smallest module with a thread of its own to work for it:
 *
 *     worker = kthread_create_worker(0, "demo");
 *     kthread_init_work(&mywork, my_fn);
 *     kthread_queue_work(worker, &mywork);
 */
export const daemon = defineDaemon({
  name: 'demo',
  description: 'Says hello from a kthread_worker',
  options: {
    times: { type: 'integer', default: 1, minimum: 1, maximum: 1000, description: 'how often to say hello' },
  },
  state: () => ({ worker: null, work: null, hellos: 0 }),

  *init(d) {
    const { k, state, options } = d;
    const worker = yield* k.kthreadCreateWorker(0, 'demo');
    if (typeof worker === 'number') return worker; // -ENOMEM, -EINTR or -EAGAIN
    state.worker = worker;
    state.work = new KthreadWork(function* my_fn(work) {
      state.hellos++;
      d.log('hello worker');
      // A work that runs is not pending any more, so it may queue itself again.
      if (state.hellos < options.times) yield* k.kthreadQueueWork(worker, work);
    });
    yield* k.kthreadQueueWork(worker, state.work);
    return 0;
  },

  *exit({ k, state }) {
    // Flush, then destroy. Destroying alone would be enough: it flushes, too.
    yield* k.kthreadFlushWork(state.work);
    yield* k.kthreadDestroyWorker(state.worker);
  },
});
