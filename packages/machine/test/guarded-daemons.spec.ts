import { describe, expect, test } from '@jest/globals';
import { LoopGuard, loadDaemon, type Daemon } from '@kernel-model/daemons';
import { guardLoops } from '@kernel-model/daemons/guard-loops';
import { boot, type Machine } from '../src/index.ts';

const EFAULT = 14;
const ETIMEDOUT = 110;

/** The daemon of a source text, as an editor or a file would have it. */
function daemonOf(spec: string): Daemon {
  const guard = new LoopGuard();

  const make = new Function(
    'guard',
    guardLoops(`const spec = ${spec};`, 'guard') + '\nreturn spec;\n//# sourceURL=mine.js',
  );
  return loadDaemon({ default: make(guard) as unknown }, guard);
}

/** A daemon with one thread on CPU 1. */
function threadOf(body: string): Daemon {
  return daemonOf(`{ name: 'mine', threads: [{ name: 'mine', cpu: 1, *fn(d) { const { k } = d; ${body} } }] }`);
}

function log(m: Machine): string[] {
  return m.sched.reports.lines.map(({ text }) => text);
}

describe('a thread in a loop without end', () => {
  test.each([['linux'], ['minimal']] as const)(
    'keeps its CPU, is reported after 20 s, and the machine goes on (%s)',
    (kind) => {
      const m = boot({ daemons: [kind, threadOf('while (true);')] });
      const [p] = m.modules.find('mine')!.context.threads;
      const before = p!.se.sumExecRuntime;
      m.runFor(19e9);
      expect(log(m)).toEqual([]);
      m.runFor(6e9);
      expect(p!.se.sumExecRuntime - before).toBeGreaterThan(24.9e9);
      expect(log(m).slice(0, 4)).toEqual([
        expect.stringMatching(/^watchdog: BUG: soft lockup - CPU#1 stuck for 2\ds! \[mine:\d+\]$/),
        expect.stringMatching(/^CPU: 1 UID: 0 PID: \d+ Comm: mine Not tainted/),
        'Call Trace:',
        ' <TASK>',
      ]);
      // the innermost function is the daemon's, not one of those who watch it
      expect(log(m)[4]).toMatch(/^ \S*fn \(/);
      expect(m.insmod(daemonOf("{ name: 'other', *init() {} }"))).toBe(0);
    },
  );

  test('is preempted like any other computation where the kernel is preemptible', () => {
    const m = boot({ preempt: 'full', daemons: ['minimal', threadOf('while (true);')] });
    let beside = 0;
    const other = daemonOf("{ name: 'other', *init() {} }");
    expect(m.insmod(other)).toBe(0);
    m.post(function* () {
      yield* m.kernel.kthreadRunOnCpu(
        function* () {
          for (; beside < 10; beside++) yield* m.kernel.busy(1000);
          return 0;
        },
        null,
        1,
        'beside',
      );
    });
    m.runFor(100e6);
    expect(beside).toBe(10);
  });

  test('makes rmmod hang', () => {
    const m = boot({ daemons: [threadOf('while (true) d.state = 1;')] });
    expect(m.rmmod('mine', 1e9)).toBe(-ETIMEDOUT);
    expect(m.blocked().find((b) => b.task.comm === 'rmmod')).toMatchObject({ state: 'D', waitsFor: 'mine to exit' });
  });

  test('ends when what it waits for happens: the clock goes on', () => {
    const m = boot({
      daemons: [threadOf('const end = k.jiffies + 250; while (k.jiffies < end); d.log("done"); return 0;')],
    });
    m.runFor(0.9e9);
    expect(log(m)).toEqual([]);
    m.runFor(0.2e9);
    expect(log(m)).toEqual(['mine: done']);
  });

  test('may be in its init: then modprobe keeps the CPU', () => {
    const m = boot();
    expect(m.insmod(daemonOf("{ name: 'mine', *init() { for (;;); } }"), {}, 1e9)).toBe(-ETIMEDOUT);
    m.runFor(25e9);
    expect(log(m)[0]).toMatch(/^watchdog: BUG: soft lockup - CPU#\d stuck for 2\ds! \[modprobe:\d+\]$/);
    expect(m.modules.find('mine')!.state).toBe('coming');
  });
});

test('a loop that calls the kernel, or comes to its end soon, costs nothing', () => {
  const m = boot({
    daemons: [
      threadOf(`
        let n = 0;
        for (let round = 0; round < 30; round++) {
          for (let i = 0; i < 20000; i++) n += i;
          yield* k.msleep(1);
        }
        return 0;`),
    ],
  });
  const [p] = m.modules.find('mine')!.context.threads;
  m.runFor(1e9);
  expect(p!.exitState).not.toBe(0);
  expect(p!.se.sumExecRuntime).toBeLessThan(2e6);
});

describe('a plain function in a loop without end', () => {
  test('is killed by an oops, whatever it catches', () => {
    const m = boot({
      daemons: [
        threadOf('const poll = () => { for (;;) { try { for (;;); } catch {} } }; yield* k.msleep(10); poll();'),
      ],
    });
    m.runFor(1e9);
    expect(log(m)[0]).toMatch(/^BUG: soft lockup - CPU#1 stuck in a loop without end! \[mine:\d+\]$/);
    expect(log(m)[4]).toMatch(/^ poll \(/);
    expect(m.rmmod('mine')).toBe(0);
  });

  test('kills modprobe if it makes the state of a daemon', () => {
    const m = boot();
    expect(m.insmod(daemonOf("{ name: 'mine', state() { for (;;); }, *init() {} }"))).toBe(-EFAULT);
    expect(log(m)[0]).toMatch(/\[modprobe:\d+\]$/);
  });
});

test('two machines that run the same code do not disturb each other', () => {
  const daemon = threadOf('for (;;) { yield* k.msleep(1); let n = 0; while (n < 150000) n++; }');
  const alone = boot({ daemons: [daemon] });
  alone.runFor(1e9);
  const pair = [boot({ daemons: [daemon] }), boot({ daemons: [daemon] })];
  for (let i = 0; i < 10; i++) for (const m of pair) m.runFor(1e8);
  const ran = (m: Machine): number => m.modules.find('mine')!.context.threads[0]!.se.sumExecRuntime;
  expect(ran(alone)).toBeGreaterThan(20e6);
  // at the end one of them may be a turn of the loop ahead
  for (const m of pair) expect(Math.abs(ran(m) - ran(alone))).toBeLessThan(20e6);
});
