import { describe, expect, test } from '@jest/globals';
import { defineDaemon, eraReport, type Era, type MakingCost } from '@kernel-model/daemons';
import { boot, type Machine } from '../src/index.ts';

const ticker = defineDaemon({
  name: 'ticker',
  state: () => ({ ticks: 0 }),
  threads: [
    {
      name: 'ticker',
      *fn({ k, state }) {
        while (!(yield* k.kthreadShouldStop())) {
          state.ticks++;
          yield* k.scheduleTimeoutInterruptible(25);
        }
        return 0;
      },
    },
  ],
});

function runIn(era: Era): { machine: Machine; cost: MakingCost; ticks: number } {
  const machine = boot({ era, daemons: [ticker] });
  machine.runFor(1e9);
  const { ticks } = machine.modules.find('ticker')!.context.state as { ticks: number };
  const cost = { ...machine.modules.maker.costs[0]! };
  expect(machine.rmmod('ticker')).toBe(0);
  return { machine, cost, ticks };
}

describe('the same daemon', () => {
  test.each<[Era, string]>([
    ['kernel_thread', 'modprobe'],
    ['keventd', 'kworker/0:1'],
    ['kthreadd', 'kthreadd'],
  ])('runs with threads made by %s, as a child of %s', (era, parent) => {
    const { cost, ticks } = runIn(era);
    expect(ticks).toBeGreaterThanOrEqual(9);
    expect(cost.parent.replace(/:\d+$/, ':1').replace(/^kworker\/1/, 'kworker/0')).toBe(parent);
  });

  test('costs the caller a fork in the first era, and the helper since', () => {
    const [first, second, third] = (['kernel_thread', 'keventd', 'kthreadd'] as const).map((era) => runIn(era).cost);
    expect(first!.callerNs).toBeGreaterThan(50_000);
    expect(second!.callerNs).toBeLessThan(first!.callerNs);
    expect(third!.callerNs).toBeLessThan(first!.callerNs);
    expect(third!.helperNs).toBeGreaterThan(50_000);
    expect(eraReport([first!, second!, third!]).split('\n')).toHaveLength(4);
  });
});
