import { describe, expect, it } from '@jest/globals';
import { msleep } from '@kernel-model/scheduler';
import { World } from '../test/world.ts';
import { textPokeBpBatch } from './text-poke.ts';

/** The flushes of a kernel thread on CPU 0 that changes instructions while a process sleeps on that CPU, or none does. */
function flushesOf(sites: number, lazy: boolean): { flushes: number; again: number; loaded: boolean } {
  const w = new World();
  let flushes = 0;
  let again = 0;
  w.run(function* () {
    if (lazy) yield* w.process('A', 0, () => msleep(w.s, 1000));
    yield* msleep(w.s, 8);
    const count = (): number => w.ms.counters.loads;
    const before = count();
    textPokeBpBatch(w.ms, sites);
    flushes = count() - before;
    textPokeBpBatch(w.ms, sites);
    again = count() - before - flushes;
  });
  return { flushes, again, loaded: w.ms.tlb[0]!.loadedMm !== w.ms.initMm };
}

describe('changing kernel code', () => {
  it('writes three times for each instruction, each time through page tables of its own and back', () => {
    expect(flushesOf(2, false)).toEqual({ flushes: 12, again: 12, loaded: false });
    expect(flushesOf(1, false).flushes).toBe(6);
  });

  it('first gives up what a lazy CPU has borrowed, for good', () => {
    expect(flushesOf(2, true)).toEqual({ flushes: 13, again: 12, loaded: false });
  });
});
