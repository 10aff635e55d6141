import { EMPTY, from } from 'rxjs';
import { readTrace, type TraceEvent } from '@kernel-model/trace';
import { describe, expect, test } from '@jest/globals';
import {
  collect,
  collect$,
  Kwork,
  KworkTimehist,
  KworkTop,
  SchedLatency,
  SchedMap,
  SchedTimehist,
  TimehistText,
} from '../index.ts';
import { fixed, millisText, secondsText } from './c-text.ts';

const line = (us: number, cpu: number, event: string): string =>
  `x-1 [00${cpu}] d.... 1.${String(us).padStart(6, '0')}: ${event}\n`;
const task = (name: string): string => `${name === '-' ? `swapper/0` : name} pid=${pid(name)}`;
const pid = (name: string): number => (name === '-' ? 0 : name.charCodeAt(0));
const sw = (us: number, cpu: number, prev: string, state: string, next: string): string => {
  const [a, b] = [task(prev).replace(' pid', ' prev_pid'), task(next).replace(' pid', ' next_pid')];
  return line(
    us,
    cpu,
    `sched_switch: prev_comm=${a} prev_prio=120 prev_state=${state} ==> next_comm=${b} next_prio=120`,
  );
};
const wake = (us: number, name: string, event = 'sched_waking'): string =>
  line(us, 0, `${event}: comm=${task(name)} prio=120 target_cpu=000`);
const ran = (us: number, name: string, ns: number): string =>
  line(us, 0, `sched_stat_runtime: comm=${task(name)} runtime=${ns} [ns]`);
const read = (...lines: readonly string[]): readonly TraceEvent[] => readTrace(lines.join('')).events;
const latency = (...lines: readonly string[]): Record<string, readonly number[]> => {
  const { rows } = collect(read(...lines), new SchedLatency());
  return Object.fromEntries(rows.map((row) => [row.comm, [row.count, row.totalDelayNs]]));
};

describe('the latency of a task', () => {
  test('is from its wakeup to its switch in; a second wakeup does not move the start', () => {
    expect(latency(sw(1, 0, 'a', 'S', '-'), wake(5, 'a'), wake(7, 'a'), sw(9, 0, '-', 'R', 'a'))).toEqual({
      a: [1, 4_000],
    });
  });

  test('is from its switch out if it was preempted or yielded', () => {
    expect(latency(sw(1, 0, 'a', 'R+', 'b'), sw(4, 0, 'b', 'R', 'a'), sw(6, 0, 'a', 'S', 'b'))['a']).toEqual([
      1, 3_000,
    ]);
  });

  test('counts as none where the task was not seen before, and not at all where it was not woken', () => {
    expect(latency(sw(1, 0, '-', 'R', 'a'), sw(2, 0, 'a', 'S', '-'), sw(3, 0, '-', 'R', 'a'))).toEqual({ a: [1, 0] });
  });

  test('is from sched_wakeup only in a trace without sched_waking', () => {
    const woken = [wake(5, 'a', 'sched_wakeup'), sw(9, 0, '-', 'R', 'a')];
    expect(latency(sw(1, 0, 'a', 'S', '-'), ...woken)).toEqual({ a: [1, 4_000] });
    expect(latency(sw(1, 0, 'a', 'S', '-'), wake(2, 'b'), ...woken)).toEqual({});
  });

  test('goes with the runtime that the kernel tells, not with the time between switches', () => {
    const events = read(sw(1, 0, '-', 'R', 'a'), ran(2, 'a', 700), ran(3, 'a', 50), sw(9, 0, 'a', 'S', '-'));
    expect(collect(events, new SchedLatency()).rows[0]).toMatchObject({ comm: 'a', runtimeNs: 750 });
  });

  test('has switches away from a task that did not run there counted as bugs', () => {
    const events = read(sw(1, 0, 'a', 'S', 'b'), sw(2, 0, 'c', 'S', '-'), wake(3, 'c'));
    expect(collect(events, new SchedLatency())).toMatchObject({ switchBugs: 1, timestamps: 1, unordered: 0 });
  });

  test('is told when the stream of events completes', () => {
    const seen: number[] = [];
    collect$(from(read(sw(1, 0, '-', 'R', 'a'))), new SchedLatency()).subscribe(({ count }) => seen.push(count));
    collect$(EMPTY, new SchedLatency()).subscribe(({ count }) => seen.push(count));
    expect(seen).toEqual([1, 0]);
  });
});

test('a summary of nothing says that there are no tasks', () => {
  expect(new TimehistText().summary(new SchedTimehist().result())).toContain('<no still running tasks>');
});

test('waits are told apart by the state before them', () => {
  const timehist = new SchedTimehist();
  const steps = [sw(1, 0, 'a', 'D', '-'), sw(3, 0, '-', 'R', 'a'), sw(4, 0, 'a', 'R+', 'b'), sw(9, 0, 'b', 'S', 'a')];
  for (const event of read(...steps, sw(10, 0, 'a', 'I', '-'), sw(17, 0, '-', 'R', 'a'), sw(18, 0, 'a', 'S', '-'))) {
    timehist.take(event);
  }
  expect(timehist.result().tasks[0]).toMatchObject({ comm: 'a', iowaitNs: 2_000, preemptNs: 5_000, sleepNs: 7_000 });
});

describe('a map', () => {
  test('names each task when it comes first, and again when its name has changed', () => {
    const map = new SchedMap({ cpus: 1 });
    const exec = sw(3, 0, 'b', 'S', 'a').replace('next_comm=a', 'next_comm=new');
    const rows = read(sw(1, 0, '-', 'R', 'a'), sw(2, 0, 'a', 'S', 'b'), exec).flatMap((event) => map.take(event));
    expect(rows.map(({ named }) => named && `${named.short} ${named.comm}`)).toEqual(['A0 a', 'B0 b', 'A0 new']);
  });

  test('uses the digits when the letters are used up', () => {
    const map = new SchedMap();
    const switches = Array.from({ length: 28 }, (_, i) =>
      sw(i, 0, '-', 'R', 'a').replace('next_pid=97', `next_pid=${i + 1}`),
    );
    const rows = read(...switches).flatMap((event) => map.take(event));
    expect(rows.slice(25).map(({ named }) => named!.short)).toEqual(['Z0', 'A1', 'B1']);
  });
});

test('kwork takes the newest of two raises, and counts what has no counterpart', () => {
  const irq = (us: number, what: string): string => line(us, 0, `softirq_${what}: vec=1 [action=TIMER]`);
  const events = read(irq(1, 'raise'), irq(3, 'raise'), irq(7, 'entry'), irq(8, 'exit'), irq(9, 'entry'));
  expect(collect(events, new Kwork('latency'))).toMatchObject({
    rows: [{ name: '(s)TIMER:1', count: 1, totalNs: 4_000 }],
    skipped: { raise: 1, entry: 1, exit: 0 },
  });
});

describe('where events of a CPU are missing', () => {
  test('timehist knows no start: the next stretch there is none, and waits from before it do not count', () => {
    const rows = (gap: number): number[][] => {
      const timehist = new SchedTimehist();
      const before = read(sw(1, 0, '-', 'R', 'a'), sw(3, 0, 'a', 'S', '-'), wake(4, 'a'));
      before.forEach((event) => timehist.take(event));
      timehist.gap(gap);
      const after = read(sw(50, 0, 'b', 'S', 'a'), sw(60, 0, 'a', 'S', '-'));
      return after.map((event) => timehist.take(event)!).map(({ waitNs, delayNs, runNs }) => [waitNs, delayNs, runNs]);
    };
    expect(rows(1)).toEqual([
      [0, 0, 47_000],
      [47_000, 46_000, 10_000],
    ]);
    expect(rows(0)).toEqual([
      [0, 0, 0],
      [0, 0, 10_000],
    ]);
  });

  test('a task that migrated is where it went to', () => {
    const delays = (gap: number): number => {
      const latency = new SchedLatency();
      const moved = 'sched_migrate_task: comm=a pid=97 prio=120 orig_cpu=0 dest_cpu=1';
      read(sw(1, 0, 'a', 'S', '-'), wake(2, 'a'), line(3, 0, moved)).forEach((event) => latency.take(event));
      latency.gap(gap);
      read(sw(9, 1, '-', 'R', 'a')).forEach((event) => latency.take(event));
      return latency.result().count;
    };
    expect([delays(0), delays(1)]).toEqual([1, 0]);
  });

  test('a map shows nobody', () => {
    const map = new SchedMap();
    map.take(read(sw(1, 1, '-', 'R', 'a'))[0]!);
    map.gap(1);
    expect(map.take(read(sw(2, 0, '-', 'R', 'b'))[0]!)[0]!.running).toEqual(['B0', null]);
  });

  test('kwork counts what is open as having no counterpart, and top as no time', () => {
    const irq = (us: number, what: string): string => line(us, 0, `softirq_${what}: vec=1 [action=TIMER]`);
    const kwork = new Kwork('report');
    const top = new KworkTop();
    const steps = [sw(1, 0, '-', 'R', 'a'), irq(2, 'entry')];
    const then = [irq(30, 'exit'), sw(31, 0, 'a', 'S', 'b'), sw(35, 0, 'b', 'S', '-')];
    for (const collector of [kwork, top]) {
      read(...steps).forEach((event) => collector.take(event));
      collector.gap(0);
      read(...then).forEach((event) => collector.take(event));
    }
    expect(kwork.result()).toMatchObject({ rows: [], skipped: { raise: 0, entry: 1, exit: 1 } });
    expect(top.result()).toMatchObject({ totalNs: 4_000, tasks: [{ comm: 'b' }] });
  });

  test('the runs of kwork have neither start nor delay', () => {
    const runs = new KworkTimehist();
    const irq = (us: number, what: string): string => line(us, 0, `softirq_${what}: vec=1 [action=TIMER]`);
    read(irq(1, 'raise')).forEach((event) => runs.take(event));
    runs.gap(0);
    expect(read(irq(5, 'entry'), irq(6, 'exit')).map((event) => runs.take(event))[1]).toMatchObject({ delayNs: null });
  });
});

test('numbers are printed as C prints them', () => {
  expect([0.0625, 0.1875, 0.0005, 2.5, 1e6].map((value) => fixed(value, 3))).toEqual([
    '0.062',
    '0.188',
    '0.001',
    '2.500',
    '1000000.000',
  ]);
  expect([secondsText(1_999_999_999), millisText(1_999_999, 6)]).toEqual(['1.999999', '     1.999']);
});
