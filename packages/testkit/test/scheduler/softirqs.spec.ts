import { describe, expect, test } from '@jest/globals';
import {
  TASKLET_SOFTIRQ,
  openSoftirq,
  raiseSoftirq,
  schedSetFifo,
  wakeupSoftirqd,
  type Scheduler,
} from '@kernel-model/scheduler';
import { World } from '../../src/index.ts';

/** Who is current each time the tasklets' softirq is served. */
function served(s: Scheduler): string[] {
  const by: string[] = [];
  openSoftirq(s, TASKLET_SOFTIRQ, (cpu) => void by.push(cpu.rq.curr.comm));
  return by;
}

describe('a softirq', () => {
  test('that a task raises wakes ksoftirqd, and runs there (D-C1)', () => {
    const w = new World({ cpus: 1 });
    const by = served(w.s);
    w.run(function* () {
      raiseSoftirq(w.s.cpus[0]!, TASKLET_SOFTIRQ);
      expect(by).toEqual([]);
    });
    w.runUntilIdle();
    expect(by).toEqual(['ksoftirqd/0']);
  });

  test('that an interrupt raises runs in the task that was interrupted (D-C3)', () => {
    const w = new World({ cpus: 1 });
    const by = served(w.s);
    w.kthread('busy', (k) => k.busy(3000));
    w.runFor(0.5);
    w.clear();
    w.interrupt(() => raiseSoftirq(w.s.cpus[0]!, TASKLET_SOFTIRQ));
    w.runFor(0.1);
    expect(by).toEqual(['busy']);
    expect(w.traceOf('ksoftirqd/0')).toEqual([]);
  });

  test('runs there even if ksoftirqd has long been waiting for the CPU (D-C8); that one then finds nothing to do (D-C10)', () => {
    const w = new World({ cpus: 1 });
    const by = served(w.s);
    w.kthread('hog', function* (k) {
      schedSetFifo(w.s, k.current);
      yield* k.busy(20_000);
    });
    w.runFor(1);
    w.interrupt(() => wakeupSoftirqd(w.s.cpus[0]!));
    w.runFor(5);
    w.interrupt(() => raiseSoftirq(w.s.cpus[0]!, TASKLET_SOFTIRQ));
    w.runFor(1);
    expect(by).toEqual(['hog']);
    w.runUntilIdle();
    expect(by).toEqual(['hog']);
    expect(w.traceOf('ksoftirqd/0').at(-1)).toMatch(/switch ksoftirqd\/0 S -> /);
  });

  test('is always left to ksoftirqd with threadirqs (D-C9)', () => {
    const w = new World({ cpus: 1, threadirqs: true });
    const by = served(w.s);
    w.kthread('busy', (k) => k.busy(3000));
    w.runFor(0.5);
    w.interrupt(() => raiseSoftirq(w.s.cpus[0]!, TASKLET_SOFTIRQ));
    w.runUntilIdle();
    expect(by).toEqual(['ksoftirqd/0']);
  });
});
