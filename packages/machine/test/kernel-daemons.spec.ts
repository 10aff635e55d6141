import { describe, expect, test } from '@jest/globals';
import { Jbd2Journal, ThreadedIrq, Writeback, defineDaemon } from '@kernel-model/daemons';
import {
  Completion,
  Cpumask,
  TASK_IDLE,
  TASK_KILLABLE,
  TASK_UNINTERRUPTIBLE,
  schedSetaffinity,
} from '@kernel-model/scheduler';
import { WQ_UNBOUND, wqWorkerComm } from '@kernel-model/workqueue';
import { SCHED_PROCESS_HANG } from '@kernel-model/trace';
import { boot, type Machine } from '../src/index.ts';
import { call, start } from './call.ts';

const MS = 1e6;
const S = 1e9;

const log = (machine: Machine): string[] => machine.sched.reports.lines.map((line) => line.text);

describe('khungtaskd', () => {
  const sleeper = (state: number) =>
    defineDaemon({
      name: 'sleeper',
      threads: [
        {
          name: 'sleeper',
          *fn({ k }) {
            yield* k.msleep(1);
            yield* k.setCurrentState(state);
            yield* k.schedule();
          },
        },
      ],
    });

  test('reports a sleep in D at its second look, not earlier than 120 s after it began (D-C36)', () => {
    const machine = boot({ daemons: [sleeper(TASK_UNINTERRUPTIBLE)] });
    machine.runFor(200 * S);
    expect(log(machine)).toEqual([]);
    machine.runFor(60 * S);
    expect(log(machine)[0]).toMatch(/^INFO: task sleeper:\d+ blocked for more than 120 seconds\.$/);
  });

  test.each([
    ['a killable sleep', TASK_KILLABLE],
    ['an idle sleep', TASK_IDLE],
  ])('says nothing about %s', (_, state) => {
    const machine = boot({ daemons: [sleeper(state)] });
    machine.runFor(500 * S);
    expect(log(machine)).toEqual([]);
  });

  test('says so 10 times at most, and nothing after an oops', () => {
    const machine = boot({ daemons: [sleeper(TASK_UNINTERRUPTIBLE)] });
    let hangs = 0;
    machine.hub.on(SCHED_PROCESS_HANG).subscribe(() => hangs++);
    machine.runFor(3000 * S);
    // the event goes on
    expect(hangs).toBeGreaterThan(20);
    expect(log(machine).filter((line) => line.startsWith('INFO: task'))).toHaveLength(10);
    const tainted = boot({ daemons: [sleeper(TASK_UNINTERRUPTIBLE)] });
    tainted.mm.oopsCount = 1;
    tainted.runFor(500 * S);
    expect(log(tainted)).toEqual([]);
  });
});

describe('the soft-lockup watchdog', () => {
  test('finds a thread that never lets the scheduler in', () => {
    const machine = boot();
    start(machine, 'greedy', function* (k) {
      for (;;) yield* k.busy(1000);
    });
    machine.runFor(30 * S);
    expect(log(machine)[0]).toMatch(/^watchdog: BUG: soft lockup - CPU#\d stuck for 2\ds! \[greedy:\d+\]$/);
  });

  test('has nothing to say about one that offers to reschedule', () => {
    const machine = boot();
    start(machine, 'polite', function* (k) {
      for (;;) {
        yield* k.busy(1000);
        yield* k.condResched();
      }
    });
    machine.runFor(60 * S);
    expect(log(machine)).toEqual([]);
  });
});

describe('the flusher', () => {
  function writebackOn(machine: Machine): Writeback {
    return call(machine, function* (k) {
      const wq = yield* k.allocWorkqueue('writeback', WQ_UNBOUND, 0);
      return new Writeback(k.workqueues, wq!, '8:0', () => 99_999);
    });
  }

  test('has the limits of 6.12', () => {
    const wb = writebackOn(boot());
    expect(wb.limits()).toEqual({ background: 9985, limit: 19995, freerun: 14990 });
  });

  test('runs 5 s after the first dirty page, and writes it when it is 30 s old (D-C34)', () => {
    const machine = boot();
    const wb = writebackOn(machine);
    call(machine, () => wb.dirtyPage('file'));
    machine.runFor(6 * S);
    expect([wb.runs, wb.written]).toEqual([1, 0]);
    machine.runFor(23 * S);
    expect(wb.written).toBe(0);
    machine.runFor(10 * S);
    expect([wb.dirty, wb.written]).toEqual([0, 1]);
    const { runs } = wb;
    machine.runFor(60 * S);
    expect(wb.runs).toBe(runs);
    const names = [...machine.sched.tasks.values()].map(wqWorkerComm);
    expect(names).toContainEqual(expect.stringMatching(/^kworker\/u8:\d-flush-8:0$/));
  });

  test('does not run by itself with an interval of 0, but when asked, or above the background limit (D-C35)', () => {
    const machine = boot();
    const wb = writebackOn(machine);
    wb.settings.writebackCentisecs = 0;
    call(machine, () => wb.dirtyPage('file'));
    machine.runFor(100 * S);
    expect(wb.runs).toBe(0);
    call(machine, () => wb.sync());
    expect(wb.written).toBe(1);
    start(machine, 'writer', function* () {
      for (let i = 0; i < 11_000; i++) yield* wb.dirtyPage('file');
    });
    machine.runFor(10 * S);
    expect(wb.written).toBeGreaterThan(1000);
  });

  test('writes early above the background limit, and slows a fast writer down', () => {
    const machine = boot();
    const wb = writebackOn(machine);
    let most = 0;
    start(machine, 'writer', function* () {
      for (let i = 0; i < 40_000; i++) {
        yield* wb.dirtyPage(`file${i % 7}`);
        most = Math.max(most, wb.dirty);
      }
    });
    machine.runFor(20 * S);
    expect(wb.written).toBeGreaterThan(20_000);
    expect(most).toBeLessThanOrEqual(wb.limits().limit);
  });
});

describe('jbd2', () => {
  test('commits a transaction 5 s after its first change, or when somebody waits for it', () => {
    const machine = boot();
    const journal = new Jbd2Journal(machine.kthreads, 'sda1-8');
    expect(call(machine, () => journal.start())).toBe(0);
    const tid = call(machine, function* () {
      return journal.change();
    });
    machine.runFor(4.9 * S);
    expect(journal.commitSequence).toBe(0);
    machine.runFor(1 * S);
    expect(journal.commitSequence).toBe(tid);
    const before = machine.sim.now;
    call(machine, () => journal.logWaitCommit(journal.change()));
    expect(journal.commitSequence).toBe(tid + 1);
    expect(machine.sim.now - before).toBeLessThan(10 * MS);
    call(machine, () => journal.unmount());
    machine.runFor(10 * MS);
    expect([...machine.sched.tasks.values()].map((p) => p.comm)).not.toContain('jbd2/sda1-8');
  });
});

describe('an interrupt with a thread', () => {
  test('runs the thread once for two interrupts that come before it (D-C38)', () => {
    const machine = boot();
    let runs = 0;
    const irq = new ThreadedIrq(
      machine.kthreads,
      30,
      'eth0',
      () => true,
      function* () {
        runs++;
        yield* machine.kernel.busy(100);
      },
    );
    expect(call(machine, () => irq.request())).toBe(0);
    const cpu = machine.sched.cpus[irq.task!.cpu]!;
    cpu.interruptNow(() => {
      irq.raise();
      irq.raise();
    });
    machine.runFor(10 * MS);
    expect(runs).toBe(1);
    expect([irq.task!.comm, irq.task!.rtPriority]).toEqual(['irq/30-eth0', 50]);
    call(machine, () => irq.free());
    expect(irq.task).toBeNull();
  });
});

describe('kdevtmpfs', () => {
  test('serves a batch of requests backwards (D-C37)', () => {
    const machine = boot({ cpus: 1 });
    const { devtmpfs } = machine.daemons!;
    const gate = new Completion('the gate');
    for (const name of ['a', 'b', 'c']) {
      start(machine, `driver-${name}`, function* (k) {
        k.schedSetFifo(k.current);
        yield* k.waitForCompletion(gate);
        yield* devtmpfs.createNode(name);
      });
    }
    machine.runFor(100 * MS);
    call(machine, (k) => k.completeAll(gate));
    machine.runFor(100 * MS);
    expect(devtmpfs.nodes).toEqual(['c', 'b', 'a']);
    expect(machine.blocked().map((b) => b.task.comm)).not.toContain('driver-a');
  });
});

describe('idle_inject', () => {
  test('takes its part of a CPU from whoever computes there', () => {
    const machine = boot();
    start(machine, 'compute', function* (k) {
      yield* k.setCpusAllowedPtr(k.current, Cpumask.of(1));
      for (;;) {
        yield* k.busy(100);
        yield* k.condResched();
      }
    });
    machine.runFor(100 * MS);
    const p = [...machine.sched.tasks.values()].find((t) => t.comm === 'compute')!;
    expect(machine.idleInject.start(Cpumask.of(1), 0, 0)).toBe(-22);
    start(machine, 'cooler', function* () {
      machine.idleInject.start(Cpumask.of(1), 15_000, 5_000);
    });
    machine.runFor(20 * MS);
    const before = p.se.sumExecRuntime;
    machine.runFor(1 * S);
    const share = (p.se.sumExecRuntime - before) / S;
    expect(share).toBeGreaterThan(0.7);
    expect(share).toBeLessThan(0.8);
  });
});

describe('ksmd', () => {
  test('never wakes up while nobody has switched it on (D-C41)', () => {
    const machine = boot();
    machine.runFor(1 * S);
    const p = [...machine.sched.tasks.values()].find((t) => t.comm === 'ksmd')!;
    const { nvcsw } = p;
    machine.runFor(1000 * S);
    expect(p.nvcsw).toBe(nvcsw);
  });
});

describe('taskset', () => {
  test('cannot move ksoftirqd/1, and can move kswapd0 (D-C40)', () => {
    const machine = boot();
    const set = (name: string): number =>
      call(machine, (k) => {
        const p = [...k.s.tasks.values()].find((t) => t.comm === name)!;
        return schedSetaffinity(k.s, p, Cpumask.of(0));
      });
    expect(set('ksoftirqd/1')).toBe(-22);
    expect(set('kswapd0')).toBe(0);
  });
});
