import type { Solutions } from '../../solutions.ts';

export const hotplugSolutions: Solutions = {
  parked: { right: { answer: 'P' }, wrong: { answer: 'X' } },
  where: { right: { answer: '0' }, wrong: { answer: '1' } },
  back: {
    right: { edit: [['  - add_cpu: 1\n', '  - add_cpu: 1\n  - set_cpus_allowed: [bound, 2]\n']] },
    wrong: { edit: [['  - add_cpu: 1\n', '  - add_cpu: 1\n  - set_cpus_allowed: [bound, 1]\n']] },
  },
};
