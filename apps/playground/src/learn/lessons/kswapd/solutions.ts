import type { Solutions } from '../../solutions.ts';

export const kswapdSolutions: Solutions = {
  woken: { right: { answer: '4227' }, wrong: { answer: '5072' } },
  until: { right: { answer: 'high' }, wrong: { answer: 'low' } },
  direct: {
    right: { settings: { batch: 4096 } },
    wrong: { settings: { batch: 512 } },
  },
};
