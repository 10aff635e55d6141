import type { Solutions } from '../../solutions.ts';

export const kthreaddSolutions: Solutions = {
  who: { right: { answer: '2' }, wrong: { answer: '1' } },
  state: { right: { answer: 'D' }, wrong: { answer: 'S' } },
  run: {
    right: { edit: [['  - msleep: 12\n', '  - wake_up_process: made\n  - msleep: 12\n']] },
    wrong: { edit: [['msleep: 12', 'msleep: 40']] },
  },
};
