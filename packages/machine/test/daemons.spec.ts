import { describe, expect, test } from '@jest/globals';
import { defineDaemon } from '@kernel-model/daemons';
import { EINVAL, TASK_UNINTERRUPTIBLE, msecsToJiffies } from '@kernel-model/scheduler';
import { boot } from '../src/index.ts';

const ENOENT = 2;
const EFAULT = 14;
const EBUSY = 16;
const EEXIST = 17;
const ETIMEDOUT = 110;

/** Counts, in a thread and in a periodic work. */
const counter = defineDaemon({
  name: 'counter',
  options: {
    periodMs: { type: 'integer', default: 10, minimum: 1 },
    loud: { type: 'boolean', default: false },
  },
  state: () => ({ rounds: 0, flushes: 0 }),
  *init({ options }) {
    return options.periodMs === 13 ? -EINVAL : 0;
  },
  *exit(d) {
    d.log(`${d.state.rounds} rounds`);
  },
  threads: [
    {
      name: 'counter_thread_with_a_long_name',
      *fn({ k, options, state }) {
        while (!(yield* k.kthreadShouldStop())) {
          state.rounds++;
          yield* k.scheduleTimeoutInterruptible(msecsToJiffies(options.periodMs));
        }
      },
    },
  ],
  works: {
    flush: {
      periodMs: 100,
      *fn({ state }) {
        state.flushes++;
      },
    },
  },
});

function withThread(name: string, fn: Parameters<typeof threadOf>[1]): ReturnType<typeof defineDaemon> {
  return defineDaemon({ name, threads: [threadOf(name, fn)] });
}

function threadOf(name: string, fn: Exclude<Parameters<typeof defineDaemon>[0]['threads'], undefined>[0]['fn']) {
  return { name, fn };
}

describe('a daemon', () => {
  test('is loaded at boot, runs, and is unloaded', () => {
    const m = boot({ daemons: [{ daemon: counter, params: { periodMs: 20 } }] });
    const { context } = m.modules.find('counter')!;
    expect(context.options).toEqual({ periodMs: 20, loud: false });
    m.runFor(1e9);
    const state = context.state as { rounds: number; flushes: number };
    expect(state.rounds).toBeGreaterThan(35);
    expect(state.flushes).toBe(9);
    const thread = context.threads[0]!;
    expect(m.rmmod('counter')).toBe(0);
    expect(thread.exitState).not.toBe(0);
    const { flushes } = state;
    m.runFor(1e9);
    expect(state.flushes).toBe(flushes);
    expect(m.sched.reports.lines.map((l) => l.text)).toEqual([expect.stringMatching(/^counter: \d+ rounds$/)]);
    expect(m.blocked().map((b) => b.task.comm)).not.toContain('rmmod');
  });

  test('is refused as modprobe would refuse it', () => {
    const m = boot();
    expect(m.insmod(counter, { periodMs: 'soon' })).toBe(-EINVAL);
    expect(m.insmod(counter, { periodMs: 0 })).toBe(-EINVAL);
    expect(m.insmod(counter, { periodMs: '13' })).toBe(-EINVAL);
    expect(m.insmod(counter, { periodMs: '40', loud: 'y', colour: 1 })).toBe(0);
    expect(m.modules.find('counter')!.context.options).toEqual({ periodMs: 40, loud: true });
    expect(m.insmod(counter)).toBe(-EEXIST);
    expect(m.rmmod('counter')).toBe(0);
    expect(m.rmmod('counter')).toBe(-ENOENT);
    expect(m.sched.reports.lines.map((l) => l.text)).toEqual([
      "counter: `soon' invalid for parameter `periodMs': it must be integer",
      "counter: `0' invalid for parameter `periodMs': it must be >= 1",
      "counter: unknown parameter 'colour' ignored",
      'counter: 1 rounds',
    ]);
  });

  test('that throws is killed with an oops, and the machine goes on', () => {
    const m = boot();
    const broken = withThread('broken', function* broken({ k }) {
      yield* k.msleep(20);
      const nobody = null as unknown as { name: string };
      return nobody.name.length;
    });
    expect(m.insmod(broken)).toBe(0);
    const [p] = m.modules.find('broken')!.context.threads;
    expect(m.runFor(1e9).kind).not.toBe('oops');
    const log = m.sched.reports.lines.map((l) => l.text);
    expect(log[0]).toMatch(/^BUG: kernel NULL pointer dereference, address: 0000000000000000 /);
    expect(log[1]).toMatch(/^CPU: \d UID: 0 PID: \d+ Comm: broken Not tainted/);
    expect(log.slice(2, 5)).toEqual([
      'Call Trace:',
      ' <TASK>',
      expect.stringMatching(/^ \S+ \(daemons\.spec\.ts:\d+\)$/),
    ]);
    expect(p!.exitCode).toBe(9);
    // the thread is gone, kthread_stop() finds the 0 that its result began with
    expect(m.rmmod('broken')).toBe(0);
    expect(m.insmod(counter)).toBe(0);
  });

  test('that oopses in its init kills modprobe and stays half loaded', () => {
    const m = boot();
    const bad = defineDaemon({
      name: 'bad',
      *init() {
        throw new RangeError('no such register');
      },
    });
    expect(m.insmod(bad)).toBe(-EFAULT);
    expect(m.insmod(bad)).toBe(-EBUSY);
    expect(m.rmmod('bad')).toBe(-EBUSY);
  });

  test('that never stops makes rmmod hang, not the machine', () => {
    const m = boot();
    const deaf = withThread('deaf', function* ({ k }) {
      for (;;) {
        yield* k.setCurrentState(TASK_UNINTERRUPTIBLE);
        yield* k.schedule();
      }
    });
    expect(m.insmod(deaf)).toBe(0);
    expect(m.rmmod('deaf', 1e9)).toBe(-ETIMEDOUT);
    expect(m.blocked().find((b) => b.task.comm === 'rmmod')).toMatchObject({ state: 'D', waitsFor: 'deaf to exit' });
    expect(m.insmod(counter)).toBe(0);
  });

  test('that polls without ever sleeping leaves the other CPU alone', () => {
    const m = boot();
    const poller = withThread('poller', function* ({ k }) {
      while (!(yield* k.kthreadShouldStop()));
    });
    expect(m.insmod(poller)).toBe(0);
    m.runFor(100e6);
    expect(m.insmod(counter)).toBe(0);
    expect(m.rmmod('poller')).toBe(0);
  });

  test('that forgets yield* is killed, by name', () => {
    const m = boot();
    const forgetful = withThread('forgetful', function* ({ k }) {
      // eslint-disable-next-line kernel-model/no-dropped-step
      k.msleep(10);
      yield* k.msleep(10);
    });
    expect(m.insmod(forgetful)).toBe(0);
    m.runFor(1e8);
    expect(m.sched.reports.lines[0]!.text).toContain('BUG: msleep() was called but never run.');
  });
});
