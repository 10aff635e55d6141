import { describe, expect, test } from '@jest/globals';
import { defineDaemon } from '@kernel-model/daemons';
import { boot, type Machine } from '@kernel-model/machine';
import { daemon as nvme } from '../src/index.js';

interface State {
  readonly interrupts: number;
  readonly coalesced: number;
  readonly handled: number;
  readonly worstNs: number;
}

/** Other threads, as many as wanted, that use the device's CPU all the time. */
const load = defineDaemon({
  name: 'load',
  threads: [1, 2, 3].map((n) => ({
    name: `load${n}`,
    cpu: 0,
    *fn({ k }) {
      while (!(yield* k.kthreadShouldStop())) {
        yield* k.busy(200);
        yield* k.condResched();
      }
    },
  })),
});

function stateAfter(machine: Machine, params: Record<string, number | boolean>): State {
  expect(machine.insmod(nvme, params)).toBe(0);
  machine.runFor(500e6);
  const state = { ...(machine.modules.find('nvme')!.context.state as State) };
  expect(machine.rmmod('nvme')).toBe(0);
  return state;
}

describe('nvme', () => {
  test('handles every completion soon on an idle CPU', () => {
    const state = stateAfter(boot(), {});
    expect(state.interrupts).toBeGreaterThan(950);
    expect(state.handled).toBeGreaterThanOrEqual((state.interrupts - 1) * 4);
    expect(state.worstNs).toBeLessThan(150e3);
  });

  test('does so under load with a real-time worker, and not without', () => {
    const machine = boot();
    expect(machine.insmod(load)).toBe(0);
    const realtime = stateAfter(machine, { realtime: true });
    const fair = stateAfter(machine, { realtime: false });
    expect(realtime.worstNs).toBeLessThan(500e3);
    expect(fair.worstNs).toBeGreaterThan(3 * realtime.worstNs);
  });

  test('gathers interrupts that come while the work is still pending', () => {
    const machine = boot();
    expect(machine.insmod(load)).toBe(0);
    const { interrupts, coalesced } = stateAfter(machine, { realtime: false, intervalUs: 100 });
    expect(coalesced).toBeGreaterThan(interrupts / 2);
  });

  test('leaves nothing behind', () => {
    const machine = boot();
    stateAfter(machine, {});
    const interrupts = machine.sim.pending;
    machine.runFor(100e6);
    expect(machine.sim.pending).toBeLessThanOrEqual(interrupts);
    expect(machine.insmod(nvme, { cpu: 2 })).toBe(-22);
  });
});
