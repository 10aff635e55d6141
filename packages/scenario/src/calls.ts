import { MAX_CPUS, MAX_SIGNAL } from './words.ts';
import type { WorkKind } from './words.ts';

/** Names of all calls. */
export type CallName =
  | 'kthread_create'
  | 'kthread_run'
  | 'kthread_create_on_cpu'
  | 'kthread_bind'
  | 'wake_up_process'
  | 'kthread_stop'
  | 'kthread_park'
  | 'kthread_unpark'
  | 'kthread_parkme'
  | 'get_task_struct'
  | 'put_task_struct'
  | 'return'
  | 'set_current_state'
  | '__set_current_state'
  | 'smp_mb'
  | 'schedule'
  | 'schedule_timeout'
  | 'msleep'
  | 'usleep_range'
  | 'busy'
  | 'cond_resched'
  | 'yield'
  | 'preempt_disable'
  | 'preempt_enable'
  | 'local_bh'
  | 'remove_cpu'
  | 'add_cpu'
  | 'set_user_nice'
  | 'sched_set_fifo'
  | 'sched_set_fifo_low'
  | 'sched_set_normal'
  | 'set_cpus_allowed'
  | 'sched_setattr'
  | 'complete'
  | 'complete_all'
  | 'reinit_completion'
  | 'wait_for_completion'
  | 'wait_for_completion_timeout'
  | 'wait_for_completion_interruptible'
  | 'try_wait_for_completion'
  | 'var_set'
  | 'var_add'
  | 'wake_up'
  | 'wake_up_all'
  | 'wait_event'
  | 'wait_event_interruptible'
  | 'wait_event_timeout'
  | 'mutex_lock'
  | 'mutex_unlock'
  | 'mutex_trylock'
  | 'send_sig'
  | 'allow_signal'
  | 'flush_signals'
  | 'kthread_create_worker'
  | 'kthread_create_worker_on_cpu'
  | 'kthread_destroy_worker'
  | 'kthread_queue_work'
  | 'kthread_queue_delayed_work'
  | 'kthread_mod_delayed_work'
  | 'kthread_flush_work'
  | 'kthread_flush_worker'
  | 'kthread_cancel_work_sync'
  | 'kthread_cancel_delayed_work_sync'
  | 'alloc_workqueue'
  | 'queue_work'
  | 'queue_work_on'
  | 'queue_delayed_work'
  | 'queue_delayed_work_on'
  | 'mod_delayed_work'
  | 'flush_work'
  | 'flush_delayed_work'
  | 'flush_workqueue'
  | 'drain_workqueue'
  | 'cancel_work'
  | 'cancel_work_sync'
  | 'cancel_delayed_work'
  | 'cancel_delayed_work_sync'
  | 'disable_work_sync'
  | 'enable_work'
  | 'work_busy'
  | 'destroy_workqueue'
  | 'kthread_use_mm'
  | 'kthread_unuse_mm'
  | 'print';

/** What one argument of a call is. {@link ARGUMENT_KINDS} describes each. */
export type ArgumentKind =
  | 'thread'
  | 'thread-or-self'
  | 'function'
  | 'completion'
  | 'mutex'
  | 'waitqueue'
  | 'var'
  | 'worker'
  | 'work'
  | 'workqueue'
  | 'user'
  | 'state'
  | 'policy'
  | 'signal'
  | 'cpu'
  | 'mask'
  | 'ms'
  | 'us'
  | 'int';

/** How an argument is described, and for numbers the range. */
export interface ArgumentInfo {
  /** With article, for messages: "a thread". */
  readonly what: string;
  /** Short form, for the table of calls: `T`. */
  readonly letter: string;
  /** A number of this range; without it the argument is a word. */
  readonly range?: readonly [min: number, max: number];
}

const LONGEST = 2 ** 31 - 1;

/** All kinds of arguments. */
export const ARGUMENT_KINDS: Readonly<Record<ArgumentKind, ArgumentInfo>> = {
  thread: { what: 'a thread', letter: 'THREAD' },
  'thread-or-self': { what: 'a thread or self', letter: 'THREAD|self' },
  function: { what: 'a function', letter: 'FUNCTION' },
  completion: { what: 'a completion', letter: 'COMPLETION' },
  mutex: { what: 'a mutex', letter: 'MUTEX' },
  waitqueue: { what: 'a waitqueue', letter: 'WAITQUEUE' },
  var: { what: 'a variable', letter: 'VAR' },
  worker: { what: 'a worker', letter: 'WORKER' },
  work: { what: 'a work', letter: 'WORK' },
  workqueue: { what: 'a workqueue', letter: 'WORKQUEUE' },
  user: { what: 'a user process', letter: 'USER' },
  state: { what: 'a task state', letter: 'STATE' },
  policy: { what: 'a scheduling policy', letter: 'POLICY' },
  signal: { what: 'a signal', letter: 'SIGNAL', range: [1, MAX_SIGNAL] },
  cpu: { what: 'a CPU', letter: 'CPU', range: [0, MAX_CPUS - 1] },
  mask: { what: 'a mask of CPUs', letter: 'MASK', range: [0, Number.MAX_SAFE_INTEGER] },
  ms: { what: 'a number of milliseconds', letter: 'MS', range: [0, LONGEST] },
  us: { what: 'a number of microseconds', letter: 'US', range: [0, LONGEST] },
  int: { what: 'a whole number', letter: 'N', range: [-LONGEST - 1, LONGEST] },
};

/**
 * Which marks a call writes: `> CALL OBJECT` and `< CALL OBJECT = RESULT`; one `= CALL OBJECT [VALUE]`; only the `<`
 * mark; or none.
 */
export type MarkStyle = 'enter/return' | 'note' | 'result-only' | 'none';

/** Everything there is to know about a call without running it. */
export interface CallSpec {
  /** What it does, in a few words. */
  readonly about: string;
  /** Kinds of the arguments, in order. */
  readonly args: readonly ArgumentKind[];
  /** How many may be left out at the end; they are 0 then. */
  readonly optional: number;
  /** Works it takes, for calls with a `work` argument. Others are refused. */
  readonly works: readonly WorkKind[] | null;
  /** Its marks. */
  readonly mark: MarkStyle;
  /** The OBJECT of its marks: the argument with this index, that word, or nothing. */
  readonly object: number | 'self' | 'cpu' | null;
  /** The VALUE of a note: the argument with this index, the new value of the variable, or nothing. */
  readonly value: number | 'new' | null;
  /** For a note: written before the call is made (else after it). */
  readonly noteFirst: boolean;
  /** It sets what `{result: N}` compares with. Other calls leave the earlier result alone. */
  readonly result: boolean;
  /** It makes the thread of its first argument. */
  readonly creates: boolean;
  /** No time passes, nobody else is let in and no condition changes: it cannot be what ends a loop. */
  readonly inert: boolean;
}

const ANY_QUEUED: readonly WorkKind[] = ['work', 'delayed'];
const ANY_KTHREAD: readonly WorkKind[] = ['kthread', 'kthread_delayed'];

type Extra = Partial<Omit<CallSpec, 'about' | 'args' | 'mark'>>;

/** A call that may block: `>` and `<`. */
function blocks(about: string, args: readonly ArgumentKind[], object: CallSpec['object'], extra: Extra = {}): CallSpec {
  return spec(about, args, 'enter/return', { object, ...extra });
}

/** A call that may block or is worth two marks, and whose return value `{result: N}` sees. */
function returns(
  about: string,
  args: readonly ArgumentKind[],
  object: CallSpec['object'],
  extra: Extra = {},
): CallSpec {
  return spec(about, args, 'enter/return', { object, result: true, ...extra });
}

/** A call that returns at once with a value worth one `<` mark. */
function tries(about: string, args: readonly ArgumentKind[], object: CallSpec['object'], extra: Extra = {}): CallSpec {
  return spec(about, args, 'result-only', { object, result: true, ...extra });
}

/** A call with one `=` mark. */
function notes(about: string, args: readonly ArgumentKind[], object: CallSpec['object'], extra: Extra = {}): CallSpec {
  return spec(about, args, 'note', { object, ...extra });
}

/** A call without marks. */
function silent(about: string, args: readonly ArgumentKind[], extra: Extra = {}): CallSpec {
  return spec(about, args, 'none', extra);
}

function spec(about: string, args: readonly ArgumentKind[], mark: MarkStyle, extra: Extra): CallSpec {
  const none = {
    optional: 0,
    works: null,
    object: null,
    value: null,
    noteFirst: false,
    result: false,
    creates: false,
    inert: false,
  };
  return { about, args, mark, ...none, ...extra };
}

const FIRST: Extra = { noteFirst: true };
const INERT: Extra = { inert: true };

/**
 * All calls of a scenario: the one table behind the JSON Schema, the checks, the documentation and the interpreter.
 * Names and order of arguments are the kernel's.
 */
export const CALLS: Readonly<Record<CallName, CallSpec>> = {
  kthread_create: blocks('makes a thread that does not run yet', ['thread', 'function'], 0, { creates: true }),
  kthread_run: blocks('makes a thread and wakes it', ['thread', 'function'], 0, { creates: true }),
  kthread_create_on_cpu: blocks('makes a per-CPU thread, parked', ['thread', 'function', 'cpu'], 0, { creates: true }),
  kthread_bind: blocks('binds a thread that has not run yet', ['thread', 'cpu'], 0),
  wake_up_process: returns('wakes a thread; 1 if it slept', ['thread'], 0),
  kthread_stop: returns('asks a thread to stop, waits for its end; its result', ['thread'], 0),
  kthread_park: returns('asks a thread to park, waits until it has', ['thread'], 0),
  kthread_unpark: blocks('lets a parked thread go on', ['thread'], 0),
  kthread_parkme: blocks('parks the caller if it was asked to', [], 'self'),
  get_task_struct: notes('takes a reference', ['thread'], 0),
  put_task_struct: notes('drops a reference', ['thread'], 0),
  return: silent('ends the function with this result (0 if left out)', ['int'], { optional: 1 }),

  set_current_state: silent('says how the next schedule sleeps', ['state'], INERT),
  __set_current_state: silent('the same without a barrier', ['state'], INERT),
  smp_mb: silent('a full barrier', [], INERT),
  schedule: blocks('gives up the CPU', [], 'self'),
  schedule_timeout: returns('sleeps in the current state; 1 if woken early', ['ms'], 'self'),
  msleep: blocks('sleeps, uninterruptibly', ['ms'], 'self'),
  usleep_range: blocks('sleeps on a high-resolution timer', ['us'], 'self'),
  busy: blocks('uses the CPU for that long', ['us'], 0),
  cond_resched: silent('lets others run if the scheduler wants to', []),
  yield: blocks('lets others of the same priority run', [], 'self'),
  preempt_disable: silent('no preemption from here', [], INERT),
  preempt_enable: silent('preemption again', [], INERT),
  local_bh: silent('busy with bottom halves off', ['us']),
  remove_cpu: returns('takes a CPU offline', ['cpu'], 'cpu'),
  add_cpu: returns('brings a CPU online', ['cpu'], 'cpu'),

  set_user_nice: notes('sets the nice value', ['thread-or-self', 'int'], 0, { value: 1 }),
  sched_set_fifo: notes('SCHED_FIFO, priority 50', ['thread-or-self'], 0),
  sched_set_fifo_low: notes('SCHED_FIFO, priority 1', ['thread-or-self'], 0),
  sched_set_normal: notes('SCHED_NORMAL with that nice value', ['thread-or-self', 'int'], 0, { value: 1 }),
  set_cpus_allowed: returns('sets the CPUs a thread may run on', ['thread-or-self', 'mask'], 0),
  sched_setattr: returns(
    'policy, then priority, nice, slice in us; for SCHED_DEADLINE runtime, deadline, period in us',
    ['thread-or-self', 'policy', 'int', 'int', 'int'],
    0,
    { optional: 3 },
  ),

  complete: notes('lets one waiter go on', ['completion'], 0, FIRST),
  complete_all: notes('lets all waiters go on, now and later', ['completion'], 0, FIRST),
  reinit_completion: notes('makes it not done again', ['completion'], 0),
  wait_for_completion: blocks('waits, uninterruptibly', ['completion'], 0),
  wait_for_completion_timeout: returns('waits that long; 1 if done, 0 if time ran out', ['completion', 'ms'], 0),
  wait_for_completion_interruptible: returns('waits; -512 if a signal came', ['completion'], 0),
  try_wait_for_completion: tries('1 if it was done', ['completion'], 0),
  var_set: notes('sets a variable', ['var', 'int'], 0, { value: 1 }),
  var_add: notes('adds to a variable', ['var', 'int'], 0, { value: 'new' }),
  wake_up: notes('wakes one exclusive waiter and all others', ['waitqueue'], 0, FIRST),
  wake_up_all: notes('wakes all waiters', ['waitqueue'], 0, FIRST),
  wait_event: blocks('waits until the variable is at least N', ['waitqueue', 'var', 'int'], 0),
  wait_event_interruptible: returns('the same; -512 if a signal came', ['waitqueue', 'var', 'int'], 0),
  wait_event_timeout: returns('the same; 0 if time ran out', ['waitqueue', 'var', 'int', 'ms'], 0),
  mutex_lock: blocks('takes a mutex', ['mutex'], 0),
  mutex_unlock: notes('releases a mutex', ['mutex'], 0, FIRST),
  mutex_trylock: tries('1 if it got the mutex', ['mutex'], 0),

  send_sig: returns('sends a signal as the kernel', ['signal', 'thread'], 1),
  allow_signal: notes('lets a signal reach the caller', ['signal'], 0),
  flush_signals: notes('forgets all pending signals', [], 'self'),

  kthread_create_worker: blocks('makes a worker', ['worker'], 0),
  kthread_create_worker_on_cpu: blocks('makes a worker bound to a CPU', ['worker', 'cpu'], 0),
  kthread_destroy_worker: blocks('flushes and stops a worker', ['worker'], 0),
  kthread_queue_work: returns('queues; 0 if it was queued already', ['worker', 'work'], 1, { works: ANY_KTHREAD }),
  kthread_queue_delayed_work: returns('queues after a delay', ['worker', 'work', 'ms'], 1, {
    works: ['kthread_delayed'],
  }),
  kthread_mod_delayed_work: returns('sets the delay anew', ['worker', 'work', 'ms'], 1, { works: ['kthread_delayed'] }),
  kthread_flush_work: blocks('waits until a work has run', ['work'], 0, { works: ANY_KTHREAD }),
  kthread_flush_worker: blocks('waits until all works have run', ['worker'], 0),
  kthread_cancel_work_sync: returns('cancels and waits', ['work'], 0, { works: ['kthread'] }),
  kthread_cancel_delayed_work_sync: returns('cancels and waits', ['work'], 0, { works: ['kthread_delayed'] }),

  alloc_workqueue: blocks('makes a workqueue as declared', ['workqueue'], 0),
  queue_work: returns('queues; 0 if it was queued already', ['workqueue', 'work'], 1, { works: ANY_QUEUED }),
  queue_work_on: returns('queues on a CPU', ['cpu', 'workqueue', 'work'], 2, { works: ANY_QUEUED }),
  queue_delayed_work: returns('queues after a delay', ['workqueue', 'work', 'ms'], 1, { works: ['delayed'] }),
  queue_delayed_work_on: returns('queues on a CPU after a delay', ['cpu', 'workqueue', 'work', 'ms'], 2, {
    works: ['delayed'],
  }),
  mod_delayed_work: returns('sets the delay anew', ['workqueue', 'work', 'ms'], 1, { works: ['delayed'] }),
  flush_work: returns('waits until a work has run', ['work'], 0, { works: ANY_QUEUED }),
  flush_delayed_work: returns('queues it at once, waits until it has run', ['work'], 0, { works: ['delayed'] }),
  flush_workqueue: blocks('waits for all works queued so far', ['workqueue'], 0),
  drain_workqueue: blocks('waits until the queue is empty', ['workqueue'], 0),
  cancel_work: returns('cancels; 1 if it was pending', ['work'], 0, { works: ANY_QUEUED }),
  cancel_work_sync: returns('cancels and waits', ['work'], 0, { works: ANY_QUEUED }),
  cancel_delayed_work: returns('cancels; 1 if it was pending', ['work'], 0, { works: ['delayed'] }),
  cancel_delayed_work_sync: returns('cancels and waits', ['work'], 0, { works: ['delayed'] }),
  disable_work_sync: returns('cancels, waits, refuses to queue it', ['work'], 0, { works: ANY_QUEUED }),
  enable_work: returns('undoes one disable_work_sync', ['work'], 0, { works: ANY_QUEUED }),
  work_busy: tries('1 pending, 2 running, 3 both', ['work'], 0, { works: ANY_QUEUED }),
  destroy_workqueue: blocks('drains and frees a workqueue', ['workqueue'], 0),

  kthread_use_mm: notes('adopts the address space of a user process', ['user'], 0, FIRST),
  kthread_unuse_mm: notes('gives it back', [], null),
  print: notes('leaves a number in the trace', ['int'], 0, FIRST),
};

/** All calls by name; safe to ask for any text. */
export const CALL_SPECS: ReadonlyMap<string, CallSpec> = new Map<string, CallSpec>(Object.entries(CALLS));

/** Whether a text is the name of a call. */
export function isCallName(text: string): text is CallName {
  return CALL_SPECS.has(text);
}
