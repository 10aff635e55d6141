import { describe, expect, it } from '@jest/globals';
import { TimerMachine } from '../test/timer-machine.ts';
import { HI_SOFTIRQ, RCU_SOFTIRQ, TASKLET_SOFTIRQ } from './constants.ts';
import {
  invokeSoftirqs,
  ksoftirqdShouldRun,
  localBhDisable,
  localBhEnable,
  openSoftirq,
  raiseSoftirq,
  runKsoftirqd,
} from './softirq.ts';

describe('a softirq', () => {
  it('runs on the way out of the interrupt that raised it, in order of numbers', () => {
    const m = new TimerMachine(1);
    const order: number[] = [];
    for (const nr of [HI_SOFTIRQ, TASKLET_SOFTIRQ, RCU_SOFTIRQ]) openSoftirq(m.s, nr, () => order.push(nr));
    m.at(100, 0, () => {
      raiseSoftirq(m.s.cpus[0]!, RCU_SOFTIRQ);
      raiseSoftirq(m.s.cpus[0]!, HI_SOFTIRQ);
      raiseSoftirq(m.s.cpus[0]!, TASKLET_SOFTIRQ);
      expect(order).toEqual([]);
    });
    m.runUntil(1_000_000);
    expect(order).toEqual([HI_SOFTIRQ, TASKLET_SOFTIRQ, RCU_SOFTIRQ]);
  });

  it('that raises itself is served ten times and then left to ksoftirqd', () => {
    const m = new TimerMachine(1);
    let served = 0;
    openSoftirq(m.s, TASKLET_SOFTIRQ, (cpu) => {
      served++;
      raiseSoftirq(cpu, TASKLET_SOFTIRQ);
    });
    m.at(100, 0, () => raiseSoftirq(m.s.cpus[0]!, TASKLET_SOFTIRQ));
    m.runUntil(1000);
    expect(served).toBe(10);
    expect(ksoftirqdShouldRun(m.s.cpus[0]!)).toBe(true);
    expect(runKsoftirqd(m.s.cpus[0]!)).toBe(true);
    expect(served).toBe(20);
  });

  it('that sets need_resched gets no second pass', () => {
    const m = new TimerMachine(1);
    let served = 0;
    openSoftirq(m.s, TASKLET_SOFTIRQ, (cpu) => {
      if (++served === 1) raiseSoftirq(cpu, TASKLET_SOFTIRQ);
      cpu.rq.curr.needResched = true;
    });
    m.at(100, 0, () => raiseSoftirq(m.s.cpus[0]!, TASKLET_SOFTIRQ));
    m.runUntil(1000);
    expect(served).toBe(1);
  });

  it('waits until the task enables softirqs again', () => {
    const m = new TimerMachine(1);
    const { s } = m;
    let served = 0;
    openSoftirq(s, TASKLET_SOFTIRQ, () => void served++);
    s.cpu = 0;
    localBhDisable(s);
    localBhDisable(s);
    raiseSoftirq(s.cpus[0]!, TASKLET_SOFTIRQ);
    invokeSoftirqs(s.cpus[0]!);
    localBhEnable(s);
    expect(served).toBe(0);
    localBhEnable(s);
    expect(served).toBe(1);
  });
});
