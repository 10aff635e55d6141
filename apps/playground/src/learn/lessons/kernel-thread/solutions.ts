import type { Solutions } from '../../solutions.ts';

export const kernelThreadSolutions: Solutions = {
  mm: { right: { answer: 'shell' }, wrong: { answer: 'demo' } },
  orphan: { right: { answer: '2' }, wrong: { answer: '1' } },
  'per-cpu': { right: { answer: '6' }, wrong: { answer: '3' } },
};
