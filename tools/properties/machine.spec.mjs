import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseScenario } from '@kernel-model/scenario';
import { DEFAULT_EVENTS, TimedRun } from '@kernel-model/runner';
import { accounts } from './accounts.mjs';
import { legalScenario, textOf, wildScenario } from './grammar.mjs';
import { watch } from './watch.mjs';

/** `npm run fuzz` sets both; a failure names the seed and the path that lead to it again, and the smallest scenario. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 20);
const seed = Number(process.env.FUZZ_SEED ?? 20260101);
const MINUTES = 60_000 * Math.max(1, numRuns / 20);

function run(program, limit) {
  const text = textOf(program);
  const timed = new TimedRun(parseScenario(text, 'random.yaml'), { seed: 1, events: DEFAULT_EVENTS, limit, watch });
  timed.advance(() => false);
  const tasks = [...timed.machine.sched.tasks.values()].map(({ comm }) => comm);
  const queues = timed.machine.workqueues.workqueues.map(({ name }) => name);
  return { tasks, queues, text, ...timed.result() };
}

/** A property whose failure shows the scenario as a file to run. */
function holds(arbitrary, property) {
  const check = (program) => {
    try {
      property(program);
    } catch (error) {
      throw new Error(`${error.message}\n\nThe scenario:\n${textOf(program)}`);
    }
  };
  fc.assert(fc.property(arbitrary, check), { seed, numRuns, interruptAfterTimeLimit: MINUTES });
}

test(
  'a scenario that keeps the rules comes to its end, loses no work and leaves nothing behind',
  () => {
    holds(legalScenario, (program) => {
      const { kind, message, details, trace, tasks, queues } = run(program, 10e9);
      expect([kind, message, ...details]).toEqual(['ok', '']);
      for (const [work, { queued, refused, cancelled, ran }] of accounts(trace)) {
        const most = queued - cancelled;
        expect({ work, ran, queued, enough: ran >= most - refused && ran <= most }).toMatchObject({ enough: true });
      }
      expect(tasks.filter((comm) => /^(t\d|k)$/.test(comm))).toEqual([]);
      expect(queues.filter((name) => /^q\d$/.test(name))).toEqual([]);
    });
  },
  2 * MINUTES,
);

test(
  'a scenario that calls anything in any order may hang and oops, but breaks no count of the model',
  () => {
    holds(wildScenario, (program) => {
      const { kind, message, details } = run(program, 50e6);
      expect(['ok', 'warn', 'hang', 'oops']).toContain(kind);
      const own = details.some((line) => line.includes('This is a bug of kernel-model'));
      expect(own ? [message, ...details] : []).toEqual([]);
    });
  },
  2 * MINUTES,
);
