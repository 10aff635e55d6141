import { describe, expect, test } from '@jest/globals';
import { defineDaemon, type DaemonContext } from '@kernel-model/daemons';
import { boot, type Machine } from '@kernel-model/machine';
import { daemon as cacheFlusher, dirtyPage } from '../src/index.js';

type Context = DaemonContext<{ limit: number }, { dirty: number; written: number }>;

const contextOf = (machine: Machine): Context => machine.modules.find('cache_flusher')!.context as unknown as Context;

/** Makes `pages` pages dirty, one every `us`. */
const writer = defineDaemon({
  name: 'writer',
  options: { pages: { type: 'integer', default: 0 }, us: { type: 'integer', default: 100 } },
  state: () => ({ most: 0, done: false }),
  threads: [
    {
      name: 'writer',
      *fn({ k, options, state }) {
        for (let i = 0; i < options.pages; i++) {
          const cache = machineOf.get(k)!;
          yield* dirtyPage(cache as never);
          state.most = Math.max(state.most, cache.state.dirty);
          yield* k.busy(options.us);
        }
        state.done = true;
      },
    },
  ],
});
const machineOf = new Map<unknown, Context>();

function flusherWith(params: Record<string, number> = {}): Machine {
  const machine = boot({ daemons: [{ daemon: cacheFlusher, params }] });
  machineOf.set(machine.kernel, contextOf(machine));
  return machine;
}

describe('cache_flusher', () => {
  test('leaves a few dirty pages until the interval is over', () => {
    const machine = flusherWith();
    machine.runFor(10e6);
    machine.insmod(writer, { pages: 10 });
    const { state } = contextOf(machine);
    machine.runFor(100e6);
    expect(state).toMatchObject({ dirty: 10, written: 0 });
    machine.runFor(500e6);
    expect(state).toMatchObject({ dirty: 0, written: 10 });
  });

  test('begins early when there are many', () => {
    const machine = flusherWith({ intervalMs: 60_000 });
    machine.insmod(writer, { pages: 101 });
    machine.runFor(200e6);
    expect(contextOf(machine).state).toMatchObject({ dirty: 0, written: 101 });
  });

  test('holds a writer back that is faster than the disk', () => {
    const machine = flusherWith({ background: 20, limit: 40, writeUs: 8000 });
    machine.insmod(writer, { pages: 1000, us: 10 });
    machine.runFor(2e9);
    expect(machine.modules.find('writer')!.context.state).toEqual({ most: 40, done: true });
    expect(contextOf(machine).state.written).toBe(1000);
  });

  test('writes everything before it stops', () => {
    const machine = flusherWith({ intervalMs: 60_000 });
    machine.insmod(writer, { pages: 50 });
    machine.runFor(50e6);
    const { state } = contextOf(machine);
    expect(machine.rmmod('cache_flusher')).toBe(0);
    expect(state).toMatchObject({ dirty: 0, written: 50 });
  });

  test('refuses limits the wrong way round', () => {
    expect(boot().insmod(cacheFlusher, { background: 300 })).toBe(-22);
  });
});
