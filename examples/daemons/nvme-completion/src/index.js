import { defineDaemon } from '@kernel-model/daemons';
import { KthreadWork } from '@kernel-model/kthread-worker';
import { HrTimer, hrtimerCancel, hrtimerStart } from '@kernel-model/scheduler';

/**
 * A device with a queue pair: requests complete in any number while one interrupt is served. The interrupt handler does
 * nothing but queue a work on a worker of its own, bound to the interrupt's CPU and SCHED_FIFO: no other load delays
 * completions, and a second interrupt before the work has begun costs nothing, because the work is pending already.
 */
export const daemon = defineDaemon({
  name: 'nvme',
  description: 'Completes requests in a real-time worker, off the interrupt',
  options: {
    cpu: { type: 'integer', default: 0, minimum: 0, description: 'CPU of the interrupt and of the worker' },
    intervalUs: { type: 'integer', default: 500, minimum: 10, description: 'time between two interrupts in us' },
    perInterrupt: { type: 'integer', default: 4, minimum: 1, description: 'requests completed at each interrupt' },
    handleUs: { type: 'integer', default: 20, minimum: 0, description: 'time to complete a request in us' },
    realtime: { type: 'boolean', default: true, description: 'SCHED_FIFO for the worker' },
  },
  state: () => ({
    worker: null,
    work: null,
    timer: null,
    /** Instants at which the device completed what nobody has handled yet, in ns. */
    completionQueue: [],
    interrupts: 0,
    coalesced: 0,
    handled: 0,
    worstNs: 0,
  }),

  *init({ k, options, state }) {
    if (options.cpu >= k.s.nrCpus) return -22; // EINVAL
    const worker = yield* k.kthreadCreateWorkerOnCpu(options.cpu, 0, 'nvme_cq');
    if (typeof worker === 'number') return worker;
    if (options.realtime) k.schedSetFifo(worker.task);
    state.worker = worker;
    state.work = new KthreadWork(function* nvme_process_cq() {
      for (let at = state.completionQueue.shift(); at !== undefined; at = state.completionQueue.shift()) {
        yield* k.busy(options.handleUs);
        state.handled++;
        state.worstNs = Math.max(state.worstNs, k.ktimeGet() - at);
      }
    });
    // The device: an interrupt every so often. A handler runs to its end at once, so it uses the forms without yield*.
    state.timer = new HrTimer(k.s, () => {
      const now = k.ktimeGet();
      state.interrupts++;
      for (let i = 0; i < options.perInterrupt; i++) state.completionQueue.push(now);
      if (!k.kthreadQueueWorkNow(worker, state.work)) state.coalesced++;
      hrtimerStart(state.timer, now + options.intervalUs * 1000, options.cpu);
    });
    hrtimerStart(state.timer, k.ktimeGet() + options.intervalUs * 1000, options.cpu);
    return 0;
  },

  *exit({ k, state }) {
    // First the source of work, then the work, then the worker: any other order leaves something that points nowhere.
    hrtimerCancel(state.timer);
    yield* k.kthreadCancelWorkSync(state.work);
    yield* k.kthreadDestroyWorker(state.worker);
  },
});
