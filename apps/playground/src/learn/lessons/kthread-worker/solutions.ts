import type { Solutions } from '../../solutions.ts';

export const kthreadWorkerSolutions: Solutions = {
  slowest: { right: { answer: '8.47' }, wrong: { answer: '0.03' } },
  fast: {
    right: { edit: [['set_user_nice: [self, 0]', 'sched_set_fifo: self']] },
    wrong: { edit: [['[self, 0]', '[self, -5]']] },
  },
};
