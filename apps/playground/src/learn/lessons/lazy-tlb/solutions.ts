import type { Solutions } from '../../solutions.ts';

export const lazyTlbSolutions: Solutions = {
  loads: { right: { answer: '0' }, wrong: { answer: '3' } },
  remote: { right: { answer: 'CPU 1' }, wrong: { answer: 'none' } },
  quiet: {
    right: {
      edit: [
        ['    - kthread_use_mm: A\n', ''],
        ['    - kthread_unuse_mm\n', ''],
      ],
    },
    wrong: { edit: [['munmap:4', 'munmap:34']] },
  },
};
