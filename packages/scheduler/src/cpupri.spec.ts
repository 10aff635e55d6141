import { describe, expect, test } from '@jest/globals';
import { Cpumask } from './cpumask.ts';
import { CPUPRI_HIGHER, CPUPRI_INVALID, CpuPri } from './cpupri.ts';
import type { Task } from './task.ts';

const ALL = Cpumask.first(4);

function task(prio: number, mask: Cpumask = ALL): Task {
  return { prio, cpusMask: mask } as Task;
}

function fourCpus(...prios: number[]): CpuPri {
  const cpupri = new CpuPri(4);
  prios.forEach((prio, cpu) => cpupri.set(cpu, prio));
  return cpupri;
}

function cpus(mask: Cpumask | null): number[] | null {
  return mask === null ? null : [...mask];
}

describe('CpuPri', () => {
  test.each([
    [CPUPRI_INVALID, -1],
    [99, 0],
    [98, 1],
    [49, 50],
    [0, 99],
    [CPUPRI_HIGHER, 100],
  ])('priority %i is level %i', (prio, level) => {
    expect(fourCpus(prio).level(0)).toBe(level);
  });

  test('the lowest level below the task wins, with every CPU on it', () => {
    expect(cpus(fourCpus(49, 99, 98, 99).find(task(30), ALL))).toEqual([1, 3]);
    expect(cpus(fourCpus(49, 40, 98, 98).find(task(30), ALL))).toEqual([2, 3]);
  });

  test('CPUs of the same or a better priority, and of deadline tasks, are no targets', () => {
    expect(fourCpus(49, 40, CPUPRI_HIGHER, 0).find(task(49), ALL)).toBeNull();
  });

  test('offline, inactive and forbidden CPUs are no targets', () => {
    const cpupri = fourCpus(CPUPRI_INVALID, 99, 99, 98);
    expect(cpus(cpupri.find(task(49), Cpumask.fromBits(0b1101)))).toEqual([2]);
    expect(cpus(cpupri.find(task(49, Cpumask.of(3)), ALL))).toEqual([3]);
    expect(cpupri.find(task(49, Cpumask.of(0)), ALL)).toBeNull();
  });

  test('whether a task can move does not depend on active CPUs', () => {
    const cpupri = fourCpus(10, 10, 10, 99);
    expect(cpupri.canMove(task(20))).toBe(true);
    expect(cpupri.canMove(task(20, Cpumask.of(0)))).toBe(false);
  });

  test('a CPU is on one level at a time', () => {
    const cpupri = fourCpus(99, 99, 99, 99);
    cpupri.set(0, 20);
    cpupri.set(0, 50);
    expect(cpus(cpupri.find(task(10, Cpumask.of(0)), ALL))).toEqual([0]);
    cpupri.set(0, CPUPRI_INVALID);
    expect(cpupri.find(task(10, Cpumask.of(0)), ALL)).toBeNull();
  });

  test('CPUs above 31', () => {
    const cpupri = new CpuPri(64);
    cpupri.set(63, 99);
    cpupri.set(31, 99);
    expect(cpus(cpupri.find(task(5, Cpumask.first(64)), Cpumask.first(64)))).toEqual([31, 63]);
  });
});
