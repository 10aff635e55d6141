import { describe, expect, test } from '@jest/globals';
import {
  Completion,
  PF_KTHREAD,
  PF_NO_SETAFFINITY,
  TASK_INTERRUPTIBLE,
  type PreemptMode,
} from '@kernel-model/scheduler';
import { formatTrace, TraceRecorder } from '@kernel-model/trace';
import { boot as bootWith, type BootConfig, type Machine } from './index.ts';

/** Without the daemons of a Debian machine. */
function boot(config: BootConfig = {}): Machine {
  return bootWith({ daemons: 'minimal', ...config });
}

/** What a machine does in 200 ms with three threads that work and sleep, as the text of a trace. */
function traceOf(config: BootConfig): string {
  const machine = boot(config);
  const { kernel: k } = machine;
  const recorder = new TraceRecorder(machine.hub);
  for (const name of ['A', 'B', 'C']) {
    machine.post(function* () {
      yield* k.kthreadRun(
        function* () {
          for (let i = 0; i < 5; i++) {
            yield* k.busy(2000);
            yield* k.usleepRange(500, 3000);
          }
          return 0;
        },
        null,
        name,
      );
    });
  }
  machine.runFor(200e6);
  return formatTrace(recorder.events(), config.cpus ?? 2);
}

/** The threads of a machine by pid. */
function names(machine: Machine): string[] {
  return [...machine.sched.tasks.values()].map((p) => p.comm);
}

describe('a booted machine', () => {
  test('has pid 1, a user task that may run everywhere, and kthreadd as pid 2', () => {
    const { init, kthreads, sched } = boot({ cpus: 4 });
    const kthreadd = kthreads.kthreadd!;
    expect([init.pid, init.comm, init.flags & PF_KTHREAD, init.parent?.pid]).toEqual([1, 'init', 0, 0]);
    expect(init.cpusMask.equals(sched.possibleMask)).toBe(true);
    expect(init.flags & PF_NO_SETAFFINITY).toBe(0);
    expect([kthreadd.pid, kthreadd.comm, kthreadd.flags, kthreadd.parent?.pid]).toEqual([2, 'kthreadd', 0x208040, 0]);
  });

  test('has a stopper and ksoftirqd on every CPU, bound there', () => {
    const machine = boot({ cpus: 3 });
    for (const cpu of [0, 1, 2]) {
      for (const name of ['migration', 'ksoftirqd']) {
        const p = [...machine.sched.tasks.values()].find((task) => task.comm === `${name}/${cpu}`)!;
        expect([p.cpu, p.cpusMask.weight, p.cpusMask.has(cpu), p.parent]).toEqual([
          cpu,
          1,
          true,
          machine.kthreads.kthreadd,
        ]);
      }
    }
    expect(machine.sched.rqs.map((rq) => rq.stop?.comm)).toEqual(['migration/0', 'migration/1', 'migration/2']);
  });

  test('can do without them', () => {
    const machine = boot({ percpuThreads: false, workqueues: false });
    expect(names(machine)).toEqual(['init', 'kthreadd']);
  });

  test.each([0, 65, 1.5])('cannot have %d CPUs', (cpus) => {
    expect(() => boot({ cpus })).toThrow(RangeError);
  });

  test.each<PreemptMode>(['none', 'voluntary', 'full'])(
    'does the same again, to the byte, with preempt=%s',
    (preempt) => {
      const config: BootConfig = { cpus: 2, preempt, seed: 5 };
      const text = traceOf(config);
      expect(text).toBe(traceOf(config));
      expect(text.match(/sched_process_exit/g)).toHaveLength(3);
    },
  );

  test('shares nothing with another one in the same process', () => {
    const alone = traceOf({ cpus: 2 });
    const one = boot({ cpus: 2 });
    one.runFor(50e6);
    expect(traceOf({ cpus: 2 })).toBe(alone);
    one.runFor(50e6);
    expect(names(one)).toEqual(names(boot({ cpus: 2 })));
  });
});

describe('Machine.run', () => {
  test('says how it came to its end', () => {
    const machine = boot();
    const { kernel: k } = machine;
    let asked = 0;
    expect(machine.run(() => ++asked > 3)).toEqual({ kind: 'done' });
    expect(machine.runFor(1e6)).toEqual({ kind: 'limit' });
    expect(boot({ percpuThreads: false, workqueues: false }).run(() => false, 10e9)).toEqual({ kind: 'idle' });
    const strict = boot({ panicOnOops: true });
    strict.post(function* () {
      yield* strict.kernel.kthreadStop(strict.init);
    });
    expect(strict.runFor(1e9)).toMatchObject({ kind: 'oops', error: { code: 'NOT_A_KTHREAD' } });
    expect(k.jiffies).toBeGreaterThan(0);
  });

  test('reports a call that was never run, by name', () => {
    const machine = boot({ panicOnOops: true });
    const { kernel: k } = machine;
    machine.post(function* () {
      yield* k.kthreadRun(
        function* () {
          // eslint-disable-next-line kernel-model/no-dropped-step -- what the test is about
          k.schedule();
          yield* k.msleep(1);
          return 0;
        },
        null,
        'forgetful',
      );
    });
    const result = machine.runFor(1e9);
    expect(result).toMatchObject({ kind: 'oops', error: { code: 'FORGOTTEN_YIELD' } });
    if (result.kind === 'oops') expect(result.error.message).toContain('schedule()');
  });
});

describe('Machine.blocked', () => {
  test('names the uninterruptible sleepers first, with what they wait for, and since when', () => {
    const machine = boot();
    const { kernel: k } = machine;
    const never = new Completion('never');
    machine.post(function* () {
      yield* k.kthreadRun(() => k.waitForCompletionTimeout(never, 1000), null, 'waiter');
      yield* k.kthreadRun(
        function* () {
          yield* k.setCurrentState(TASK_INTERRUPTIBLE);
          yield* k.schedule();
          return 0;
        },
        null,
        'sleeper',
      );
    });
    const startNs = machine.sim.now;
    machine.runFor(10e6);
    const [first, ...others] = machine.blocked();
    expect(first).toMatchObject({ state: 'D', waitsFor: 'never', task: { comm: 'waiter' } });
    expect(first!.sinceNs).toBeGreaterThan(startNs);
    expect(others.map((b) => b.task.comm)).toContain('sleeper');
    expect(others.every((b) => b.state !== 'D')).toBe(true);
  });
});
