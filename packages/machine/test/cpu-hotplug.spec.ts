import { describe, expect, test } from '@jest/globals';
import { CPUHP_AP_WORKQUEUE_ONLINE, CPUHP_ONLINE, defineDaemon } from '@kernel-model/daemons';
import { checkKthreads, getKthreadComm } from '@kernel-model/kthread';
import {
  EBUSY,
  EPERM,
  HrTimer,
  TASK_PARKED,
  checkScheduler,
  hrtimerStart,
  schedSetFifo,
  type Task,
} from '@kernel-model/scheduler';
import { WorkStruct } from '@kernel-model/workqueue';
import { boot, type Machine } from '../src/index.ts';
import { call } from './call.ts';

const remove = (machine: Machine, cpu: number): number => call(machine, (k) => k.removeCpu(cpu));
const add = (machine: Machine, cpu: number): number => call(machine, (k) => k.addCpu(cpu));

function named(machine: Machine, name: string): Task {
  return [...machine.sched.tasks.values()].find((p) => getKthreadComm(p) === name)!;
}

/** Computes all the time, on CPU 1 if it may choose. */
const hog = defineDaemon({
  name: 'hog',
  threads: [
    {
      name: 'hog',
      cpu: 1,
      *fn({ k }) {
        while (!(yield* k.kthreadShouldStop())) {
          yield* k.busy(300);
          yield* k.condResched();
        }
      },
    },
  ],
});

describe('a CPU that is taken down', () => {
  test('parks its threads, and they go on when it comes back', () => {
    const machine = boot();
    expect(remove(machine, 1)).toBe(0);
    expect(machine.sched.onlineMask.has(1)).toBe(false);
    const threads = ['cpuhp/1', 'idle_inject/1', 'migration/1', 'ksoftirqd/1'].map((name) => named(machine, name));
    expect(threads.map((p) => p.state)).toEqual(threads.map(() => TASK_PARKED));
    machine.runFor(1e9);
    expect(add(machine, 1)).toBe(0);
    machine.runFor(1e8);
    expect(threads.map((p) => p.state)).toEqual(threads.map(() => 1));
    expect(threads.map((p) => [...p.cpusMask])).toEqual(threads.map(() => [1]));
    expect(machine.hotplug!.states[1]!.state).toBe(CPUHP_ONLINE);
    expect(machine.sched.reports.lines.map((line) => line.text)).toEqual([
      'smpboot: CPU 1 is now offline',
      'smpboot: Booting Node 0 Processor 1 APIC 0x1',
    ]);
  });

  test('gets rid of a running thread, which loses its binding for good', () => {
    const machine = boot({ daemons: [hog] });
    const p = machine.modules.find('hog')!.context.threads[0]!;
    machine.runFor(50e6);
    expect(p.cpu).toBe(1);
    expect(remove(machine, 1)).toBe(0);
    expect(p.cpu).toBe(0);
    expect([...p.cpusMask]).toEqual([0, 1]);
    expect(add(machine, 1)).toBe(0);
    expect(machine.rmmod('hog')).toBe(0);
  });

  test('leaves its works to the others, under the workers that it had', () => {
    const machine = boot();
    remove(machine, 1);
    const ran: number[] = [];
    const cpuOf = call(machine, function* (k) {
      const work = new WorkStruct(function* w() {
        ran.push(k.s.cpu);
      });
      yield* k.scheduleWorkOn(1, work);
      yield* k.flushWork(work);
      return ran[0]!;
    });
    expect(cpuOf).toBe(0);
  });

  test('leaves its timers to the others', () => {
    const machine = boot();
    const fired: number[] = [];
    const s = machine.sched;
    hrtimerStart(new HrTimer(s, (cpu) => void fired.push(cpu.id)), s.sim.now + 100e6, 1);
    remove(machine, 1);
    machine.runFor(200e6);
    expect(fired).toEqual([0]);
  });

  test('is refused for CPU 0, for the last one, and for one that is down already', () => {
    const machine = boot();
    expect(remove(machine, 0)).toBe(-EPERM);
    expect(remove(machine, 1)).toBe(0);
    expect(remove(machine, 1)).toBe(1);
    expect(add(machine, 0)).toBe(1);
    expect(add(machine, 7)).toBe(-22);
  });

  test('stays up if a daemon says no, and everything that went down comes up again', () => {
    const machine = boot();
    call(machine, (k) =>
      k.hotplug!.setupState({
        name: 'busy:online',
        teardown: function* busy_cpu_offline() {
          return -EBUSY;
        },
      }),
    );
    expect(remove(machine, 1)).toBe(-EBUSY);
    expect(machine.sched.activeMask.has(1)).toBe(true);
    expect(machine.hotplug!.states[1]!.state).toBe(CPUHP_ONLINE);
  });

  test('goes down again if a step fails on its way up (D-C21)', () => {
    const machine = boot();
    remove(machine, 1);
    machine.hotplug!.steps.push({
      state: CPUHP_AP_WORKQUEUE_ONLINE + 1,
      name: 'sick:online',
      startup: function* sick_cpu_online() {
        return -EBUSY;
      },
    });
    machine.hotplug!.steps.sort((a, b) => a.state - b.state);
    expect(add(machine, 1)).toBe(-EBUSY);
    expect(machine.sched.activeMask.has(1)).toBe(false);
  });

  test('does not come back with a thread that nobody pushed away: 40 rounds under load on 4 CPUs', () => {
    const machine = boot({ cpus: 4 });
    const { sched: s } = machine;
    const load = defineDaemon({
      name: 'load',
      threads: Array.from({ length: 6 }, (_, i) => ({
        name: `load${i}`,
        *fn({ k }) {
          if (i === 0) schedSetFifo(k.s, k.current);
          while (!(yield* k.kthreadShouldStop())) {
            yield* k.busy(100 * (i + 1));
            if (i % 2 === 0) yield* k.usleepRange(500, 1500);
            else yield* k.condResched();
          }
        },
      })),
    });
    expect(machine.insmod(load)).toBe(0);
    for (let round = 0; round < 40; round++) {
      const cpu = 1 + machine.sim.pick('cpu', 3);
      const result = s.onlineMask.has(cpu) ? remove(machine, cpu) : add(machine, cpu);
      expect(result).toBe(0);
      machine.runFor(machine.sim.pick('pause', 20) * 1e6);
      checkScheduler(s);
      checkKthreads(machine.kthreads);
      for (const rq of s.rqs) if (!s.onlineMask.has(rq.cpu)) expect(rq.nrRunning).toBe(0);
    }
    expect(s.reports.lines.filter((line) => line.level !== 'info')).toEqual([]);
    expect(machine.rmmod('load')).toBe(0);
  });
});

describe('the kernel on the way between one CPU and several', () => {
  const LOADS_OF_PATCH = 12;

  test('is patched: one interrupt reaches all CPUs only where there are several', () => {
    const machine = boot({ cpus: 3 });
    const { counters } = machine.mm;
    const loadsOf = (call: () => number): number => {
      const before = counters.loads;
      expect(call()).toBe(0);
      return counters.loads - before;
    };
    expect(loadsOf(() => remove(machine, 2))).toBe(0);
    expect(loadsOf(() => remove(machine, 1))).toBe(LOADS_OF_PATCH);
    expect(loadsOf(() => add(machine, 1))).toBe(LOADS_OF_PATCH);
    expect(loadsOf(() => add(machine, 2))).toBe(0);
  });

  test('stands still for a moment when a CPU comes up: the stopper of every other CPU runs', () => {
    const machine = boot({ cpus: 3 });
    remove(machine, 2);
    const runs = (): number[] => [0, 1].map((cpu) => machine.sched.stoppers[cpu]!.thread!.nvcsw);
    const before = runs();
    add(machine, 2);
    expect(runs()).toEqual(before.map((n) => n + 1));
  });
});
