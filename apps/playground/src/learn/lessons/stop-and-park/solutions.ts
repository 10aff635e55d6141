import type { Solutions } from '../../solutions.ts';

export const stopAndParkSolutions: Solutions = {
  parked: { right: { answer: 'P' }, wrong: { answer: 'S' } },
  stop: {
    right: { edit: [['repeat: 10', 'repeat: 1']] },
    wrong: { edit: [['kthread_stop: daemon', 'wake_up_process: daemon\n  - kthread_stop: daemon']] },
  },
};
