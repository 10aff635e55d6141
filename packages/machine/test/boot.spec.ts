import { describe, expect, test } from '@jest/globals';
import { getKthreadComm } from '@kernel-model/kthread';
import { MAX_RT_PRIO, stateLetter, taskNice, type Task } from '@kernel-model/scheduler';
import { boot, type Machine } from '../src/index.ts';
import { REAL_LATER_THREADS, REAL_PROCESS_TABLE } from './process-table.ts';

function threads(machine: Machine): Task[] {
  return [...machine.sched.tasks.values()].filter((p) => p.pid > 1);
}

/** As /proc/PID/stat has it. */
function statOf(p: Task): string {
  const state = stateLetter(p.state, p.exitState);
  return `${getKthreadComm(p)} ${state} ${p.flags} ${p.prio - MAX_RT_PRIO} ${taskNice(p)} ${p.rtPriority} ${p.policy}`;
}

describe('a machine that has booted', () => {
  test('has the kernel threads of a real one: pids, names, states, flags and priorities (D-C19, D-C42)', () => {
    const machine = boot();
    machine.runFor(1e9);
    const all = threads(machine);
    const early = all.filter((p) => p.pid <= 29);
    expect(early.map((p) => `${p.pid} ${statOf(p)}`).join('\n')).toBe(REAL_PROCESS_TABLE);
    expect(
      all
        .filter((p) => p.pid > 29)
        .map(statOf)
        .join('\n'),
    ).toBe(REAL_LATER_THREADS);
    expect(all.every((p) => (p.pid === 2 ? p.parent?.pid === 0 : p.parent?.pid === 2))).toBe(true);
    expect(machine.sched.reports.lines).toEqual([]);
  });

  test('has every per-CPU thread on its CPU, and the others anywhere (D-I1)', () => {
    const machine = boot();
    machine.runFor(1e9);
    for (const p of threads(machine)) {
      const bound = /^(?:kworker\/(\d+):|(?:ksoftirqd|migration|idle_inject|cpuhp)\/(\d+))/.exec(getKthreadComm(p));
      const cpus = [...p.cpusMask].join();
      expect(`${p.comm} ${cpus}`).toBe(`${p.comm} ${bound === null ? '0,1' : (bound[1] ?? bound[2])}`);
    }
  });

  test('names the first unbound worker by the number of CPUs (D-C43)', () => {
    const names = threads(boot({ cpus: 4 })).map(getKthreadComm);
    expect(names).toContain('kworker/u16:0');
    expect(names).toContain('cpuhp/3');
  });

  test('has no rescuers of drivers if none are wanted', () => {
    const names = threads(boot({ drivers: false })).map(getKthreadComm);
    expect(names).toContain('kworker/R-writeback');
    expect(names).not.toContain('kworker/R-mld');
  });

  test('shows the workqueues in sysfs that Linux shows there', () => {
    const { workqueues } = boot();
    const shown = workqueues.workqueues.filter((wq) => wq.sysfs).map((wq) => wq.name);
    expect(shown).toEqual(['writeback', 'blkcg_punt_bio']);
  });

  test('has only what is asked for with daemons: minimal', () => {
    const names = threads(boot({ daemons: 'minimal', workqueues: false })).map(getKthreadComm);
    expect(names).toEqual(['kthreadd', 'migration/0', 'migration/1', 'ksoftirqd/0', 'ksoftirqd/1', 'rcu_preempt']);
  });

  test('is the same each time', () => {
    const fingerprint = (m: Machine): string =>
      threads(m)
        .map((p) => `${statOf(p)} ${p.nvcsw} ${p.se.vruntime}`)
        .join('\n');
    const [a, b] = [boot(), boot()];
    a.runFor(5e9);
    b.runFor(5e9);
    expect(fingerprint(a)).toBe(fingerprint(b));
  });
});
