import { EventDef } from './event-def.ts';
import type { WorkExecuteFields } from './events-sched.ts';
import { DECIMAL, POINTER, STRING } from './field-types.ts';

/** Fields of {@link WORKQUEUE_QUEUE_WORK}. */
export interface WorkqueueQueueWorkFields {
  readonly work: string;
  readonly function: string;
  readonly workqueue: string;
  /** The CPU that was asked for; WORK_CPU_UNBOUND (8192 in Debian's build) for any. */
  readonly req_cpu: number;
  /** CPU of the pool; -1 for an unbound one. */
  readonly cpu: number;
}

/** A work is queued. @linux include/trace/events/workqueue.h workqueue_queue_work */
export const WORKQUEUE_QUEUE_WORK: EventDef<WorkqueueQueueWorkFields> = new EventDef<WorkqueueQueueWorkFields>(
  'workqueue',
  'workqueue_queue_work',
  'work struct={work} function={function} workqueue={workqueue} req_cpu={req_cpu} cpu={cpu}',
  { work: POINTER, function: STRING, workqueue: STRING, req_cpu: DECIMAL, cpu: DECIMAL },
);

/** Fields of {@link WORKQUEUE_ACTIVATE_WORK}. */
export type WorkqueueActivateWorkFields = WorkExecuteFields;

/** A work may run now; the text ends in a space. @linux include/trace/events/workqueue.h workqueue_activate_work */
export const WORKQUEUE_ACTIVATE_WORK: EventDef<WorkqueueActivateWorkFields> = new EventDef<WorkqueueActivateWorkFields>(
  'workqueue',
  'workqueue_activate_work',
  'work struct {work} function={function} ',
  { work: POINTER, function: STRING },
);

/** A worker starts a work. @linux include/trace/events/workqueue.h workqueue_execute_start */
export const WORKQUEUE_EXECUTE_START: EventDef<WorkExecuteFields> = executeEvent('workqueue_execute_start');
/** A worker has run a work. @linux include/trace/events/workqueue.h workqueue_execute_end */
export const WORKQUEUE_EXECUTE_END: EventDef<WorkExecuteFields> = executeEvent('workqueue_execute_end');

function executeEvent(name: string): EventDef<WorkExecuteFields> {
  return new EventDef<WorkExecuteFields>('workqueue', name, 'work struct {work}: function {function}', {
    work: POINTER,
    function: STRING,
  });
}
