import { ScenarioError, parseScenario } from '@kernel-model/scenario';

let message = '';
try {
  parseScenario('functions:\n  a:\n    - retrun: 1\nmain:\n  - kthread_run: [a, a]\n', 'a.yaml');
} catch (error) {
  if (!(error instanceof ScenarioError)) throw error;
  message = error.message.split(':').slice(0, 2).join(':');
}

export const result: unknown = message;
export const expected: unknown = 'a.yaml:3';
