import {
  SCHED_KTHREAD_WORK_EXECUTE_END,
  SCHED_KTHREAD_WORK_EXECUTE_START,
  SCHED_KTHREAD_WORK_QUEUE_WORK,
  type Probe,
  type TraceHub,
} from '@kernel-model/trace';

/** The tracepoints of the kthread workers, on the hub of one machine. */
export class KthreadWorkerProbes {
  readonly queueWork: Probe;
  readonly executeStart: Probe;
  readonly executeEnd: Probe;

  constructor(hub: TraceHub) {
    this.queueWork = hub.probe(SCHED_KTHREAD_WORK_QUEUE_WORK);
    this.executeStart = hub.probe(SCHED_KTHREAD_WORK_EXECUTE_START);
    this.executeEnd = hub.probe(SCHED_KTHREAD_WORK_EXECUTE_END);
  }
}
