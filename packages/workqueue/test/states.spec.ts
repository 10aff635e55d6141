import { describe, expect, test } from '@jest/globals';
import type { MaySleep } from '@kernel-model/sim';
import {
  WQ_BH,
  cancelDelayedWork,
  cancelDelayedWorkSync,
  disableDelayedWork,
  enableWork,
  flushWork,
  flushWorkqueue,
  modDelayedWork,
  queueDelayedWork,
  queueDelayedWorkOn,
  queueWork,
  queueWorkOn,
  workBusy,
  workData,
  workPending,
  type DelayedWork,
} from '../src/index.ts';
import { caseOf, type World } from './world.ts';

/** Where a work can be; `running` goes together with the others. */
type State = 'idle' | 'disabled' | 'timer' | 'inactive' | 'active' | 'running' | 'running, queued';

/** Bring a delayed work into a state. It runs for 40 ms. */
function* bring(m: World, state: State): MaySleep<DelayedWork> {
  const q = yield* m.wq('q', 0, state === 'inactive' ? 1 : 0);
  const d = m.delayed('d', () => m.sleep(40));
  const { w } = m;
  if (state === 'disabled') yield* disableDelayedWork(w, d);
  if (state === 'timer') yield* queueDelayedWorkOn(w, 0, q, d, 8);
  if (state === 'inactive') {
    yield* queueWorkOn(
      w,
      0,
      q,
      m.work('first', () => m.sleep(10)),
    );
    yield* queueWorkOn(w, 0, q, d.work);
  }
  // main has the CPU: the worker does not get it before main sleeps
  if (state === 'active') yield* queueWorkOn(w, 0, q, d.work);
  if (state.startsWith('running')) {
    yield* queueWorkOn(w, 0, q, d.work);
    yield* m.sleep(4);
    if (state === 'running, queued') yield* queueWorkOn(w, 0, q, d.work);
  }
  return d;
}

/** Where it is: idle, at its timer, or on a queue; how often disabled. */
function place(d: DelayedWork): string {
  const where = d.work.pwq !== null ? 'queued' : d.timer.bucket !== null ? 'timer' : 'off';
  expect(workPending(d.work)).toBe(where !== 'off');
  return d.work.disable === 0 ? where : `${where}, disabled ${d.work.disable}`;
}

type Call = (m: World, d: DelayedWork) => MaySleep<boolean>;
type Row = Readonly<Record<State, readonly [boolean, string]>>;

const NO_RUN = { idle: 0, disabled: 0, timer: 0, inactive: 0, active: 0 };

/** By call and state: what it returns, and where the work is then. */
const TABLE: readonly (readonly [string, Call, Row])[] = [
  [
    'queue_work',
    (m, d) => queueWork(m.w, m.w.systemWq, d.work),
    {
      idle: [true, 'queued'],
      disabled: [false, 'off, disabled 1'],
      timer: [false, 'timer'],
      inactive: [false, 'queued'],
      active: [false, 'queued'],
      running: [true, 'queued'],
      'running, queued': [false, 'queued'],
    },
  ],
  [
    'queue_delayed_work',
    (m, d) => queueDelayedWork(m.w, m.w.systemWq, d, 5),
    {
      idle: [true, 'timer'],
      disabled: [false, 'off, disabled 1'],
      timer: [false, 'timer'],
      inactive: [false, 'queued'],
      active: [false, 'queued'],
      running: [true, 'timer'],
      'running, queued': [false, 'queued'],
    },
  ],
  [
    'mod_delayed_work',
    (m, d) => modDelayedWork(m.w, m.w.systemWq, d, 5),
    {
      idle: [false, 'timer'],
      disabled: [false, 'off, disabled 1'],
      timer: [true, 'timer'],
      inactive: [true, 'timer'],
      active: [true, 'timer'],
      running: [false, 'timer'],
      'running, queued': [true, 'timer'],
    },
  ],
  [
    'mod_delayed_work without a delay',
    (m, d) => modDelayedWork(m.w, m.w.systemWq, d, 0),
    {
      idle: [false, 'queued'],
      disabled: [false, 'off, disabled 1'],
      timer: [true, 'queued'],
      inactive: [true, 'queued'],
      active: [true, 'queued'],
      running: [false, 'queued'],
      'running, queued': [true, 'queued'],
    },
  ],
  [
    'cancel_delayed_work',
    (m, d) => cancelDelayedWork(m.w, d),
    {
      idle: [false, 'off'],
      disabled: [false, 'off, disabled 1'],
      timer: [true, 'off'],
      inactive: [true, 'off'],
      active: [true, 'off'],
      running: [false, 'off'],
      'running, queued': [true, 'off'],
    },
  ],
  [
    'cancel_delayed_work_sync',
    (m, d) => cancelDelayedWorkSync(m.w, d),
    {
      idle: [false, 'off'],
      disabled: [false, 'off, disabled 1'],
      timer: [true, 'off'],
      inactive: [true, 'off'],
      active: [true, 'off'],
      running: [false, 'off'],
      'running, queued': [true, 'off'],
    },
  ],
  [
    'disable_delayed_work',
    (m, d) => disableDelayedWork(m.w, d),
    {
      idle: [false, 'off, disabled 1'],
      disabled: [false, 'off, disabled 2'],
      timer: [true, 'off, disabled 1'],
      inactive: [true, 'off, disabled 1'],
      active: [true, 'off, disabled 1'],
      running: [false, 'off, disabled 1'],
      'running, queued': [true, 'off, disabled 1'],
    },
  ],
  [
    'enable_work',
    (m, d) => enableWork(m.w, d.work),
    {
      idle: [true, 'off'],
      disabled: [true, 'off'],
      // it spins until the timer has queued the work, and then cancels it
      timer: [true, 'off'],
      inactive: [true, 'off'],
      active: [true, 'off'],
      running: [true, 'off'],
      'running, queued': [true, 'off'],
    },
  ],
];

describe('the states of a work (INV-WQ-02, 03, 04)', () => {
  for (const [name, call, row] of TABLE) {
    test(
      ...caseOf(`${name}: what it returns in each, and where the work is then`, function* (m) {
        const found: Record<string, unknown> = {};
        const runs: Record<string, number> = {};
        for (const state of Object.keys(row) as State[]) {
          const d = yield* bring(m, state);
          found[state] = [yield* call(m, d), place(d)];
          const waited = name === 'cancel_delayed_work_sync';
          expect((yield* workBusy(m.w, d.work)) >> 1).toBe(state.startsWith('running') && !waited ? 1 : 0);
          yield* cancelDelayedWorkSync(m.w, d);
          yield* m.sleep(20);
          runs[state] = m.take().filter((e) => e === 'start d').length;
        }
        expect(found).toEqual(row);
        // what is left of it when it is cancelled does not run
        expect(runs).toEqual({ ...NO_RUN, running: 1, 'running, queued': 1 });
      }),
    );
  }
});

describe('the word of a work', () => {
  test(
    ...caseOf('has its bits where Linux has them, on a queue and off', function* (m) {
      const q = yield* m.wq('q', 0, 1);
      const [a, b] = [m.work('a', () => m.sleep(4)), m.work('b')];
      yield* queueWorkOn(m.w, 1, q, a);
      yield* queueWorkOn(m.w, 1, q, b);
      // PENDING and PWQ, the pool's number for the pwq; INACTIVE as well
      expect([workData(a), workData(b)]).toEqual([0x605n, 0x607n]);
      yield* m.spawn('flusher', () => flushWork(m.w, b));
      yield* m.sleep(1);
      // LINKED: the barrier moves with it
      expect(workData(b)).toBe(0x60fn);
      expect(workData(b.next)).toBe(0x607n);
      yield* flushWorkqueue(m.w, q);
      const c = m.work('c');
      yield* queueWorkOn(m.w, 1, q, c);
      // the next colour
      expect(workData(c)).toBe(0x615n);
      yield* flushWorkqueue(m.w, q);
      expect([workData(a), workData(c)]).toEqual([0xc00000n, 0xc00000n]);
    }),
  );

  test(
    ...caseOf('remembers that it was a BH pool that ran the work', function* (m) {
      const q = yield* m.wq('q', WQ_BH);
      const a = m.work('a');
      yield* queueWorkOn(m.w, 0, q, a);
      yield* flushWork(m.w, a);
      expect(workData(a)).toBe(0x10n);
      yield* queueWorkOn(m.w, 0, yield* m.wq('threaded'), a);
      yield* flushWork(m.w, a);
      expect(workData(a)).toBe(0x400000n);
    }),
  );
});
