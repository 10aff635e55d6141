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
  it('runs on the way out of the interrupt that raised it, in order of numbers (D-C3, D-C7)', () => {
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

  it('raised by a handler waits for the next pass, however low its number (D-C7, D-I6)', () => {
    const m = new TimerMachine(1);
    const order: string[] = [];
    let again = true;
    openSoftirq(m.s, HI_SOFTIRQ, () => void order.push('HI'));
    openSoftirq(m.s, RCU_SOFTIRQ, () => void order.push('RCU'));
    openSoftirq(m.s, TASKLET_SOFTIRQ, (cpu) => {
      order.push('TASKLET');
      if (again) for (const nr of [HI_SOFTIRQ, TASKLET_SOFTIRQ]) raiseSoftirq(cpu, nr);
      again = false;
    });
    m.at(100, 0, () => {
      for (const nr of [RCU_SOFTIRQ, TASKLET_SOFTIRQ, HI_SOFTIRQ]) raiseSoftirq(m.s.cpus[0]!, nr);
    });
    m.runUntil(1_000_000);
    expect(order).toEqual(['HI', 'TASKLET', 'RCU', 'HI', 'TASKLET']);
  });

  it('that takes until the next tick gets no second pass: 2 ms are one jiffy at HZ=250 (D-C5)', () => {
    const m = new TimerMachine(1);
    let served = 0;
    openSoftirq(m.s, TASKLET_SOFTIRQ, (cpu) => {
      served++;
      raiseSoftirq(cpu, TASKLET_SOFTIRQ);
      m.sim.charge(5_000_000);
    });
    m.at(100, 0, () => raiseSoftirq(m.s.cpus[0]!, TASKLET_SOFTIRQ));
    m.runUntil(1000);
    expect(served).toBe(1);
    expect(ksoftirqdShouldRun(m.s.cpus[0]!)).toBe(true);
  });

  it('that changes the preemption count is reported, and the count put right (D-C11)', () => {
    const m = new TimerMachine(1);
    const { s } = m;
    let served = 0;
    openSoftirq(s, TASKLET_SOFTIRQ, (cpu) => void cpu.rq.curr.preemptCount++);
    openSoftirq(s, RCU_SOFTIRQ, () => void served++);
    const { idle } = s.rqs[0]!;
    const before = idle.preemptCount;
    m.at(100, 0, () => {
      for (const nr of [TASKLET_SOFTIRQ, RCU_SOFTIRQ]) raiseSoftirq(s.cpus[0]!, nr);
    });
    m.runUntil(1000);
    expect(idle.preemptCount).toBe(before);
    expect(served).toBe(1);
    expect(s.reports.lines.map((line) => line.text)).toEqual([
      `huh, entered softirq 6 TASKLET with preempt_count 0000010${before}, exited with 0000010${before + 1}?`,
    ]);
  });

  it('that raises itself is served ten times and then left to ksoftirqd (D-C4, D-I7)', () => {
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

  it('that sets need_resched gets no second pass (D-C6)', () => {
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

  it('waits until the task enables softirqs again (D-C2)', () => {
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
