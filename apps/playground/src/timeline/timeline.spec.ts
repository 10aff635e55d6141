import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { Session } from '../engine/session.ts';
import { formatNs, tickStep } from './format.ts';
import { TimelineModel } from './model.ts';
import { firstAbove, firstAboveNear } from './search.ts';
import { stepEvent, stepSwitch, stepTick, stepWakeup, TICK_NS } from './steps.ts';
import { panned, revealing, wholeView, zoomed } from './view.ts';
import { whySpan } from './why.ts';

const text = readFileSync(new URL('../../../../examples/nice-share.yaml', import.meta.url), 'utf8');
const session = new Session({ scenario: text, daemon: '', options: {} }, null);
const model = new TimelineModel(
  session.run(
    () => {},
    () => 0,
  ),
);
const { run } = model;

test('a search in a column finds what a walk through it finds', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), fc.nat(20), (numbers, x, from) => {
      const values = Float64Array.from(numbers.sort((a, b) => a - b));
      const start = Math.min(from, values.length);
      const walked = values.findIndex((value, i) => i >= start && value > x);
      const expected = walked < 0 ? values.length : walked;
      expect(firstAbove(values, x, start, values.length)).toBe(expected);
      expect(firstAboveNear(values, x, start, values.length)).toBe(expected);
    }),
  );
});

describe('a view', () => {
  const LENGTH = 1e6;
  const all = wholeView(LENGTH);

  test('keeps the instant under the pointer in its place when it zooms', () => {
    const view = zoomed(all, 0.1, 400_000, LENGTH);
    const part = (v: typeof view): number => (400_000 - v.from) / (v.to - v.from);
    expect(part(view)).toBeCloseTo(part(all), 9);
    expect(view.to - view.from).toBeCloseTo((all.to - all.from) * 0.1, 3);
  });

  test('never leaves the run, however it is moved', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.integer({ min: -3e6, max: 3e6 }),
        (factor, by) => {
          const view = panned(zoomed(all, factor, 500_000, LENGTH), by, LENGTH);
          expect(view.from).toBeGreaterThanOrEqual(all.from - 1e-6);
          expect(view.to).toBeLessThanOrEqual(all.to + 1e-6);
          expect(view.to).toBeGreaterThan(view.from);
        },
      ),
    );
  });

  test('moves only if the instant is out of sight', () => {
    const view = { from: 100_000, to: 200_000 };
    expect(revealing(view, 150_000, LENGTH)).toBe(view);
    const moved = revealing(view, 500_000, LENGTH);
    expect(moved.from).toBeLessThan(500_000);
    expect(moved.to).toBeGreaterThan(500_000);
    expect(moved.to - moved.from).toBeCloseTo(100_000, 6);
  });
});

describe('a step', () => {
  const last = run.events.count - 1;

  test('by event stops at both ends', () => {
    expect(stepEvent(model, 0, -1)).toBe(0);
    expect(stepEvent(model, last, 1)).toBe(last);
    expect(stepEvent(model, 3, 1)).toBe(4);
  });

  test('by tick leads into the next tick, and back before this one', () => {
    for (let event = 0; event < last; event += 5) {
      const tick = (i: number): number => Math.floor(run.events.at[i]! / TICK_NS);
      const next = stepTick(model, event, 1);
      if (next < last) expect(tick(next)).toBeGreaterThan(tick(event));
      expect(tick(next - 1)).toBeLessThanOrEqual(Math.max(tick(event), tick(next)));
      const before = stepTick(model, event, -1);
      if (before > 0) expect(tick(before)).toBeLessThan(tick(event));
    }
  });

  test('by wakeup and by switch leads to the next of its kind, or nowhere', () => {
    const main = run.lanes.find(({ name }) => name === 'km_main')!.id;
    const wakeup = stepWakeup(model, 0, main, 1);
    expect(run.names[run.events.name[wakeup]!]).toBe('sched_waking');
    expect(run.events.about[wakeup]).toBe(main);
    expect(stepWakeup(model, 0, 99_999, 1)).toBe(0);
    const change = stepSwitch(model, 0, 1, 1);
    expect(run.events.cpu[change]).toBe(1);
    expect(run.names[run.events.name[change]!]).toBe('sched_switch');
    expect(stepSwitch(model, change, 1, -1)).toBe(change);
  });
});

test('a span says who woke the task, how long it waited and who ran meanwhile', () => {
  const hog = run.lanes.find(({ name }) => name === 'hog')!;
  const all = Array.from({ length: hog.count }, (_, i) => whySpan(model, hog.first + i));
  const waits = all.filter(({ state, endNs, startNs }) => state === 'runnable' && endNs - startNs > 1e6);
  expect(waits.length).toBeGreaterThan(2);
  for (const { meanwhile, startNs, endNs } of waits) {
    expect(meanwhile[0]!.comm).toBe('nicer');
    const sum = meanwhile.reduce((ns, share) => ns + share.ns, 0);
    expect(sum).toBeCloseTo(endNs - startNs, 3);
  }
  expect(all.map(({ waker }) => waker?.comm)).toContain('km_main');
});

test('every instant of a row belongs to one span', () => {
  const lane = run.lanes[1]!;
  for (let at = run.startNs; at <= run.endNs; at += 1_234_567) {
    const span = model.spanAt(lane, at);
    expect(run.spans.start[span]).toBeLessThanOrEqual(at);
    expect(run.spans.end[span]).toBeGreaterThanOrEqual(at);
  }
});

test('times are short and round', () => {
  expect(['0', '999', '1500', '2500000', '1250000000'].map((ns) => formatNs(Number(ns)))).toEqual([
    '0 ns',
    '999 ns',
    '1.5 µs',
    '2.5 ms',
    '1.25 s',
  ]);
  expect(tickStep(1e6, 1000, 100)).toBe(1e5);
  expect(tickStep(1e6, 1000, 110)).toBe(2e5);
});
