import { describe, expect, test } from '@jest/globals';
import {
  Cpumask,
  ENOMEM,
  TASK_INTERRUPTIBLE,
  TASK_PARKED,
  setCpusAllowedPtr,
  type Task,
} from '@kernel-model/scheduler';
import {
  kthreadIsPerCpu,
  kthreadStop,
  smpbootCreateThreads,
  smpbootParkThreads,
  smpbootRegisterPercpuThread,
  smpbootUnparkThreads,
  smpbootUnregisterPercpuThread,
  type SmpHotplugThread,
} from '@kernel-model/kthread';
import '../../src/jest.ts';
import { world, type World } from '../../src/index.ts';

/** A hotplug thread that writes down what it is asked to do, and where. */
function logging(
  w: World,
  name: string,
  log: string[],
  more: Partial<SmpHotplugThread> = {},
): SmpHotplugThread & { due: boolean } {
  const note = (what: string, cpu: number): void => void log.push(`${name} ${what} ${cpu} on ${w.s.cpu}`);
  return {
    threadComm: `${name}/%u`,
    store: [],
    due: false,
    threadShouldRun(): boolean {
      return this.due;
    },
    *threadFn(cpu) {
      this.due = false;
      note('fn', cpu);
    },
    create: (cpu) => void log.push(`${name} create ${cpu}`),
    setup: (cpu) => note('setup', cpu),
    cleanup: (cpu, online) => void log.push(`${name} cleanup ${cpu} ${online ? 'online' : 'offline'} on ${w.s.cpu}`),
    park: (cpu) => note('park', cpu),
    unpark: (cpu) => note('unpark', cpu),
    ...more,
  };
}

/** Take CPU 1 out of service, as far as threads can see. */
function offline(w: World): void {
  w.s.onlineMask = w.s.activeMask = Cpumask.of(0);
}

function online(w: World): void {
  w.s.onlineMask = w.s.activeMask = w.s.possibleMask;
}

describe('smpboot_register_percpu_thread', () => {
  test('makes a thread on every online CPU, bound there, set up before its first run (INV-K17)', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    const ht = logging(w, 't', log);
    expect(w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht))).toBe(0);
    w.runUntilIdle();
    expect(log.toSorted()).toEqual(['t create 0', 't create 1', 't setup 0 on 0', 't setup 1 on 1']);
    for (const cpu of [0, 1]) {
      const p = ht.store[cpu]!;
      expect([p.comm, p.cpusMask.equals(Cpumask.of(cpu)), kthreadIsPerCpu(p), p.state]).toEqual([
        `t/${cpu}`,
        true,
        true,
        TASK_INTERRUPTIBLE,
      ]);
    }
    ht.due = true;
    w.wake(ht.store[1]!);
    w.runUntilIdle();
    expect(log.at(-1)).toBe('t fn 1 on 1');
  });

  test('makes nothing for an offline CPU; when that comes up, the newest descriptor comes first (CC-K55)', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    const one = logging(w, 'one', log);
    const two = logging(w, 'two', log);
    offline(w);
    w.run(function* () {
      yield* smpbootRegisterPercpuThread(w.machine.smpboot, one);
      yield* smpbootRegisterPercpuThread(w.machine.smpboot, two);
    });
    w.runUntilIdle();
    expect(log.filter((line) => line.includes('create'))).toEqual(['one create 0', 'two create 0']);
    log.length = 0;
    w.run(function* () {
      yield* smpbootCreateThreads(w.machine.smpboot, 1);
      online(w);
      yield* smpbootUnparkThreads(w.machine.smpboot, 1);
    });
    w.runUntilIdle();
    expect(log.slice(0, 2)).toEqual(['two create 1', 'one create 1']);
    expect(log.slice(2).toSorted()).toEqual(['one setup 1 on 1', 'two setup 1 on 1']);
  });

  test.each(['kthread_create_info', 'smpboot_thread_data'] as const)(
    'stops what it made, and lists nothing, when a later allocation of %s fails (CC-K58)',
    (alloc) => {
      const w = world({ cpus: 2 });
      const log: string[] = [];
      const ht = logging(w, 't', log);
      const listed = w.machine.smpboot.threads.length;
      let made = 0;
      w.run(function* (k) {
        w.kthreads.failAlloc = (what) => what === alloc && ++made === 2;
        expect(yield* smpbootRegisterPercpuThread(w.machine.smpboot, ht)).toBe(-ENOMEM);
        w.kthreads.failAlloc = () => false;
        yield* k.msleep(1);
      });
      expect([ht.store[0], ht.store[1], w.machine.smpboot.threads.length]).toEqual([undefined, undefined, listed]);
      expect(w).toHaveTrace(['stop t/0', 'exit t/0']);
    },
  );
});

test('a hotplug thread that somebody moved is a bug of the kernel', () => {
  const w = world({ cpus: 2 });
  const ht = logging(w, 't', []);
  w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
  w.runUntilIdle();
  w.run(() => setCpusAllowedPtr(w.s, ht.store[1]!, Cpumask.of(0)));
  w.wake(ht.store[1]!);
  expect(() => w.runUntilIdle()).toThrow(/t\/1 \(pid \d+\) runs on CPU 0, and is the thread of CPU 1/);
});

describe('smpboot_unregister_percpu_thread', () => {
  test('runs the loop of a thread that was never let go once, without cleanup (CC-K56)', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    const ht = logging(w, 't', log, { selfparking: true });
    let p: Task | undefined;
    w.run(function* () {
      yield* smpbootRegisterPercpuThread(w.machine.smpboot, ht);
      p = ht.store[0];
      yield* smpbootUnregisterPercpuThread(w.machine.smpboot, ht);
    });
    w.runUntilIdle();
    expect(log).toEqual(['t create 0', 't create 1']);
    expect([w.exited(p!), ht.store[0]]).toEqual([true, undefined]);
    expect(w).toHaveTrace(['stop t/0', 'exit t/0', 'stop_ret 0']);
  });

  test('cleans up on another CPU for a CPU that is offline, and does not unpark (CC-K57)', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    const ht = logging(w, 't', log);
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    w.runUntilIdle();
    w.run(() => smpbootParkThreads(w.machine.smpboot, 1));
    offline(w);
    log.length = 0;
    w.run(() => smpbootUnregisterPercpuThread(w.machine.smpboot, ht));
    w.runUntilIdle();
    expect(log).toEqual(['t cleanup 0 online on 0', 't cleanup 1 offline on 0']);
  });
});

describe('smpboot_create_threads', () => {
  test('returns the first error, and makes no thread of the descriptors after that one', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    offline(w);
    w.run(function* () {
      for (const name of ['one', 'two']) yield* smpbootRegisterPercpuThread(w.machine.smpboot, logging(w, name, log));
    });
    w.runUntilIdle();
    log.length = 0;
    const result = w.run(function* () {
      w.kthreads.failAlloc = (what) => what === 'full_name';
      const error = yield* smpbootCreateThreads(w.machine.smpboot, 1);
      w.kthreads.failAlloc = () => false;
      return error;
    });
    expect([result, log]).toEqual([-ENOMEM, []]);
  });
});

describe('a hotplug thread', () => {
  test('needs none of the functions that are optional', () => {
    const w = world({ cpus: 2 });
    let ran = 0;
    const ht: SmpHotplugThread = {
      threadComm: 'bare/%u',
      store: [],
      threadShouldRun: () => ran === 0,
      *threadFn() {
        ran++;
      },
    };
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    w.runUntilIdle();
    expect(ran).toBeGreaterThan(0);
    const p = ht.store[1]!;
    w.run(() => smpbootParkThreads(w.machine.smpboot, 1));
    expect(p.state).toBe(TASK_PARKED);
    w.run(() => smpbootUnparkThreads(w.machine.smpboot, 1));
    w.runUntilIdle();
    expect(p.state).toBe(TASK_INTERRUPTIBLE);
    w.run(() => smpbootUnregisterPercpuThread(w.machine.smpboot, ht));
    expect(w.exited(p)).toBe(true);
  });

  test('that parks itself is left alone when its CPU goes down and comes up', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    const ht = logging(w, 't', log, { selfparking: true });
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    const p = ht.store[1]!;
    w.run((k) => k.kthreadUnpark(p));
    w.runUntilIdle();
    w.run(() => smpbootParkThreads(w.machine.smpboot, 1));
    w.runUntilIdle();
    expect(p.state).toBe(TASK_INTERRUPTIBLE);
    w.run((k) => k.kthreadPark(p));
    w.run(() => smpbootUnparkThreads(w.machine.smpboot, 1));
    w.runUntilIdle();
    expect(p.state).toBe(TASK_PARKED);
  });

  test('need not be there when its CPU goes down', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    offline(w);
    const ht = logging(w, 't', log);
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    online(w);
    w.run(() => smpbootParkThreads(w.machine.smpboot, 1));
    expect(ht.store[1]).toBeUndefined();
  });

  test('belongs to its CPU in the eyes of the scheduler, which lets it stay on a CPU that goes down', () => {
    const w = world({ cpus: 2 });
    const ht = logging(w, 't', []);
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    expect([ht.store[1]!, w.kthreads.kthreadd!].map((p) => w.s.hooks.kthreadIsPerCpu(p))).toEqual([true, false]);
  });

  test('parks when its CPU goes down and goes on when it comes up, the same task, set up once (CC-K59)', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    const ht = logging(w, 't', log);
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    w.runUntilIdle();
    const p = ht.store[1];
    log.length = 0;
    w.run(function* () {
      yield* smpbootParkThreads(w.machine.smpboot, 1);
      yield* smpbootCreateThreads(w.machine.smpboot, 1);
      yield* smpbootUnparkThreads(w.machine.smpboot, 1);
    });
    w.runUntilIdle();
    expect(log).toEqual(['t park 1 on 1', 't unpark 1 on 1']);
    expect(ht.store[1]).toBe(p);
  });

  test('is parked in the order in which the descriptors came, oldest first', () => {
    const w = world({ cpus: 2 });
    const log: string[] = [];
    w.run(function* () {
      yield* smpbootRegisterPercpuThread(w.machine.smpboot, logging(w, 'one', log));
      yield* smpbootRegisterPercpuThread(w.machine.smpboot, logging(w, 'two', log));
    });
    w.runUntilIdle();
    log.length = 0;
    w.run(() => smpbootParkThreads(w.machine.smpboot, 1));
    expect(log).toEqual(['one park 1 on 1', 'two park 1 on 1']);
  });

  test('cleans up when it is stopped after its set-up (INV-K17)', () => {
    const w = world({ cpus: 1 });
    const log: string[] = [];
    const ht = logging(w, 't', log);
    w.run(() => smpbootRegisterPercpuThread(w.machine.smpboot, ht));
    w.runUntilIdle();
    expect(w.run(() => kthreadStop(w.kthreads, ht.store[0]!))).toBe(0);
    expect(log.at(-1)).toBe('t cleanup 0 online on 0');
  });
});
