import { describe, expect, test } from '@jest/globals';
import { parseScenario } from '@kernel-model/scenario';
import { readTrace } from '@kernel-model/trace';
import { DEFAULT_EVENTS, EVENT_BYTES, InputError, TimedRun, runScenario, type TraceOutput } from './index.ts';

/** CPUs that run ahead of each other. */
const BUSY = busy(6);

function busy(turns: number): ReturnType<typeof parseScenario> {
  const text = `
machine: { cpus: 4 }
functions:
  f:
    - repeat: ${turns}
      do: [{ busy: 700 }, { usleep_range: 300 }]
main:
  - kthread_run: [a, f]
  - kthread_run: [b, f]
  - kthread_run: [c, f]
  - msleep: 30
`;
  return parseScenario(text, 'busy.yaml');
}

const OPTIONS = { events: DEFAULT_EVENTS, host: 'parallel' } as const;
const NEVER = (): boolean => false;

function lines(trace: string): string[] {
  return trace.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('a timed run', () => {
  test('has the same trace in slices, wherever they end', () => {
    const whole = runScenario(BUSY, OPTIONS).trace;
    expect(lines(whole).length).toBeGreaterThan(100);
    for (const length of [2, 7]) {
      const run = new TimedRun(BUSY, OPTIONS);
      let steps = 0;
      while (!run.advance(() => ++steps % length === 0));
      expect(steps).toBeGreaterThan(200);
      expect(run.result().trace).toBe(whole);
    }
  });

  test('hands its trace on as it comes, whole lines first and the head at the end', () => {
    const whole = runScenario(BUSY, OPTIONS);
    const pieces: string[] = [];
    let head = '';
    const out: TraceOutput = { write: (text) => void pieces.push(text), head: (text) => void (head += text) };
    const ran = runScenario(BUSY, { ...OPTIONS, out });
    expect(ran).toEqual({ ...whole, trace: '' });
    expect(head + pieces.join('')).toBe(whole.trace);
    expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true);
  });

  test('counts the events that nobody wants to have', () => {
    const { events, trace } = runScenario(BUSY, { ...OPTIONS, out: null });
    expect([events, trace]).toEqual([runScenario(BUSY, OPTIONS).events, '']);
  });

  test('that is interrupted leaves the trace up to there', () => {
    const whole = lines(runScenario(BUSY, OPTIONS).trace);
    const run = new TimedRun(BUSY, OPTIONS);
    expect(run.advance(() => run.tookNs > 3e6)).toBe(false);
    const { trace, events, tookNs } = run.interrupt();
    expect(tookNs).toBeGreaterThan(3e6);
    expect(tookNs).toBeLessThan(6e6);
    expect(events).toBeGreaterThan(20);
    expect(lines(trace)).toEqual(whole.slice(0, events));
    expect(trace).toContain(`# entries-in-buffer/entries-written: ${events}/${events}   #P:4\n`);
    expect(readTrace(trace).errors).toEqual([]);
  });

  test('with a ring buffer keeps the last events, and its head counts those that were overwritten', () => {
    const whole = runScenario(BUSY, OPTIONS);
    const ran = runScenario(BUSY, { ...OPTIONS, bufferBytes: 10 * EVENT_BYTES + 1 });
    expect(ran.events).toBe(whole.events);
    expect(ran.trace).toContain(`# entries-in-buffer/entries-written: 10/${whole.events}   #P:4\n`);
    expect(lines(ran.trace)).toEqual(lines(whole.trace).slice(-10));
  });

  test('ends when its trace cannot be written: that is no bug of the model', () => {
    const out: TraceOutput = {
      write: () => {
        throw new InputError('disk full');
      },
      head: () => {},
    };
    expect(() => new TimedRun(busy(300), { ...OPTIONS, out }).advance(NEVER)).toThrow(InputError);
  });

  test('knows how long it takes at least', () => {
    const run = new TimedRun(BUSY, OPTIONS);
    expect([run.leastNs, run.tookNs]).toEqual([30e6, 0]);
    run.advance(NEVER);
    expect(run.tookNs).toBeGreaterThan(30e6);
  });
});
