/**
 * What is mutated, and by which specs it has to be noticed. The files are the ones that hold the kernel's rules; the specs
 * are in these directories: the package's own, and those of testkit about it, which are slower.
 */
export const TARGETS = {
  'scheduler-classes': {
    pkg: 'scheduler',
    files: words('eevdf fair rt core pick'),
    specs: ['packages/scheduler/test', 'packages/scheduler/src', 'packages/testkit/test/scheduler'],
  },
  'scheduler-waiting': {
    pkg: 'scheduler',
    files: words('wakeup schedule schedule-timeout completion wait-queue'),
    specs: ['packages/scheduler/test', 'packages/scheduler/src', 'packages/testkit/test/scheduler'],
  },
  kthread: {
    pkg: 'kthread',
    files: words('bind create exit freezable kthread kthreadd park smpboot stop trampoline'),
    specs: ['packages/kthread/test', 'packages/testkit/test/kthread'],
  },
  'kthread-worker': {
    pkg: 'kthread-worker',
    files: words(`
      cancel create delayed destroy flush-item flush init kthread-worker kthread-workers queue waits work-list worker-fn
    `),
    specs: ['packages/kthread-worker/test'],
  },
  workqueue: {
    pkg: 'workqueue',
    files: words(`
      queue activate max-active concurrency manage worker-thread process cancel grab flush-work flush-workqueue
    `),
    specs: ['packages/workqueue/test'],
  },
};

/** Specs that no target runs: searches at random, sweeps over long times, measurements, and examples, which run while they are loaded. */
export const LEFT_OUT = /random|scale|timer-wheel|timer-migration|cpudl|readme/;

function words(text) {
  return text.trim().split(/\s+/);
}
