import type { Solutions } from '../../solutions.ts';

export const kswapdSolutions: Solutions = {
  woken: { right: { answer: '720' }, wrong: { answer: '982' } },
  until: { right: { answer: 'high' }, wrong: { answer: 'low' } },
  direct: {
    right: { settings: { batch: 4096 } },
    wrong: { settings: { batch: 512 } },
  },
};
