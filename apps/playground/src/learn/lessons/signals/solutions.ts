import type { Solutions } from '../../solutions.ts';

const WAIT = '    - wait_event_interruptible: [queue, never, 1]';

export const signalsSolutions: Solutions = {
  result: { right: { answer: 'ignored' }, wrong: { answer: 'delivered' } },
  wait: {
    right: { edit: [[WAIT, `    - allow_signal: SIGTERM\n${WAIT}`]] },
    wrong: { edit: [['SIGTERM', 'SIGKILL']] },
  },
};
