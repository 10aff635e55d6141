import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { main } from '@kernel-model/cli';
import { parseOptions } from '@kernel-model/daemons';
import { boot } from '@kernel-model/machine';
import { TraceRecorder, formatTrace, readTrace } from '@kernel-model/trace';

const numRuns = Number(process.env.FUZZ_RUNS ?? 20);
const seed = Number(process.env.FUZZ_SEED ?? 20260101);
const MINUTES = 60_000 * Math.max(1, numRuns / 20);
const MOST_TEXT = 1_000_000;

/** Whatever came in: no other object has got anything of it. */
afterEach(() => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect({}.polluted).toBe(undefined);
});

const junk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    '-1',
    '1e999',
    '0x',
    '\0',
    '\u202e',
    '999999999999999999999',
    '../../etc/passwd',
    '$(ps)',
    '`',
    "'",
    '"',
    '\\',
  ),
);

describe('the shell', () => {
  const word = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'ps',
        'cat',
        'kill',
        'chrt',
        'taskset',
        'renice',
        'insmod',
        'rmmod',
        'lsmod',
        'echo',
        'grep',
        'head',
        'ls',
        'run',
        'step',
        'help',
        'trace',
        'wc',
        'sort',
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '-e',
        '-ef',
        '-eo',
        'pid,comm',
        '-9',
        '2',
        '/proc/2/stack',
        '/proc',
        '/sys',
        '1ms',
        '-p',
        '-f',
        '[',
        '(a+)+$',
        '*',
        '--',
        '-',
      ),
    },
    { weight: 3, arbitrary: fc.constantFrom('|', ';', '&&', '>', '>>', '<', '||', '&', '\n') },
    { weight: 2, arbitrary: junk },
  );

  test(
    'answers anything that is typed, without a stack trace and within bounds',
    () => {
      const line = fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => words.join(' '));
      fc.assert(
        fc.property(line, (text) => {
          const printed = { out: '', err: '' };
          const stream = (key) => ({ write: (part) => void (printed[key] += part), isTTY: false, columns: 80 });
          const status = main(['shell', '--cpus', '1', '-c', text], {
            stdout: stream('out'),
            stderr: stream('err'),
            env: {},
          });
          expect(Number.isInteger(status) && status >= 0 && status <= 255).toBe(true);
          expect(printed.err).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
          expect(printed.err).not.toMatch(/bug of kernel-model|undefined|\[object /);
          expect(printed.out.length + printed.err.length).toBeLessThan(MOST_TEXT);
        }),
        { seed, numRuns: numRuns * 3, interruptAfterTimeLimit: MINUTES },
      );
    },
    2 * MINUTES,
  );
});

describe('options of daemons', () => {
  const bounds = { minimum: fc.integer({ min: -5, max: 5 }), maximum: fc.integer({ min: 6, max: 100 }) };
  const option = fc.oneof(
    fc.record({ type: fc.constantFrom('integer', 'number'), ...bounds }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('boolean'), default: fc.boolean() }, { requiredKeys: ['type'] }),
    fc.record(
      { type: fc.constant('string'), enum: fc.constant(['a', 'b']), default: fc.constant('a') },
      { requiredKeys: ['type'] },
    ),
  );
  const name = fc.oneof(fc.stringMatching(/^[a-z]\w{0,5}$/), fc.constantFrom('constructor', 'toString', 'valueOf'));
  const value = fc.oneof(fc.integer(), fc.double(), fc.boolean(), junk);

  test('take only what their schema admits', () => {
    const params = fc.dictionary(fc.oneof(name, junk), value, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.dictionary(name, option, { noNullPrototype: true, maxKeys: 4 }), params, (schema, given) => {
        const { values, errors, unknown } = parseOptions(schema, given);
        expect(Object.getPrototypeOf(values) === Object.prototype || Object.getPrototypeOf(values) === null).toBe(true);
        expect(Object.keys(values).filter((key) => !Object.hasOwn(schema, key))).toEqual([]);
        expect(unknown.filter((key) => Object.hasOwn(schema, key))).toEqual([]);
        if (errors.length > 0) return;
        for (const [key, { type, minimum = -Infinity, maximum = Infinity }] of Object.entries(schema)) {
          const it = Object.hasOwn(values, key) ? values[key] : undefined;
          if (it === undefined) continue;
          expect(typeof it).toBe(type === 'integer' ? 'number' : type);
          if (typeof it === 'number') expect(it >= minimum && it <= maximum).toBe(true);
        }
      }),
      { seed, numRuns: numRuns * 5 },
    );
  });
});

describe('traces', () => {
  const folder = new URL('../../packages/scenario/oracle/traces/', import.meta.url);
  const real = readdirSync(folder)
    .filter((_, i) => i % 40 === 0)
    .map((file) =>
      gunzipSync(readFileSync(new URL(file, folder)))
        .toString()
        .split('\n')
        .slice(0, 60),
    );

  test('the reader takes any text, and tells what it could not read', () => {
    const edit = fc.record({ line: fc.nat(59), at: fc.nat(150), cut: fc.nat(30), put: junk });
    const text = fc.tuple(fc.constantFrom(...real), fc.array(edit, { maxLength: 12 })).map(([lines, edits]) => {
      const changed = [...lines];
      for (const { line, at, cut, put } of edits) {
        const before = changed[line] ?? '';
        changed[line] = before.slice(0, at) + put + before.slice(at + cut);
      }
      return changed.join('\n');
    });
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary', maxLength: 500 })), (source) => {
        const { events, errors } = readTrace(source);
        expect(events.length + errors.length).toBeLessThanOrEqual(source.split(/\r?\n/).length);
        for (const event of events) expect(Number.isFinite(event.at)).toBe(true);
      }),
      { seed, numRuns: numRuns * 5 },
    );
  });

  test(
    'what the writer writes of a task with any name, the reader reads',
    () => {
      // What a comm may hold: anything but NUL; and a line of a trace ends where the name has a newline, in Linux, too.
      const comm = fc.string({
        unit: fc.constantFrom('a', '-', '=', ' ', '[', ']', '0', ':', '<', '>', '.', 'é', '\t', '%'),
        minLength: 1,
        maxLength: 15,
      });
      fc.assert(
        fc.property(comm, (name) => {
          const machine = boot({ cpus: 1, daemons: 'minimal' });
          const recorder = new TraceRecorder(machine.hub);
          const { kernel: k } = machine;
          machine.post(function* () {
            yield* k.kthreadRun(() => k.msleep(1), null, name);
          });
          machine.runFor(20e6);
          const text = formatTrace(recorder.events(), 1);
          const { events, errors } = readTrace(text);
          expect(errors).toEqual([]);
          expect(events.length).toBe([...recorder.events()].length);
          machine.dispose();
        }),
        { seed, numRuns },
      );
    },
    MINUTES,
  );
});
