import { describe, expect, test } from '@jest/globals';
import { boot, type Machine } from '@kernel-model/machine';
import { lazyTlbReport } from '@kernel-model/mm';
import { checkMachine } from '../../src/invariants.ts';

/** A process that works and sleeps, and a kernel thread that runs whenever it sleeps. */
function load(lazyTlb: boolean): Machine {
  const m = boot({ cpus: 1, mm: { lazyTlb } });
  m.sim.afterStep(() => checkMachine(m));
  const k = m.kernel;
  m.post(function* () {
    yield* k.kthreadRun(
      function* () {
        for (let i = 0; i < 20; i++) {
          yield* k.usleepRange(1000, 1000);
          yield* k.busy(100);
        }
        return 0;
      },
      null,
      'k',
    );
  });
  m.spawnUser('A', function* (u) {
    for (let i = 0; i < 10; i++) {
      yield* u.spin(500);
      yield* u.sleep(1500);
    }
  });
  m.runFor(100e6);
  return m;
}

describe('what lazy TLB mode saves', () => {
  const [lazy, eager] = [load(true), load(false)];
  const report = lazyTlbReport(lazy.mm, eager.mm);

  test('one switch of address space on the way to each kernel thread and one on the way back', () => {
    const [switches, flushes] = report.rows;
    expect(switches!.lazy).toBeLessThan(10);
    expect(switches!.eager).toBeGreaterThan(20);
    expect(flushes!.saved).toBeGreaterThan(20);
    expect(report.avoided.switches).toBeGreaterThanOrEqual(switches!.saved);
  });

  test('is told in a table', () => {
    expect(report.text.split('\n')[0]).toMatch(/^ +lazy +eager +saved$/);
    expect(report.text).toMatch(/switches of address space +\d+ +\d+ +\d+/);
  });

  test('needs one machine of each kind', () => {
    expect(() => lazyTlbReport(eager.mm, lazy.mm)).toThrow(RangeError);
  });
});
