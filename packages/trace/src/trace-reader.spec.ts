import { describe, expect, test } from '@jest/globals';
import { readTrace, TraceReader } from './index.ts';

describe('a trace reader', () => {
  test('reads trace-cmd report, with the payloads of its plugins', () => {
    const { events, errors, format, nrCpus } = readTrace(`cpus=2
            bash-10620 [001]  1715.314940: sched_process_fork:   comm=bash pid=10620 child_comm=bash child_pid=10626
            node-10242 [000]  1715.314971: sched_switch:         node:10242 [120] R ==> bash:10626 [120] Latency: 11.411 usecs
            node-10242 [000]  1715.314965: sched_wakeup:         node:10252 [120] CPU:000
          <idle>-0     [001]  1715.315000: workqueue_execute_start: work struct 0xffff888102475a40: function f
`);
    expect({ errors, format, nrCpus }).toEqual({ errors: [], format: 'trace-cmd', nrCpus: 2 });
    expect(events[0]).toMatchObject({ at: 1_715_314_940_000, cpu: 1, pid: 10620, comm: 'bash', flags: 0 });
    expect(events.map((e) => e.fields)).toEqual([
      { parent_comm: 'bash', parent_pid: 10620, child_comm: 'bash', child_pid: 10626 },
      {
        prev_comm: 'node',
        prev_pid: 10242,
        prev_prio: 120,
        prev_state: 'R',
        next_comm: 'bash',
        next_pid: 10626,
        next_prio: 120,
      },
      { comm: 'node', pid: 10252, prio: 120, target_cpu: 0 },
      { work: '0xffff888102475a40', function: 'f' },
    ]);
  });

  test('reads perf script, to the nanosecond', () => {
    const { events, errors, format, nrCpus } = readTrace(`
 kworker/0:1-mm_      10 [000]    15.934176146: workqueue:workqueue_execute_start: work struct 0xffff88801a031200: function 0xffffffff81360f70
            npm ci  195/195 [001]    15.931631490:                sched:sched_switch: perf:195 [120] R ==> migration/0:21 [0]
         swapper       0 [001]    15.935031343:                 irq:softirq_raise: vec=7 [action=SCHED]
`);
    expect({ errors, format, nrCpus }).toEqual({ errors: [], format: 'perf', nrCpus: 2 });
    expect(events.map((e) => [e.at, e.pid, e.comm, e.name])).toEqual([
      [15_934_176_146, 10, 'kworker/0:1-mm_', 'workqueue_execute_start'],
      [15_931_631_490, 195, 'npm ci', 'sched_switch'],
      [15_935_031_343, 0, '<idle>', 'softirq_raise'],
    ]);
    expect(events[2]!.fields).toEqual({ vec: 7 });
  });

  test('takes the last number before the CPU for the pid, and everything else for the comm', () => {
    const text =
      '   a b-12 [1] -c-77      [001] .....     3.000001: sched_waking: comm=a b-12 [1] -c pid=77 prio=1 target_cpu=000\n';
    const [event] = readTrace(text).events;
    expect(event).toMatchObject({ comm: 'a b-12 [1] -c', pid: 77, cpu: 1 });
    expect(event!.fields).toMatchObject({ comm: 'a b-12 [1] -c', pid: 77 });
  });

  test('goes on behind bad lines and names them', () => {
    const trace = readTrace(`# tracer: nop
              w1-602     [000] d..4.     3.283687: sched_waking: comm=km_main pid=598 prio=120 target_cpu=000
this is no event
              w1-602     [000] d..4.     3.2836
              w1-602     [000] d..5.     3.283692: sched_waking: comm=damaged
              w1-602     [000] d..5.     3.283693: my_event: a: b  c
`);
    expect(trace.errors).toEqual([
      { line: 3, text: 'this is no event' },
      { line: 4, text: '              w1-602     [000] d..4.     3.2836' },
    ]);
    expect([trace.nrErrors, trace.nrUnknown]).toEqual([2, 1]);
    expect(trace.events.map((e) => [e.name, e.text, Object.keys(e.fields).length])).toEqual([
      ['sched_waking', 'comm=km_main pid=598 prio=120 target_cpu=000', 4],
      ['sched_waking', 'comm=damaged', 0],
      ['my_event', 'a: b  c', 0],
    ]);
  });

  test('keeps a bounded number of errors', () => {
    const reader = new TraceReader(null, 2);
    for (let i = 0; i < 5; i++) reader.line('bad');
    expect([reader.errors.length, reader.nrErrors]).toEqual([2, 5]);
  });

  test('reports what the recording lost, and reads over stacks, tgids and carriage returns', () => {
    const trace = readTrace(
      [
        'CPU:1 [LOST 28042 EVENTS]',
        'CPU:0 [EVENTS DROPPED]',
        '##### CPU 1 buffer started ####',
        '           bash-12      (     12) [001] ....     1.000001: sched_wake_idle_without_ipi: cpu=1',
        '           bash-12      (-------) [001]     1.000001: sched_wake_idle_without_ipi: cpu=2',
        ' => schedule',
      ].join('\r\n'),
    );
    expect(trace.lost).toEqual([
      { line: 1, cpu: 1, count: 28042 },
      { line: 2, cpu: 0, count: null },
    ]);
    expect([trace.events.map((e) => e.fields), trace.errors]).toEqual([[{ cpu: 1 }, { cpu: 2 }], []]);
  });

  test('tells for which CPUs the recording has holes, whichever tool says so', () => {
    const reader = new TraceReader();
    for (const text of [
      '##### CPU 3 buffer started ####',
      'CPU:1 [LOST 28042 EVENTS]',
      'CPU:0 [12 EVENTS DROPPED]',
      '         swapper     0 [002]     1.000003: PERF_RECORD_LOST lost 5',
      '            perf    12 [001]     1.000004: PERF_RECORD_COMM: sleep:12/12',
    ])
      reader.line(text);
    expect([reader.holes.map(({ cpu }) => cpu), reader.lost.map(({ count }) => count), reader.nrErrors]).toEqual([
      [3, 1, 0, 2],
      [28042, 12, 5],
      0,
    ]);
    expect(reader.holes.map(({ text }) => text)).toEqual([
      '##### CPU 3 buffer started ####',
      'CPU:1 [LOST 28042 EVENTS]',
      'CPU:0 [LOST 12 EVENTS]',
      'CPU:2 [LOST 5 EVENTS]',
    ]);
  });

  test.each([
    ['a stack of tracefs', ['  bash-12  [001] d..2.  1.000002: <stack trace>', ' => __schedule', ' => schedule']],
    [
      'a call chain of perf',
      ['\tffffffff81a0b0c1 __schedule+0x3f1 ([kernel.kallsyms])', '\t  7f12 [unknown] ([unknown])', ''],
    ],
    ['the head of an older trace-cmd', ['version = 6', 'CPU 2 is empty', 'cpus=4']],
    ['the head of atrace', ['TRACE:']],
    ['the mark of Windows', ['\ufeff# tracer: nop']],
    [
      'a page of systrace',
      ['<!DOCTYPE html>', '<script class="trace-data">', 'PROCESS DUMP', 'root 1 0 S init', '</script>'],
    ],
  ])('reads over %s', (_what, lines) => {
    const { events, errors } = readTrace(
      [...lines, '  bash-12  [001] d..2.  1.000002: sched_wake_idle_without_ipi: cpu=1'].join('\n'),
    );
    expect([events.map((e) => e.fields), errors]).toEqual([[{ cpu: 1 }], []]);
  });

  test.each([
    ['# nop latency trace v1.1.5 on 6.12.95', /nolatency-format/],
    ['     cat-29434     0d..2. 1987005us!: sched_wake_idle_without_ipi: cpu=1', null],
    ['    bash-10620   1d..2.  1715.314968: sched_wakeup_new: bash:10626 [120] CPU:000', /leave out -l/],
    ['29434 0 2395530193121 type: 375', /noraw/],
    ['  bash-12      (     12) [001] d..2. 1987005: sched_wake_idle_without_ipi: cpu=1', /echo mono > trace_clock/],
    ['no trace at all', null],
  ])('says what to do about %s', (line, advice) => {
    const reader = new TraceReader();
    expect(reader.line(line)).toBeNull();
    if (advice === null) expect(reader.advice).toBeNull();
    else expect(reader.advice).toMatch(advice);
  });

  test('gives a task that the kernel calls <XXX> its negative pid', () => {
    const { events } = readTrace(
      '           <XXX>--1      [001] d..2.     1.000002: sched_wake_idle_without_ipi: cpu=1\n',
    );
    expect(events[0]).toMatchObject({ pid: -1, comm: '<XXX>' });
  });

  test('takes a task that perf does not know for one of perf', () => {
    const { events, format } = readTrace(
      '              :-1      -1 [000]    15.000001: sched:sched_wake_idle_without_ipi: cpu=1\n',
    );
    expect([format, events[0]]).toEqual([
      'perf',
      expect.objectContaining({ pid: -1, comm: ':-1', fields: { cpu: 1 } }),
    ]);
  });

  test('finds nothing in nothing', () => {
    expect(readTrace('')).toEqual({
      events: [],
      errors: [],
      nrErrors: 0,
      nrUnknown: 0,
      lost: [],
      nrCpus: 0,
      format: null,
    });
  });
});
