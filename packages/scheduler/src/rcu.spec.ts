import { describe, expect, it } from '@jest/globals';
import { TimerMachine } from '../test/timer-machine.ts';
import { callRcu, rcuMigrateCallbacks } from './rcu.ts';
import { rcuGpKthread } from './rcu-gp-kthread.ts';

const MS = 1_000_000;

/** A machine with rcu_preempt, which has had time to go to sleep. */
function machine(nrCpus: number): TimerMachine {
  const m = new TimerMachine(nrCpus);
  m.spawn(1 * MS, 0, 'rcu_preempt', () => rcuGpKthread(m.s));
  return m;
}

describe('call_rcu', () => {
  it('runs the callback on the same CPU in the fourth tick', () => {
    const m = machine(2);
    m.at(5 * MS, 1, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['freed on cpu 1 in tick 5']);
  });

  it('begins no grace period before a tick has noticed the callback', () => {
    const m = machine(1);
    m.at(5 * MS, 0, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(7.9 * MS);
    expect(m.s.rcu.inProgress).toBe(false);
    m.runUntil(8.5 * MS);
    expect(m.s.rcu.inProgress).toBe(true);
  });

  it('ends a grace period early if every CPU ticks and reports by itself', () => {
    const m = machine(1);
    m.at(5 * MS, 0, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    // 2: noticed; 3: reported, which wakes rcu_preempt at once; 4: run
    expect(m.log).toEqual(['freed on cpu 0 in tick 4']);
  });

  it('lets a callback wait for the next grace period if one is under way', () => {
    const m = machine(1);
    m.at(5 * MS, 0, () => callRcu(m.s, () => m.note('first')));
    m.at(9 * MS, 0, () => callRcu(m.s, () => m.note('second')));
    m.runUntil(100 * MS);
    const [first, second] = m.log.map((line) => Number(line.split(' ').at(-1)));
    expect(m.log).toHaveLength(2);
    expect(second! - first!).toBeGreaterThanOrEqual(1);
    expect(m.s.rcu.completed).toBe(2);
  });

  it('shares a grace period among the callbacks of several CPUs', () => {
    const m = machine(2);
    for (const cpu of [0, 1]) m.at(5 * MS, cpu, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    expect(m.log).toHaveLength(2);
    expect(m.s.rcu.completed).toBe(1);
  });

  it('lets the CPU idle without a tick afterwards', () => {
    const m = machine(2);
    m.at(5 * MS, 1, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    expect(m.s.cpus[1]!.tick.stopped).toBe(true);
    // only the server of fair tasks looks once more, a second after they ran
    expect(m.sim.nextAtNs).toBeGreaterThan(900 * MS);
  });

  it('gives the callbacks of a CPU that goes down to another one', () => {
    const m = machine(2);
    m.at(5 * MS, 1, () => callRcu(m.s, () => m.note('freed')));
    m.at(6 * MS, 0, () => rcuMigrateCallbacks(m.s, 1, 0));
    m.runUntil(100 * MS);
    expect(m.log).toEqual([expect.stringContaining('freed on cpu 0')]);
  });

  it('needs no rcu_preempt on a machine that has none', () => {
    const m = new TimerMachine(2);
    m.at(5 * MS, 1, () => callRcu(m.s, () => m.note('freed')));
    m.runUntil(100 * MS);
    expect(m.log).toEqual(['freed on cpu 1 in tick 5']);
  });
});
