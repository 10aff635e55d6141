import { EventDef } from './event-def.ts';
import { DECIMAL, HEX, STRING } from './field-types.ts';

/** Fields of {@link TASK_NEWTASK}. */
export interface TaskNewtaskFields {
  readonly pid: number;
  readonly comm: string;
  readonly clone_flags: number;
  readonly oom_score_adj: number;
}

/** A task is made; precedes sched_process_fork. @linux include/trace/events/task.h task_newtask */
export const TASK_NEWTASK: EventDef<TaskNewtaskFields> = new EventDef<TaskNewtaskFields>(
  'task',
  'task_newtask',
  'pid={pid} comm={comm} clone_flags={clone_flags} oom_score_adj={oom_score_adj}',
  { pid: DECIMAL, comm: STRING, clone_flags: HEX, oom_score_adj: DECIMAL },
);

/** Fields of {@link TASK_RENAME}. */
export interface TaskRenameFields {
  readonly pid: number;
  readonly oldcomm: string;
  readonly newcomm: string;
  readonly oom_score_adj: number;
}

/** A task gets another name. @linux include/trace/events/task.h task_rename */
export const TASK_RENAME: EventDef<TaskRenameFields> = new EventDef<TaskRenameFields>(
  'task',
  'task_rename',
  'pid={pid} oldcomm={oldcomm} newcomm={newcomm} oom_score_adj={oom_score_adj}',
  { pid: DECIMAL, oldcomm: STRING, newcomm: STRING, oom_score_adj: DECIMAL },
);
