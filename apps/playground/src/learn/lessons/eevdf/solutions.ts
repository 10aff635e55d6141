import type { Solutions } from '../../solutions.ts';

export const eevdfSolutions: Solutions = {
  deadline: { right: { answer: '4279' }, wrong: { answer: '1400' } },
  pick: { right: { answer: 'b' }, wrong: { answer: 'a' } },
  half: {
    right: { edit: [['[c, 0]', '[c, -1]']] },
    wrong: { edit: [['[c, 0]', '[c, -8]']] },
  },
};
