import { expect, test } from '@jest/globals';
import { Sim } from '@kernel-model/sim';
import { TraceHub } from '@kernel-model/trace';
import { createScheduler } from '../src/index.ts';
import { kernelClone } from '../src/fork.ts';
import { usleepRange } from '../src/schedule-timeout.ts';
import { doExit } from '../src/exit.ts';
import { startCpus } from '../src/create.ts';

test('usleep_range with a maximum below its minimum warns and sleeps the minimum', () => {
  const sim = new Sim();
  const s = createScheduler(sim, new TraceHub(sim));
  let sleptNs = 0;
  s.cpu = 0;
  const fork = kernelClone(s, {
    name: 'sleeper',
    kthread: true,
    *fn() {
      const calledAtNs = sim.now;
      yield* usleepRange(s, 500, 100);
      sleptNs = sim.now - calledAtNs;
      yield* doExit(s, 0);
    },
  })[Symbol.iterator]();
  while (fork.next().done !== true);
  s.cpu = -1;
  startCpus(s);
  sim.run(() => sleptNs > 0, 1e9);
  expect(sleptNs).toBeGreaterThanOrEqual(500_000);
  expect(sleptNs).toBeLessThan(700_000);
  expect(s.reports.lines.map((line) => line.text)).toEqual([
    'WARNING: usleep_range(500, 100): the maximum is below the minimum',
  ]);
});
