import type { Solutions } from '../../solutions.ts';

export const workqueueSolutions: Solutions = {
  workers: { right: { answer: '3' }, wrong: { answer: '1' } },
  one: {
    right: { edit: [['msleep: 12', 'busy: 12000']] },
    wrong: { edit: [['msleep: 12', 'usleep_range: 12500']] },
  },
  turns: {
    right: { edit: [['max_active: 0', 'max_active: 1']] },
    wrong: { edit: [['flags: []', 'flags: [WQ_HIGHPRI]']] },
  },
};
