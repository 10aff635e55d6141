import { describe, expect, test } from '@jest/globals';
import { ScenarioError } from './errors.ts';
import type { ScenarioErrorCode } from './errors.ts';
import { parseScenario } from './parse.ts';
import type { Scenario } from './program.ts';

const HELLO = `name: hello
about: A thread that stops.
machine: {cpus: 4, preempt: full}
main_cpu: 1
completions: [c]
mutexes: [m]
waitqueues: [h]
workers: [k]
vars: {n: 3, zero: }
workqueues: {q: , u: {flags: [WQ_UNBOUND, WQ_HIGHPRI], max_active: 2}}
works: {w: {fn: f}, d: {fn: f, kind: kthread_delayed}}
users: [{name: A, ops: ['spin:20', yield]}, {name: B, cpu: 3, ops: [], threads: [{cpu: 1, ops: [yield]}]}]
daemons: {demo: , ./blinker.mjs: {periodMs: 5, colour: red, on: true}}
functions:
  f:
    - while: {not: {not: {not: kthread_should_stop}}}
      do:
        - if: {var: n, ge: 2}
          then: [schedule]
          else:
            - repeat: 2
              do: [{send_sig: [SIGTERM, t]}]
    - return
main:
  - kthread_run: [t, f]
  - sched_setattr: [t, SCHED_FIFO, 5]
  - kthread_stop: t
`;

function failure(source: string | Uint8Array): ScenarioError {
  try {
    parseScenario(source, 'dir/bad.yaml');
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error('the scenario was accepted');
}

function problems(source: string | Uint8Array): string[] {
  return failure(source).problems.map((p) => `${p.line}:${p.column} ${p.code} ${p.message}`);
}

describe('a scenario', () => {
  test('becomes a program with every name resolved and every statement located', () => {
    const s = parseScenario(HELLO, 'x.yaml');
    expect({ ...s, functions: undefined, main: undefined }).toEqual({
      name: 'hello',
      about: 'A thread that stops.',
      file: 'x.yaml',
      machine: { cpus: 4, preempt: 'full' },
      mainCpu: 1,
      completions: ['c'],
      mutexes: ['m'],
      waitqueues: ['h'],
      workers: ['k'],
      threads: ['t'],
      vars: new Map([
        ['n', 3],
        ['zero', 0],
      ]),
      workqueues: new Map([
        ['q', { flags: [], maxActive: 0 }],
        ['u', { flags: ['WQ_UNBOUND', 'WQ_HIGHPRI'], maxActive: 2 }],
      ]),
      works: new Map([
        ['w', { fn: 'f', kind: 'work' }],
        ['d', { fn: 'f', kind: 'kthread_delayed' }],
      ]),
      users: [
        {
          name: 'A',
          cpu: -1,
          ops: [
            { kind: 'spin', amount: 20 },
            { kind: 'yield', amount: 0 },
          ],
          threads: [],
        },
        { name: 'B', cpu: 3, ops: [], threads: [{ cpu: 1, ops: [{ kind: 'yield', amount: 0 }] }] },
      ],
      daemons: [
        { use: 'demo', params: {}, at: { line: 13, column: 11 } },
        { use: './blinker.mjs', params: { periodMs: 5, colour: 'red', on: true }, at: { line: 13, column: 19 } },
      ],
    });
    expect(s.main).toEqual([
      { kind: 'call', call: 'kthread_run', args: ['t', 'f'], line: 25, column: 5 },
      { kind: 'call', call: 'sched_setattr', args: ['t', 'SCHED_FIFO', 5, 0, 0], line: 26, column: 5 },
      { kind: 'call', call: 'kthread_stop', args: ['t'], line: 27, column: 5 },
    ]);
    expect(s.functions).toEqual(
      new Map([
        [
          'f',
          [
            {
              kind: 'while',
              condition: { kind: 'kthread_should_stop', negated: true, line: 16, column: 32 },
              body: [
                {
                  kind: 'if',
                  condition: { kind: 'var', negated: false, name: 'n', operator: 'ge', value: 2, line: 18, column: 15 },
                  then: [{ kind: 'call', call: 'schedule', args: [], line: 19, column: 18 }],
                  otherwise: [
                    {
                      kind: 'repeat',
                      count: 2,
                      body: [{ kind: 'call', call: 'send_sig', args: [15, 't'], line: 22, column: 21 }],
                      line: 21,
                      column: 15,
                    },
                  ],
                  line: 18,
                  column: 11,
                },
              ],
              line: 16,
              column: 7,
            },
            { kind: 'call', call: 'return', args: [0], line: 23, column: 7 },
          ],
        ],
      ]),
    );
  });

  test('needs main only; the rest has defaults', () => {
    const s = parseScenario('main: [yield]', 'some/where/plain.yml');
    expect(s).toMatchObject({
      name: 'plain',
      about: '',
      machine: { cpus: 2, preempt: 'voluntary' },
      mainCpu: 0,
      threads: [],
      users: [],
      daemons: [],
    });
  });

  test('is the same from bytes, with a byte order mark and with CR LF', () => {
    const expected = parseScenario(HELLO.replace('A thread', 'Ä→😀 thread'), 'x.yaml');
    const bytes = new TextEncoder().encode(
      `\uFEFF${HELLO.replace('A thread', 'Ä→😀 thread').replaceAll('\n', '\r\n')}`,
    );
    expect(parseScenario(bytes, 'x.yaml')).toEqual(expected);
  });

  test('is checked against the machine that will run it', () => {
    const text = 'main: [{remove_cpu: 3}]';
    expect(() => parseScenario(text, 'x.yaml')).toThrow(
      'x.yaml:1:21: the CPU of remove_cpu is 3, but the machine has CPUs 0 to 1; set cpus under machine',
    );
    expect(parseScenario(text, 'x.yaml', { cpus: 4 }).machine).toEqual({ cpus: 4, preempt: 'voluntary' });
  });

  test('may use anchors, and names that JavaScript knows', () => {
    const s: Scenario = parseScenario(
      'completions: [__proto__, constructor]\nvars: {__proto__: 7, toString: 1}\nfunctions: {__proto__: &f [{complete: __proto__}], hasOwnProperty: *f}\nmain:\n- kthread_run: [__proto__, __proto__]\n- kthread_run: [valueOf, hasOwnProperty]\n',
      'x.yaml',
    );
    expect(s.completions).toEqual(['__proto__', 'constructor']);
    expect([...s.vars]).toEqual([
      ['__proto__', 7],
      ['toString', 1],
    ]);
    expect(s.functions.get('hasOwnProperty')).toEqual(s.functions.get('__proto__'));
    expect(s.threads).toEqual(['__proto__', 'valueOf']);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(problems('main: [__proto__, {constructor: 1}, {complete: __proto__}]')).toEqual([
      '1:8 SCENARIO_UNKNOWN_CALL there is no call "__proto__"',
      '1:20 SCENARIO_UNKNOWN_CALL there is no call "constructor"',
      '1:48 SCENARIO_UNDECLARED there is no completion "__proto__"; declare it under completions',
    ]);
  });
});

/** Bad text, where the first problem is, its code, and its message. */
type Bad = readonly [text: string, at: string, code: ScenarioErrorCode, message: string];
const CONDITION =
  'kthread_should_stop, kthread_should_park, signal_pending, {var: V, ge: N}, {var: V, eq: N}, {result: N} or {not: CONDITION}';

const BAD: readonly Bad[] = [
  // text
  [
    'main:\n- yi\u0000eld\n',
    '2:5',
    'SCENARIO_YAML',
    'the character U+0000 may not occur in YAML; a scenario is plain text',
  ],
  ['', '1:1', 'SCENARIO_EMPTY_MAIN', 'the file is empty; a scenario needs at least main: [...]'],
  ['# nothing\n', '1:1', 'SCENARIO_EMPTY_MAIN', 'the file is empty; a scenario needs at least main: [...]'],
  // YAML
  [
    'main: [yield\nname: x\n',
    '2:1',
    'SCENARIO_YAML',
    'not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['main: "yield\n', '2:1', 'SCENARIO_YAML', 'not valid YAML: Missing closing "quote'],
  ['main:\n\t- yield\n', '2:1', 'SCENARIO_YAML', 'a tab is used as indentation; YAML indents with spaces'],
  [
    'about: a: b\nmain: [yield]\n',
    '1:8',
    'SCENARIO_YAML',
    'not valid YAML: a second "key: value" on the same line; put it on a line of its own, or quote the text that contains ": "',
  ],
  [
    'main: [yield]\n---\nmain: [yield]\n',
    '2:1',
    'SCENARIO_YAML',
    'a second YAML document starts here; a file holds one scenario',
  ],
  [
    'main: [!js yield]\n',
    '1:8',
    'SCENARIO_YAML',
    'YAML tags (!word) have no meaning in a scenario; remove it, or quote the text',
  ],
  [
    'name: a\nmain: [yield]\nname: b\n',
    '3:1',
    'SCENARIO_DUPLICATE_KEY',
    'the key name occurs twice in a scenario; the first is in line 1',
  ],
  [
    'main: [yield]\nvars:\n  a: 1\n  a: 2\n',
    '4:3',
    'SCENARIO_DUPLICATE_KEY',
    'the key a occurs twice in vars; the first is in line 3',
  ],
  [
    'mutexes: [a,\n a]\nmain: [yield]',
    '2:2',
    'SCENARIO_DUPLICATE_KEY',
    'the mutex a is declared twice; the first is in line 1',
  ],
  [
    'main: &m\n- repeat: 2\n  do: *m\n',
    '3:7',
    'SCENARIO_ALIAS',
    'the alias *m stands for something that contains it, without end; write it out, or use repeat or while',
  ],
  [
    `x: [&a0 []${Array.from({ length: 122 }, (_, i) => `, &a${i + 1} [*a${i}]`).join('')}]\nmain: [yield]`,
    '1:1617',
    'SCENARIO_TOO_DEEP',
    'the alias *a121 stands for something more than 120 levels deep (MAX_DEPTH)',
  ],
  ['main: [*f]\n', '1:8', 'SCENARIO_ALIAS', 'there is no anchor &f before this alias'],
  [
    `main: ${'['.repeat(200)}`,
    '1:125',
    'SCENARIO_TOO_DEEP',
    'nested more than 120 levels deep (MAX_DEPTH); move inner statements into functions of their own',
  ],
  [
    `main:\n${'- '.repeat(200)}`,
    '2:241',
    'SCENARIO_TOO_DEEP',
    'nested more than 120 levels deep (MAX_DEPTH); move inner statements into functions of their own',
  ],
  // top level
  ['[yield]', '1:1', 'SCENARIO_SHAPE', 'a scenario must be a map (name: value), not a list'],
  ['just text', '1:1', 'SCENARIO_SHAPE', 'a scenario must be a map (name: value), not "just text"'],
  ['name: x', '1:1', 'SCENARIO_EMPTY_MAIN', 'a scenario needs main: [...], the statements that km_main runs'],
  ['name: x\nmain: []', '2:1', 'SCENARIO_EMPTY_MAIN', 'main is empty; it needs at least one statement'],
  ['name: x\nmain:', '2:1', 'SCENARIO_EMPTY_MAIN', 'main is empty; it needs at least one statement'],
  [
    'mian: [yield]\nmain: [yield]',
    '1:1',
    'SCENARIO_UNKNOWN_KEY',
    'a scenario has no key "mian" (did you mean main?); it has name, about, machine, main_cpu, completions, mutexes, waitqueues, workers, vars, workqueues, works, users, daemons, functions, main',
  ],
  ['1: x\nmain: [yield]', '1:1', 'SCENARIO_SHAPE', 'a key of a scenario must be text, not 1; put it in quotes'],
  ['machine: {cpus: 65}\nmain: [yield]', '1:17', 'SCENARIO_RANGE', 'cpus must be between 1 and 64, not 65'],
  [
    'machine: {preempt: no}\nmain: [yield]',
    '1:20',
    'SCENARIO_SHAPE',
    'preempt must be one of none, voluntary, full, not "no"',
  ],
  [
    'machine: {cpu: 2}\nmain: [yield]',
    '1:11',
    'SCENARIO_UNKNOWN_KEY',
    'machine has no key "cpu" (did you mean cpus?); it has cpus, preempt',
  ],
  [
    'main_cpu: 2\nmain: [yield]',
    '1:11',
    'SCENARIO_RANGE',
    'main_cpu is 2, but the machine has CPUs 0 to 1; set cpus under machine',
  ],
  ['completions: c\nmain: [yield]', '1:14', 'SCENARIO_SHAPE', 'completions (a list of names) must be a list, not "c"'],
  [
    'completions: [a b]\nmain: [yield]',
    '1:15',
    'SCENARIO_NAME',
    'the name of a completion must be 1 to 31 printable ASCII characters without blanks, not "a b"',
  ],
  [
    'completions: [1]\nmain: [yield]',
    '1:15',
    'SCENARIO_SHAPE',
    'the name of a completion must be text, not 1; put it in quotes',
  ],
  [
    'vars: {n: many}\nmain: [yield]',
    '1:11',
    'SCENARIO_SHAPE',
    'the initial value of n must be a whole number, not "many"',
  ],
  [
    'workqueues: {q: {flags: [WQ_BOUND]}}\nmain: [yield]',
    '1:26',
    'SCENARIO_SHAPE',
    'a flag must be one of WQ_BH, WQ_UNBOUND, WQ_FREEZABLE, WQ_MEM_RECLAIM, WQ_HIGHPRI, WQ_CPU_INTENSIVE, WQ_SYSFS, WQ_POWER_EFFICIENT, ORDERED, not "WQ_BOUND"',
  ],
  [
    'works: {w: }\nmain: [yield]',
    '1:9',
    'SCENARIO_MISSING_KEY',
    'the work w needs fn, the function it runs: {fn: FUNCTION}',
  ],
  [
    'works: {w: {fn: gone}}\nfunctions: {gonne: [yield]}\nmain: [yield]',
    '1:17',
    'SCENARIO_UNDECLARED',
    'there is no function "gone" (did you mean gonne?); declare it under functions',
  ],
  [
    'users: [{name: A}]\nmain: [yield]',
    '1:9',
    'SCENARIO_MISSING_KEY',
    'a user process needs ops: {name: NAME, cpu: CPU, ops: [...]}',
  ],
  [
    'users: [{name: A, ops: [], threads: [{cpu: 1}]}]\nmain: [yield]',
    '1:38',
    'SCENARIO_MISSING_KEY',
    'a thread of a user process needs ops: {cpu: CPU, ops: [...]}',
  ],
  [
    'users: [{name: A, ops: [sleep: 3]}]\nmain: [yield]',
    '1:25',
    'SCENARIO_SHAPE',
    'an op is spin:US, sleep:US, munmap:PAGES or yield (without blanks), not a map',
  ],
  [
    'functions: {main: [yield]}\nmain: [yield]',
    '1:13',
    'SCENARIO_NAME',
    'main stands beside functions, not among them',
  ],
  // statements
  [
    'main:\n- ktread_stop: t',
    '2:3',
    'SCENARIO_UNKNOWN_CALL',
    'there is no call "ktread_stop" (did you mean kthread_stop?)',
  ],
  ['main:\n- SCHEDULE', '2:3', 'SCENARIO_UNKNOWN_CALL', 'there is no call "SCHEDULE" (did you mean schedule?)'],
  ['main:\n- fly_to_the_moon', '2:3', 'SCENARIO_UNKNOWN_CALL', 'there is no call "fly_to_the_moon"'],
  ['main: [3]', '1:8', 'SCENARIO_SHAPE', 'a statement must be a call, while, if or repeat, not 3'],
  ['main:\n- ', '2:3', 'SCENARIO_SHAPE', 'a statement must be a call, while, if or repeat, not empty'],
  [
    'main:\n- msleep: 1\n  busy: 2',
    '3:3',
    'SCENARIO_SHAPE',
    'a statement is one call: msleep or busy? Start each with its own dash',
  ],
  ['main: yield', '1:7', 'SCENARIO_SHAPE', 'main (a list of statements) must be a list, not "yield"'],
  [
    'main:\n- repeat: 3\n  then: [yield]\n  do: [yield]',
    '3:3',
    'SCENARIO_UNKNOWN_KEY',
    'then does not go with repeat; only do does',
  ],
  ['main:\n- repeat: 3', '2:3', 'SCENARIO_MISSING_KEY', 'repeat needs do: [...]'],
  ['main:\n- while', '2:3', 'SCENARIO_MISSING_KEY', 'while needs a condition and do: [...]'],
  ['main:\n- msleep: 1\n  do: [yield]', '3:3', 'SCENARIO_MISSING_KEY', 'do needs while or repeat beside it'],
  [
    'main:\n- repeat: 0\n  do: [yield]',
    '2:11',
    'SCENARIO_RANGE',
    'the count of repeat must be between 1 and 2147483647, not 0',
  ],
  // conditions
  [
    'main:\n- if: kthread_shuold_stop\n  then: []',
    '2:7',
    'SCENARIO_SHAPE',
    `there is no condition "kthread_shuold_stop" (did you mean kthread_should_stop?); a condition is ${CONDITION}`,
  ],
  [
    'main:\n- if: {var: n, ge: 1}\n  then: []',
    '2:13',
    'SCENARIO_UNDECLARED',
    'there is no variable "n"; declare it under vars',
  ],
  [
    'vars: {n: 1}\nmain:\n- if: {var: n, gt: 1}\n  then: []',
    '3:16',
    'SCENARIO_UNKNOWN_KEY',
    `gt does not go with var; a condition is ${CONDITION}`,
  ],
  [
    'vars: {n: 1}\nmain:\n- if: {var: n}\n  then: []',
    '3:8',
    'SCENARIO_SHAPE',
    'a test of a variable needs either ge: N or eq: N',
  ],
  ['main:\n- if: {}\n  then: []', '2:7', 'SCENARIO_SHAPE', `a condition is ${CONDITION}`],
  // arguments
  ['main:\n- msleep', '2:3', 'SCENARIO_ARGUMENTS', 'msleep takes 1 argument [MS], but got none'],
  ['main:\n- schedule: 3', '2:3', 'SCENARIO_ARGUMENTS', 'schedule takes no arguments, but got 1'],
  [
    'main:\n- kthread_bind: [t]',
    '2:3',
    'SCENARIO_ARGUMENTS',
    'kthread_bind takes 2 arguments [THREAD, CPU], but got 1',
  ],
  [
    'main:\n- sched_setattr: [self]',
    '2:3',
    'SCENARIO_ARGUMENTS',
    'sched_setattr takes 2 to 5 arguments [THREAD|self, POLICY, N, N, N], but got 1',
  ],
  [
    'main:\n- msleep: soon',
    '2:11',
    'SCENARIO_SHAPE',
    'the number of milliseconds of msleep must be a whole number, not "soon"',
  ],
  [
    'main:\n- msleep: -4',
    '2:11',
    'SCENARIO_RANGE',
    'the number of milliseconds of msleep must be between 0 and 2147483647, not -4',
  ],
  [
    'main:\n- print: 12345678901234567890',
    '2:10',
    'SCENARIO_RANGE',
    'the whole number of print must be between -2147483648 and 2147483647, not 12345678901234567000',
  ],
  [
    'main:\n- queue_work_on: [2, q, w]\nworkqueues: {q: }\nfunctions: {f: []}\nworks: {w: {fn: f}}',
    '2:19',
    'SCENARIO_RANGE',
    'the CPU of queue_work_on is 2, but the machine has CPUs 0 to 1; set cpus under machine',
  ],
  [
    'machine: {cpus: 1}\nmain:\n- remove_cpu: 1',
    '3:15',
    'SCENARIO_RANGE',
    'the CPU of remove_cpu is 1, but the machine has only CPU 0; set cpus under machine',
  ],
  [
    'main:\n- set_current_state: TASK_RUNING',
    '2:22',
    'SCENARIO_SHAPE',
    'the state of set_current_state must be one of TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE, TASK_IDLE, not "TASK_RUNING"',
  ],
  [
    'main:\n- allow_signal: SIGTREM',
    '2:17',
    'SCENARIO_ARGUMENTS',
    'there is no signal "SIGTREM" (did you mean SIGTERM?)',
  ],
  [
    'main:\n- allow_signal: 0',
    '2:17',
    'SCENARIO_RANGE',
    'the signal of allow_signal, if not a name like SIGTERM, must be between 1 and 64, not 0',
  ],
  ['main:\n- complete: [[c]]', '2:14', 'SCENARIO_ARGUMENTS', 'complete takes a completion by name here, not a list'],
  [
    'main:\n- complete: 1',
    '2:13',
    'SCENARIO_ARGUMENTS',
    'complete takes a completion by name here, not 1; put a name that looks like something else in quotes',
  ],
  [
    'main:\n- wake_up_process: self',
    '2:20',
    'SCENARIO_ARGUMENTS',
    'wake_up_process takes the name of a thread; self will not do here',
  ],
  // names
  [
    'completions: [done]\nmain:\n- complete: done1',
    '3:13',
    'SCENARIO_UNDECLARED',
    'there is no completion "done1" (did you mean done?); declare it under completions',
  ],
  ['main:\n- mutex_lock: m', '2:15', 'SCENARIO_UNDECLARED', 'there is no mutex "m"; declare it under mutexes'],
  [
    'main:\n- kthread_run: [t, f]',
    '2:20',
    'SCENARIO_UNDECLARED',
    'there is no function "f"; declare it under functions',
  ],
  [
    'main:\n- kthread_stop: t',
    '2:17',
    'SCENARIO_UNDECLARED',
    'there is no thread "t"; make it with kthread_create, kthread_run or kthread_create_on_cpu',
  ],
  [
    'functions: {f: }\nmain:\n- kthread_run: [main, f]',
    '3:17',
    'SCENARIO_NAME',
    'a thread cannot be named main: the marks of the thread that runs main bear that name',
  ],
  ['main:\n- kthread_use_mm: A', '2:19', 'SCENARIO_UNDECLARED', 'there is no user process "A"; declare it under users'],
  [
    'workers: [k]\nmain:\n- kthread_stop: k',
    '3:17',
    'SCENARIO_WRONG_KIND',
    'kthread_stop takes a thread, but k is a worker',
  ],
  [
    'mutexes: [m]\nmain:\n- complete: m',
    '3:13',
    'SCENARIO_WRONG_KIND',
    'complete takes a completion, but m is a mutex',
  ],
  [
    'workqueues: {q: }\nfunctions: {f: }\nworks: {w: {fn: f}}\nmain:\n- queue_delayed_work: [q, w, 4]',
    '5:27',
    'SCENARIO_WRONG_KIND',
    'queue_delayed_work takes a work of kind delayed, but w is of kind work',
  ],
  [
    'workers: [k]\nfunctions: {f: }\nworks: {w: {fn: f}}\nmain:\n- kthread_queue_work: [k, w]',
    '5:27',
    'SCENARIO_WRONG_KIND',
    'kthread_queue_work takes a work of kind kthread or kthread_delayed, but w is of kind work',
  ],
  [
    'workqueues: {q: }\nfunctions: {f: }\nworks: {w: {fn: f, kind: kthread}}\nmain:\n- flush_work: w',
    '5:15',
    'SCENARIO_WRONG_KIND',
    'flush_work takes a work of kind work or delayed, but w is of kind kthread',
  ],
];

describe('a bad scenario is refused with the place of the mistake and what would be right', () => {
  test.each(BAD)('%j', (text, at, code, message) => {
    const error = failure(text);
    expect(`${error.line}:${error.column}`).toBe(at);
    expect(error.code).toBe(code);
    expect(error.problems).toHaveLength(1);
    expect(error.message).toBe(`dir/bad.yaml:${at}: ${message}`);
  });

  test('bytes that are not UTF-8', () => {
    const bytes = (...list: number[]): Uint8Array =>
      Uint8Array.from([...new TextEncoder().encode('name: é\nx: '), ...list]);
    for (const bad of [
      [0x80],
      [0xc3],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xff],
    ]) {
      const hex = bad[0]!.toString(16).toUpperCase();
      expect(problems(bytes(...bad))).toEqual([
        `2:4 SCENARIO_UTF8 byte 0x${hex} at offset 12 is not valid UTF-8; save the file as UTF-8`,
      ]);
    }
    expect(problems(Uint8Array.of(0xff, 0xfe, 0x6d, 0))).toEqual([
      '1:1 SCENARIO_UTF8 byte 0xFF at offset 0 is not valid UTF-8 (this looks like UTF-16); save the file as UTF-8',
    ]);
  });

  test('all problems at once, in the order of the file, ten at most', () => {
    expect(problems('main:\n- kthread_stop: t\n- mslep: 1\nvars: 3\nabuot: x')).toEqual([
      '2:17 SCENARIO_UNDECLARED there is no thread "t"; make it with kthread_create, kthread_run or kthread_create_on_cpu',
      '3:3 SCENARIO_UNKNOWN_CALL there is no call "mslep" (did you mean msleep?)',
      '4:7 SCENARIO_SHAPE vars must be a map (name: value), not 3',
      expect.stringMatching(/^5:1 SCENARIO_UNKNOWN_KEY a scenario has no key "abuot" \(did you mean about\?\)/),
    ]);
    const many = failure(`main:\n${'- nap\n'.repeat(12)}`);
    expect(many.problems).toHaveLength(10);
    expect(many.message.split('\n')).toHaveLength(11);
    expect(many.message).toMatch(/dir\/bad.yaml: and 2 more$/);
  });

  test('names of a section that could not be read are not missed, too', () => {
    expect(problems('completions: c\nmain: [{complete: c}]')).toEqual([
      '1:14 SCENARIO_SHAPE completions (a list of names) must be a list, not "c"',
    ]);
  });

  test('one mistake behind many aliases is one problem', () => {
    expect(problems('functions: {f: &f [nap], g: *f, h: *f}\nmain: *f')).toEqual([
      '1:20 SCENARIO_UNKNOWN_CALL there is no call "nap"',
    ]);
  });
});

describe('a loop that could never end', () => {
  const endless =
    'SCENARIO_ENDLESS endless loop without a visible point: nothing in do takes time, sleeps or lets another thread run, so the condition can never change; add cond_resched, schedule, msleep or busy';
  test.each([
    'do: []',
    'do:',
    'do: [{set_current_state: TASK_IDLE}]',
    'do: [preempt_disable, preempt_enable]',
    'do: [{if: signal_pending, then: [], else: [{set_current_state: TASK_IDLE}]}]',
    'do: [{repeat: 3, do: []}]',
  ])('is refused: %s', (body) => {
    expect(problems(`main:\n- yield\n- while: kthread_should_stop\n  ${body}\n`)).toEqual([`3:3 ${endless}`]);
  });

  test.each([
    '[cond_resched]',
    '[yield]',
    '[{busy: 5}]',
    '[{repeat: 3, do: [{print: 1}]}]',
    '[{if: signal_pending, then: [return]}]',
    '[{set_current_state: TASK_IDLE}, schedule]',
  ])('but not one that might: %s', (body) => {
    expect(parseScenario(`main:\n- while: kthread_should_stop\n  do: ${body}\n`, 'x.yaml').main).toHaveLength(1);
  });

  test('is not reported for a body that has other problems', () => {
    expect(problems('main:\n- while: signal_pending\n  do: [nap]\n')).toEqual([
      '3:8 SCENARIO_UNKNOWN_CALL there is no call "nap"',
    ]);
  });
});
