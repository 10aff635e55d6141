/** Preemption models a machine can be booted with. @linux boot parameter preempt= */
export const PREEMPT_MODES = ['none', 'voluntary', 'full'] as const;
/** One of `PREEMPT_MODES`. */
export type PreemptMode = (typeof PREEMPT_MODES)[number];

/** What `flags` of a workqueue may hold. `ORDERED` stands for alloc_ordered_workqueue(). @linux include/linux/workqueue.h */
export const WORKQUEUE_FLAGS = [
  'WQ_BH',
  'WQ_UNBOUND',
  'WQ_FREEZABLE',
  'WQ_MEM_RECLAIM',
  'WQ_HIGHPRI',
  'WQ_CPU_INTENSIVE',
  'WQ_SYSFS',
  'WQ_POWER_EFFICIENT',
  'ORDERED',
] as const;
/** One of `WORKQUEUE_FLAGS`. */
export type WorkqueueFlag = (typeof WORKQUEUE_FLAGS)[number];

/** Kinds of works: for a workqueue, with a timer, for a kthread worker, for a kthread worker with a timer. */
export const WORK_KINDS = ['work', 'delayed', 'kthread', 'kthread_delayed'] as const;
/** One of `WORK_KINDS`. */
export type WorkKind = (typeof WORK_KINDS)[number];

/** States that `set_current_state` takes. @linux include/linux/sched.h */
export const TASK_STATES = ['TASK_RUNNING', 'TASK_INTERRUPTIBLE', 'TASK_UNINTERRUPTIBLE', 'TASK_IDLE'] as const;
/** One of `TASK_STATES`. */
export type TaskState = (typeof TASK_STATES)[number];

/** Policies that `sched_setattr` takes. @linux include/uapi/linux/sched.h */
export const POLICIES = [
  'SCHED_NORMAL',
  'SCHED_FIFO',
  'SCHED_RR',
  'SCHED_BATCH',
  'SCHED_IDLE',
  'SCHED_DEADLINE',
] as const;
/** One of `POLICIES`. */
export type Policy = (typeof POLICIES)[number];

/** Signals that may be written by name; any number from 1 to {@link MAX_SIGNAL} will do, too. @linux arch/x86/include/uapi/asm/signal.h */
export const SIGNALS: ReadonlyMap<string, number> = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGQUIT', 3],
  ['SIGILL', 4],
  ['SIGTRAP', 5],
  ['SIGABRT', 6],
  ['SIGBUS', 7],
  ['SIGFPE', 8],
  ['SIGKILL', 9],
  ['SIGUSR1', 10],
  ['SIGSEGV', 11],
  ['SIGUSR2', 12],
  ['SIGPIPE', 13],
  ['SIGALRM', 14],
  ['SIGTERM', 15],
  ['SIGSTKFLT', 16],
  ['SIGCHLD', 17],
  ['SIGCONT', 18],
  ['SIGSTOP', 19],
  ['SIGTSTP', 20],
  ['SIGTTIN', 21],
  ['SIGTTOU', 22],
  ['SIGURG', 23],
  ['SIGXCPU', 24],
  ['SIGXFSZ', 25],
  ['SIGVTALRM', 26],
  ['SIGPROF', 27],
  ['SIGWINCH', 28],
  ['SIGIO', 29],
  ['SIGPWR', 30],
  ['SIGSYS', 31],
]);

/** Largest signal number. @linux _NSIG */
export const MAX_SIGNAL = 64;

/** Conditions written as one word. */
export const FLAG_CONDITIONS = ['kthread_should_stop', 'kthread_should_park', 'signal_pending'] as const;
/** One of `FLAG_CONDITIONS`. */
export type FlagCondition = (typeof FLAG_CONDITIONS)[number];

/** What a user process can do. `spin`, `sleep` take microseconds, `munmap` pages. */
export const USER_OPS = ['spin', 'sleep', 'yield', 'munmap'] as const;
/** One of `USER_OPS`. */
export type UserOpKind = (typeof USER_OPS)[number];

/** Most CPUs a machine can have. */
export const MAX_CPUS = 64;
/** A machine without `cpus` has this many. */
export const DEFAULT_CPUS = 2;
