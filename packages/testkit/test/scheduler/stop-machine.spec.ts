import { describe, expect, test } from '@jest/globals';
import {
  MULTI_STOP_DISABLE_IRQ,
  MULTI_STOP_EXIT,
  MULTI_STOP_PREPARE,
  MULTI_STOP_RUN,
  stopMachine,
} from '@kernel-model/scheduler';
import { World } from '../../src/index.ts';

const MS = 1e6;
const CPUS = 4;

interface Reached {
  readonly cpu: number;
  readonly state: number;
  readonly atNs: number;
}

function stopped(fn: (w: World) => void = () => {}): { w: World; reached: Reached[]; ran: number[] } {
  const w = new World({ cpus: CPUS });
  const reached: Reached[] = [];
  const ran: number[] = [];
  // one CPU does not let its stopper run at once
  w.kthread('busy', (k) => k.busy(100));
  w.kthread('stopper', () =>
    stopMachine(
      w.s,
      () => {
        ran.push(w.s.cpu);
        fn(w);
      },
      2,
      (cpu, state) => reached.push({ cpu, state, atNs: w.s.sim.now }),
    ),
  );
  w.machine.runFor(50 * MS);
  return { w, reached, ran };
}

describe('a machine that is stopped', () => {
  test('has no CPU in a state before all have reached the one before (D-I5)', () => {
    const { reached, ran } = stopped();
    const states = [MULTI_STOP_PREPARE, MULTI_STOP_DISABLE_IRQ, MULTI_STOP_RUN, MULTI_STOP_EXIT];
    expect(reached.map(({ state }) => state)).toEqual(states.flatMap((state) => Array<number>(CPUS).fill(state)));
    for (const state of states) {
      const cpus = reached.filter((r) => r.state === state).map(({ cpu }) => cpu);
      expect(cpus.sort()).toEqual([0, 1, 2, 3]);
    }
    expect(ran).toEqual([2]);
  });

  test('takes no interrupt from when all have theirs off until all go on; what came is taken then', () => {
    const { w, reached } = stopped((at) => at.s.cpus[0]!.callFunction(function late() {}));
    const off = Math.max(...reached.filter((r) => r.state === MULTI_STOP_DISABLE_IRQ).map(({ atNs }) => atNs));
    const on = Math.min(...reached.filter((r) => r.state === MULTI_STOP_EXIT).map(({ atNs }) => atNs));
    const taken = w.events.filter((e) => e.name.endsWith('_entry') && e.at > off && e.at < on);
    expect(taken.map((e) => e.name)).toEqual([]);
    const late = w.events.find((e) => e.name === 'csd_function_entry' && e.text.includes('func=late'))!;
    expect(late.at).toBeGreaterThanOrEqual(on);
  });

  test('goes on: every CPU ticks and runs tasks again', () => {
    const { w } = stopped();
    const before = w.s.cpus.map((cpu) => cpu.nrTimerIrqs);
    for (let cpu = 0; cpu < CPUS; cpu++) w.kthread(`t${cpu}`, (k) => k.busy(9000));
    w.machine.runFor(30 * MS);
    for (const cpu of w.s.cpus) expect(cpu.nrTimerIrqs).toBeGreaterThan(before[cpu.id]! + 1);
  });
});
