import { readTrace } from '@kernel-model/trace';
import { describe, expect, test } from '@jest/globals';
import { collect, formatWqReport, WqActivity, type WqFunctionRow } from '../index.ts';

const line = (us: number, cpu: number, task: string, event: string): string =>
  `${task} [00${cpu}] d.... 1.${String(us).padStart(6, '0')}: ${event}\n`;
const queue = (us: number, cpu: number, work: string, name = 'fn', wq = 'events'): string =>
  line(
    us,
    cpu,
    'a-7',
    `workqueue_queue_work: work struct=${work} function=${name} workqueue=${wq} req_cpu=8192 cpu=${cpu}`,
  );
const start = (us: number, cpu: number, work: string, name = 'fn', worker = 'kworker/0:1-9'): string =>
  line(us, cpu, worker, `workqueue_execute_start: work struct ${work}: function ${name}`);
const end = (us: number, cpu: number, work: string, name = 'fn', worker = 'kworker/0:1-9'): string =>
  line(us, cpu, worker, `workqueue_execute_end: work struct ${work}: function ${name}`);
const sw = (us: number, cpu: number, prev: number, state: string, next: number): string =>
  line(
    us,
    cpu,
    `x-${prev}`,
    `sched_switch: prev_comm=x prev_pid=${prev} prev_prio=120 prev_state=${state} ==> next_comm=y next_pid=${next} next_prio=120`,
  );
const rows = (...lines: readonly string[]): readonly WqFunctionRow[] =>
  collect(readTrace(lines.join('')).events, new WqActivity()).rows;

describe('the works of a function', () => {
  test('are followed from the CPU that queued them to the one that ran them', () => {
    expect(rows(queue(1, 0, 'w1'), queue(2, 0, 'w2'), start(5, 1, 'w1'), end(9, 1, 'w1'))).toEqual([
      expect.objectContaining({
        workqueue: 'events',
        function: 'fn',
        queued: 2,
        started: 1,
        completed: 1,
        inFlight: 0,
        waits: 1,
        waitMaxNs: 4_000,
        moved: 1,
        runTotalNs: 4_000,
        cpus: [1],
      }),
    ]);
  });

  test('have the time in which their worker had no CPU taken from that on the CPU', () => {
    const [row] = rows(start(1, 0, 'w'), sw(3, 0, 9, 'D', 0), sw(8, 1, 0, 'R', 9), end(10, 1, 'w'));
    expect(row).toMatchObject({ runTotalNs: 9_000, onCpuNs: 4_000 });
  });

  test('count how many run at once', () => {
    const [row] = rows(start(1, 0, 'w'), start(2, 1, 'v', 'fn', 'kworker/1:1-8'), end(3, 0, 'w'), start(4, 0, 'w'));
    expect(row).toMatchObject({ maxConcurrent: 2, inFlight: 2 });
  });

  test('that are queued again without a start were cancelled', () => {
    expect(rows(queue(1, 0, 'w'), queue(5, 0, 'w'), start(7, 0, 'w'))).toEqual([
      expect.objectContaining({ queued: 2, cancelled: 1, waitMaxNs: 2_000 }),
    ]);
  });

  test('that were queued before the trace began are those of the only queue with their function', () => {
    const known = [queue(5, 0, 'w'), start(6, 0, 'w'), end(7, 0, 'w')];
    expect(rows(start(1, 0, 'v'), end(2, 0, 'v'), ...known)).toEqual([
      expect.objectContaining({ workqueue: 'events', queued: 1, started: 2, waits: 1 }),
    ]);
    expect(rows(start(1, 0, 'v', 'wq_barrier_func'), ...known).map((row) => row.workqueue)).toEqual(['events', '-']);
  });

  test('whose addresses the kernel hides are told apart by function and pool', () => {
    const w = '(____ptrval____)';
    const [row] = rows(queue(1, 0, w), queue(3, 1, w), start(4, 1, w), start(6, 0, w, 'fn', 'kworker/0:2-8'));
    expect(row).toMatchObject({ waits: 2, waitTotalNs: 6_000, cancelled: 0 });
  });

  test('whose addresses the kernel hides are taken in the order in which they were queued', () => {
    const w = '(____ptrval____)';
    const kthread = (us: number, event: string): string => line(us, 0, 'demo-9', `sched_kthread_work_${event}`);
    const works = [1, 2, 4].map((us) => kthread(us, `queue_work: work struct=${w} function=fn worker=${w}`));
    const runs = [5, 7, 9].flatMap((us) => [
      kthread(us, `execute_start: work struct ${w}: function fn`),
      kthread(us + 1, `execute_end: work struct ${w}: function fn`),
    ]);
    expect(rows(...works, ...runs)).toEqual([
      expect.objectContaining({
        workqueue: '[demo]',
        queued: 3,
        started: 3,
        cancelled: 0,
        waits: 3,
        waitTotalNs: 14_000,
      }),
    ]);
  });

  test('may have started and ended where the recording has a hole', () => {
    const activity = new WqActivity();
    const take = (text: string): void => readTrace(text).events.forEach((event) => activity.take(event));
    take(queue(1, 0, 'w') + start(2, 0, 'v') + start(2, 1, 'u', 'fn', 'kworker/1:1-8'));
    activity.gap(0);
    take(end(5, 0, 'v') + start(6, 0, 'w') + end(7, 1, 'u', 'fn', 'kworker/1:1-8'));
    // v may be over, u is; w waited for nobody knows how long
    const expected = expect.objectContaining({ started: 3, completed: 1, inFlight: 1, maxConcurrent: 2, waits: 0 });
    expect(activity.result().rows).toEqual([expected]);
    // asked twice, the same
    expect(activity.result().rows).toEqual([expected]);
  });

  test('wait from their activation in a trace that has no other sign of their being queued', () => {
    const activate = line(2, 0, 'a-7', 'workqueue_activate_work: work struct w function=fn ');
    expect(rows(activate, start(5, 1, 'w'))).toEqual([
      expect.objectContaining({ workqueue: '-', queued: 1, waitMaxNs: 3_000 }),
    ]);
    expect(rows(queue(1, 0, 'w'), activate, start(5, 1, 'w'))[0]).toMatchObject({ queued: 1, waitMaxNs: 4_000 });
  });

  test('of a bottom half that interrupts a worker are told apart from those of the worker', () => {
    const [outer, inner] = rows(
      start(1, 0, 'w', 'slow'),
      start(3, 0, 'b', 'bh'),
      end(4, 0, 'b', 'bh'),
      end(9, 0, 'w', 'slow'),
    );
    expect([outer!.function, outer!.runTotalNs, inner!.function, inner!.runTotalNs]).toEqual([
      'slow',
      8_000,
      'bh',
      1_000,
    ]);
  });
});

test('works of a kthread worker have its name for a queue', () => {
  const [row] = rows(
    line(1, 0, 'a-7', 'sched_kthread_work_queue_work: work struct=w function=fn worker=00ff'),
    line(3, 0, 'demo-9', 'sched_kthread_work_execute_start: work struct w: function fn'),
    line(4, 0, 'demo-9', 'sched_kthread_work_execute_end: work struct w: function fn'),
  );
  expect(row).toMatchObject({ workqueue: '[demo]', waitMaxNs: 2_000, runMaxNs: 1_000 });
});

test('the table has a line for each queue and function', () => {
  const works = [queue(1, 0, 'w'), start(5, 0, 'w'), end(9, 0, 'w'), start(10, 1, 'w'), start(11, 3, 'v')];
  const report = collect(readTrace(works.join('')).events, new WqActivity());
  expect(formatWqReport(report)).toBe(
    `workqueue  function  queued  started  infl  wait avg  wait max  run avg  run max  run total  on CPU  at once  CPUs
events     fn             1        3     2     0.004     0.004    0.004    0.004      0.004   0.004        2  0-1,3
`,
  );
  expect(formatWqReport({ rows: [] })).toBe('no works\n');
});
