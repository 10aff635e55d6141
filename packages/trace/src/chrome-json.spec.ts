import { expect, test } from '@jest/globals';
import { readTrace, writeChromeJson } from './index.ts';

interface Entry {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
}

test('Chrome JSON has a slice for each stretch that a task ran, on its CPU and on its own row', () => {
  const { events } = readTrace(`
         km_main-598     [000] d..2.     3.000001: sched_switch: prev_comm=swapper/0 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=km_main next_pid=598 next_prio=120
         km_main-598     [000] .....     3.000002: tracing_mark_write: km main "x"
         km_main-598     [000] d..2.     3.000004: sched_switch: prev_comm=km_main prev_pid=598 prev_prio=120 prev_state=D ==> next_comm=w next_pid=7 next_prio=120
               w-7       [000] .....     3.000009: sched_wake_idle_without_ipi: cpu=1
`);
  let text = '';
  writeChromeJson(events, { write: (piece) => (text += piece) });
  const { traceEvents } = JSON.parse(text) as { traceEvents: Entry[] };
  const slices = traceEvents.filter((e) => e.ph === 'X').map((e) => [e.name, e.pid, e.tid, e.ts, e.dur]);
  expect(slices).toEqual([
    ['km_main', 0, 0, 3000001, 3],
    ['Running', 1, 598, 3000001, 3],
    ['w', 0, 0, 3000004, 5],
    ['Running', 1, 7, 3000004, 5],
  ]);
  expect(traceEvents.filter((e) => e.ph === 'i').map((e) => [e.name, e.tid])).toEqual([
    ['tracing_mark_write', 598],
    ['sched_wake_idle_without_ipi', 7],
  ]);
});
