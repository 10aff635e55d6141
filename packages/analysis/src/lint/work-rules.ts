import {
  isEvent,
  SCHED_KTHREAD_WORK_EXECUTE_END,
  SCHED_KTHREAD_WORK_EXECUTE_START,
  SCHED_KTHREAD_WORK_QUEUE_WORK,
  SCHED_SWITCH,
  TRACE_FLAG_SOFTIRQ,
  WORKQUEUE_EXECUTE_END,
  WORKQUEUE_EXECUTE_START,
  WORKQUEUE_QUEUE_WORK,
  type TraceEvent,
} from '@kernel-model/trace';
import type { Report, RuleSet } from './rule.ts';

const BARRIER = 'wq_barrier_func';

/** The rules about works, of workqueues and of kthread workers. */
export class WorkRules implements RuleSet {
  readonly #report: Report;
  // works that were started and not queued since
  readonly #ran = new Set<string>();
  // by task the works that it runs, the innermost last: a bottom half may interrupt a worker
  readonly #running = new Map<string, string[]>();
  // by function how many works of kthread workers had been queued when its last one was
  readonly #queuedAt = new Map<string, number>();
  // by kthread worker how many had been when it last slept without a work: its list was empty then
  readonly #emptyAt = new Map<number, number>();
  #kthreadWorks = 0;
  // which events the trace has at all
  #hasQueue = false;
  #hasKthreadQueue = false;
  #hasFlags = false;

  constructor(report: Report) {
    this.#report = report;
  }

  take(event: TraceEvent, line: number): void {
    if (event.flags !== 0) this.#hasFlags = true;
    if (isEvent(event, WORKQUEUE_QUEUE_WORK)) {
      this.#hasQueue = true;
      this.#ran.delete(event.fields.work);
    } else if (isEvent(event, SCHED_KTHREAD_WORK_QUEUE_WORK)) {
      this.#hasKthreadQueue = true;
      this.#ran.delete(event.fields.work);
      this.#queuedAt.set(event.fields.function, ++this.#kthreadWorks);
    } else if (isEvent(event, SCHED_SWITCH)) {
      const { prev_pid: pid, prev_state: state } = event.fields;
      if (state === 'S' && this.#running.get(String(pid))?.length === 0) this.#emptyAt.set(pid, this.#kthreadWorks);
    } else if (isEvent(event, WORKQUEUE_EXECUTE_START)) this.#start(event, line, event.fields, this.#hasQueue);
    else if (isEvent(event, SCHED_KTHREAD_WORK_EXECUTE_START)) {
      this.#list(event, line, event.fields);
      this.#start(event, line, event.fields, this.#hasKthreadQueue);
    } else if (isEvent(event, WORKQUEUE_EXECUTE_END) || isEvent(event, SCHED_KTHREAD_WORK_EXECUTE_END)) {
      this.#end(event, line, event.fields);
    }
  }

  forget(): void {
    this.#ran.clear();
    this.#running.clear();
    this.#emptyAt.clear();
  }

  /** A kthread worker sleeps only when its list is empty, so a work that it starts later was queued since. */
  #list(event: TraceEvent, line: number, fields: WorkFields): void {
    const emptyAt = this.#emptyAt.get(event.pid);
    if (emptyAt === undefined || (this.#queuedAt.get(fields.function) ?? 0) > emptyAt) return;
    const message = `${event.comm} starts ${nameOf(fields)}, and none was queued since its list was empty`;
    this.#report('not-queued', event, line, message);
  }

  #start(event: TraceEvent, line: number, fields: WorkFields, queueSeen: boolean): void {
    const { work } = fields;
    // a barrier is put behind its work without an event; hidden addresses tell no works apart
    if (queueSeen && fields.function !== BARRIER && !work.startsWith('(')) {
      if (this.#ran.has(work)) {
        this.#report('not-queued', event, line, `${nameOf(fields)} starts again, and was not queued since it last did`);
      }
      this.#ran.add(work);
    }
    const task = taskOf(event);
    const running = this.#running.get(task) ?? [];
    if (running.length > 0 && this.#hasFlags && (event.flags & TRACE_FLAG_SOFTIRQ) === 0) {
      this.#report(
        'worker-busy',
        event,
        line,
        `${event.comm} starts ${nameOf(fields)}, and has not ended ${running.at(-1)}`,
      );
      running.length = 0;
    }
    running.push(work);
    this.#running.set(task, running);
  }

  #end(event: TraceEvent, line: number, fields: WorkFields): void {
    const task = taskOf(event);
    const running = this.#running.get(task);
    // what began before the trace, or before a gap
    if (running === undefined) return;
    const work = running.pop();
    if (work === fields.work) return;
    this.#report(
      'not-started',
      event,
      line,
      `${nameOf(fields)} ends on ${event.comm}, which runs ${work ?? 'no work'}`,
    );
    running.length = 0;
  }
}

type WorkFields = { readonly work: string; readonly function: string };

/** The idle task of each CPU is one of its own. */
function taskOf({ pid, cpu }: TraceEvent): string {
  return pid === 0 ? `idle ${cpu}` : String(pid);
}

function nameOf({ work, function: name }: WorkFields): string {
  return `${name} (${work})`;
}
