import { describe, expect, test } from '@jest/globals';
import { ThreadedIrq } from '@kernel-model/daemons';
import { TASK_INTERRUPTIBLE, schedule, wakeUpProcess } from '@kernel-model/scheduler';
import { World } from '../src/index.ts';

const MS = 1e6;

/** Names and fields of the events of a task that match, without addresses. */
function of(w: World, match: RegExp, pid?: number): string[] {
  return w.events
    .filter((e) => match.test(`${e.name} ${e.text}`) && (pid === undefined || e.pid === pid))
    .map((e) => `${e.name} ${e.text}`.replace(/ ?(hr)?timer=\w+ ?/, ' ').trim());
}

/** The events of the first timer that a task arms. */
function ofTimer(w: World, pid: number): string[] {
  const start = w.events.find((e) => e.name === 'timer_start' && e.pid === pid)!;
  return of(w, new RegExp(`^timer_\\w+ ${/timer=\w+/.exec(start.text)![0]}`));
}

describe('the tracepoints of timers', () => {
  test('tell of a sleep that ends by itself: the timer is armed, taken off the wheel, and runs', () => {
    const w = new World();
    const p = w.kthread('sleeper', (k) => k.msleep(8));
    w.machine.runFor(40 * MS);
    const events = ofTimer(w, p.pid);
    expect(events.map((line) => line.split(' ')[0])).toEqual([
      'timer_init',
      'timer_start',
      'timer_cancel',
      'timer_expire_entry',
      'timer_expire_exit',
    ]);
    expect(events[1]).toMatch(
      /^timer_start function=process_timeout expires=\d+ \[timeout=2\] bucket_expiry=\d+ cpu=\d/,
    );
    expect(events[3]).toMatch(/^timer_expire_entry function=process_timeout now=\d+ baseclk=\d+$/);
  });

  test('tell of a sleep that is cut short that its timer is cancelled, and never of an expiry', () => {
    const w = new World();
    const p = w.kthread('sleeper', (k) => k.scheduleTimeoutInterruptible(1000));
    w.machine.runFor(4 * MS);
    w.machine.post(function* () {
      wakeUpProcess(w.s, p);
    });
    w.machine.runFor(20 * MS);
    expect(ofTimer(w, p.pid).map((line) => line.split(' ')[0])).toEqual(['timer_init', 'timer_start', 'timer_cancel']);
  });

  test('tell of hrtimers with their mode and window, in the interrupt that runs them', () => {
    const w = new World();
    w.machine.spawnUser('u', (u) => u.sleep(3000));
    w.machine.runFor(20 * MS);
    const events = of(w, /hrtimer_wakeup/);
    expect(events[0]).toMatch(
      /^hrtimer_start function=hrtimer_wakeup expires=\d+ softexpires=\d+ mode=ABS was_armed=0$/,
    );
    expect(events[1]).toMatch(/^hrtimer_expire_entry function=hrtimer_wakeup now=\d+$/);
    const names = w.events.map((e) => e.name);
    const entry = w.events.findIndex((e) => e.name === 'hrtimer_expire_entry' && e.text.includes('hrtimer_wakeup'));
    expect(names.lastIndexOf('local_timer_entry', entry)).toBeGreaterThan(names.lastIndexOf('local_timer_exit', entry));
    expect(names.slice(entry)).toContain('hrtimer_expire_exit');
  });
});

describe('the tracepoints of interrupts between CPUs', () => {
  test('tell of a wakeup on another CPU: who sent it, and that it came in', () => {
    const w = new World();
    const p = w.kthread('far', function* () {
      for (;;) {
        w.s.current.state = TASK_INTERRUPTIBLE;
        yield* schedule(w.s);
      }
    });
    w.machine.runFor(20 * MS);
    const from = w.events.length;
    const cpu = w.s.cpus[1 - p.cpu]!;
    cpu.interruptNow(() => void wakeUpProcess(w.s, p));
    w.machine.runFor(1 * MS);
    const sent = w.events.slice(from).filter((e) => /^(ipi_send|call_function_single|reschedule)/.test(e.name));
    expect(sent.map((e) => [e.cpu, e.name])).toEqual([
      [cpu.id, 'ipi_send_cpu'],
      [p.cpu, 'call_function_single_entry'],
      [p.cpu, 'call_function_single_exit'],
    ]);
  });

  test('tell which function a CPU is asked to run', () => {
    const w = new World();
    w.s.cpus[0]!.interruptNow(() => w.s.cpus[1]!.callFunction(function flushTlbFunc() {}));
    w.machine.runFor(1 * MS);
    const calls = w.events.filter((e) => e.name.startsWith('csd_'));
    expect(calls.map((e) => [e.cpu, e.name, e.text.replace(/csd=\w+/, '')])).toEqual([
      [0, 'csd_queue_cpu', 'cpu=1 callsite=generic_exec_single func=flush_tlb_func '],
      [1, 'csd_function_entry', 'func=flush_tlb_func, '],
      [1, 'csd_function_exit', 'func=flush_tlb_func, '],
    ]);
  });

  test('frame what the handler of a device does', () => {
    const w = new World();
    const irq = new ThreadedIrq(
      w.kthreads,
      30,
      'eth0',
      () => true,
      function* () {},
    );
    w.machine.post(function* () {
      yield* irq.request();
    });
    w.machine.runFor(5 * MS);
    w.s.cpus[0]!.interruptNow(() => irq.raise());
    w.machine.runFor(5 * MS);
    expect(of(w, /^irq_handler|^sched_waking comm=irq\/30/).slice(-3)).toEqual([
      'irq_handler_entry irq=30 name=eth0',
      'irq_handler_exit irq=30 ret=handled',
      expect.stringMatching(/^sched_waking comm=irq\/30-eth0/) as unknown as string,
    ]);
  });
});

describe('the tracepoints of processes', () => {
  test('tell of fork, exec and wait in their order', () => {
    const w = new World();
    let child = 0;
    const parent = w.machine.spawnUser('parent', function* (u) {
      child = yield* u.fork((c) => c.exec('program', (p) => p.sleep(1000)));
      yield* u.wait(child);
    });
    w.machine.runFor(50 * MS);
    expect(of(w, /^task_newtask|^sched_process_fork/, parent.pid)).toEqual([
      `task_newtask pid=${child} comm=parent clone_flags=1200000 oom_score_adj=0`,
      `sched_process_fork comm=parent pid=${parent.pid} child_comm=parent child_pid=${child}`,
    ]);
    expect(of(w, /^sched_prepare_exec|^task_rename|^sched_process_exec/, child)).toEqual([
      `sched_prepare_exec interp=program filename=program pid=${child} comm=parent`,
      `task_rename pid=${child} oldcomm=parent newcomm=program oom_score_adj=0`,
      `sched_process_exec filename=program pid=${child} old_pid=${child}`,
    ]);
    expect(of(w, /^sched_process_wait/)).toEqual([`sched_process_wait comm=parent pid=${child} prio=120`]);
  });
});
