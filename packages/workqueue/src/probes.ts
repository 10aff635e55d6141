import {
  SCHED_KTHREAD_WORK_EXECUTE_END,
  SCHED_KTHREAD_WORK_EXECUTE_START,
  SCHED_KTHREAD_WORK_QUEUE_WORK,
  WORKQUEUE_ACTIVATE_WORK,
  WORKQUEUE_EXECUTE_END,
  WORKQUEUE_EXECUTE_START,
  WORKQUEUE_QUEUE_WORK,
  type Probe,
  type TraceHub,
} from '@kernel-model/trace';

/** The tracepoints of the workqueues, on the hub of one machine. */
export class WqProbes {
  readonly queueWork: Probe;
  readonly activateWork: Probe;
  readonly executeStart: Probe;
  readonly executeEnd: Probe;
  readonly kthreadQueueWork: Probe;
  readonly kthreadExecuteStart: Probe;
  readonly kthreadExecuteEnd: Probe;

  constructor(hub: TraceHub) {
    this.queueWork = hub.probe(WORKQUEUE_QUEUE_WORK);
    this.activateWork = hub.probe(WORKQUEUE_ACTIVATE_WORK);
    this.executeStart = hub.probe(WORKQUEUE_EXECUTE_START);
    this.executeEnd = hub.probe(WORKQUEUE_EXECUTE_END);
    this.kthreadQueueWork = hub.probe(SCHED_KTHREAD_WORK_QUEUE_WORK);
    this.kthreadExecuteStart = hub.probe(SCHED_KTHREAD_WORK_EXECUTE_START);
    this.kthreadExecuteEnd = hub.probe(SCHED_KTHREAD_WORK_EXECUTE_END);
  }
}
