import { EventDef } from './event-def.ts';
import { DECIMAL, DECIMAL_3, POINTER, STRING, type FieldType } from './field-types.ts';

const STATE: FieldType<string> = { ...STRING, pattern: '\\S+' };

/** Fields of {@link SCHED_SWITCH}. */
export interface SchedSwitchFields {
  readonly prev_comm: string;
  readonly prev_pid: number;
  readonly prev_prio: number;
  /** A letter of "RSDTtXZPI", or `R+` for a preempted task. */
  readonly prev_state: string;
  readonly next_comm: string;
  readonly next_pid: number;
  readonly next_prio: number;
}

/** A CPU goes from one task to another. @linux include/trace/events/sched.h sched_switch */
export const SCHED_SWITCH: EventDef<SchedSwitchFields> = new EventDef<SchedSwitchFields>(
  'sched',
  'sched_switch',
  'prev_comm={prev_comm} prev_pid={prev_pid} prev_prio={prev_prio} prev_state={prev_state} ==> next_comm={next_comm} next_pid={next_pid} next_prio={next_prio}',
  {
    prev_comm: STRING,
    prev_pid: DECIMAL,
    prev_prio: DECIMAL,
    prev_state: STATE,
    next_comm: STRING,
    next_pid: DECIMAL,
    next_prio: DECIMAL,
  },
);

/** Fields of the wakeup events. */
export interface SchedWakeupFields {
  readonly comm: string;
  readonly pid: number;
  readonly prio: number;
  readonly target_cpu: number;
}

/** A wakeup begins, on the waker's CPU. @linux include/trace/events/sched.h sched_waking */
export const SCHED_WAKING: EventDef<SchedWakeupFields> = wakeupEvent('sched_waking');
/** A woken task is runnable. @linux include/trace/events/sched.h sched_wakeup */
export const SCHED_WAKEUP: EventDef<SchedWakeupFields> = wakeupEvent('sched_wakeup');
/** A new task is runnable for the first time. @linux include/trace/events/sched.h sched_wakeup_new */
export const SCHED_WAKEUP_NEW: EventDef<SchedWakeupFields> = wakeupEvent('sched_wakeup_new');

/** Fields of {@link SCHED_MIGRATE_TASK}. */
export interface SchedMigrateTaskFields {
  readonly comm: string;
  readonly pid: number;
  readonly prio: number;
  readonly orig_cpu: number;
  readonly dest_cpu: number;
}

/** A task's CPU changes. @linux include/trace/events/sched.h sched_migrate_task */
export const SCHED_MIGRATE_TASK: EventDef<SchedMigrateTaskFields> = new EventDef<SchedMigrateTaskFields>(
  'sched',
  'sched_migrate_task',
  'comm={comm} pid={pid} prio={prio} orig_cpu={orig_cpu} dest_cpu={dest_cpu}',
  { comm: STRING, pid: DECIMAL, prio: DECIMAL, orig_cpu: DECIMAL, dest_cpu: DECIMAL },
);

/** Fields of the events about one process. */
export interface SchedProcessFields {
  readonly comm: string;
  readonly pid: number;
  readonly prio: number;
}

/** A task exits. @linux include/trace/events/sched.h sched_process_exit */
export const SCHED_PROCESS_EXIT: EventDef<SchedProcessFields> = processEvent('sched_process_exit');
/** An exited task is freed. @linux include/trace/events/sched.h sched_process_free */
export const SCHED_PROCESS_FREE: EventDef<SchedProcessFields> = processEvent('sched_process_free');
/** Somebody waits for a task to be off its CPU. @linux include/trace/events/sched.h sched_wait_task */
export const SCHED_WAIT_TASK: EventDef<SchedProcessFields> = processEvent('sched_wait_task');
/** A process waits for a child. @linux include/trace/events/sched.h sched_process_wait */
export const SCHED_PROCESS_WAIT: EventDef<SchedProcessFields> = processEvent('sched_process_wait');

/** Fields of {@link SCHED_PROCESS_FORK}. */
export interface SchedProcessForkFields {
  readonly parent_comm: string;
  readonly parent_pid: number;
  readonly child_comm: string;
  readonly child_pid: number;
}

/** A task is made. @linux include/trace/events/sched.h sched_process_fork */
export const SCHED_PROCESS_FORK: EventDef<SchedProcessForkFields> = new EventDef<SchedProcessForkFields>(
  'sched',
  'sched_process_fork',
  'comm={parent_comm} pid={parent_pid} child_comm={child_comm} child_pid={child_pid}',
  { parent_comm: STRING, parent_pid: DECIMAL, child_comm: STRING, child_pid: DECIMAL },
);

/** Fields of {@link SCHED_PROCESS_EXEC}. */
export interface SchedProcessExecFields {
  readonly filename: string;
  readonly pid: number;
  readonly old_pid: number;
}

/** A process runs another program. @linux include/trace/events/sched.h sched_process_exec */
export const SCHED_PROCESS_EXEC: EventDef<SchedProcessExecFields> = new EventDef<SchedProcessExecFields>(
  'sched',
  'sched_process_exec',
  'filename={filename} pid={pid} old_pid={old_pid}',
  { filename: STRING, pid: DECIMAL, old_pid: DECIMAL },
);

/** Fields of {@link SCHED_PREPARE_EXEC}. */
export interface SchedPrepareExecFields {
  readonly interp: string;
  readonly filename: string;
  readonly pid: number;
  readonly comm: string;
}

/** A process is about to run another program. @linux include/trace/events/sched.h sched_prepare_exec */
export const SCHED_PREPARE_EXEC: EventDef<SchedPrepareExecFields> = new EventDef<SchedPrepareExecFields>(
  'sched',
  'sched_prepare_exec',
  'interp={interp} filename={filename} pid={pid} comm={comm}',
  { interp: STRING, filename: STRING, pid: DECIMAL, comm: STRING },
);

/** Fields of {@link SCHED_STAT_RUNTIME}. */
export interface SchedStatRuntimeFields {
  readonly comm: string;
  readonly pid: number;
  /** Time that the task ran since it was last accounted, in ns. */
  readonly runtime: number;
}

/** Time that a task ran. @linux include/trace/events/sched.h sched_stat_runtime */
export const SCHED_STAT_RUNTIME: EventDef<SchedStatRuntimeFields> = new EventDef<SchedStatRuntimeFields>(
  'sched',
  'sched_stat_runtime',
  'comm={comm} pid={pid} runtime={runtime} [ns]',
  { comm: STRING, pid: DECIMAL, runtime: DECIMAL },
);

/** Fields of {@link SCHED_STAT_WAIT} and of those beside it. */
export interface SchedStatFields {
  readonly comm: string;
  readonly pid: number;
  /** In ns. */
  readonly delay: number;
}

const statEvent = (name: string): EventDef<SchedStatFields> =>
  new EventDef<SchedStatFields>('sched', name, 'comm={comm} pid={pid} delay={delay} [ns]', {
    comm: STRING,
    pid: DECIMAL,
    delay: DECIMAL,
  });

/** Time that a task waited on a queue; with schedstats on. @linux include/trace/events/sched.h sched_stat_wait */
export const SCHED_STAT_WAIT: EventDef<SchedStatFields> = statEvent('sched_stat_wait');
/** Time that a task slept and could be interrupted; with schedstats on. @linux include/trace/events/sched.h sched_stat_sleep */
export const SCHED_STAT_SLEEP: EventDef<SchedStatFields> = statEvent('sched_stat_sleep');
/** Time that a task slept in {@link SCHED_STAT_BLOCKED} for I/O; with schedstats on. @linux include/trace/events/sched.h sched_stat_iowait */
export const SCHED_STAT_IOWAIT: EventDef<SchedStatFields> = statEvent('sched_stat_iowait');
/** Time that a task slept and could not be interrupted; with schedstats on. @linux include/trace/events/sched.h sched_stat_blocked */
export const SCHED_STAT_BLOCKED: EventDef<SchedStatFields> = statEvent('sched_stat_blocked');

/** Fields of {@link SCHED_PI_SETPRIO}. */
export interface SchedPiSetprioFields {
  readonly comm: string;
  readonly pid: number;
  readonly oldprio: number;
  readonly newprio: number;
}

/** A task's priority is inherited or given back. @linux include/trace/events/sched.h sched_pi_setprio */
export const SCHED_PI_SETPRIO: EventDef<SchedPiSetprioFields> = new EventDef<SchedPiSetprioFields>(
  'sched',
  'sched_pi_setprio',
  'comm={comm} pid={pid} oldprio={oldprio} newprio={newprio}',
  { comm: STRING, pid: DECIMAL, oldprio: DECIMAL, newprio: DECIMAL },
);

/** Fields of the events that name a task. */
export interface SchedTaskFields {
  readonly comm: string;
  readonly pid: number;
}

/** khungtaskd found a task that sleeps too long. @linux include/trace/events/sched.h sched_process_hang */
export const SCHED_PROCESS_HANG: EventDef<SchedTaskFields> = taskEvent('sched_process_hang');
/** kthread_stop() is called. @linux include/trace/events/sched.h sched_kthread_stop */
export const SCHED_KTHREAD_STOP: EventDef<SchedTaskFields> = taskEvent('sched_kthread_stop');

/** Fields of {@link SCHED_KTHREAD_STOP_RET}. */
export interface SchedKthreadStopRetFields {
  /** Result of the thread's function. */
  readonly ret: number;
}

/** kthread_stop() returns. @linux include/trace/events/sched.h sched_kthread_stop_ret */
export const SCHED_KTHREAD_STOP_RET: EventDef<SchedKthreadStopRetFields> = new EventDef<SchedKthreadStopRetFields>(
  'sched',
  'sched_kthread_stop_ret',
  'ret={ret}',
  { ret: DECIMAL },
);

/** Fields of {@link SCHED_KTHREAD_WORK_QUEUE_WORK}. */
export interface SchedKthreadWorkQueueWorkFields {
  readonly work: string;
  readonly function: string;
  readonly worker: string;
}

/** A work is queued on a kthread worker. @linux include/trace/events/sched.h sched_kthread_work_queue_work */
export const SCHED_KTHREAD_WORK_QUEUE_WORK: EventDef<SchedKthreadWorkQueueWorkFields> =
  new EventDef<SchedKthreadWorkQueueWorkFields>(
    'sched',
    'sched_kthread_work_queue_work',
    'work struct={work} function={function} worker={worker}',
    { work: POINTER, function: STRING, worker: POINTER },
  );

/** Fields of the start and the end of a work. */
export interface WorkExecuteFields {
  readonly work: string;
  readonly function: string;
}

/** A kthread worker starts a work. @linux include/trace/events/sched.h sched_kthread_work_execute_start */
export const SCHED_KTHREAD_WORK_EXECUTE_START: EventDef<WorkExecuteFields> = workExecuteEvent(
  'sched_kthread_work_execute_start',
);
/** A kthread worker has run a work. @linux include/trace/events/sched.h sched_kthread_work_execute_end */
export const SCHED_KTHREAD_WORK_EXECUTE_END: EventDef<WorkExecuteFields> = workExecuteEvent(
  'sched_kthread_work_execute_end',
);

/** Fields of {@link SCHED_WAKE_IDLE_WITHOUT_IPI}. */
export interface SchedWakeIdleWithoutIpiFields {
  readonly cpu: number;
}

/** A polling idle CPU was told to reschedule. @linux include/trace/events/sched.h sched_wake_idle_without_ipi */
export const SCHED_WAKE_IDLE_WITHOUT_IPI: EventDef<SchedWakeIdleWithoutIpiFields> =
  new EventDef<SchedWakeIdleWithoutIpiFields>('sched', 'sched_wake_idle_without_ipi', 'cpu={cpu}', { cpu: DECIMAL });

function workExecuteEvent(name: string): EventDef<WorkExecuteFields> {
  return new EventDef<WorkExecuteFields>('sched', name, 'work struct {work}: function {function}', {
    work: POINTER,
    function: STRING,
  });
}

function wakeupEvent(name: string): EventDef<SchedWakeupFields> {
  return new EventDef<SchedWakeupFields>('sched', name, 'comm={comm} pid={pid} prio={prio} target_cpu={target_cpu}', {
    comm: STRING,
    pid: DECIMAL,
    prio: DECIMAL,
    target_cpu: DECIMAL_3,
  });
}

function processEvent(name: string): EventDef<SchedProcessFields> {
  return new EventDef<SchedProcessFields>('sched', name, 'comm={comm} pid={pid} prio={prio}', {
    comm: STRING,
    pid: DECIMAL,
    prio: DECIMAL,
  });
}

function taskEvent(name: string): EventDef<SchedTaskFields> {
  return new EventDef<SchedTaskFields>('sched', name, 'comm={comm} pid={pid}', { comm: STRING, pid: DECIMAL });
}
