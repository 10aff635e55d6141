import type { Solutions } from '../../solutions.ts';

const BUSY = '        - busy: 4000';

export const preemptionSolutions: Solutions = {
  latency: { right: { answer: '29.1' }, wrong: { answer: '4' } },
  polite: {
    right: { edit: [[BUSY, `        - cond_resched\n${BUSY}`]] },
    wrong: { edit: [['sched_set_fifo: self', 'set_user_nice: [self, -20]']] },
  },
  full: {
    right: { edit: [['preempt: voluntary', 'preempt: full']] },
    wrong: { edit: [['preempt: voluntary', 'preempt: none']] },
  },
};
