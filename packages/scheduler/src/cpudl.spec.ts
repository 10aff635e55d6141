import { describe, expect, test } from '@jest/globals';
import { CpuDl } from './cpudl.ts';
import { Cpumask } from './cpumask.ts';
import type { Task } from './task.ts';

function task(deadline: number, bits = 0xf): Task {
  return { cpusMask: Cpumask.fromBits(bits), dl: { deadline } } as Task;
}

function online(n: number): CpuDl {
  const cpudl = new CpuDl(n);
  for (let cpu = 0; cpu < n; cpu++) cpudl.clear(cpu, true);
  return cpudl;
}

function found(cpudl: CpuDl, p: Task): number[] | null {
  const mask = cpudl.find(p);
  return mask === null ? null : [...mask];
}

describe('CpuDl', () => {
  test('CPUs without deadline tasks come first', () => {
    const cpudl = online(4);
    cpudl.set(1, 100);
    expect(found(cpudl, task(500))).toEqual([0, 2, 3]);
    expect(found(cpudl, task(500, 0b0110))).toEqual([2]);
  });

  test('then the one whose earliest deadline is the latest, if that is later', () => {
    const cpudl = online(4);
    [300, 700, 100, 500].forEach((deadline, cpu) => cpudl.set(cpu, deadline));
    expect(found(cpudl, task(600))).toEqual([1]);
    expect(found(cpudl, task(700))).toBeNull();
    expect(found(cpudl, task(50, 0b1101))).toBeNull();
  });

  test('a CPU that goes offline is no target', () => {
    const cpudl = online(2);
    cpudl.set(0, 100);
    cpudl.clear(1, false);
    expect(found(cpudl, task(200))).toBeNull();
    cpudl.clear(0, true);
    expect(found(cpudl, task(200))).toEqual([0]);
  });

  test('the top stays the latest through any sequence of changes', () => {
    const n = 8;
    const cpudl = online(n);
    const deadlines = new Map<number, number>();
    let x = 1;
    const next = (): number => (x = (x * 48271) % 2147483647);
    for (let i = 0; i < 2000; i++) {
      const cpu = next() % n;
      if (next() % 4 === 0) {
        cpudl.clear(cpu, true);
        deadlines.delete(cpu);
      } else {
        const deadline = 1 + (next() % 100_000);
        cpudl.set(cpu, deadline);
        deadlines.set(cpu, deadline);
      }
      expect([...cpudl.freeCpus]).toEqual([...Array(n).keys()].filter((c) => !deadlines.has(c)));
      if (deadlines.size < n) continue;
      const latest = Math.max(...deadlines.values());
      const [top] = found(cpudl, task(0, 0xff))!;
      expect(deadlines.get(top!)).toBe(latest);
    }
  });
});
