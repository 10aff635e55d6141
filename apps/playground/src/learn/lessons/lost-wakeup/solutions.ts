import type { Solutions } from '../../solutions.ts';

const BROKEN = `    - if: { not: { var: go, ge: 1 } }
      then:
        - set_current_state: TASK_INTERRUPTIBLE
        - schedule
`;

export const lostWakeupSolutions: Solutions = {
  where: { right: { answer: 'TASK_RUNNING' }, wrong: { answer: 'TASK_INTERRUPTIBLE' } },
  mend: {
    right: {
      edit: [
        [
          BROKEN,
          `    - set_current_state: TASK_INTERRUPTIBLE
    - if: { not: { var: go, ge: 1 } }
      then: [schedule]
`,
        ],
      ],
    },
    wrong: { edit: [['TASK_INTERRUPTIBLE', 'TASK_UNINTERRUPTIBLE']] },
  },
};
