import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readTrace } from '@kernel-model/trace';
import { main } from '../src/index.ts';
import { ROOT, TestDir, WELL } from './world.ts';

/** A scenario that goes on for a day. */
const DAY = `main:
  - repeat: 86400
    do: [{ repeat: 20, do: [{ usleep_range: 50 }] }, { msleep: 980 }]
`;
/** One with more interleavings than can be searched in a day. */
const MAZE = `mutexes: [m]
waitqueues: [q]
vars: { v: 0 }
functions:
  f: [{ repeat: 50, do: [{ mutex_lock: m }, { var_add: [v, 1] }, { mutex_unlock: m }, { wake_up: q }] }]
main: [{ kthread_run: [a, f] }, { kthread_run: [b, f] }, { kthread_run: [c, f] }, { wait_event: [q, v, 150] }]
`;

let dir: TestDir;
beforeEach(() => {
  dir = new TestDir();
});
afterEach(() => dir.remove());

/** Run a command, and interrupt it after a while. */
async function interrupted(args: readonly string[], signal = 'SIGINT') {
  const signals = new EventEmitter();
  let out = '';
  let err = '';
  // who listens when the command ends
  let left: readonly unknown[] = ['nobody looked'];
  const status = main(args, {
    stdout: { write: (text) => (out += String(text)) },
    stderr: {
      write: (text) => {
        if (String(text).startsWith('interrupted')) left = signals.eventNames();
        err += String(text);
      },
      isTTY: true,
      columns: 100,
    },
    env: { NO_COLOR: '1' },
    signals,
  });
  await sleep(300);
  // the terminal sends it to all of a group, and npx, which is in it, sends it on
  signals.emit(signal, signal);
  signals.emit(signal, signal);
  return { status: await status, out, err, left };
}

/** The trace in a file: it must be whole. */
function traceIn(path: string): ReturnType<typeof readTrace> {
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(/^# tracer: nop\n/);
  expect(text.endsWith('\n')).toBe(true);
  const trace = readTrace(text);
  expect(trace.errors).toEqual([]);
  expect(text).toContain(`# entries-in-buffer/entries-written: ${trace.events.length}/${trace.events.length} `);
  return trace;
}

describe('kmodel run that is interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('by %s ends with %d, says when and where, and keeps the trace up to there', async (signal, expected) => {
    const out = dir.at('day.trace');
    const ran = await interrupted(['run', dir.file('day.yaml', DAY), '--trace', out], signal);
    expect(ran).toMatchObject({ status: expected, out: '', left: [] });
    const said = /interrupted .*day\.yaml: at (\d+\.\d{6}) s, (\d+) events -> .*day\.trace\n$/.exec(ran.err)!;
    const { events } = traceIn(out);
    expect(events.length).toBe(Number(said[2]));
    expect(events.length).toBeGreaterThan(100);
    expect(events.at(-1)!.at).toBeLessThanOrEqual(Number(said[1]) * 1e9 + 1e6);
    expect(readdirSync(dir.path).sort()).toEqual(['day.trace', 'day.yaml']);
  });

  test('shows before how far it was, and when it would have ended', async () => {
    const { err } = await interrupted(['run', dir.file('day.yaml', DAY)]);
    expect(err).toMatch(/\[[=-]{24}\] {2}\d% \d+\.\d s of \d+\.\d s, \d+ events, ETA \d\d:\d\d:\d\d/);
    expect((await interrupted(['run', dir.at('day.yaml'), '--no-progress'])).err).toMatch(/^interrupted .*\n$/);
  });

  test('leaves the traces of the scenarios before it, and none of those behind it', async () => {
    const files = [dir.file('a.yaml', WELL), dir.file('day.yaml', DAY), dir.file('z.yaml', WELL)];
    const { status, out, err } = await interrupted(['run', ...files, '--out-dir', dir.at('out')]);
    expect(status).toBe(130);
    expect(out).toMatch(/^ok .*a\.yaml: .*\n$/);
    expect(err).toContain('1 of 3 scenarios were run before, 0 failed\n');
    expect(readdirSync(dir.at('out')).sort()).toEqual(['a.trace', 'day.trace']);
    traceIn(dir.at('out/day.trace'));
  });

  test('prints the trace up to there if standard output is its place', async () => {
    const { out } = await interrupted(['run', dir.file('day.yaml', DAY), '--trace', '-']);
    expect(traceIn(dir.file('out.trace', out)).events.length).toBeGreaterThan(100);
  });

  test('keeps what its ring buffer has', async () => {
    const out = dir.at('day.trace');
    await interrupted(['run', dir.file('day.yaml', DAY), '--trace', out, '--buffer-size', '4']);
    const text = readFileSync(out, 'utf8');
    expect(text).toMatch(/# entries-in-buffer\/entries-written: 36\/\d{3,} /);
    expect(readTrace(text).events.length).toBe(36);
  });
});

test('kmodel explore that is interrupted tells what it covered, and ends with 130', async () => {
  const file = dir.file('maze.yaml', MAZE);
  const ran = await interrupted(['explore', file]);
  expect(ran.status).toBe(130);
  expect(ran.out).toMatch(/^no failure in \d+ executions?, \d+ steps, dpor: interrupted, there are more/);
  const json = await interrupted(['explore', file, '--json']);
  expect(JSON.parse(json.out)).toMatchObject({ exhausted: false, failures: [] });
  expect(JSON.parse(json.out).executions).toBeGreaterThan(0);
});

// `npm test` builds before it runs the specs
describe('the built command, when many lines of the trace are on disk already', () => {
  /** Start it, and wait until then. */
  async function started() {
    const out = dir.at('day.trace');
    const bin = join(ROOT, 'apps/cli/bin/kmodel.js');
    const env = { ...process.env, NODE_OPTIONS: '' };
    const child = spawn(process.execPath, [bin, 'run', dir.file('day.yaml', DAY), '--trace', out], { env });
    let err = '';
    child.stderr.on('data', (data) => (err += String(data)));
    while (!openFiles(child.pid!).some((file) => file.includes('.lines.part'))) await sleep(20);
    return { out, child, closed: once(child, 'close'), said: () => err };
  }

  const openFiles = (pid: number): string[] =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });

  test('ends at Ctrl-C: status, message, and a trace of whole lines', async () => {
    const { out, child, closed, said } = await started();
    expect(existsSync(out)).toBe(false);
    child.kill('SIGINT');
    const [status] = await closed;
    expect([status, said()]).toEqual([130, expect.stringMatching(/^interrupted .* -> .*day\.trace\n$/)]);
    expect(traceIn(out).events.length).toBeGreaterThan(30_000);
    expect(readdirSync(dir.path).sort()).toEqual(['day.trace', 'day.yaml']);
  }, 30_000);

  test('leaves nothing behind if it is killed', async () => {
    const { child, closed } = await started();
    child.kill('SIGKILL');
    await closed;
    expect(readdirSync(dir.path)).toEqual(['day.yaml']);
  }, 30_000);
});
