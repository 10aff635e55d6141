// Scenarios that call anything, in any order, with any arguments: as wide as the table of calls itself. They may hang,
// oops and make the kernel complain; what they may not do is break the model.
import fc from 'fast-check';
import { CALL_SPECS } from '@kernel-model/scenario';

const CPUS = 3;
const THREADS = ['t0', 't1', 't2', 't3'];
const WORKS = { work: ['wa', 'wb'], delayed: ['da', 'db'], kthread: ['ka', 'kb'], kthread_delayed: ['xa', 'xb'] };
const FUNCTIONS = ['f0', 'f1', 'f2'];

/** For each kind of argument, what stands for it. Names are those that every wild scenario declares. */
const ARGUMENTS = {
  thread: fc.constantFrom(...THREADS),
  'thread-or-self': fc.constantFrom('self', ...THREADS),
  function: fc.constantFrom(...FUNCTIONS),
  completion: fc.constantFrom('c0', 'c1'),
  mutex: fc.constantFrom('m0', 'm1'),
  waitqueue: fc.constantFrom('h0', 'h1'),
  var: fc.constantFrom('v0', 'v1'),
  worker: fc.constantFrom('k0', 'k1'),
  workqueue: fc.constantFrom('q0', 'q1', 'q2'),
  user: fc.constantFrom('u0', 'u1'),
  state: fc.constantFrom('TASK_RUNNING', 'TASK_INTERRUPTIBLE', 'TASK_UNINTERRUPTIBLE', 'TASK_IDLE'),
  policy: fc.constantFrom('SCHED_NORMAL', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_IDLE', 'SCHED_DEADLINE'),
  signal: fc.oneof(
    fc.constantFrom('SIGKILL', 'SIGTERM', 'SIGUSR1', 'SIGSTOP', 'SIGCONT'),
    fc.integer({ min: 1, max: 64 }),
  ),
  cpu: fc.nat(CPUS - 1),
  mask: fc.nat(2 ** (CPUS + 1) - 1),
  ms: fc.nat(20),
  us: fc.nat(3000),
  int: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constantFrom(1000, 1_000_000, -(2 ** 31), 2 ** 31 - 1)),
};

/** Calls that threads make: those that make something stand at the start of `main`. */
const CALLS = [...CALL_SPECS].filter(([name, { creates }]) => !creates && !/^alloc_|create_worker/.test(name));

const call = fc.oneof(
  ...CALLS.map(([name, { args, optional, works }]) => {
    const kinds = args.map((kind) =>
      kind === 'work' ? fc.constantFrom(...works.flatMap((it) => WORKS[it])) : ARGUMENTS[kind],
    );
    return fc.record({ values: fc.tuple(...kinds), dropped: fc.nat(optional) }).map(({ values, dropped }) => {
      const given = values.slice(0, values.length - dropped);
      return given.length === 0 ? name : { [name]: given };
    });
  }),
);

const condition = fc.letrec((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('kthread_should_stop', 'kthread_should_park', 'signal_pending'),
    fc.record({ var: ARGUMENTS.var, ge: fc.integer({ min: -2, max: 5 }) }),
    fc.record({ var: ARGUMENTS.var, eq: fc.integer({ min: -2, max: 5 }) }),
    fc.record({ result: fc.integer({ min: -1, max: 2 }) }),
    fc.record({ not: tie('condition') }),
  ),
})).condition;

const { statements } = fc.letrec((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 12, arbitrary: call },
    { weight: 1, arbitrary: fc.record({ repeat: fc.integer({ min: 1, max: 4 }), do: tie('statements') }) },
    { weight: 1, arbitrary: fc.record({ if: condition, then: tie('statements'), else: tie('statements') }) },
    // a loop that takes time, so that it is not refused
    {
      weight: 1,
      arbitrary: fc.record({ while: condition, do: tie('statements').map((list) => [{ usleep_range: 500 }, ...list]) }),
    },
  ),
  statements: fc.array(tie('statement'), { minLength: 1, maxLength: 8, depthSize: 'small' }),
}));

const flags = fc.uniqueArray(
  fc.constantFrom(
    'WQ_UNBOUND',
    'WQ_FREEZABLE',
    'WQ_MEM_RECLAIM',
    'WQ_HIGHPRI',
    'WQ_CPU_INTENSIVE',
    'WQ_POWER_EFFICIENT',
    'ORDERED',
    'WQ_BH',
  ),
  { maxLength: 2 },
);
const workqueue = fc.record({ flags, max_active: fc.nat(3) });
const work = (kind) => fc.record({ fn: ARGUMENTS.function, kind: fc.constant(kind) });
const userOp = fc.oneof(
  fc
    .record({ kind: fc.constantFrom('spin', 'sleep'), us: fc.integer({ min: 1, max: 5000 }) })
    .map(({ kind, us }) => `${kind}:${us}`),
  fc.integer({ min: 1, max: 40 }).map((pages) => `munmap:${pages}`),
  fc.constant('yield'),
);
const user = (name) =>
  fc.record({
    name: fc.constant(name),
    cpu: fc.integer({ min: -1, max: CPUS - 1 }),
    ops: fc.array(userOp, { maxLength: 6 }),
  });
/** Everything is made before anything runs: otherwise most runs end at the first name that does not exist yet. */
const made = THREADS.map((name) =>
  fc.oneof(
    ARGUMENTS.function.map((fn) => ({ kthread_create: [name, fn] })),
    fc.tuple(ARGUMENTS.function, ARGUMENTS.cpu).map(([fn, cpu]) => ({ kthread_create_on_cpu: [name, fn, cpu] })),
  ),
);
const QUEUES = ['q0', 'q1', 'q2'].map((name) => ({ alloc_workqueue: name }));
const WORKERS = ['k0', 'k1'].map((name) => ({ kthread_create_worker: name }));
const AWAKE = THREADS.map((name) => ({ wake_up_process: name }));

/** Programs as the objects that {@link textOf} writes. */
export const wildScenario = fc.record({
  machine: fc.record({ cpus: fc.constant(CPUS), preempt: fc.constantFrom('none', 'voluntary', 'full') }),
  main_cpu: fc.integer({ min: -1, max: CPUS - 1 }),
  completions: fc.constant(['c0', 'c1']),
  mutexes: fc.constant(['m0', 'm1']),
  waitqueues: fc.constant(['h0', 'h1']),
  workers: fc.constant(['k0', 'k1']),
  vars: fc.constant({ v0: 0, v1: 2 }),
  workqueues: fc.record({ q0: workqueue, q1: workqueue, q2: workqueue }),
  works: fc.record(
    Object.fromEntries(Object.entries(WORKS).flatMap(([kind, names]) => names.map((name) => [name, work(kind)]))),
  ),
  functions: fc.record(Object.fromEntries(FUNCTIONS.map((name) => [name, statements]))),
  users: fc.tuple(user('u0'), user('u1')),
  main: fc
    .tuple(fc.tuple(...made), statements)
    .map(([threads, rest]) => [...QUEUES, ...WORKERS, ...threads, ...AWAKE, ...rest]),
});
