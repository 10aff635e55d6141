/**
 * What recorded traces of real machines contain: events about tasks and works. Ticks, timers and softirqs are left out,
 * because a trace is read by people.
 */
export const DEFAULT_EVENTS: readonly string[] = [
  'sched_kthread_stop',
  'sched_kthread_stop_ret',
  'sched_kthread_work_execute_end',
  'sched_kthread_work_execute_start',
  'sched_kthread_work_queue_work',
  'sched_migrate_task',
  'sched_process_exit',
  'sched_process_fork',
  'sched_process_free',
  'sched_switch',
  'sched_wakeup',
  'sched_wakeup_new',
  'sched_waking',
  'signal_deliver',
  'signal_generate',
  'tlb_flush',
  'tracing_mark_write',
  'workqueue_activate_work',
  'workqueue_execute_end',
  'workqueue_execute_start',
  'workqueue_queue_work',
];
