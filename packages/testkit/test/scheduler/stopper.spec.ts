import { describe, expect, test } from '@jest/globals';
import { ENOENT, schedSetFifo, stopOneCpu, stopOneCpuNowait, wakeUpProcess } from '@kernel-model/scheduler';
import { World } from '../../src/index.ts';

describe('the stopper of a CPU', () => {
  test('runs works one after the other, in the order in which they came (D-C14, D-I4)', () => {
    const w = new World();
    const order: string[] = [];
    w.interrupt(() => {
      for (const name of ['A', 'B', 'C']) stopOneCpuNowait(w.s, 1, () => void order.push(`${name} on ${w.s.cpu}`));
    });
    w.runUntilIdle();
    expect(order).toEqual(['A on 1', 'B on 1', 'C on 1']);
  });

  test('gives its result to who waits for it, on the own CPU too: he lets it run first (D-C13)', () => {
    const w = new World({ cpus: 1 });
    const result = w.run(function* (k) {
      w.clear();
      return yield* stopOneCpu(w.s, 0, () => (k.current.comm === 'migration/0' ? 42 : 0));
    });
    expect(result).toBe(42);
    expect(w.traceOf('migration/0')).toEqual([
      '[0] waking migration/0',
      '[0] wakeup migration/0 on 0',
      expect.stringMatching(/^\[0\] switch main R\+? -> migration\/0$/),
      '[0] switch migration/0 S -> main',
    ]);
  });

  test('that is off takes nothing: -ENOENT for who would wait, false for who would not (D-C12)', () => {
    const w = new World();
    w.s.stoppers[1]!.enabled = false;
    let ran = 0;
    expect(w.run(() => stopOneCpu(w.s, 1, () => ++ran))).toBe(-ENOENT);
    w.interrupt(() => expect(stopOneCpuNowait(w.s, 1, () => void ran++)).toBe(false));
    expect(ran).toBe(0);
  });

  test('comes before a task with SCHED_FIFO that woke earlier (D-C18)', () => {
    const w = new World({ cpus: 1 });
    const order: string[] = [];
    const fifo = w.create('fifo', function* () {
      order.push('fifo');
    });
    w.interrupt(() => {
      schedSetFifo(w.s, fifo);
      wakeUpProcess(w.s, fifo);
      stopOneCpuNowait(w.s, 0, () => void order.push('stopper'));
    });
    w.runUntilIdle();
    expect(order).toEqual(['stopper', 'fifo']);
  });
});
