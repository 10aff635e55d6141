import { DEFAULT_EVENTS, runScenario } from '@kernel-model/runner';
import { parseScenario } from '@kernel-model/scenario';

const scenario = parseScenario('main:\n  - msleep: 10\n', 'sleep.yaml');
const { trace, kind } = runScenario(scenario, { events: DEFAULT_EVENTS });

export const result: unknown = [kind, /msleep self = 0/.test(trace)];
export const expected: unknown = ['ok', true];
