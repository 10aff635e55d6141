import { describe, expect, test } from '@jest/globals';
import { TASK_UNINTERRUPTIBLE, type IdleMode } from '@kernel-model/scheduler';
import { World } from '../../src/index.ts';

const TOLD = /^sched_(waking|wake_idle_without_ipi|wakeup)$/;

/** A world in which sleepers are on CPU 1, which idles. */
function idling(idle: IdleMode, sleepers: number): { w: World; wake: () => void } {
  const w = new World({ cpus: 2, idle });
  const tasks = Array.from({ length: sleepers }, (_, i) =>
    w.create(`sleeper/${i}`, function* (k) {
      yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
      yield* k.schedule();
    }),
  );
  for (const p of tasks) {
    w.run((k) => k.kthreadBind(p, 1));
    w.wake(p);
  }
  w.runUntilIdle();
  w.clear();
  const wake = (): void => {
    for (const p of tasks) w.wake(p, 0);
    w.runUntilIdle();
  };
  return { w, wake };
}

/** What was told, and by which CPU. */
const told = (w: World): string[] =>
  w.events.filter(({ name }) => TOLD.test(name)).map(({ name, cpu }) => `${name.slice(6)} ${cpu}`);

describe('an idle CPU', () => {
  test('that halts takes an interrupt to be woken', () => {
    const { w, wake } = idling('halt', 1);
    const before = w.s.cpus[1]!.nrCallIpis;
    wake();
    expect(told(w)).toEqual(['waking 0', 'wakeup 1']);
    expect(w.s.cpus[1]!.nrCallIpis - before).toBe(1);
  });

  test.each(['mwait', 'poll'] as const)('that watches its flag takes none: %s', (idle) => {
    const { w, wake } = idling(idle, 1);
    const { nrCallIpis, nrReschedIpis } = w.s.cpus[1]!;
    wake();
    expect(told(w)).toEqual(['waking 0', 'wake_idle_without_ipi 0', 'wakeup 1']);
    expect(w.s.cpus[1]).toMatchObject({ nrCallIpis, nrReschedIpis });
    expect(w.s.rqs[1]!.curr).toBe(w.s.rqs[1]!.idle);
  });

  test.each([
    ['halt', true],
    ['mwait', true],
    ['poll', false],
  ] as const)('stops its tick, but for one that polls: %s', (idle, stopped) => {
    const { w } = idling(idle, 1);
    w.runFor(100);
    expect(w.s.cpus[1]!.tick.stopped).toBe(stopped);
  });
});
