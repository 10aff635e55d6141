import { describe, expect, test } from '@jest/globals';
import { boot, type Machine } from '@kernel-model/machine';
import { daemon as demo } from '../src/index.js';

const log = (machine: Machine): string[] => machine.sched.reports.lines.map((line) => `${line.task} ${line.text}`);
const ps = (machine: Machine): string[] => [...machine.sched.tasks.values()].map((p) => p.comm);

describe('demo', () => {
  test('says hello in a thread of its own', () => {
    const machine = boot();
    expect(machine.insmod(demo)).toBe(0);
    machine.runFor(1e6);
    expect(log(machine)).toEqual([expect.stringMatching(/^demo\/\d+ demo: hello worker$/)]);
    expect(ps(machine)).toContain('demo');
  });

  test('is gone without a trace after rmmod, and can come back', () => {
    const machine = boot();
    machine.insmod(demo);
    expect(machine.rmmod('demo')).toBe(0);
    machine.runFor(1e6);
    expect(ps(machine)).not.toContain('demo');
    expect(machine.insmod(demo, { times: 3 })).toBe(0);
    machine.runFor(1e6);
    expect(log(machine)).toHaveLength(1 + 3);
  });

  test('is not loaded twice, nor without memory', () => {
    const machine = boot();
    machine.insmod(demo);
    expect(machine.insmod(demo)).toBe(-17); // EEXIST
    machine.rmmod('demo');
    machine.kthreadWorkers.failAlloc = () => true;
    expect(machine.insmod(demo)).toBe(-12); // ENOMEM
    machine.kthreadWorkers.failAlloc = () => false;
    expect(machine.insmod(demo)).toBe(0);
  });
});
