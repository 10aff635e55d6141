import { expect, test } from '@jest/globals';
import { leastTimeNs } from './least-time.ts';
import { parseScenario } from './parse.ts';

test.each([
  ['[{ msleep: 4 }, { usleep_range: 5 }, { busy: 6 }, { local_bh: 7 }]', 4_018_000],
  ['[{ repeat: 3, do: [{ msleep: 2 }, { repeat: 5, do: [{ busy: 1 }] }] }]', 6_015_000],
  // what ends when somebody else wants it, or perhaps does not happen
  ['[{ schedule_timeout: 8 }, { wait_for_completion_timeout: [c, 8] }]', 0],
  ['[{ while: { var: v, eq: 0 }, do: [{ msleep: 1 }] }, { if: { result: 1 }, then: [{ msleep: 1 }] }]', 0],
])('%s takes %d ns at least', (main, ns) => {
  expect(leastTimeNs(parseScenario(`completions: [c]\nvars: { v: 0 }\nmain: ${main}`, 'x.yaml'))).toBe(ns);
});
