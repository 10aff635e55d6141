// Scenarios that keep the rules of the kernel: whoever is parked is unparked, what is queued has an owner, main stops and
// frees everything at the end. So they must come to their end, with nothing left over.
import fc from 'fast-check';

const ms = fc.integer({ min: 1, max: 15 });
const us = fc.integer({ min: 10, max: 4000 });
const nice = fc.integer({ min: -20, max: 19 });
const pick = (names) => fc.constantFrom(...names);
/** Statements in a row. */
const row = (...lists) => fc.tuple(...lists).map((parts) => parts.flat());
const rows = (statement, maxLength) => fc.array(statement, { maxLength }).map((lists) => lists.flat());

/** What a thread or a work may do and be done with. */
const acts = fc.oneof(
  us.map((time) => [{ busy: time }]),
  us.map((time) => [{ usleep_range: time }]),
  ms.map((time) => [{ msleep: time }]),
  us.map((time) => [{ local_bh: time }]),
  us.map((time) => ['preempt_disable', { busy: time }, 'preempt_enable']),
  us.map((time) => [{ mutex_lock: 'm' }, { busy: time }, { mutex_unlock: 'm' }]),
  ms.map((time) => [{ wait_for_completion_timeout: ['c', time] }]),
  ms.map((time) => [{ wait_event_timeout: ['h', 'v', 3, time] }]),
  fc.constantFrom(
    [{ complete: 'c' }],
    [{ var_add: ['v', 1] }, { wake_up: 'h' }],
    [{ var_set: ['v', 0] }, { wake_up_all: 'h' }],
    ['cond_resched'],
    ['yield'],
  ),
);
const ownPolicy = fc.oneof(
  nice.map((value) => [{ set_user_nice: ['self', value] }]),
  nice.map((value) => [{ sched_set_normal: ['self', value] }]),
  fc.constantFrom(
    [{ sched_set_fifo: 'self' }],
    [{ sched_set_fifo_low: 'self' }],
    [{ sched_setattr: ['self', 'SCHED_RR', 7] }],
  ),
  fc.constantFrom([{ sched_setattr: ['self', 'SCHED_BATCH'] }], [{ sched_setattr: ['self', 'SCHED_IDLE'] }]),
);

/** Threads by kind: what their loop does besides `acts`. */
const LOOPS = {
  sleeper: [
    { set_current_state: 'TASK_INTERRUPTIBLE' },
    { if: { not: 'kthread_should_stop' }, then: ['schedule'] },
    { set_current_state: 'TASK_RUNNING' },
  ],
  poller: [
    { set_current_state: 'TASK_IDLE' },
    { if: { not: 'kthread_should_stop' }, then: [{ schedule_timeout: 5 }] },
    { set_current_state: 'TASK_RUNNING' },
  ],
  parker: [{ if: 'kthread_should_park', then: ['kthread_parkme'] }, { msleep: 4 }],
  cleaner: [
    { allow_signal: 'SIGTERM' },
    { set_current_state: 'TASK_INTERRUPTIBLE' },
    { if: { not: 'kthread_should_stop' }, then: [{ schedule_timeout: 9 }] },
    { set_current_state: 'TASK_RUNNING' },
    'flush_signals',
  ],
};

const WORKS = { work: ['wa', 'wb'], delayed: ['da', 'db'], kthread: ['ka', 'kb'], kthread_delayed: ['xa', 'xb'] };
const queued = pick([...WORKS.work, ...WORKS.delayed]);
const delayed = pick(WORKS.delayed);
const onWorker = pick([...WORKS.kthread, ...WORKS.kthread_delayed]);
const kthreadDelayed = pick(WORKS.kthread_delayed);

/**
 * Plain calls on a delayed work whose timer runs spin until it goes off, in Linux too, and others may set it anew for ever.
 */
const plain = pick(WORKS.work);

/** Each work has one queue: two queues for one work is legal, and makes the accounts harder to read. */
const queueOf = { wa: 'q0', wb: 'q1', da: 'q0', db: 'q1' };

const queueing = (cpus) =>
  fc.oneof(
    queued.map((work) => [{ queue_work: [queueOf[work], work] }]),
    fc.tuple(fc.nat(cpus - 1), queued).map(([cpu, work]) => [{ queue_work_on: [cpu, queueOf[work], work] }]),
    fc.tuple(delayed, ms).map(([work, time]) => [{ queue_delayed_work: [queueOf[work], work, time] }]),
    fc.tuple(delayed, ms).map(([work, time]) => [{ mod_delayed_work: [queueOf[work], work, time] }]),
    onWorker.map((work) => [{ kthread_queue_work: ['k', work] }]),
    fc.tuple(kthreadDelayed, ms).map(([work, time]) => [{ kthread_queue_delayed_work: ['k', work, time] }]),
    fc.tuple(kthreadDelayed, ms).map(([work, time]) => [{ kthread_mod_delayed_work: ['k', work, time] }]),
  );

const settling = fc.oneof(
  queued.map((work) => [{ flush_work: work }]),
  delayed.map((work) => [{ flush_delayed_work: work }]),
  plain.map((work) => [{ cancel_work: work }]),
  plain.map((work) => [{ cancel_work_sync: work }]),
  delayed.map((work) => [{ cancel_delayed_work: work }]),
  delayed.map((work) => [{ cancel_delayed_work_sync: work }]),
  fc.tuple(plain, ms).map(([work, time]) => [{ disable_work_sync: work }, { msleep: time }, { enable_work: work }]),
  pick(['q0', 'q1']).map((wq) => [{ flush_workqueue: wq }]),
  queued.map((work) => [{ work_busy: work }]),
  pick(WORKS.kthread).map((work) => [{ kthread_flush_work: work }]),
  pick(WORKS.kthread).map((work) => [{ kthread_cancel_work_sync: work }]),
  kthreadDelayed.map((work) => [{ kthread_cancel_delayed_work_sync: work }]),
  fc.constant([{ kthread_flush_worker: 'k' }]),
);

const driving = (cpus, threads, parkers) => {
  const thread = pick(threads);
  const setattr = fc.constantFrom(
    ['SCHED_NORMAL', 0, 4, 700],
    ['SCHED_BATCH'],
    ['SCHED_IDLE'],
    ['SCHED_FIFO', 20],
    ['SCHED_RR', 3],
  );
  return fc.oneof(
    thread.map((name) => [{ wake_up_process: name }]),
    fc.tuple(thread, nice).map(([name, value]) => [{ set_user_nice: [name, value] }]),
    fc.tuple(thread, setattr).map(([name, attr]) => [{ sched_setattr: [name, ...attr] }]),
    fc
      .tuple(thread, fc.integer({ min: 1, max: 2 ** cpus - 1 }))
      .map(([name, mask]) => [{ set_cpus_allowed: [name, mask] }]),
    thread.map((name) => [{ send_sig: ['SIGTERM', name] }]),
    ms.map((time) => [{ msleep: time }]),
    ...(parkers.length > 0
      ? [
          fc
            .tuple(pick(parkers), ms)
            .map(([name, time]) => [{ kthread_park: name }, { msleep: time }, { kthread_unpark: name }]),
        ]
      : []),
    ...(cpus > 1
      ? [
          fc
            .tuple(fc.integer({ min: 1, max: cpus - 1 }), ms)
            .map(([cpu, time]) => [{ remove_cpu: cpu }, { msleep: time }, { add_cpu: cpu }]),
        ]
      : []),
  );
};

const workqueue = fc.record({
  flags: fc.uniqueArray(
    fc.constantFrom('WQ_UNBOUND', 'WQ_MEM_RECLAIM', 'WQ_HIGHPRI', 'WQ_CPU_INTENSIVE', 'WQ_FREEZABLE'),
    { maxLength: 2 },
  ),
  max_active: fc.nat(3),
});

/** What every legal scenario ends with: threads first, since they queue; then the works; then what runs them. */
const ending = (threads) => [
  ...threads.map((name) => ({ kthread_stop: name })),
  ...threads.map((name) => ({ put_task_struct: name })),
  ...WORKS.delayed.map((work) => ({ cancel_delayed_work_sync: work })),
  ...WORKS.kthread_delayed.map((work) => ({ kthread_cancel_delayed_work_sync: work })),
  { flush_workqueue: 'q0' },
  { kthread_flush_worker: 'k' },
  { destroy_workqueue: 'q0' },
  { destroy_workqueue: 'q1' },
  { kthread_destroy_worker: 'k' },
];

const shape = fc.record({
  cpus: fc.integer({ min: 1, max: 4 }),
  preempt: fc.constantFrom('none', 'voluntary', 'full'),
  kinds: fc.array(fc.constantFrom(...Object.keys(LOOPS)), { minLength: 1, maxLength: 4 }),
});

/** Programs as the objects that {@link textOf} writes. */
export const legalScenario = shape.chain(({ cpus, preempt, kinds }) => {
  const threads = kinds.map((_, i) => `t${i}`);
  const parkers = threads.filter((_, i) => kinds[i] === 'parker');
  const bodies = kinds.map((kind) =>
    row(
      rows(
        fc.oneof(
          { weight: 4, arbitrary: acts },
          { weight: 1, arbitrary: ownPolicy },
          { weight: 2, arbitrary: queueing(cpus) },
        ),
        5,
      ),
      fc.constant(LOOPS[kind]),
    ).map((body) => [{ while: { not: 'kthread_should_stop' }, do: body }, { return: 1 }]),
  );
  const functions = { works: rows(acts, 3).map((body) => [...body, { return: 0 }]) };
  bodies.forEach((body, i) => (functions[`f${i}`] = body));
  const kindsOfWorks = Object.entries(WORKS).flatMap(([kind, names]) =>
    names.map((name) => [name, { fn: 'works', kind }]),
  );
  const birth = (name, i) =>
    fc.constantFrom(
      [{ kthread_create: [name, `f${i}`] }, { get_task_struct: name }, { wake_up_process: name }],
      [
        { kthread_create: [name, `f${i}`] },
        { get_task_struct: name },
        { kthread_bind: [name, cpus - 1] },
        { wake_up_process: name },
      ],
    );
  const middle = rows(
    fc.oneof(
      { weight: 3, arbitrary: driving(cpus, threads, parkers) },
      { weight: 4, arbitrary: queueing(cpus) },
      { weight: 3, arbitrary: settling },
    ),
    25,
  );
  return fc.record({
    machine: fc.constant({ cpus, preempt }),
    main_cpu: fc.constantFrom(0, -1),
    completions: fc.constant(['c']),
    mutexes: fc.constant(['m']),
    waitqueues: fc.constant(['h']),
    workers: fc.constant(['k']),
    vars: fc.constant({ v: 0 }),
    workqueues: fc.record({ q0: workqueue, q1: workqueue }),
    works: fc.constant(Object.fromEntries(kindsOfWorks)),
    functions: fc.record(functions),
    main: row(
      fc.constant([{ alloc_workqueue: 'q0' }, { alloc_workqueue: 'q1' }, { kthread_create_worker: 'k' }]),
      row(...threads.map(birth)),
      middle,
      fc.constant(ending(threads)),
    ),
  });
});
