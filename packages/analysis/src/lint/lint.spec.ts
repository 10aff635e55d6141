import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { TraceReader } from '@kernel-model/trace';
import { describe, expect, test } from '@jest/globals';
import { TraceLint, type LintFinding } from '../index.ts';

const TRACES = new URL('../../../scenario/oracle/traces/', import.meta.url);
const ORACLE = new URL('../../oracle/', import.meta.url);
const unzip = (url: URL): string[] => gunzipSync(readFileSync(url)).toString().split('\n');

function lint(lines: readonly string[]): readonly LintFinding[] {
  const reader = new TraceReader();
  const rules = new TraceLint();
  for (const line of lines) {
    const event = reader.line(line);
    if (event !== null) rules.take(event, reader.lines);
  }
  return rules.findings;
}

const line = (us: number, cpu: number, task: string, event: string, flags = 'd..2.'): string =>
  `${task} [00${cpu}] ${flags} 1.${String(us).padStart(6, '0')}: ${event}`;
const sw = (
  us: number,
  cpu: number,
  prev: string,
  state: string,
  next: string,
  prios: readonly [number, number] = [120, 120],
): string => {
  const [a, b] = [who(prev, cpu), who(next, cpu)];
  return line(
    us,
    cpu,
    `${prev === '-' ? '<idle>' : a[0]}-${a[1]}`,
    `sched_switch: prev_comm=${a[0]} prev_pid=${a[1]} prev_prio=${prios[0]} prev_state=${state} ==> next_comm=${b[0]} next_pid=${b[1]} next_prio=${prios[1]}`,
  );
};
const who = (name: string, cpu: number): [comm: string, pid: number] =>
  name === '-' ? [`swapper/${cpu}`, 0] : [name, name.charCodeAt(0)];
const wake = (us: number, cpu: number, by: string, event: string, name: string, target: number, prio = 120): string =>
  line(
    us,
    cpu,
    by === '-' ? '<idle>-0' : `${by}-${by.charCodeAt(0)}`,
    `${event}: comm=${name} pid=${name.charCodeAt(0)} prio=${prio} target_cpu=00${target}`,
  );
const work = (us: number, task: string, event: string, w: string, flags?: string): string =>
  line(us, 0, task, `workqueue_${event}: work struct ${w}: function fn`, flags);
const queued = (us: number, w: string): string =>
  line(us, 1, 'q-113', `workqueue_queue_work: work struct=${w} function=fn workqueue=events req_cpu=8192 cpu=0`);
const found = (...lines: readonly string[]): readonly string[] =>
  lint(lines).map(({ rule, line: n }) => `${n} ${rule}`);

test('every recording of a real machine is clean', () => {
  const files = readdirSync(TRACES).filter((name) => name.endsWith('.gz'));
  const recordings = [
    ...files.map((name) => new URL(name, TRACES)),
    new URL('mixed.trace.gz', ORACLE),
    new URL('sched.script.txt.gz', ORACLE),
  ];
  expect(files.length).toBeGreaterThanOrEqual(210);
  for (const url of recordings)
    expect({ url: url.pathname, findings: lint(unzip(url)) }).toEqual({ url: url.pathname, findings: [] });
});

describe('of a clean recording, the lint finds', () => {
  const name = 'rand-kworker-010.trace.gz';
  const clean = unzip(new URL(name, TRACES));
  /** Every fourth line with this. */
  const places = (pattern: RegExp): number[] =>
    clean.flatMap((text, i) => (pattern.test(text) ? [i] : [])).filter((_, nth) => nth % 4 === 0);
  /** How many of the changed recordings are found out, of all. */
  const share = (at: readonly number[], change: (lines: string[], i: number) => void): number => {
    const hits = at.filter((i) => {
      const lines = [...clean];
      change(lines, i);
      return lint(lines).length > 0;
    });
    return hits.length / at.length;
  };

  test('a switch that was taken out, doubled, put on another CPU or given another task', () => {
    const at = places(/sched_switch:.*next_pid=[1-9]/);
    expect(share(at, (lines, i) => lines.splice(i, 1))).toBeGreaterThan(0.9);
    expect(share(at, (lines, i) => lines.splice(i, 0, lines[i]!))).toBe(1);
    expect(
      share(at, (lines, i) => (lines[i] = lines[i]!.replace(/\[00(\d)\]/, (_, n) => `[00${1 - Number(n)}]`))),
    ).toBe(1);
    expect(share(at, (lines, i) => (lines[i] = lines[i]!.replace(/next_pid=\d+/, 'next_pid=4242')))).toBe(1);
  });

  test('a half of a wakeup that was taken out, for most', () => {
    expect(share(places(/sched_waking:/), (lines, i) => lines.splice(i, 1))).toBeGreaterThan(0.5);
    expect(share(places(/sched_wakeup:/), (lines, i) => lines.splice(i, 1))).toBeGreaterThan(0.5);
  });

  test('a clock that went back', () => {
    const back = (lines: string[], i: number): void =>
      void (lines[i] = lines[i]!.replace(/ (\d+)(\.\d{6}:)/, (_, s, us) => ` ${Number(s) - 1}${us}`));
    // the first event of a CPU has none before it
    expect(share(places(/sched_switch:/), back)).toBeGreaterThan(0.9);
  });
});

describe('a task', () => {
  test('does not run on two CPUs', () => {
    expect(found(sw(1, 0, '-', 'R', 'a'), sw(2, 1, '-', 'R', 'a'))).toEqual(['2 two-cpus']);
  });

  test('is the one that its CPU switched to, whoever an event is from', () => {
    expect(found(sw(1, 0, '-', 'R', 'a'), sw(2, 0, 'b', 'S', 'c'))).toEqual(['2 prev-not-current']);
    expect(found(sw(1, 0, '-', 'R', 'a'), wake(2, 0, 'b', 'sched_waking', 'c', 0))).toEqual(['2 not-current']);
    expect(
      found(sw(1, 0, '-', 'R', 'a'), line(2, 0, '<idle>-0', 'tlb_flush: pages:-1 reason:flush on task switch (0)')),
    ).toEqual([]);
    expect(found(sw(1, 0, 'a', 'S', 'a'))).toEqual(['1 same-task']);
  });

  test('asleep is woken before it runs', () => {
    const sleep = [wake(1, 1, 'z', 'sched_waking', 'y', 1), sw(2, 0, 'a', 'I', '-')];
    expect(found(...sleep, sw(9, 0, '-', 'R', 'a'))).toEqual(['3 asleep-runs']);
    expect(found(...sleep, wake(5, 1, 'z', 'sched_waking', 'a', 0), sw(9, 0, '-', 'R', 'a'))).toEqual([]);
    // a pending signal may keep it awake, and this trace would not show one
    expect(found(...sleep.map((text) => text.replace('=I', '=S')), sw(9, 0, '-', 'R', 'a'))).toEqual([]);
  });

  test('that has died does not run, unless its pid is given to another', () => {
    const dies = [wake(1, 1, 'z', 'sched_wakeup_new', 'a', 0), sw(2, 0, '-', 'R', 'a'), sw(3, 0, 'a', 'X', '-')];
    expect(found(...dies, sw(4, 0, '-', 'R', 'a'))).toEqual(['4 dead-task']);
    expect(found(...dies, wake(4, 1, 'z', 'sched_wakeup_new', 'a', 0), sw(5, 0, '-', 'R', 'a'))).toEqual([]);
  });

  test('is woken again only after it ran, or after it set another state', () => {
    const woken = (us: number): string[] =>
      ['sched_waking', 'sched_wakeup'].map((event, i) => wake(us + i, 1, 'z', event, 'a', 0));
    expect(found(sw(1, 0, 'a', 'S', '-'), ...woken(2), ...woken(4))).toEqual(['4 waking-runnable']);
    expect(found(sw(1, 0, 'a', 'R', '-'), ...woken(2))).toEqual(['2 waking-runnable']);
    // preempted between set_current_state() and schedule()
    expect(found(sw(1, 0, 'a', 'R+', '-'), ...woken(2))).toEqual([]);
  });

  test('changes its CPU by a migration only, and not while it runs', () => {
    const migrate = (us: number, from: number, to: number): string =>
      line(us, 1, '<idle>-0', `sched_migrate_task: comm=a pid=97 prio=120 orig_cpu=${from} dest_cpu=${to}`);
    const asleep = [migrate(1, 1, 0), sw(2, 0, 'a', 'S', '-')];
    expect(found(...asleep, sw(3, 1, '-', 'R', 'a'))).toEqual(['3 wrong-cpu']);
    expect(found(...asleep, migrate(3, 0, 1), sw(4, 1, '-', 'R', 'a'))).toEqual([]);
    expect(found(...asleep, sw(3, 0, '-', 'R', 'a'), migrate(4, 0, 1))).toEqual(['4 running-migrates']);
    expect(found(migrate(1, 0, 0))).toEqual(['1 same-cpu']);
  });
});

describe('a CPU', () => {
  const rt = (us: number): string[] => [
    wake(us, 0, 'b', 'sched_waking', 'r', 0, 49),
    wake(us + 1, 0, 'b', 'sched_wakeup', 'r', 0, 49),
  ];

  test('picks a real-time task before those of lower priority', () => {
    const start = [sw(1, 0, '-', 'R', 'b'), ...rt(2)];
    expect(found(...start, sw(5, 0, 'b', 'R+', 'r', [120, 49]))).toEqual([]);
    const late = lint([...start, sw(5, 0, 'b', 'S', 'c'), sw(6, 0, 'c', 'S', 'r', [120, 49])]);
    expect(late.map(({ rule, line: n, message }) => [rule, n, message])).toEqual([
      ['rt-order', 4, 'c:99 of prio 120 is picked while r:114 of prio 49 waits for CPU 0'],
    ]);
  });

  test('may pick another task when the real-time task has lost its priority meanwhile, or a higher one is there', () => {
    const start = [sw(1, 0, '-', 'R', 'b'), ...rt(2)];
    expect(found(...start, sw(5, 0, 'b', 'S', 'c'), sw(6, 0, 'c', 'S', 'r'))).toEqual([]);
    expect(found(...start, sw(5, 0, 'b', 'S', 'h', [120, 9]), sw(6, 0, 'h', 'S', 'r', [9, 49]))).toEqual([]);
  });

  test('comes back from being offline in its idle task, which no event shows', () => {
    const down = [sw(1, 1, '-', 'R', 'm').replaceAll('comm=m', 'comm=migration/1')];
    expect(found(...down, sw(9, 1, '-', 'R', 'm').replaceAll('comm=m', 'comm=migration/1'))).toEqual([]);
  });

  test('runs softirqs, and handlers of interrupts, one after the other', () => {
    const irq = (us: number, event: string): string => line(us, 0, '<idle>-0', event);
    const [entry, exit] = ['softirq_entry: vec=1 [action=TIMER]', 'softirq_exit: vec=1 [action=TIMER]'] as const;
    expect(found(irq(1, entry), irq(2, entry))).toEqual(['2 softirq-nested']);
    expect(found(irq(1, exit), irq(2, entry), irq(3, exit), irq(4, exit))).toEqual(['4 softirq-nested']);
    expect(found(irq(1, 'irq_handler_entry: irq=1 name=x'), irq(2, 'irq_handler_exit: irq=2 ret=handled'))).toEqual([
      '2 irq-nested',
    ]);
  });
});

describe('a work', () => {
  const worker = 'kworker/0:1-9';

  test('is queued each time before it runs', () => {
    const once = [queued(1, 'w'), work(2, worker, 'execute_start', 'w'), work(3, worker, 'execute_end', 'w')];
    expect(found(...once, work(4, worker, 'execute_start', 'w'))).toEqual(['4 not-queued']);
    expect(found(...once, queued(4, 'w'), work(5, worker, 'execute_start', 'w'))).toEqual([]);
  });

  test('ends on the worker that started it, before that starts another', () => {
    const start = work(1, worker, 'execute_start', 'w');
    expect(found(start, work(2, worker, 'execute_end', 'v'))).toEqual(['2 not-started']);
    expect(found(start, work(2, worker, 'execute_start', 'v'))).toEqual(['2 worker-busy']);
    // a bottom half interrupts it
    expect(
      found(start, work(2, worker, 'execute_start', 'v', '..s1.'), work(3, worker, 'execute_end', 'v', '..s1.')),
    ).toEqual([]);
  });

  test('of a kthread worker whose list was empty was queued since', () => {
    const kthread = (us: number, event: string): string => line(us, 0, 'k-107', `sched_kthread_work_${event}`);
    const run = (us: number): string[] => [
      kthread(us, 'execute_start: work struct (p): function f'),
      kthread(us + 1, 'execute_end: work struct (p): function f'),
    ];
    const queue = (us: number): string =>
      line(us, 1, 'q-113', 'sched_kthread_work_queue_work: work struct=(p) function=f worker=(p)');
    const first = [queue(1), ...run(2), sw(4, 0, 'k', 'S', '-'), sw(8, 0, '-', 'R', 'k')];
    expect(found(...first, ...run(9))).toEqual(['6 not-queued']);
    expect(found(...first.slice(0, 4), queue(6), ...first.slice(4), ...run(9))).toEqual([]);
  });
});

test('what was known before a gap is not held against what comes behind it', () => {
  const [first, second] = [sw(1, 0, '-', 'R', 'a'), sw(2, 1, '-', 'R', 'a')].map((text) =>
    new TraceReader().line(text)!,
  );
  const rules = new TraceLint();
  rules.take(first!, 1);
  rules.lost(2, 1, 7, 1_000_001_000);
  rules.take(second!, 3);
  expect(rules.findings).toEqual([
    { rule: 'lost-events', message: '7 events of CPU 1 are missing', line: 2, atNs: 1_000_001_000, cpu: 1 },
  ]);
});
