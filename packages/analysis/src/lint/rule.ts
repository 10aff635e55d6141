import type { TraceEvent } from '@kernel-model/trace';

/** Name of a rule. */
export type LintRule =
  | 'clock-backwards'
  | 'lost-events'
  | 'not-current'
  | 'prev-not-current'
  | 'same-task'
  | 'two-cpus'
  | 'idle-task'
  | 'asleep-runs'
  | 'dead-task'
  | 'not-waking'
  | 'waking-twice'
  | 'waking-runnable'
  | 'same-cpu'
  | 'running-migrates'
  | 'wrong-cpu'
  | 'rt-order'
  | 'not-parent'
  | 'not-self'
  | 'not-queued'
  | 'worker-busy'
  | 'not-started'
  | 'softirq-nested'
  | 'irq-nested';

/** The rules of Linux 6.12 that a trace is held against: what each says, and which function keeps it. */
export const LINT_RULES: Readonly<Record<LintRule, readonly [says: string, linux: string]>> = {
  'clock-backwards': ['the clock of a CPU never goes back', 'kernel/trace/ring_buffer.c rb_add_timestamp()'],
  'lost-events': ['nothing is missing', 'kernel/trace/ring_buffer.c rb_handle_head_page()'],
  'not-current': ['an event is from the task that its CPU switched to', 'kernel/sched/core.c __schedule()'],
  'prev-not-current': ['a CPU leaves the task that it switched to', 'kernel/sched/core.c __schedule()'],
  'same-task': ['a switch is from one task to another', 'kernel/sched/core.c __schedule()'],
  'two-cpus': ['a task runs on one CPU at a time', 'kernel/sched/core.c finish_task()'],
  'idle-task': ['an idle task stays on its CPU and is always runnable', 'kernel/sched/idle.c do_idle()'],
  'asleep-runs': ['a sleeping task is woken before it runs', 'kernel/sched/core.c try_to_wake_up()'],
  'dead-task': ['a task that has died does nothing any more', 'kernel/sched/core.c do_task_dead()'],
  'not-waking': ['a wakeup begins with sched_waking', 'kernel/sched/core.c try_to_wake_up()'],
  'waking-twice': ['a wakeup is done before the next begins', 'kernel/sched/core.c ttwu_state_match()'],
  'waking-runnable': [
    'a task that has not run since its wakeup is not woken',
    'kernel/sched/core.c ttwu_state_match()',
  ],
  'same-cpu': ['a migration is to another CPU', 'kernel/sched/core.c set_task_cpu()'],
  'running-migrates': ['a running task stays where it is', 'kernel/sched/core.c set_task_cpu()'],
  'wrong-cpu': ['a task changes its CPU only by sched_migrate_task', 'kernel/sched/core.c set_task_cpu()'],
  'rt-order': [
    'a runnable real-time task is picked before those of lower priority',
    'kernel/sched/core.c __pick_next_task()',
  ],
  'not-parent': ['a task is forked by the one that runs', 'kernel/fork.c kernel_clone()'],
  'not-self': ['a task exits while it runs', 'kernel/exit.c do_exit()'],
  'not-queued': ['a work is queued before it runs', 'kernel/workqueue.c process_one_work()'],
  'worker-busy': ['a worker ends a work before it starts another', 'kernel/workqueue.c process_one_work()'],
  'not-started': ['a work is started before it ends', 'kernel/workqueue.c process_one_work()'],
  'softirq-nested': ['softirqs of a CPU run one after the other', 'kernel/softirq.c handle_softirqs()'],
  'irq-nested': [
    'handlers of interrupts run one after the other on a CPU',
    'kernel/irq/handle.c __handle_irq_event_percpu()',
  ],
};

/** Something in a trace that the rules of Linux 6.12 cannot explain. */
export interface LintFinding {
  readonly rule: LintRule;
  /** The event, in words. */
  readonly message: string;
  /** Number of the line, from 1. */
  readonly line: number;
  readonly atNs: number;
  readonly cpu: number;
}

/** What a part of the rules is told, and tells. */
export interface RuleSet {
  /** Look at the next event. */
  take(event: TraceEvent, line: number): void;
  /** There is a gap: what was known holds no more. */
  forget(): void;
}

/** Takes what a rule set finds. */
export type Report = (rule: LintRule, event: TraceEvent, line: number, message: string) => void;
