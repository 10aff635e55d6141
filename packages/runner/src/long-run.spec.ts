import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { parseScenario } from '@kernel-model/scenario';
import { SCHED_SWITCH, TraceRing } from '@kernel-model/trace';
import { DEFAULT_EVENTS, TimedRun } from './index.ts';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

/** Bytes in use when all garbage is gone. */
function heapUsed(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

/** Threads, workers, queues, timers, signals: made, used and gone again, round after round. */
function rounds(n: number): ReturnType<typeof parseScenario> {
  const text = `
machine: { cpus: 4, preempt: full }
completions: [never]
mutexes: [m]
workers: [kw]
vars: { v: 0 }
workqueues: { a: {}, u: { flags: [WQ_UNBOUND] }, o: { flags: [WQ_MEM_RECLAIM] } }
works:
  w: { fn: work }
  x: { fn: work }
  d: { fn: work, kind: delayed }
  k: { fn: work, kind: kthread }
functions:
  work: [{ busy: 100 }, { msleep: 1 }]
  short: [{ busy: 50 }, { mutex_lock: m }, { mutex_unlock: m }]
  sleeper:
    - allow_signal: 9
    - while: { not: kthread_should_stop }
      do:
        - set_current_state: TASK_INTERRUPTIBLE
        - if: { not: kthread_should_stop }
          then: [schedule]
        - set_current_state: TASK_RUNNING
        - flush_signals
main:
  - repeat: ${n}
    do:
      - kthread_run: [s, short]
      - kthread_run: [t, sleeper]
      - send_sig: [9, t]
      - sched_set_fifo: t
      - set_cpus_allowed: [t, 6]
      - wait_for_completion_timeout: [never, 4]
      - var_add: [v, 1]
      - alloc_workqueue: a
      - alloc_workqueue: u
      - alloc_workqueue: o
      - queue_work: [a, w]
      - queue_work: [u, x]
      - queue_delayed_work: [o, d, 500]
      - flush_work: w
      - cancel_delayed_work_sync: d
      - destroy_workqueue: a
      - destroy_workqueue: u
      - destroy_workqueue: o
      - kthread_create_worker: kw
      - kthread_queue_work: [kw, k]
      - kthread_destroy_worker: kw
      - kthread_stop: t
      - msleep: 10
`;
  return parseScenario(text, 'rounds.yaml');
}

describe('a long run', () => {
  // 300 rounds with 4 tasks each, of more than 3 KB: were they kept, it would be 4 MB; the engine's own code takes 1
  test('takes no more memory after 130,000 events than after a third of them, but for 2 MB', () => {
    const run = new TimedRun(rounds(600), { events: DEFAULT_EVENTS, out: { write: () => {}, head: () => {} } });
    const { machine } = run;
    let events = 0;
    machine.hub.on(SCHED_SWITCH).subscribe(() => events++);
    run.advance(() => run.tookNs > run.leastNs);
    const third = heapUsed();
    const tasks = machine.sched.tasks.size;
    run.advance(() => run.tookNs > 3 * run.leastNs);
    expect(heapUsed() - third).toBeLessThan(2e6);
    expect(machine.sched.tasks.size).toBeLessThan(tasks + 10);
    expect(run.events).toBeGreaterThan(100_000);
  });

  test.each(['ends', 'is interrupted'])('that %s has nobody listening any more', (how) => {
    const run = new TimedRun(rounds(2), { events: DEFAULT_EVENTS });
    const { hub } = run.machine;
    new TraceRing(hub, 100);
    hub.on(SCHED_SWITCH).subscribe();
    hub.events$.subscribe();
    const ended = run.advance(() => how !== 'ends' && run.tookNs > 0);
    expect(ended).toBe(how === 'ends');
    expect(hub.nrListeners).toBeGreaterThanOrEqual(3);
    run.interrupt();
    expect(hub.nrListeners).toBe(0);
  });
});
